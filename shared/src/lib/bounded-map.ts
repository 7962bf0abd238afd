/**
 * A map with a cap. When it is full, the entry that was set longest ago goes. Everything that a remote peer can make grow
 * is held in one of these or in a ring.
 */
export class BoundedMap<K, V> {
  readonly #map = new Map<K, V>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  /** Sets a value and makes it the youngest; returns the entry that had to go, if any. */
  set(key: K, value: V): [K, V] | undefined {
    this.#map.delete(key);
    this.#map.set(key, value);
    if (this.#map.size <= this.#entriesMax) return undefined;
    for (const oldest of this.#map) {
      this.#map.delete(oldest[0]);
      return oldest;
    }
    return undefined;
  }

  delete(key: K): boolean {
    return this.#map.delete(key);
  }

  clear(): void {
    this.#map.clear();
  }

  /** Oldest first. */
  entries(): IterableIterator<[K, V]> {
    return this.#map.entries();
  }

  keys(): IterableIterator<K> {
    return this.#map.keys();
  }

  values(): IterableIterator<V> {
    return this.#map.values();
  }
}
