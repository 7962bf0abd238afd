import { expect, it } from 'vitest';
import { PageRandom } from './page-random.ts';

it('fills its buffer anew instead of repeating it', () => {
  const random = new PageRandom();
  const numbers = Array.from({ length: 2_000 }, () => random.u32());
  expect(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 32)).toBe(true);
  // 2,000 draws of 32 bits: more than 3 equal ones would be once in 10¹⁵ runs.
  expect(new Set(numbers).size).toBeGreaterThan(1_996);
});
