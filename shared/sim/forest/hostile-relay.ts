/** Relays that take part in everything and cheat in one thing. */
import type { PeerId } from '../../src/lib/ids.ts';
import type { Random } from '../../src/lib/random.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import {
  forgedFrom,
  type HostileKind,
  type NodeOptions,
  type RelayMachine,
  type SimFrame,
  type WorldInput,
  type WorldMessage,
  type WorldOutput,
} from './relay-world-parts.ts';
import { ProductRelay } from './strategies/product.ts';

export const hostileKinds: readonly HostileKind[] = ['silent', 'forger', 'liar', 'voter'];

const ALL_OPEN = { free: 255, forInterior: 255, forStarving: 255 };

export class HostileRelay implements RelayMachine {
  readonly #inner: ProductRelay;
  readonly #self: PeerId;
  readonly #host: PeerId;
  readonly #kind: HostileKind;

  constructor(kind: HostileKind, host: PeerId, self: PeerId, options: NodeOptions, random: Random) {
    this.#kind = kind;
    this.#host = host;
    this.#self = self;
    this.#inner = new ProductRelay(self, options, random);
  }

  handle(input: WorldInput, now: number): readonly WorldOutput[] {
    return this.#inner.handle(input, now).flatMap((output): WorldOutput[] => {
      if (output.type === 'send') return [{ ...output, message: this.#spoiled(output.message) }];
      if (output.type !== 'push') return [output];
      if (this.#kind === 'silent' || this.#kind === 'liar') return [];
      if (this.#kind !== 'forger') return [output];
      return [{ ...output, frame: forgedFrom(output.frame as SimFrame) }];
    });
  }

  #spoiled(message: WorldMessage): WorldMessage {
    if ('kind' in message) return message;
    if (this.#kind === 'liar' && message.type === MessageType.advert)
      return { ...message, state: 1, slots: ALL_OPEN, path: [this.#host, this.#self] };
    if (this.#kind === 'voter' && message.type === MessageType.voteDigest)
      return { ...message, digest: message.digest.split('').reverse().join('') };
    return message;
  }

  nextDeadline(): number {
    return this.#inner.nextDeadline();
  }

  admits: RelayMachine['admits'] = (...frame) => this.#inner.admits(...frame);

  uses(peer: PeerId): boolean {
    return this.#inner.uses(peer);
  }

  get children(): readonly PeerId[] {
    return this.#inner.children;
  }

  get orphanedStripes(): number {
    return 0;
  }

  get depths(): readonly number[] {
    return [];
  }

  get feedingDepth(): undefined {
    return undefined;
  }

  get freeSlots(): number {
    return Math.max(1, this.#inner.freeSlots);
  }

  get confirmed(): readonly [number, number] {
    return [0, 0];
  }
}
