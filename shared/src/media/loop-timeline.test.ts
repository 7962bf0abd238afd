import { describe, expect, test } from 'vitest';
import { LoopTimeline } from './loop-timeline.ts';

describe('loop timeline', () => {
  test('begins at zero, wherever the file begins', () => {
    expect(new LoopTimeline(1.5, 9.5).map(1.5)).toBe(0);
    expect(new LoopTimeline(-0.02, 8).map(-0.02)).toBe(0);
  });

  test('goes on across the seam: the first picture follows the last one by its duration', () => {
    const timeline = new LoopTimeline(0, 8);
    const last = timeline.map(8 - 1 / 30);
    timeline.nextRound();
    expect(timeline.map(0) - last).toBeCloseTo(1 / 30, 9);
    timeline.nextRound();
    expect(timeline.map(2)).toBe(18);
    expect(timeline.round).toBe(2);
  });

  test('a file without length does not loop without end', () => {
    const timeline = new LoopTimeline(3, 3);
    timeline.nextRound();
    expect(timeline.map(3)).toBeCloseTo(1 / 30);
  });
});
