/** The random port of a page: the browser's cryptographic generator, asked for many numbers at a time. */
import type { Random } from '@murmuration/shared/lib/random.ts';

const NUMBERS_AT_ONCE = 256;

export class PageRandom implements Random {
  readonly #numbers = new Uint32Array(NUMBERS_AT_ONCE);
  #used = NUMBERS_AT_ONCE;

  u32(): number {
    if (this.#used === NUMBERS_AT_ONCE) {
      crypto.getRandomValues(this.#numbers);
      this.#used = 0;
    }
    const number = this.#numbers[this.#used] ?? 0;
    // A number that was given out is not left lying around.
    this.#numbers[this.#used++] = 0;
    return number;
  }
}
