import { describe, expect, test } from 'vitest';
import { stepsToLiveEdge, TargetDelay } from './live-position.ts';

const range = (start: number, end: number) => ({ start, end });

describe('near the live edge', () => {
  test('nothing buffered: nothing to do', () => {
    expect(stepsToLiveEdge([], 0, 0.2)).toEqual({ seekTo: undefined, rate: 1 });
  });

  test('the first data is hours into the stream: playing begins near its end', () => {
    expect(stepsToLiveEdge([range(7_200, 7_201)], 0, 0.2).seekTo).toBeCloseTo(7_200.8);
  });

  test('less than the target is buffered: it begins at the start', () => {
    expect(stepsToLiveEdge([range(10, 10.1)], 0, 0.2).seekTo).toBe(10);
  });

  test('on target nothing changes; a little behind it plays a little faster', () => {
    expect(stepsToLiveEdge([range(0, 10)], 9.78, 0.2)).toEqual({ seekTo: undefined, rate: 1 });
    const { seekTo, rate } = stepsToLiveEdge([range(0, 10)], 9.4, 0.2);
    expect(seekTo).toBeUndefined();
    expect(rate).toBeGreaterThan(1);
    expect(rate).toBeLessThan(1.1);
  });

  test('back from 10 s frozen: one jump to the live edge', () => {
    expect(stepsToLiveEdge([range(0, 30)], 20, 0.2)).toEqual({ seekTo: 29.8, rate: 1 });
  });

  test('a gap in the data is jumped over as soon as there is data behind it', () => {
    expect(stepsToLiveEdge([range(0, 10), range(11, 11.1)], 10, 0.2)).toEqual({ seekTo: 11, rate: 1 });
  });

  test('waiting at the very end is not being outside', () => {
    expect(stepsToLiveEdge([range(0, 10)], 10.01, 0.2).seekTo).toBeUndefined();
  });
});

describe('the target', () => {
  test('is short for data that comes picture by picture, and longer than the pause between fragments', () => {
    const target = new TargetDelay();
    for (let ms = 0; ms < 2_000; ms += 33) target.appended(ms);
    expect(target.seconds).toBeLessThan(0.2);
    for (let ms = 2_000; ms < 6_000; ms += 1_000) target.appended(ms);
    expect(target.seconds).toBeGreaterThan(1);
  });

  test('forgets a single long wait within a minute, and takes no frozen tab for one', () => {
    const target = new TargetDelay();
    target.appended(0);
    target.appended(1_000);
    for (let ms = 1_000; ms < 61_000; ms += 33) target.appended(ms);
    expect(target.seconds).toBeLessThan(0.2);
    target.appended(90_000);
    expect(target.seconds).toBeLessThan(0.2);
  });
});
