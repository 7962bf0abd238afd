/**
 * When the pictures of a painted source are due, and what moment each of them shows. Ticks come late while the page or its machine is busy;
 * what was due meanwhile is still made, each picture as it would have been, for a viewer's playout delay may be longer than that. Pure.
 */

/** After a longer sleep it goes on from now: nobody waits for pictures so old. */
const CATCH_UP_MS = 500;
/** While so many or more are missing, every other one is made: nobody calls that a stall, and those of now come sooner. */
const HURRY_FROM = 4;

export class PicturePace {
  readonly #everyMs: number;
  #nextMs: number;
  #skipped = 0;

  /**
   * @param everyMs from one picture to the next
   * @param nowMs when the first is due
   */
  constructor(everyMs: number, nowMs: number) {
    this.#everyMs = everyMs;
    this.#nextMs = nowMs;
  }

  /** Pictures that were due and will not be made. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * The moment of the one picture that a tick is for, ms; undefined if none is due. It is now, or earlier for one that was missed, and always
   * later than that of the picture before. Whoever has no room for a picture asks later.
   */
  take(nowMs: number): number | undefined {
    const missed = Math.floor((nowMs - this.#nextMs) / this.#everyMs);
    if (missed < 0) return undefined;
    if (nowMs - this.#nextMs > CATCH_UP_MS) {
      this.#skipped += missed;
      this.#nextMs = nowMs + this.#everyMs;
      return nowMs;
    }
    const steps = missed < HURRY_FROM ? 1 : 2;
    this.#skipped += steps - 1;
    const momentMs = missed > 0 ? this.#nextMs : nowMs;
    // Not right after each other either when a tick comes a little late: their time codes would be the same.
    this.#nextMs = Math.max(this.#nextMs + steps * this.#everyMs, momentMs + this.#everyMs / 2);
    return momentMs;
  }

  /** Nothing was missed until now. */
  restart(nowMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, nowMs);
  }
}
