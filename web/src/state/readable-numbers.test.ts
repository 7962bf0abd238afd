import { expect, test } from 'vitest';
import {
  counted,
  readableBitRate,
  readableBytes,
  readableDelay,
  readableDuration,
  readableShare,
} from './readable-numbers.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.00 kB'],
  [12_345, '12.3 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [2.5e9, '2.50 GB'],
  [9e15, '9000 TB'],
])('%d bytes read %j', (bytes, words) => {
  expect(readableBytes(bytes)).toBe(words);
});

test('rates, delays, durations and counts', () => {
  expect(readableBitRate(2_480_000)).toBe('2.48 Mbit/s');
  expect(readableDelay(84.6)).toBe('85 ms');
  expect(readableDelay(999.6)).toBe('1.0 s');
  expect(readableDuration(247_000)).toBe('4:07');
  expect(readableDuration(3_753_000)).toBe('1:02:33');
  expect(readableDuration(-5)).toBe('0:00');
  expect(counted(1, 'viewer')).toBe('1 viewer');
  expect(counted(0, 'viewer')).toBe('0 viewers');
});

test('a share is 0% or 100% only if it is exactly that', () => {
  expect([0, 0.001, 0.5, 0.9999, 1].map(readableShare)).toEqual(['0%', '1%', '50%', '99%', '100%']);
});
