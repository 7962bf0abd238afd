/**
 * Whom a node has tried as a parent in vain, over all its stripes: they took it as a child and sent nothing. Who does so in one stripe
 * most likely does in the others, and says everywhere that it has room, because nobody stays with it. So it is asked last for a while, and
 * for longer each further time. Kept beyond the end of a link, or a new one would be dialed for the same place.
 */
import type { PeerId } from '../lib/ids.ts';
import { OBJECT_BYTES, tableBytes } from './held-bytes.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';

interface Doubt {
  readonly times: number;
  /** ms */
  readonly until: number;
}

export class Doubts {
  /** The latest last. */
  readonly #doubts = new Map<PeerId, Doubt>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return tableBytes(this.#doubts.size, OBJECT_BYTES);
  }

  failed(peer: PeerId, now: number): void {
    const { times = 0 } = this.#doubts.get(peer) ?? {};
    this.#doubts.delete(peer);
    const { doubtedForMs, doubtedForMaxMs } = relayTimings;
    const until = now + Math.min(doubtedForMs * 2 ** times, doubtedForMaxMs);
    this.#doubts.set(peer, { times: times + 1, until });
    const [oldest] = this.#doubts.keys();
    if (this.#doubts.size > relayCaps.doubtsMax && oldest !== undefined) this.#doubts.delete(oldest);
  }

  /** It does its part after all. */
  delivered(peer: PeerId): void {
    if (this.#doubts.size > 0) this.#doubts.delete(peer);
  }

  has(peer: PeerId, now: number): boolean {
    if (this.#doubts.size === 0) return false;
    const doubt = this.#doubts.get(peer);
    return doubt !== undefined && now < doubt.until;
  }
}
