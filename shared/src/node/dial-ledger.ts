/**
 * Remembers which dials failed and when the next try is due: 2, 4, 8 … 64 s; whom never to dial again; and how many dials
 * a node has left, because a page has about 500 connections in its life, failed ones included.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId } from '../lib/ids.ts';
import { TokenBucket } from '../lib/token-bucket.ts';

const FIRST_BACKOFF_MS = 2_000;
const DOUBLINGS_MAX = 5;
const ENTRIES_MAX = 512;
/** Dials at once, and then per second: 180 an hour. */
const DIALS_BURST = 60;
const DIALS_PER_SECOND = 1 / 20;

interface FailedDial {
  readonly failures: number;
  readonly notBefore: number;
}

export class DialLedger {
  readonly #failed = new BoundedMap<PeerId, FailedDial>(ENTRIES_MAX);
  readonly #cut = new BoundedMap<PeerId, true>(ENTRIES_MAX);
  #dials: TokenBucket | undefined;
  /** Dials in all. */
  dialed = 0;

  mayDial(peer: PeerId, now: number): boolean {
    return !this.#cut.has(peer) && now >= (this.#failed.get(peer)?.notBefore ?? 0);
  }

  /**
   * Counts a dial; false if there have been too many.
   * @param urgent the node has no link left: it dials in any case
   */
  take(now: number, urgent: boolean): boolean {
    this.#dials ??= new TokenBucket(DIALS_PER_SECOND, DIALS_BURST, now);
    if (!this.#dials.take(now) && !urgent) return false;
    this.dialed++;
    return true;
  }

  failed(peer: PeerId, now: number): void {
    const failures = (this.#failed.get(peer)?.failures ?? 0) + 1;
    const waitMs = FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, DOUBLINGS_MAX);
    this.#failed.set(peer, { failures, notBefore: now + waitMs });
  }

  succeeded(peer: PeerId): void {
    this.#failed.delete(peer);
  }

  /** The peer did something that ends all dealings with it. */
  cut(peer: PeerId): void {
    this.#cut.set(peer, true);
  }

  isCut(peer: PeerId): boolean {
    return this.#cut.has(peer);
  }
}
