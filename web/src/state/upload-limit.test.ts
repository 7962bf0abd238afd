import { expect, test } from 'vitest';
import { MBIT, uploadWithin } from './upload-limit.ts';

test('without a limit the copies decide', () => {
  expect(uploadWithin(3, undefined, 2 * MBIT)).toMatchObject({ copies: 3, overLimit: false });
  expect(uploadWithin(3, undefined, 2 * MBIT).bitsPerSecond).toBeCloseTo(6.6 * MBIT);
});

test('the limit holds with everything that goes along', () => {
  expect(uploadWithin(5, 10 * MBIT, 2.5 * MBIT).copies).toBe(3);
  for (const limit of [3, 7, 12]) {
    const upload = uploadWithin(16, limit * MBIT, MBIT);
    expect(upload.bitsPerSecond).toBeLessThanOrEqual(limit * MBIT);
  }
});

test('a limit below one copy is told', () => {
  expect(uploadWithin(3, 2 * MBIT, 2.5 * MBIT)).toMatchObject({ copies: 0.5, overLimit: true });
});

test('a rate that is not known yet limits nothing', () => {
  expect(uploadWithin(3, MBIT, 0)).toEqual({ copies: 3, bitsPerSecond: 0, overLimit: false });
});
