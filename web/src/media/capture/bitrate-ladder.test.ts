import { expect, test } from 'vitest';
import { fitInto, heightFor, ladderSteps } from './bitrate-ladder.ts';

test('each step that a host can choose is encoded at its own height', () => {
  for (const { height, bitsPerSecond } of ladderSteps) expect(heightFor(bitsPerSecond)).toBe(height);
});

test('the picture shrinks when the rate falls below two thirds of its step', () => {
  expect(heightFor(1_700_000)).toBe(720);
  expect(heightFor(1_600_000)).toBe(480);
  expect(heightFor(660_000)).toBe(360);
  expect(heightFor(640_000)).toBe(240);
  expect(heightFor(1)).toBe(240);
});

test.each([
  [{ width: 1_920, height: 1_080 }, 720, { width: 1_280, height: 720 }],
  [{ width: 640, height: 360 }, 720, { width: 640, height: 360 }],
  [{ width: 1_080, height: 1_920 }, 720, { width: 720, height: 1_280 }],
  [{ width: 2_560, height: 1_080 }, 720, { width: 1_280, height: 540 }],
  [{ width: 852, height: 480 }, 360, { width: 640, height: 360 }],
  [{ width: 641, height: 361 }, 720, { width: 640, height: 360 }],
  [{ width: 1, height: 5_000 }, 360, { width: 2, height: 640 }],
])('%j within %i lines is encoded as %j', (size, lines, fitted) => {
  expect(fitInto(size, lines)).toEqual(fitted);
});
