/** Whether the parent of each stripe does its part: when it last pushed, and how far it has come. */
import type { PeerId } from '../lib/ids.ts';
import { relayTimings } from './relay-contract.ts';

interface Watched {
  /** When the parent last pushed a frame, or was taken, ms. */
  spokeAt: number;
  /** The highest seq that it has pushed. */
  pushedSeq: number;
}

export class ParentWatch {
  readonly #stripes: Watched[];

  constructor(stripes: number, now: number) {
    this.#stripes = Array.from({ length: stripes }, () => ({ spokeAt: now, pushedSeq: -1 }));
  }

  /** A stripe has a new parent. */
  taken(stripe: number, now: number): void {
    this.#stripes[stripe] = { spokeAt: now, pushedSeq: -1 };
  }

  pushed(stripe: number, seq: number, now: number): void {
    const watched = this.#stripes[stripe];
    if (!watched) return;
    watched.spokeAt = now;
    watched.pushedSeq = Math.max(watched.pushedSeq, seq);
  }

  /** Since when a parent has pushed nothing, or, if it is new, has been one; ms. */
  quietMs(stripe: number, now: number): number {
    return now - (this.#stripes[stripe]?.spokeAt ?? now);
  }

  /**
   * Whether a parent has pushed nothing for longer than a live one would. The deeper a node is, the longer it waits: where a whole
   * branch falls silent, those nearest to the gap see to it first.
   */
  isSilent(stripe: number, depth: number, now: number): boolean {
    const patienceMs = relayTimings.silentParentMs + depth * relayTimings.silentParentMsPerHop;
    return this.quietMs(stripe, now) > patienceMs;
  }

  /**
   * Whether the parent pushes and has not come to this frame yet: it is late, then, not lost.
   * @param missedAt when the frame was first missed, ms: what was not missed yet is no sign of silence
   */
  isOnItsWay(
    parent: PeerId | undefined,
    stripe: number,
    seq: number,
    missedAt: number,
    now: number,
  ): boolean {
    const { spokeAt = 0, pushedSeq = -1 } = this.#stripes[stripe] ?? {};
    const quietMs = now - Math.max(spokeAt, missedAt);
    return parent !== undefined && quietMs <= relayTimings.lateParentMs && seq > pushedSeq;
  }
}
