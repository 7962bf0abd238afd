/**
 * How long the net graph takes: from the last change of who is there until every live node's replica lists exactly the live
 * nodes. Supernodes are left out of the comparison, on both sides; a node need not list itself.
 */
import type { PeerId } from '../src/lib/ids.ts';
import type { NodeSnapshot } from '../src/node/snapshot.ts';
import { Role } from '../src/wire/link-messages.ts';

export interface ReplicaHolder {
  readonly peer: PeerId;
  snapshot(): NodeSnapshot;
}

export class Convergence {
  readonly #live = new Map<PeerId, ReplicaHolder>();
  #changedAtMs = 0;
  #agreedAtMs: number | undefined;
  /** The node that disagreed last is asked first: most checks end there. */
  #doubtful: ReplicaHolder | undefined;

  joined(holder: ReplicaHolder, nowMs: number): void {
    this.#live.set(holder.peer, holder);
    this.#changed(nowMs);
  }

  gone(peer: PeerId, nowMs: number): void {
    this.#live.delete(peer);
    this.#changed(nowMs);
  }

  #changed(nowMs: number): void {
    this.#changedAtMs = nowMs;
    this.#agreedAtMs = undefined;
  }

  /** True once all replicas agree; looks only as far as it must. */
  check(nowMs: number): boolean {
    if (this.#agreedAtMs !== undefined) return true;
    const doubtful = this.#doubtful;
    if (doubtful !== undefined && this.#live.has(doubtful.peer) && !this.#agrees(doubtful)) return false;
    for (const holder of this.#live.values()) {
      if (!this.#agrees(holder)) {
        this.#doubtful = holder;
        return false;
      }
    }
    this.#agreedAtMs = nowMs;
    return true;
  }

  #agrees(holder: ReplicaHolder): boolean {
    const { members } = holder.snapshot();
    let seen = 1;
    for (const { id, role } of members) {
      if (role === Role.supernode || id === holder.peer) continue;
      if (!this.#live.has(id)) return false;
      seen++;
    }
    return seen === this.#live.size;
  }

  /** Milliseconds from the last change until all agreed; infinity if they never did. */
  get convergeMs(): number {
    return this.#agreedAtMs === undefined ? Number.POSITIVE_INFINITY : this.#agreedAtMs - this.#changedAtMs;
  }
}
