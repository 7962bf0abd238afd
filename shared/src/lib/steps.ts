/** Work that is cut into small steps: whoever does it may pause between any two of them. */

/** Takes all steps at once. */
export function finished<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
