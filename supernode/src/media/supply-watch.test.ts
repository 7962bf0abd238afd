import { expect, test } from 'vitest';
import { SupplyWatch } from './supply-watch.ts';

const enough = { nodes: 10, starvingShare: 0, spareShare: 0.2 };
const short = { nodes: 10, starvingShare: 0.4, spareShare: 0.1 };

/** The seconds at which it said something else, told the same once a second. */
function tell(watch: SupplyWatch, supply: typeof short, fromS: number, seconds: number): number[] {
  return Array.from({ length: seconds }, (_, at) => fromS + at).filter((s) => watch.heard(supply, s * 1_000));
}

test('[R47] upload is short after two seconds of want, and told once', () => {
  const watch = new SupplyWatch();
  expect(tell(watch, enough, 0, 10)).toEqual([]);
  expect(tell(watch, short, 10, 10)).toEqual([12]);
  expect([watch.isShort, watch.viewers]).toEqual([true, 10]);
  expect(watch.carriedShare).toBeCloseTo(0.7);
});

test('a moment of want is not told', () => {
  const watch = new SupplyWatch();
  expect(tell(watch, short, 0, 1)).toEqual([]);
  expect(tell(watch, enough, 1, 5)).toEqual([]);
  expect(tell(watch, short, 6, 1)).toEqual([]);
});

test('where there is room that has not been found it waits longer', () => {
  const watch = new SupplyWatch();
  expect(tell(watch, { ...short, spareShare: 0.5 }, 0, 10)).toEqual([4]);
  expect(watch.carriedShare).toBe(1);
});

test('it is over when nobody starved for five seconds', () => {
  const watch = new SupplyWatch();
  tell(watch, short, 0, 5);
  expect(tell(watch, enough, 5, 4)).toEqual([]);
  expect(tell(watch, short, 9, 1)).toEqual([]);
  expect(tell(watch, enough, 10, 10)).toEqual([15]);
  expect([watch.isShort, watch.carriedShare]).toEqual([false, 1]);
});
