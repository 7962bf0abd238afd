import { describe, expect, it } from 'vitest';
import { randomBelow, randomBytes, randomFloat, randomPick, seededRandom, shuffled } from './random.ts';

const draw = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.u32());
};

describe('seeded randomness', () => {
  it('gives the same numbers for the same seed, for ever', () => {
    expect(draw(1, 100)).toEqual(draw(1, 100));
    expect(draw(1, 4)).toMatchInlineSnapshot(`
      [
        1950625580,
        354034397,
        661219729,
        2802375379,
      ]
    `);
  });

  it('gives other numbers for other seeds, above 32 bits and below zero too', () => {
    const firsts = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 40].map((seed) => draw(seed, 2).join());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('spreads over all its bits', () => {
    const ones = new Array<number>(32).fill(0);
    for (const value of draw(7, 4_000)) {
      for (let bit = 0; bit < 32; bit++) ones[bit] = (ones[bit] ?? 0) + ((value >>> bit) & 1);
    }
    for (const count of ones) expect(Math.abs(count - 2_000)).toBeLessThan(200);
  });

  it('stays below the bound, reaches all of it, and answers 0 where there is nothing to choose', () => {
    const random = seededRandom(3);
    const seen = new Set(Array.from({ length: 200 }, () => randomBelow(random, 5)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(randomBelow(random, 0)).toBe(0);
    expect(randomPick(random, [])).toBeUndefined();
    expect(randomFloat({ u32: () => 0xffffffff })).toBeLessThan(1);
  });

  it('shuffles a copy, with every order possible', () => {
    const from = [1, 2, 3];
    const orders = new Set(
      Array.from({ length: 200 }, (_, seed) => shuffled(seededRandom(seed), from).join()),
    );
    expect(orders.size).toBe(6);
    expect(from).toEqual([1, 2, 3]);
    expect(randomBytes(seededRandom(1), 33)).toHaveLength(33);
  });
});
