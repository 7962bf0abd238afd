import { expect, test } from 'vitest';
import { isSameSource, originOf } from './source-origin.ts';

const picture = (capturedAtMs: number, ptsUs: number, leadUs = 0) =>
  originOf({ capturedAtMs, ptsUs, leadUs, durationUs: 33_000, bytes: new Uint8Array() });

test('pictures of one source have one origin, also those that are sent ahead of their time', () => {
  expect(picture(5_000, 0)).toBe(5_000);
  expect(picture(7_000, 2_000_000)).toBe(5_000);
  expect(picture(7_000, 2_066_000, 66_000)).toBe(5_000);
});

test('stamps that jitter are of the same source, times that begin anew are not', () => {
  expect(isSameSource(picture(7_400, 2_000_000), picture(5_000, 0))).toBe(true);
  expect(isSameSource(picture(7_000, 0), picture(5_000, 0))).toBe(false);
});
