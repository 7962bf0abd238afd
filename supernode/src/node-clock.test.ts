import { expect, test } from 'vitest';
import { NodeClock } from './node-clock.ts';
import { NodeRandom } from './node-random.ts';

const clock = new NodeClock();
const at = (atMs: number): Promise<number> =>
  new Promise((resolve) => clock.schedule(atMs, () => resolve(clock.now())));

test('now is wall time and never goes back', () => {
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  let last = clock.now();
  for (let i = 0; i < 1_000; i++) {
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});

test('a timer never fires before its time', async () => {
  for (let i = 0; i < 20; i++) {
    const atMs = clock.now() + 1 + i / 7;
    expect(await at(atMs)).toBeGreaterThanOrEqual(atMs);
  }
});

test('a time in the past is soon, but not within the call', async () => {
  let fired = false;
  clock.schedule(clock.now() - 1_000, () => {
    fired = true;
  });
  expect(fired).toBe(false);
  await at(clock.now() + 5);
  expect(fired).toBe(true);
});

test('a cancelled timer never fires; one of next year does not fire today', async () => {
  let fired = false;
  const fire = () => {
    fired = true;
  };
  clock.schedule(clock.now() + 1, fire)();
  const cancel = clock.schedule(clock.now() + 366 * 24 * 3_600_000, fire);
  await at(clock.now() + 10);
  expect(fired).toBe(false);
  cancel();
});

test('random numbers fill 32 bits and do not repeat from block to block', () => {
  const random = new NodeRandom();
  const numbers = Array.from({ length: 1_000 }, () => random.u32());
  expect(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 32)).toBe(true);
  expect(new Set(numbers).size).toBeGreaterThan(990);
  expect(numbers.some((number) => number > 2 ** 31)).toBe(true);
});
