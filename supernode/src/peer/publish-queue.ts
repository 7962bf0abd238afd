/**
 * Messages on their way into a stream. A live relay has no way to slow its host down: what comes faster than links carry it waits,
 * grows old, and has to be pulled one by one. So a host of data hands on what the links take, at a bounded rate, and the rest waits here.
 */

export const publishLimits = {
  /** Messages wait while so many bytes of frames have not left this node on some link. */
  unsentBytesMax: 64 * 1024,
  /** Handed on at most, and so much at once after a pause. */
  bytesPerSecondMax: 4 * 1024 * 1024,
  burstBytes: 256 * 1024,
  /** A small message counts as this much: every frame costs a signature, and every member a check of it. */
  messageBytesLeast: 8 * 1024,
  /** What may wait: more is refused. */
  waitingBytesMax: 32 * 1024 * 1024,
  /** Looked at so often while something waits. */
  checkMs: 4,
} as const;

interface Waiting {
  readonly message: Uint8Array;
  readonly key: boolean;
}

const costOf = (message: Uint8Array): number => Math.max(message.length, publishLimits.messageBytesLeast);

export class PublishQueue {
  readonly #publish: (message: Uint8Array, key: boolean) => void;
  readonly #unsentBytes: () => number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Bytes that may go at once; below 0 after a message that was larger. */
  #credit: number = publishLimits.burstBytes;
  #creditAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param unsentBytes what waits to leave this node, on the link where most does */
  constructor(publish: (message: Uint8Array, key: boolean) => void, unsentBytes: () => number) {
    this.#publish = publish;
    this.#unsentBytes = unsentBytes;
  }

  /** Bytes of messages that wait; a small one counts for more. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes a message; false if too much waits already, and the message is not taken. */
  add(message: Uint8Array, key: boolean): boolean {
    if (this.#stopped || this.#waitingBytes + costOf(message) > publishLimits.waitingBytesMax) return false;
    this.#waiting.push({ message, key });
    this.#waitingBytes += costOf(message);
    if (this.#timer === undefined) this.#pump();
    return true;
  }

  /** Resolves when nothing waits, and all has left this node. */
  async drained(): Promise<void> {
    while (!this.#stopped && (this.#waiting.length > 0 || this.#unsentBytes() > 0)) {
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
    for (const { message, key } of this.#waiting) {
      if (!this.#mayGo()) break;
      taken++;
      this.#waitingBytes -= costOf(message);
      this.#credit -= costOf(message);
      this.#publish(message, key);
    }
    this.#waiting.splice(0, taken);
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#pump(), publishLimits.checkMs);
  }

  #mayGo(): boolean {
    const nowMs = performance.now();
    const earned = ((nowMs - this.#creditAtMs) / 1_000) * publishLimits.bytesPerSecondMax;
    this.#credit = Math.min(publishLimits.burstBytes, this.#credit + earned);
    this.#creditAtMs = nowMs;
    return this.#credit > 0 && this.#unsentBytes() <= publishLimits.unsentBytesMax;
  }
}
