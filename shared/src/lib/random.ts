/**
 * Randomness is always handed in. The seeded generator is sfc32 (Chris Doty-Humphrey's Small Fast Counter, 32 bits): good
 * enough for choices and simulations, never for keys.
 */

/** A source of random numbers. */
export interface Random {
  /** Uniform in [0, 2³²). */
  u32(): number;
}

/** A generator that gives the same numbers for the same seed (any integer). */
export function seededRandom(seed: number): Random {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const u32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) u32();
  return { u32 };
}

/** Uniform in [0, 1). */
export const randomFloat = (random: Random): number => random.u32() / 2 ** 32;

/** A whole number in [0, below); 0 if `below` is not positive. */
export const randomBelow = (random: Random, below: number): number => Math.floor(randomFloat(random) * below);

/** One element; undefined for an empty list. */
export const randomPick = <T>(random: Random, from: readonly T[]): T | undefined =>
  from[randomBelow(random, from.length)];

/** A new array in random order (Fisher and Yates). */
export function shuffled<T>(random: Random, from: Iterable<T>): T[] {
  const items = [...from];
  for (let i = items.length - 1; i > 0; i--) {
    const j = randomBelow(random, i + 1);
    const swap = items[i] as T;
    items[i] = items[j] as T;
    items[j] = swap;
  }
  return items;
}

export function randomBytes(random: Random, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) bytes[i] = random.u32() & 255;
  return bytes;
}
