/**
 * How long neighbours take to answer pulls and subscribes. Where all are busy a fixed time would be too short: the same is asked again of
 * the next before the first could answer, and that makes more work where work is what makes answers late.
 */
import type { PeerId } from '../lib/ids.ts';

interface Answers {
  /** How long they take, and the deviation, ms (smoothed as RFC 6298 does for round trips). */
  meanMs: number;
  deviationMs: number;
  at: number;
}

/** What was so long ago says nothing any more, ms. */
const FORGOTTEN_AFTER_MS = 10_000;
/** The median is asked for often, and changes slowly, ms. */
const LOOKS_EVERY_MS = 50;

export class AnswerTimes {
  readonly #peers = new Map<PeerId, Answers>();
  #usualMs = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#peers.size;
  }

  /** A neighbour answered after so long, ms; late answers count as well. */
  took(peer: PeerId, tookMs: number, now: number): void {
    const known = this.#peers.get(peer);
    if (!known || now - known.at > FORGOTTEN_AFTER_MS) {
      this.#peers.set(peer, { meanMs: tookMs, deviationMs: tookMs / 2, at: now });
      return;
    }
    known.deviationMs += (Math.abs(tookMs - known.meanMs) - known.deviationMs) / 4;
    known.meanMs += (tookMs - known.meanMs) / 8;
    known.at = now;
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer);
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * How long an answer is to be waited for, ms: what half of those need who answered lately, and a margin; with two of them what the
   * faster needs, so nobody says it alone. 0 where fewer than two answered.
   */
  usualMs(now: number): number {
    if (now - this.#lookedAt < LOOKS_EVERY_MS) return this.#usualMs;
    this.#lookedAt = now;
    const all: number[] = [];
    for (const { meanMs, deviationMs, at } of this.#peers.values())
      if (now - at <= FORGOTTEN_AFTER_MS) all.push(meanMs + 4 * deviationMs);
    all.sort((a, b) => a - b);
    this.#usualMs = all.length < 2 ? 0 : (all[Math.floor((all.length - 1) / 2)] as number);
    return this.#usualMs;
  }
}
