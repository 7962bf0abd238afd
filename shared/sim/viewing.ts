/**
 * What one viewer's application was given: how late every message came, and whether the promises of delivery held. A
 * message must be one that the host published, byte for byte, in order and once per epoch.
 */
import type { Invariants } from './invariants.ts';
import type { MessageSource } from './message-source.ts';

export class Viewing {
  readonly #node: number;
  readonly #source: MessageSource;
  readonly #invariants: Invariants;
  /** Publish to delivery in ms, by message number; NaN: not delivered. */
  #delaysMs = new Float32Array(1_024).fill(Number.NaN);
  #epoch = 0;
  #lastNumber = -1;
  #bytes = 0;
  #gaps = 0;
  #firstAtMs: number | undefined;

  constructor(node: number, source: MessageSource, invariants: Invariants) {
    this.#node = node;
    this.#source = source;
    this.#invariants = invariants;
  }

  deliver(bytes: Uint8Array, epoch: number, nowMs: number): void {
    const number = this.#source.identify(bytes);
    if (number === undefined) {
      this.#invariants.broken('forged', this.#node, nowMs, `${bytes.length} bytes that nobody published`);
      return;
    }
    if (epoch < this.#epoch) {
      this.#invariants.broken('order', this.#node, nowMs, `epoch ${epoch} after ${this.#epoch}`);
    } else if (epoch > this.#epoch) {
      this.#epoch = epoch;
      this.#lastNumber = -1;
    }
    if (number <= this.#lastNumber) {
      const rule = number === this.#lastNumber || !Number.isNaN(this.delayMs(number)) ? 'once' : 'order';
      this.#invariants.broken(rule, this.#node, nowMs, `message ${number} after ${this.#lastNumber}`);
      return;
    }
    this.#lastNumber = number;
    this.#bytes += bytes.length;
    this.#firstAtMs ??= nowMs;
    this.#note(number, nowMs - this.#source.publishedAtMs(number));
  }

  #note(number: number, delayMs: number): void {
    if (number >= this.#delaysMs.length) {
      const grown = new Float32Array(Math.max(number + 1, this.#delaysMs.length * 2)).fill(Number.NaN);
      grown.set(this.#delaysMs);
      this.#delaysMs = grown;
    }
    this.#delaysMs[number] = delayMs;
  }

  /** Publish to delivery in ms; NaN if the message was not delivered. */
  delayMs(number: number): number {
    return this.#delaysMs[number] ?? Number.NaN;
  }

  gap(): void {
    this.#gaps++;
  }

  get gaps(): number {
    return this.#gaps;
  }

  /** Bytes of the messages delivered: the useful payload. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the first message came, in ms of virtual time. */
  get firstAtMs(): number | undefined {
    return this.#firstAtMs;
  }
}
