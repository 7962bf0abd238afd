/**
 * Stops the program on a bug. Kept in production: a broken invariant is worse than a closed page.
 * Bad remote input is never a bug; decoding answers it with a reason instead.
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new Error(`bug: unreachable value ${JSON.stringify(value)}`);
}
