/** Whether the parent of each stripe does its part: when it last pushed, and how far it has come. */
import type { PeerId } from '../lib/ids.ts';
import { relayTimings } from './relay-contract.ts';

interface Watched {
  /** When the parent last pushed a frame, or was taken, ms. */
  spokeAt: number;
  /** The highest seq that it has pushed. */
  pushedSeq: number;
  /** Usual time between two pushes, but for those that come together, ms (smoothed). */
  paceMs: number;
}

/** What comes sooner after another frame came with it. */
const TOGETHER_MS = 10;
const PACE_FIRST_MS = 33;
/** A parent that has left out so many of its turns is late. */
const TURNS_MISSED = 2.5;

export class ParentWatch {
  readonly #stripes: Watched[];

  constructor(stripes: number, now: number) {
    this.#stripes = Array.from({ length: stripes }, () => ({
      spokeAt: now,
      pushedSeq: -1,
      paceMs: PACE_FIRST_MS,
    }));
  }

  /** A stripe has a new parent. */
  taken(stripe: number, now: number): void {
    const { paceMs = PACE_FIRST_MS } = this.#stripes[stripe] ?? {};
    this.#stripes[stripe] = { spokeAt: now, pushedSeq: -1, paceMs };
  }

  pushed(stripe: number, seq: number, now: number): void {
    const watched = this.#stripes[stripe];
    if (!watched) return;
    const sinceMs = now - watched.spokeAt;
    if (sinceMs > TOGETHER_MS) watched.paceMs += (sinceMs - watched.paceMs) / 16;
    watched.spokeAt = now;
    watched.pushedSeq = Math.max(watched.pushedSeq, seq);
  }

  /** The highest seq that the parent has pushed since it was taken; -1 before the first. */
  reachedSeq(stripe: number): number {
    return this.#stripes[stripe]?.pushedSeq ?? -1;
  }

  /** Whether the parent has pushed anything since it was taken. */
  hasPushed(stripe: number): boolean {
    return this.reachedSeq(stripe) >= 0;
  }

  /** Whether the parent has pushed a frame that comes after this one. */
  isBeyond(stripe: number, seq: number): boolean {
    return this.reachedSeq(stripe) > seq;
  }

  /** How long a parent may be quiet before it is late, ms: at a low bitrate a stripe has a frame only now and then. */
  lateAfterMs(stripe: number): number {
    const usualMs = TURNS_MISSED * (this.#stripes[stripe]?.paceMs ?? PACE_FIRST_MS);
    return Math.min(relayTimings.lateParentMaxMs, Math.max(relayTimings.lateParentMs, usualMs));
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
    return parent !== undefined && quietMs <= this.lateAfterMs(stripe) && seq > pushedSeq;
  }
}
