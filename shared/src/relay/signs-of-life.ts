/**
 * When each neighbour was last heard. Those that a node votes with speak several times a second: after many have died at once, whoever has
 * spoken since is alive, seconds before links tell of those that are not.
 */
import type { PeerId } from '../lib/ids.ts';
import { tableBytes } from './held-bytes.ts';

export class SignsOfLife {
  /** ms; one entry for each neighbour at most. */
  readonly #heardAt = new Map<PeerId, number>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return tableBytes(this.#heardAt.size);
  }

  heard(peer: PeerId, now: number): void {
    this.#heardAt.set(peer, now);
  }

  /** ms; minus infinity if never. */
  lastHeard(peer: PeerId): number {
    return this.#heardAt.get(peer) ?? Number.NEGATIVE_INFINITY;
  }

  forget(peer: PeerId): void {
    this.#heardAt.delete(peer);
  }
}
