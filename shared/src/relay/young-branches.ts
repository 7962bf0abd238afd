/**
 * Since when each child of the host is known to be one, in the tree of one stripe: by the paths that neighbours tell. Where everything has
 * dried up at once nobody knows of it, and all offer what they do not have. But whoever came to hang right below the host since then is fed,
 * and so are those below.
 */
import type { PeerId } from '../lib/ids.ts';
import { tableBytes } from './held-bytes.ts';

/** Children of the host that are remembered; the oldest go first. */
const KNOWN_MAX = 64;

export class YoungBranches {
  /** ms; in the order of time. */
  readonly #knownSince = new Map<PeerId, number>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return tableBytes(this.#knownSince.size);
  }

  /** A neighbour has told its path. */
  heard([, below]: readonly PeerId[], now: number): void {
    if (below === undefined || this.#knownSince.has(below)) return;
    this.#knownSince.set(below, now);
    const [oldest] = this.#knownSince.keys();
    if (this.#knownSince.size > KNOWN_MAX && oldest !== undefined) this.#knownSince.delete(oldest);
  }

  /** Whether a path leads through a child of the host that was not known to be one before `since`, ms. */
  includes([, below]: readonly PeerId[], since: number): boolean {
    return below !== undefined && (this.#knownSince.get(below) ?? Number.NEGATIVE_INFINITY) > since;
  }
}
