/** A value that can be watched. Deliberately tiny: no history, no selectors, no batching. */

/** What a reader may do with an {@link Observable}. */
export interface Readable<T> {
  readonly value: T;
  /** Calls back after every change; returns how to stop. */
  subscribe(listener: () => void): () => void;
}

export class Observable<T> implements Readable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Replaces the value and tells everyone, unless it is the same value. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
