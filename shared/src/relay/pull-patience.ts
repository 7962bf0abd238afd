/**
 * When a frame is late enough to be pulled: after the usual skew between its first word and itself, and after more where pulls turned out
 * to be premature, because the frame was on its way all the time (the idea of Eifel, RFC 3522 and 4015, for pulls). Where processors lack
 * time everything is late; who pulls then makes work, and all of it comes later still.
 */
import type { PeerId } from '../lib/ids.ts';
import { relayTimings } from './relay-contract.ts';

/** How much longer than usual frames of a stripe are waited for, and whose lateness taught that. */
interface Lesson {
  readonly parent: PeerId;
  /** 1: no longer than usual. */
  readonly caution: number;
  /** It had no other parent beside this one. */
  readonly isOnlyParent: boolean;
  /** When it was learnt, ms: pulls sent before that teach nothing more. */
  readonly at: number;
}

const CAUTION_STEP = 2;
const CAUTION_MAX = 6;
/** A pull that was right takes that much of what is left of it. */
const CAUTION_EASE = 0.9;
/** Without any word it is halved in that time, ms. */
const CAUTION_HALVES_MS = 15_000;

export class PullPatience {
  /** Usual delay from the first word of a frame (a vote, or a later frame) to its payload, and its deviation, ms (smoothed as RFC 6298 does for round trips). */
  #skewMs = 40;
  #skewDeviationMs = 20;
  /** By stripe. */
  readonly #lessons = new Map<number, Lesson>();

  get size(): number {
    return this.#lessons.size;
  }

  /** How long a frame may be late before it is pulled, ms. */
  lateAfterMs(now: number): number {
    const usual = this.#skewMs + 3 * this.#skewDeviationMs;
    const { pullAfterMinMs, pullAfterMaxMs } = relayTimings;
    return Math.min(pullAfterMaxMs, Math.max(pullAfterMinMs, usual)) * this.caution(now);
  }

  /** The same for one that its own parent jumped over, ms. */
  jumpedAfterMs(now: number): number {
    return relayTimings.pullAfterMinMs * this.caution(now);
  }

  /**
   * How much longer than usual frames are waited for, 1 and more. What one parent teaches counts where it is the only one or another
   * teaches as much: nobody makes a node patient alone.
   */
  caution(now: number): number {
    if (this.#lessons.size === 0) return 1;
    const byParent = new Map<PeerId, number>();
    for (const lesson of this.#lessons.values()) {
      const caution = this.#left(lesson, now);
      if (lesson.isOnlyParent) return caution;
      byParent.set(lesson.parent, Math.max(byParent.get(lesson.parent) ?? 1, caution));
    }
    return [...byParent.values()].sort((a, b) => b - a)[1] ?? 1;
  }

  #left({ caution, at }: Lesson, now: number): number {
    return 1 + (caution - 1) * 0.5 ** ((now - at) / CAUTION_HALVES_MS);
  }

  /** A frame that was not asked for came so long after its first word, ms. */
  skewed(skewMs: number): void {
    this.#skewDeviationMs += (Math.abs(skewMs - this.#skewMs) - this.#skewDeviationMs) / 16;
    this.#skewMs += (skewMs - this.#skewMs) / 16;
  }

  /** The parent of a stripe pushed a frame that had been asked for elsewhere at `askedAt`. */
  premature(stripe: number, parent: PeerId, isOnlyParent: boolean, askedAt: number, now: number): void {
    const known = this.#lessons.get(stripe);
    if (known && askedAt <= known.at) return;
    const caution = Math.min(CAUTION_MAX, (known ? this.#left(known, now) : 1) * CAUTION_STEP);
    this.#lessons.set(stripe, { parent, caution, isOnlyParent, at: now });
  }

  /** A frame of a stripe was pulled, and its parent never pushed it. */
  right(stripe: number, now: number): void {
    const known = this.#lessons.get(stripe);
    if (!known) return;
    const caution = 1 + (this.#left(known, now) - 1) * CAUTION_EASE;
    if (caution < 1.05) this.#lessons.delete(stripe);
    else this.#lessons.set(stripe, { ...known, caution, at: now });
  }
}
