/** Works with values that are there now or come later, without making the ones that are there wait for a promise. */
import type { Eventual } from './ports.ts';

/** Calls `use` with the value, at once if it is there. */
export function whenReady<T, R>(value: Eventual<T>, use: (value: T) => Eventual<R>): Eventual<R> {
  return value instanceof Promise ? value.then(use) : use(value);
}

/** All values in order; at once if all are there. */
export function allReady<T>(values: readonly Eventual<T>[]): Eventual<T[]> {
  if (values.some((value) => value instanceof Promise)) return Promise.all(values);
  return values as T[];
}
