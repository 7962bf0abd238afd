/** Messages of a stream on their way to the application that reads them: one at a time, each once. What nobody fetches is bounded. */

export const inboxLimits = {
  /** The oldest are dropped beyond; the reader is told. */
  bytesMax: 64 * 1024 * 1024,
  messagesMax: 65_536,
} as const;

/** Messages, or the word that some are missing before the next one. */
export type Item = Uint8Array | 'gap';

export class Inbox {
  #items: Item[] = [];
  #head = 0;
  #bytes = 0;
  /** Messages are missing in front of all that is here. */
  #gapFirst = false;
  /** Messages that were dropped because nobody fetched them. */
  dropped = 0;
  /** Called when something came in. */
  onItem: () => void = () => {};

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#items.length - this.#head + (this.#gapFirst ? 1 : 0);
  }

  put(message: Uint8Array): void {
    this.#items.push(message);
    this.#bytes += message.length;
    while (this.#bytes > inboxLimits.bytesMax || this.#items.length - this.#head > inboxLimits.messagesMax) {
      if (this.#shift() !== 'gap') this.dropped++;
      this.#gapFirst = true;
    }
    this.onItem();
  }

  /** Says to the reader that messages are missing here. */
  gap(): void {
    const last = this.#items.length > this.#head ? this.#items.at(-1) : this.#gapFirst && 'gap';
    if (last === 'gap') return;
    this.#items.push('gap');
    this.onItem();
  }

  take(): Item | undefined {
    if (!this.#gapFirst) return this.#shift();
    this.#gapFirst = false;
    if (this.#items[this.#head] === 'gap') this.#shift();
    return 'gap';
  }

  #shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (item !== 'gap') this.#bytes -= item.length;
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
