/** The product's relay machine, as the world knows machines. */
import type { PeerId } from '../../../src/lib/ids.ts';
import type { Random } from '../../../src/lib/random.ts';
import { defaultPeerSettings } from '../../../src/node/settings.ts';
import { Relay } from '../../../src/relay/relay.ts';
import type { FrameHeader } from '../../../src/wire/frame.ts';
import type { RelayMessage } from '../../../src/wire/relay-messages.ts';
import type { NodeOptions, RelayMachine, WorldInput, WorldOutput } from '../relay-world-parts.ts';
import { STREAM } from '../stream-feed.ts';

const NOTHING: readonly WorldOutput[] = [];

type Said = Extract<WorldInput, { type: 'message' }>;

const isOfProduct = (input: Said): input is Said & { readonly message: RelayMessage } =>
  !('kind' in input.message);

export class ProductRelay implements RelayMachine {
  readonly relay: Relay;

  constructor(self: PeerId, options: NodeOptions, random: Random) {
    const { isHost, slots, limitBitsPerSecond: uploadBitsPerSecond = options.uploadBitsPerSecond } = options;
    const { voteShare, confirmWithinMs, gapPolicy, gapWaitMs, retentionMs, retentionBytesMax } =
      defaultPeerSettings;
    const pace = { voteShare, confirmWithinMs, gapPolicy, gapWaitMs, retentionMs, retentionBytesMax };
    this.relay = new Relay({ self, stream: STREAM, isHost, slots, uploadBitsPerSecond, ...pace }, random);
  }

  handle(input: WorldInput, now: number): readonly WorldOutput[] {
    if (input.type === 'duplicate') return NOTHING;
    if (input.type !== 'message') return this.relay.handle(input, now);
    return isOfProduct(input) ? this.relay.handle(input, now) : NOTHING;
  }

  nextDeadline(): number {
    return this.relay.nextDeadline();
  }

  admits(header: FrameHeader, payloadBytes: number, from: PeerId, now: number): boolean {
    return this.relay.admits(header, payloadBytes, from, now);
  }

  get depths(): readonly number[] {
    const trees = this.relay.forest?.trees ?? [];
    return trees.flatMap(({ path }) => (path.length > 0 ? [path.length - 1] : []));
  }

  get feedingDepth(): number | undefined {
    return this.relay.forest?.feedingDepth;
  }

  get freeSlots(): number {
    return this.relay.forest?.freeSlots ?? 0;
  }

  get children(): readonly PeerId[] {
    const children = this.relay.forest?.trees.flatMap((tree) => [...tree.children.keys()]) ?? [];
    return [...new Set(children)];
  }

  get orphanedStripes(): number {
    return this.relay.forest?.trees.filter(({ orphanedAt }) => orphanedAt !== undefined).length ?? 0;
  }

  uses(peer: PeerId): boolean {
    return this.relay.uses(peer);
  }

  get confirmed(): readonly [number, number] {
    const { framesConfirmed, framesUnconfirmed } = this.relay.counters;
    return [framesConfirmed, framesUnconfirmed];
  }
}
