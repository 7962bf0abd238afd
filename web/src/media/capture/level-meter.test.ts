import { expect, test } from 'vitest';
import { levelOf } from './level-meter.ts';

test.each([
  [[0, 0], 0],
  [[0.0005], 0],
  [[1, -0.2], 1],
  [[0.1, -1.5], 1],
])('%j reads as %d', (samples, level) => {
  expect(levelOf(Float32Array.from(samples))).toBe(level);
});

test('half of the scale is −30 dB', () => {
  expect(levelOf(Float32Array.from([0, -0.03162]))).toBeCloseTo(0.5, 3);
});
