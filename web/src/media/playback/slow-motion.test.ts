import { expect, test } from 'vitest';
import { SlowMotion } from './slow-motion.ts';

const PICTURE_MS = 33;
const OFFSET_MS = 400;

/** Pictures wait for their time; each is shown when it is due, as long as there are some. */
function setUp() {
  const slowMotion = new SlowMotion();
  slowMotion.due(OFFSET_MS);
  let nowMs = 1_000;
  return {
    slowMotion,
    /** While others come, or while nothing does. @returns how long each stood */
    show(count: number, coming: boolean): number[] {
      return Array.from({ length: count }, () => {
        if (coming) slowMotion.came(nowMs);
        const beforeMs = slowMotion.behindMs;
        slowMotion.shown(nowMs, PICTURE_MS);
        const stoodMs = PICTURE_MS + slowMotion.behindMs - beforeMs;
        nowMs += stoodMs;
        return stoodMs;
      });
    },
  };
}

test('pictures keep their time while others come, and in a usual pause', () => {
  const { show, slowMotion } = setUp();
  expect(new Set(show(30, true))).toEqual(new Set([PICTURE_MS]));
  expect(new Set(show(4, false))).toEqual(new Set([PICTURE_MS]));
  expect(slowMotion.behindMs).toBe(0);
});

test('while nothing comes each stands twice as long; that is made up for by and by', () => {
  const { show, slowMotion } = setUp();
  show(1, true);
  const stood = show(14, false);
  expect(stood.slice(0, 4)).toEqual([33, 33, 33, 33]);
  expect(new Set(stood.slice(4))).toEqual(new Set([2 * PICTURE_MS]));
  expect(slowMotion.behindMs).toBe(10 * PICTURE_MS);
  const after = show(101, true);
  expect(after[0]).toBeCloseTo(0.9 * PICTURE_MS);
  expect([after.at(-1), slowMotion.behindMs]).toEqual([PICTURE_MS, 0]);
});

test('before anything has come nothing is missing', () => {
  const { show } = setUp();
  expect(new Set(show(20, false))).toEqual(new Set([PICTURE_MS]));
});

test('a delay that grows takes over; a little less of it changes nothing, much less is the live edge', () => {
  const { show, slowMotion } = setUp();
  show(1, true);
  show(14, false);
  slowMotion.due(OFFSET_MS + 100);
  expect(slowMotion.behindMs).toBe(230);
  slowMotion.due(OFFSET_MS + 98);
  expect(slowMotion.behindMs).toBe(230);
  slowMotion.due(60);
  expect(slowMotion.behindMs).toBe(0);
});

test('with sound, which cannot wait, pictures do not either', () => {
  const { show, slowMotion } = setUp();
  show(1, true);
  show(14, false);
  slowMotion.allow(false);
  expect(slowMotion.behindMs).toBe(0);
  expect(new Set(show(14, false))).toEqual(new Set([PICTURE_MS]));
  slowMotion.allow(true);
  expect(new Set(show(4, false))).toEqual(new Set([2 * PICTURE_MS]));
});

test('another timeline owes nothing', () => {
  const { show, slowMotion } = setUp();
  show(1, true);
  show(14, false);
  slowMotion.restart();
  expect(slowMotion.behindMs).toBe(0);
  expect(new Set(show(14, false))).toEqual(new Set([PICTURE_MS]));
});
