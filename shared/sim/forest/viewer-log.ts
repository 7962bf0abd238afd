/**
 * What one viewer's messages felt like: how late each was, how far behind the host it is, and whether the picture stood still. Playout is
 * as in the web player, roughly: a delay over the fastest arrival of the last seconds, which grows at once when something is late,
 * shrinks slowly, and stays within bounds.
 */

const PLAYOUT_MIN_MS = 60;
const PLAYOUT_MAX_MS = 600;
/** How fast the playout delay shrinks, ms per ms. */
const SHRINK_RATE = 0.01;
/** The picture stands still for longer than that: somebody notices. */
const STALL_MS = 200;
/** The fastest arrival is looked for over so long. */
const BASE_WINDOW_MS = 10_000;
/** Delays that the usual one is taken from. */
const KEPT = 256;

export class ViewerLog {
  stalls = 0;
  /** When the newest message that was delivered had been published, ms. */
  newestPublishedAtMs = Number.NEGATIVE_INFINITY;
  readonly #delays: number[] = [];
  #count = 0;
  #baseMs = Number.POSITIVE_INFINITY;
  #baseAtMs = 0;
  #playoutMs = PLAYOUT_MIN_MS;
  #lastAtMs: number | undefined;

  delivered(publishedAtMs: number, nowMs: number): void {
    const delayMs = nowMs - publishedAtMs;
    this.newestPublishedAtMs = Math.max(this.newestPublishedAtMs, publishedAtMs);
    this.#delays[this.#count++ % KEPT] = delayMs;
    if (delayMs < this.#baseMs || nowMs - this.#baseAtMs > BASE_WINDOW_MS) {
      this.#baseMs = delayMs;
      this.#baseAtMs = nowMs;
    }
    this.#playoutMs -= (nowMs - (this.#lastAtMs ?? nowMs)) * SHRINK_RATE;
    this.#lastAtMs = nowMs;
    const lateMs = delayMs - this.#baseMs - Math.max(PLAYOUT_MIN_MS, this.#playoutMs);
    this.#playoutMs = Math.min(
      PLAYOUT_MAX_MS,
      Math.max(PLAYOUT_MIN_MS, this.#playoutMs) + Math.max(0, lateMs),
    );
    if (lateMs <= STALL_MS) return;
    this.stalls++;
    // What comes now is behind the same hole.
    this.#baseMs = delayMs;
    this.#baseAtMs = nowMs - BASE_WINDOW_MS + 1_000;
  }

  /** The usual delay, ms: the median of the last ones; undefined before the first. */
  get usualMs(): number | undefined {
    const sorted = [...this.#delays].sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
  }
}

interface Loss {
  readonly atMs: number;
  readonly usualMs: number;
  worstMs: number;
}

/** How much later than usual messages come to a child right after a parent has gone: the worst one after each loss. */
export class ParentLosses {
  readonly #open = new Map<number, Loss>();
  readonly extraMs: number[] = [];
  static readonly WATCHED_MS = 3_000;

  lost(viewer: number, usualMs: number | undefined, nowMs: number): void {
    if (usualMs === undefined || this.#open.has(viewer)) return;
    this.#open.set(viewer, { atMs: nowMs, usualMs, worstMs: 0 });
  }

  delivered(viewer: number, publishedAtMs: number, nowMs: number): void {
    const loss = this.#open.get(viewer);
    if (loss === undefined) return;
    if (publishedAtMs > loss.atMs + ParentLosses.WATCHED_MS) {
      this.extraMs.push(loss.worstMs);
      this.#open.delete(viewer);
    } else if (publishedAtMs >= loss.atMs - loss.usualMs) {
      loss.worstMs = Math.max(loss.worstMs, nowMs - publishedAtMs - loss.usualMs);
    }
  }

  /** A viewer is gone: what became of it says nothing. */
  forget(viewer: number): void {
    this.#open.delete(viewer);
  }
}
