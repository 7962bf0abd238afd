import { expect, test } from 'vitest';
import { RateMeter } from './rate-meter.ts';

test('one sample is no rate', () => {
  expect(new RateMeter().rate(1_000, 0)).toBe(0);
});

test('a steady counter has its growth per second as rate', () => {
  const meter = new RateMeter();
  const rates = Array.from({ length: 40 }, (_, i) => meter.rate(i * 500, i * 500));
  expect(rates.slice(1).every((rate) => rate === 1_000)).toBe(true);
});

test('what is more than some seconds old no longer counts', () => {
  const meter = new RateMeter();
  for (let i = 0; i <= 20; i++) meter.rate(i * 1_000, i * 500);
  let rate = 0;
  for (let i = 21; i <= 40; i++) rate = meter.rate(20_000, i * 500);
  expect(rate).toBe(0);
});

test('a counter that fell starts anew, never negative', () => {
  const meter = new RateMeter();
  meter.rate(10_000, 0);
  expect(meter.rate(50, 1_000)).toBe(0);
  expect(meter.rate(150, 2_000)).toBe(100);
});
