/**
 * Work on all of a large graph, taken in parts with pauses between them, so that nobody waits behind it for long: a generator of steps
 * that are all equally small, of which some are taken at once. Small graphs take one part, and nobody can tell.
 */

/** Others have their turn for so long between two parts, ms. */
const PAUSE_MS = 5;

export class WorkInParts {
  readonly #stepsAtOnce: number;
  #steps: Iterator<void> | undefined;
  /** When {@link goOn} is due; never, if nothing is under way. */
  deadline = Number.POSITIVE_INFINITY;

  constructor(stepsAtOnce: number) {
    this.#stepsAtOnce = stepsAtOnce;
  }

  get isUnderWay(): boolean {
    return this.#steps !== undefined;
  }

  /** Takes the first part; what was under way before is given up. */
  begin(steps: Iterator<void>, now: number): void {
    this.#steps = steps;
    this.goOn(now);
  }

  /** Takes the next part. */
  goOn(now: number): void {
    this.deadline = now + PAUSE_MS;
    for (let step = 0; step < this.#stepsAtOnce; step++) {
      if (this.#steps?.next().done === false) continue;
      this.#steps = undefined;
      this.deadline = Number.POSITIVE_INFINITY;
      return;
    }
  }
}
