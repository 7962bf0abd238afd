/** What all strategies beside the product's share: the frames that are there, and messages once all their frames are. */
import type { PeerId } from '../../../src/lib/ids.ts';
import type { FrameHeader } from '../../../src/wire/frame.ts';
import type {
  RelayMachine,
  SimFrame,
  StrategyMessage,
  WorldInput,
  WorldOutput,
} from '../relay-world-parts.ts';

/** Frames that are kept for others: some 12 s at usual rates. */
const KEPT = 2_048;

export abstract class StrategyNode implements RelayMachine {
  readonly depths: readonly number[] = [];
  readonly feedingDepth = undefined;
  readonly children: readonly PeerId[] = [];
  readonly orphanedStripes = 0;
  readonly freeSlots = 1;
  readonly confirmed = [0, 0] as const;
  protected readonly peers = new Set<PeerId>();
  protected readonly frames = new Map<number, SimFrame>();
  /** By the seq of a message's first frame: how many of its frames are still missing. */
  readonly #missing = new Map<number, number>();
  #outputs: WorldOutput[] = [];

  handle(input: WorldInput, now: number): readonly WorldOutput[] {
    this.#outputs = [];
    switch (input.type) {
      case 'peer-up':
        this.peers.add(input.peer);
        this.peerUp(input.peer, now);
        break;
      case 'peer-down':
        this.peers.delete(input.peer);
        this.peerDown(input.peer, now);
        break;
      case 'own-frame':
        this.#keep(input.frame as SimFrame);
        this.frameCame(undefined, input.frame as SimFrame, now);
        break;
      case 'frame':
        this.#keep(input.frame as SimFrame);
        this.frameCame(input.peer, input.frame as SimFrame, now);
        break;
      case 'duplicate':
        this.duplicateCame(input.peer, input.frame, now);
        break;
      case 'message':
        if ('kind' in input.message) this.messageCame(input.peer, input.message, now);
        break;
      default:
    }
    if (now >= this.nextDeadline()) this.tick(now);
    return this.#outputs;
  }

  uses(peer: PeerId): boolean {
    return this.peers.has(peer);
  }

  admits({ seq }: FrameHeader): boolean {
    return !this.frames.has(seq);
  }

  nextDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  protected peerUp(_peer: PeerId, _now: number): void {}
  protected peerDown(_peer: PeerId, _now: number): void {}
  /** A frame is here for the first time; `from` is undefined where it was published. */
  protected abstract frameCame(from: PeerId | undefined, frame: SimFrame, now: number): void;
  protected duplicateCame(_from: PeerId, _frame: SimFrame, _now: number): void {}
  protected messageCame(_from: PeerId, _message: StrategyMessage, _now: number): void {}
  protected tick(_now: number): void {}

  protected send(peer: PeerId, kind: StrategyMessage['kind'], seqs: readonly number[] = []): void {
    this.#outputs.push({ type: 'send', peer, message: { kind, seqs } });
  }

  protected push(peer: PeerId, frame: SimFrame): void {
    this.#outputs.push({ type: 'push', peer, frame });
  }

  #keep(frame: SimFrame): void {
    const { seq } = frame.header;
    this.frames.set(seq, frame);
    this.frames.delete(seq - KEPT);
  }

  /** The application is given a message as soon as all its frames are, in any order: kinder than the product is to itself. */
  protected deliver({ header, payload }: SimFrame, now: number): void {
    const { seq, index, count, key, epoch } = header;
    const first = seq - index;
    const missing = (this.#missing.get(first) ?? count) - 1;
    this.#missing.set(first, missing);
    this.#missing.delete(first - KEPT);
    if (missing > 0) return;
    this.#outputs.push({ type: 'message', bytes: payload, key, epoch, arrivedAt: now });
  }
}
