import { describe, expect, it } from 'vitest';
import { PicturePace } from './picture-pace.ts';

const EVERY_MS = 30;

/** What each tick is for. */
const moments = (pace: PicturePace, ticksMs: readonly number[]): (number | undefined)[] =>
  ticksMs.map((nowMs) => pace.take(nowMs));

describe('the pace of pictures', () => {
  it('is that of its clock, however often ticks come', () => {
    const taken = moments(new PicturePace(EVERY_MS, 0), [0, 10, 20, 30, 40, 50, 61, 70, 90]);
    expect(taken).toEqual([0, undefined, undefined, 30, undefined, undefined, 61, undefined, 90]);
  });

  it('makes up for what a late tick has missed, one picture a tick, each of its own moment', () => {
    const pace = new PicturePace(EVERY_MS, 0);
    expect(moments(pace, [0, 105, 105, 105, 106, 121])).toEqual([0, 30, 60, 105, undefined, 121]);
  });

  it('makes every other one while many are missing, and says how many it left out', () => {
    const pace = new PicturePace(EVERY_MS, 0);
    const ticks = [0, ...Array.from({ length: 8 }, (_, i) => 270 + i)];
    expect(moments(pace, ticks)).toEqual([0, 30, 90, 150, 210, 240, 275, undefined, undefined]);
    expect(pace.skipped).toBe(3);
  });

  it('goes on from now after a sleep, or after long without room', () => {
    const pace = new PicturePace(EVERY_MS, 0);
    expect(moments(pace, [0, 5_000, 5_001, 5_030])).toEqual([0, 5_000, undefined, 5_030]);
    expect(pace.skipped).toBe(165);
  });

  it('has missed nothing while it was paused', () => {
    const pace = new PicturePace(EVERY_MS, 0);
    pace.take(0);
    pace.restart(400);
    expect(moments(pace, [405, 406, 430])).toEqual([405, undefined, 430]);
  });

  it('never goes back, nor shows two pictures of nearly one moment, whenever ticks come', () => {
    const pace = new PicturePace(EVERY_MS, 0);
    let nowMs = 0;
    let lastMs = Number.NEGATIVE_INFINITY;
    for (let tick = 0; tick < 2_000; tick++) {
      nowMs += (tick * 7_919) % 97 === 0 ? 700 : (tick * 31) % 43;
      const momentMs = pace.take(nowMs);
      if (momentMs === undefined) continue;
      expect(momentMs).toBeLessThanOrEqual(nowMs);
      expect(momentMs - lastMs).toBeGreaterThanOrEqual(EVERY_MS / 2);
      lastMs = momentMs;
    }
  });
});
