/** Unpredictable numbers for the core, from the system's generator, fetched in blocks because a call for each is slow. */
import type { Random } from '@murmuration/shared/lib/random.ts';

const BLOCK_WORDS = 256;

export class NodeRandom implements Random {
  readonly #block = new Uint32Array(BLOCK_WORDS);
  #used = BLOCK_WORDS;

  u32(): number {
    if (this.#used === BLOCK_WORDS) {
      crypto.getRandomValues(this.#block);
      this.#used = 0;
    }
    const at = this.#used++;
    const word = this.#block[at] ?? 0;
    // Forgotten at once: some of these numbers become nonces.
    this.#block[at] = 0;
    return word;
  }
}
