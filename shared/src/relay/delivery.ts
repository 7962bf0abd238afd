/**
 * Hands frames to the application: in order of seq, each exactly once. A frame goes when it is confirmed or when it has
 * waited for {@link HELD_MS}, so voting never stalls a stream; it counts as unconfirmed if the votes are not there by
 * `confirmWithinMs`, when it is shown. A missing frame holds the line for `gapWaitMs`; then media skips to the next key
 * message that is here, and data waits until nobody can have it.
 */
import type { FrameMap, FrameSlot } from './frame-map.ts';
import type { AuthenticFrame } from './relay-contract.ts';

/** A frame waits no longer for votes than this, ms: whoever shows it later has it at hand meanwhile, if its own thread stands still. */
const HELD_MS = 35;

export interface DeliverySettings {
  /** By when a frame that is here has to be confirmed, ms. */
  confirmWithinMs: number;
  readonly gapPolicy: 'skip-to-key' | 'wait';
  readonly gapWaitMs: number;
  readonly retentionMs: number;
}

export type DeliveryStep =
  | {
      readonly type: 'frame';
      readonly frame: AuthenticFrame;
      readonly arrivedAt: number;
    }
  /** Of the oldest frame that was handed over and not judged yet: whether it has been confirmed in time. */
  | { readonly type: 'verdict'; readonly confirmed: boolean }
  | { readonly type: 'gap'; readonly fromSeq: number; readonly toSeq: number };

const NOTHING: readonly DeliveryStep[] = [];

export class Delivery {
  readonly #frames: FrameMap;
  readonly #settings: DeliverySettings;
  #cursor: number | undefined;
  /** Whether the application has had a frame: before that nothing is lost by beginning further on. */
  #hasBegun = false;
  /** Since when a later frame waits behind a missing one, ms. */
  #waitingSince: number | undefined;
  #deadline = Number.POSITIVE_INFINITY;
  /** Seqs that the application has, and that may still be confirmed. */
  #unjudged: number[] = [];

  constructor(frames: FrameMap, settings: DeliverySettings) {
    this.#frames = frames;
    this.#settings = settings;
  }

  /** The next seq for the application; undefined until the node knows where it starts. */
  get cursor(): number | undefined {
    return this.#cursor;
  }

  /** Of nothing below it votes are of use any more; undefined until the node knows where it starts. */
  get openFrom(): number | undefined {
    return this.#unjudged[0] ?? this.#cursor;
  }

  /** When {@link advance} has something to decide, ms. */
  get deadline(): number {
    return this.#deadline;
  }

  startAt(seq: number): void {
    this.#cursor = seq;
    this.#waitingSince = undefined;
  }

  set confirmWithinMs(ms: number) {
    this.#settings.confirmWithinMs = ms;
  }

  /** All that can be delivered now. */
  advance(now: number): readonly DeliveryStep[] {
    let steps: DeliveryStep[] | undefined;
    this.#deadline = Number.POSITIVE_INFINITY;
    while (this.#cursor !== undefined) {
      const slot = this.#frames.get(this.#cursor);
      const step = slot?.frame ? this.#deliver(slot, slot.frame, now) : this.#skip(this.#cursor, now);
      if (!step) break;
      if (steps) steps.push(step);
      else steps = [step];
    }
    for (let verdict = this.#judge(now); verdict; verdict = this.#judge(now)) {
      if (steps) steps.push(verdict);
      else steps = [verdict];
    }
    return steps ?? NOTHING;
  }

  #judge(now: number): DeliveryStep | undefined {
    const [seq] = this.#unjudged;
    if (seq === undefined) return undefined;
    const slot = this.#frames.get(seq);
    const judgedAt = slot?.frame ? slot.arrivedAt + this.#settings.confirmWithinMs : now;
    const confirmed = slot?.frame !== undefined && slot.confirmed;
    if (!confirmed && now < judgedAt) {
      this.#deadline = Math.min(this.#deadline, judgedAt);
      return undefined;
    }
    this.#unjudged.shift();
    this.#frames.settle(seq);
    return { type: 'verdict', confirmed };
  }

  #deliver(slot: FrameSlot, frame: AuthenticFrame, now: number): DeliveryStep | undefined {
    const deliverAt = slot.arrivedAt + Math.min(HELD_MS, this.#settings.confirmWithinMs);
    this.#waitingSince = undefined;
    if (!slot.confirmed && now < deliverAt) {
      this.#deadline = deliverAt;
      return undefined;
    }
    this.#cursor = slot.seq + 1;
    this.#hasBegun = true;
    this.#unjudged.push(slot.seq);
    return { type: 'frame', frame, arrivedAt: slot.arrivedAt };
  }

  #skip(cursor: number, now: number): DeliveryStep | undefined {
    if (this.#frames.headSeq <= cursor) {
      this.#waitingSince = undefined;
      return undefined;
    }
    this.#waitingSince ??= now;
    const { gapPolicy, gapWaitMs, retentionMs } = this.#settings;
    const isMedia = gapPolicy === 'skip-to-key';
    const giveUpAt = this.#waitingSince + (isMedia ? gapWaitMs : retentionMs);
    if (now < giveUpAt) {
      this.#deadline = giveUpAt;
      return undefined;
    }
    const next = this.#nextStart(cursor + 1, isMedia);
    if (next === undefined) return undefined;
    this.#cursor = next;
    this.#waitingSince = undefined;
    const slot = this.#frames.get(next);
    if (isMedia && !this.#hasBegun && slot?.frame) return this.#deliver(slot, slot.frame, now);
    return { type: 'gap', fromSeq: cursor, toSeq: next - 1 };
  }

  /** The first held frame from `seq` on that begins a message (a key message, if asked). */
  #nextStart(seq: number, key: boolean): number | undefined {
    for (let at = Math.max(seq, this.#frames.lowestSeq); at <= this.#frames.headSeq; at++) {
      const header = this.#frames.frameAt(at)?.header;
      if (header && header.index === 0 && (header.key || !key)) return at;
    }
    return undefined;
  }
}
