/**
 * When the pictures of a camera or screen were taken, in ms of the wall clock, and when a picture that stands still is to be
 * sent again. Cameras stamp evenly, but on a clock of their own; arrival is on the right clock, but uneven. So a picture is
 * placed by its own stamp, moved by the least distance seen between the two. Pure.
 */

/** A camera's clock that is further off than this has jumped, or runs at another pace. */
const APART_MS = 250;

/** A screen that stands still gives no pictures: the last one is sent again when it is overdue by this share of its time. */
const OVERDUE = 1.5;

export class PictureStamps {
  readonly #intervalMs: number;
  #offsetMs: number | undefined;
  #lastMs = Number.NEGATIVE_INFINITY;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(framesPerSecond: number) {
    this.#intervalMs = 1_000 / framesPerSecond;
  }

  /** A picture came in: when it was taken, always later than the one before. @param stampMs on the camera's clock */
  taken(nowMs: number, stampMs: number): number {
    const offsetMs = nowMs - stampMs;
    const apart = offsetMs - (this.#offsetMs ?? offsetMs);
    if (this.#offsetMs === undefined || apart < 0 || apart > APART_MS) this.#offsetMs = offsetMs;
    return this.#next(nowMs, stampMs + this.#offsetMs);
  }

  /** When to stamp the last picture again; undefined while it is not overdue. */
  again(nowMs: number): number | undefined {
    return nowMs - this.#sentMs >= OVERDUE * this.#intervalMs ? this.#next(nowMs, nowMs) : undefined;
  }

  #next(nowMs: number, stampMs: number): number {
    // Overdue counts from when the picture should have come: else the repeats would come at two thirds of the pace.
    const evenMs = this.#sentMs + this.#intervalMs;
    this.#sentMs = nowMs - evenMs > this.#intervalMs ? nowMs : Math.max(evenMs, nowMs - this.#intervalMs / 2);
    this.#lastMs = Math.max(stampMs, this.#lastMs + 1);
    return this.#lastMs;
  }
}
