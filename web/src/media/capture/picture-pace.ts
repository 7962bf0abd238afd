/**
 * When the pictures of a painted source are due, and what moment each of them shows. Ticks come late while the page or its machine is busy;
 * what was due meanwhile is still made, each picture as it would have been, for a viewer's playout delay may be longer than that. Pure.
 */

/** After a longer sleep it goes on from now: nobody waits for pictures so old. */
const CATCH_UP_MS = 500;

export class PicturePace {
  readonly #everyMs: number;
  #nextMs: number;

  /**
   * @param everyMs from one picture to the next
   * @param nowMs when the first is due
   */
  constructor(everyMs: number, nowMs: number) {
    this.#everyMs = everyMs;
    this.#nextMs = nowMs;
  }

  /**
   * The moment of the one picture that a tick is for, ms; undefined if none is due. It is now, or earlier for one that was missed, and always
   * later than that of the picture before.
   */
  take(nowMs: number): number | undefined {
    const lateMs = nowMs - this.#nextMs;
    if (lateMs < 0) return undefined;
    const missed = lateMs >= this.#everyMs && lateMs <= CATCH_UP_MS;
    const momentMs = missed ? this.#nextMs : nowMs;
    // Not right after each other either when a tick comes a little late: their time codes would be the same.
    const dueMs = lateMs > CATCH_UP_MS ? nowMs : this.#nextMs;
    this.#nextMs = Math.max(dueMs + this.#everyMs, momentMs + this.#everyMs / 2);
    return momentMs;
  }

  /** Nothing was missed until now. */
  restart(nowMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, nowMs);
  }
}
