import { describe, expect, it } from 'vitest';
import { ParentLosses, ViewerLog } from './viewer-log.ts';

/** A message every 33 ms, `delayMs(i)` late. */
function watched(delayMs: (i: number) => number, count = 300): ViewerLog {
  const log = new ViewerLog();
  for (let i = 0; i < count; i++) log.delivered(i * 33, i * 33 + delayMs(i));
  return log;
}

describe('what a viewer feels', () => {
  it('no stall while delays stay within what playout adapts to', () => {
    expect(watched((i) => 100 + (i % 7) * 8).stalls).toBe(0);
  });

  it('one stall where everything stands still for a second, and none more behind it', () => {
    const log = watched((i) => (i >= 100 && i < 130 ? 100 + (130 - i) * 33 : 100));
    expect(log.stalls).toBe(1);
    expect(log.usualMs).toBe(100);
  });

  it('the loss of a parent counts with the worst message after it', () => {
    const losses = new ParentLosses();
    losses.lost(1, 100, 10_000);
    losses.delivered(1, 10_000, 10_350);
    losses.delivered(1, 10_100, 10_210);
    losses.delivered(2, 10_100, 19_000);
    losses.delivered(1, 10_001 + ParentLosses.WATCHED_MS, 13_200);
    expect(losses.extraMs).toEqual([250]);
  });
});
