/**
 * The times of a file that is sent over and over: they begin at zero and go on across the seam. Pure.
 * Seconds in, seconds out.
 */
export class LoopTimeline {
  readonly #firstTimestamp: number;
  readonly #duration: number;
  #round = 0;

  /**
   * @param firstTimestamp the smallest timestamp in the file; may be negative (codec priming) or positive.
   * @param endTimestamp where the longest track ends.
   */
  constructor(firstTimestamp: number, endTimestamp: number) {
    this.#firstTimestamp = firstTimestamp;
    // A file of a single picture has no length; it must not loop faster than a frame.
    this.#duration = Math.max(endTimestamp - firstTimestamp, 1 / 30);
  }

  get durationSeconds(): number {
    return this.#duration;
  }

  /** How often the file has begun again. */
  get round(): number {
    return this.#round;
  }

  /** Where a timestamp of the file lies on the endless timeline. */
  map(timestamp: number): number {
    return timestamp - this.#firstTimestamp + this.#round * this.#duration;
  }

  nextRound(): void {
    this.#round++;
  }
}
