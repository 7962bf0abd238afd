/**
 * Messages on their way into a stream. A live relay has no way to slow its host down: what comes faster than links carry it waits,
 * grows old, and has to be pulled one by one. So a host of data hands on what the links take, at a bounded rate, and the rest waits here.
 * What may go goes at once, by itself; of what has waited several small messages leave together, as a bundle (PROTOCOL.md R9).
 */
import { limits } from '@murmuration/shared/wire/limits.ts';
import { bundledBytes } from '@murmuration/shared/wire/message-bundle.ts';

export const publishLimits = {
  /** Messages wait while so many bytes of frames have not left this node on some link. */
  unsentBytesMax: 64 * 1024,
  /** Handed on at most, and so much at once after a pause. */
  bytesPerSecondMax: 4 * 1024 * 1024,
  burstBytes: 256 * 1024,
  /** What goes out alone, a message or a bundle, counts as this much: every frame costs a signature, and every member a check of it. */
  frameBytesLeast: 8 * 1024,
  /** And each message as this much, in a bundle and while it waits: every member hands it on by itself. */
  messageBytesLeast: 256,
  /** What may wait: more is refused. */
  waitingBytesMax: 32 * 1024 * 1024,
  /** Looked at so often while something waits. */
  checkMs: 4,
} as const;

/** Where messages go. */
export interface Outlet {
  readonly publish: (message: Uint8Array, key: boolean) => void;
  /** Several at once, that fit into a frame. */
  readonly publishBundle: (messages: readonly Uint8Array[], key: boolean) => void;
  /** What waits to leave this node, on the link where most does. */
  readonly unsentBytes: () => number;
}

interface Waiting {
  readonly message: Uint8Array;
  readonly key: boolean;
}

const costOf = ({ message }: Waiting): number => Math.max(message.length, publishLimits.messageBytesLeast);

export class PublishQueue {
  readonly #outlet: Outlet;
  readonly #frameBytes: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Bytes that may go at once; below 0 after a message that was larger. */
  #credit: number = publishLimits.burstBytes;
  #creditAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param frameBytes what a frame's payload has at most, and so a bundle */
  constructor(outlet: Outlet, frameBytes: number) {
    this.#outlet = outlet;
    this.#frameBytes = frameBytes;
  }

  /** Bytes of messages that wait; a small one counts for more. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes a message; false if too much waits already, and the message is not taken. */
  add(message: Uint8Array, key: boolean): boolean {
    const cost = costOf({ message, key });
    if (this.#stopped || this.#waitingBytes + cost > publishLimits.waitingBytesMax) return false;
    this.#waiting.push({ message, key });
    this.#waitingBytes += cost;
    if (this.#timer === undefined) this.#pump();
    return true;
  }

  /** Resolves when nothing waits, and all has left this node. */
  async drained(): Promise<void> {
    while (!this.#stopped && (this.#waiting.length > 0 || this.#outlet.unsentBytes() > 0)) {
      await new Promise((resolve) => setTimeout(resolve, publishLimits.checkMs));
    }
  }

  /** Drops what waits. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #pump(): void {
    this.#timer = undefined;
    let taken = 0;
    while (taken < this.#waiting.length && this.#mayGo()) {
      const together = this.#togetherFrom(taken);
      taken += together.length;
      this.#send(together);
    }
    this.#waiting.splice(0, taken);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#pump(), publishLimits.checkMs);
  }

  /** The next messages that fit into one frame, in order: at least one, whatever its size. */
  #togetherFrom(from: number): Waiting[] {
    const key = this.#waiting[from]?.key;
    const upTo = from + limits.bundleMessagesMax;
    let bytes = 0;
    let end = from;
    for (; end < Math.min(this.#waiting.length, upTo); end++) {
      const next = this.#waiting[end] as Waiting;
      bytes += bundledBytes(next.message);
      if (end > from && (next.key !== key || bytes > this.#frameBytes)) break;
    }
    return this.#waiting.slice(from, end);
  }

  #send(together: readonly Waiting[]): void {
    const [first, ...others] = together;
    if (!first) return;
    const cost = together.reduce((sum, each) => sum + costOf(each), 0);
    this.#waitingBytes -= cost;
    this.#credit -= Math.max(cost, publishLimits.frameBytesLeast);
    if (others.length === 0) this.#outlet.publish(first.message, first.key);
    else
      this.#outlet.publishBundle(
        together.map(({ message }) => message),
        first.key,
      );
  }

  #mayGo(): boolean {
    const nowMs = performance.now();
    const earned = ((nowMs - this.#creditAtMs) / 1_000) * publishLimits.bytesPerSecondMax;
    this.#credit = Math.min(publishLimits.burstBytes, this.#credit + earned);
    this.#creditAtMs = nowMs;
    return this.#credit > 0 && this.#outlet.unsentBytes() <= publishLimits.unsentBytesMax;
  }
}
