/** A host's word, every 2 s, that its epoch is alive. */
import { BEACON_EVERY_MS } from '../relay/relay-contract.ts';
import type { Beacon } from '../wire/beacon.ts';
import { limits } from '../wire/limits.ts';
import type { LiveStream } from './settings.ts';

/** More trees spread the load finer and cost control traffic. */
export const STRIPES_USUAL = 4;

export class HostBeacons {
  readonly #hostKey: Uint8Array;
  #live: LiveStream;
  #counter = 0;
  #nextSeq = 0;
  #dueAt: number;

  constructor(hostKey: Uint8Array, live: LiveStream, now: number) {
    this.#hostKey = hostKey;
    this.#live = live;
    this.#dueAt = now;
  }

  /** When {@link next} is due, ms. */
  get deadline(): number {
    return this.#dueAt;
  }

  /** A frame with this seq was published. */
  published(seq: number): void {
    this.#nextSeq = seq + 1;
  }

  /** Viewers hear at once that the bitrate is another one: what they can upload depends on it. */
  setBitrate(bitsPerSecond: number, now: number): void {
    if (bitsPerSecond === this.#live.bitsPerSecond) return;
    this.#live = { ...this.#live, bitsPerSecond };
    this.#dueAt = now;
  }

  /** The next beacon, to be signed. */
  next(now: number): Omit<Beacon, 'signature' | 'type'> {
    this.#dueAt = now + BEACON_EVERY_MS;
    const { stream, nonce, epoch, title, bitsPerSecond } = this.#live;
    const { stripes = STRIPES_USUAL, minVotes = 0, messageBytesMax = limits.messageBytesMax } = this.#live;
    const counter = this.#counter++;
    const nextSeq = this.#nextSeq;
    return {
      stream,
      hostKey: this.#hostKey,
      nonce,
      epoch,
      counter,
      nextSeq,
      stripes,
      bitsPerSecond,
      messageBytesMax,
      minVotes,
      title,
    };
  }
}
