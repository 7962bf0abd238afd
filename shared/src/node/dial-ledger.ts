/** Remembers which dials failed and when the next try is due: 2, 4, 8 … 64 s. Also whom never to dial again. */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId } from '../lib/ids.ts';

const FIRST_BACKOFF_MS = 2_000;
const DOUBLINGS_MAX = 5;
const ENTRIES_MAX = 512;

interface FailedDial {
  readonly failures: number;
  readonly notBefore: number;
}

export class DialLedger {
  readonly #failed = new BoundedMap<PeerId, FailedDial>(ENTRIES_MAX);
  readonly #cut = new BoundedMap<PeerId, true>(ENTRIES_MAX);

  mayDial(peer: PeerId, now: number): boolean {
    return !this.#cut.has(peer) && now >= (this.#failed.get(peer)?.notBefore ?? 0);
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
