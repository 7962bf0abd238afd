/** Remembers what has passed, up to a number of things, so that a repetition is noticed. */
import { BoundedMap } from './bounded-map.ts';

export class SeenBefore {
  readonly #seen: BoundedMap<string, true>;

  constructor(entriesMax: number) {
    this.#seen = new BoundedMap(entriesMax);
  }

  /**
   * Whether these very bytes have passed before under the same name; from now on they have. Told apart by length and FNV-1a: whoever
   * makes two that collide has only its own taken for a repetition.
   */
  repeated(name: string, bytes: Uint8Array): boolean {
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    const key = `${name} ${bytes.length} ${hash}`;
    if (this.#seen.has(key)) return true;
    this.#seen.set(key, true);
    return false;
  }
}
