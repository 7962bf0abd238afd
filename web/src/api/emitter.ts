/** Named events with typed listeners. A listener that throws is reported, and the others are called all the same. */
export class Emitter<Name extends string, Value> {
  readonly #listeners = new Map<Name, Set<(value: Value) => void>>();

  /** Returns how to stop. The same listener counts once. */
  on(name: Name, listener: (value: Value) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  emit(name: Name, value: Value): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

/**
 * Tells what is new between two statuses: the phase by its name, a trouble, and any change.
 * @param before undefined: nothing was told yet
 */
export function tellChanges<
  Phase extends string,
  Status extends { phase: Phase; trouble: string | undefined },
>(events: Emitter<Phase | 'trouble' | 'change', Status>, before: Status | undefined, now: Status): void {
  if (now.phase !== before?.phase) events.emit(now.phase, now);
  if (now.trouble !== undefined && now.trouble !== before?.trouble) events.emit('trouble', now);
  events.emit('change', now);
}
