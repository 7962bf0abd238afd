import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { PullPatience } from './pull-patience.ts';
import { relayTimings } from './relay-contract.ts';

const [A, B] = [1, 2].map(peerOf) as [PeerId, PeerId];
const { pullAfterMinMs } = relayTimings;

/** In stripe 0 the parent is A, in stripe 1 it is B; so many pulls of each were premature. */
function taught(lessons: number, parents: readonly PeerId[] = [A, B]) {
  const patience = new PullPatience();
  for (const n of range(0, lessons))
    parents.forEach((parent, stripe) => {
      patience.premature(stripe, parent, false, START + n, START + n);
    });
  return { patience, now: START + lessons };
}

describe('patience with late frames', () => {
  it('[R14] is the usual skew as long as no pull was premature', () => {
    const patience = new PullPatience();
    for (const _ of range(0, 200)) patience.skewed(100);
    expect(patience.lateAfterMs(START)).toBeCloseTo(100, 0);
    expect([patience.caution(START), patience.jumpedAfterMs(START)]).toEqual([1, pullAfterMinMs]);
  });

  it('[R14] doubles with a premature pull, and ends at six times the usual', () => {
    const usual = new PullPatience().lateAfterMs(START);
    const after = [1, 2, 3, 30].map((lessons) => {
      const { patience, now } = taught(lessons);
      return patience.lateAfterMs(now) / usual;
    });
    [2, 4, 6, 6].forEach((times, i) => {
      expect(after[i]).toBeCloseTo(times, 1);
    });
    const { patience, now } = taught(30);
    expect(patience.jumpedAfterMs(now)).toBeCloseTo(6 * pullAfterMinMs, 0);
    for (const _ of range(0, 1_000)) patience.skewed(60_000);
    expect(patience.lateAfterMs(now)).toBeLessThanOrEqual(6 * relayTimings.pullAfterMaxMs);
  });

  it('[R14] learns nothing more of pulls that were sent before it learnt', () => {
    const { patience, now } = taught(1);
    const before = patience.caution(now);
    for (const _ of range(0, 50)) {
      patience.premature(0, A, false, START - 1, now);
      patience.premature(1, B, false, START - 1, now);
    }
    expect(patience.caution(now)).toBe(before);
  });

  it('[R14] comes down slowly when pulls turn out right, and by time alone', () => {
    const right = taught(3);
    const down = range(0, 60).map(() => {
      for (const stripe of [0, 1]) right.patience.right(stripe, right.now);
      return right.patience.caution(right.now);
    });
    expect(down[0]).toBeGreaterThan(5);
    expect(down.slice(1).every((caution, i) => caution <= (down[i] as number))).toBe(true);
    expect([down.at(-1), right.patience.size]).toEqual([1, 0]);
    const idle = taught(3);
    expect(idle.patience.caution(idle.now + 15_000)).toBeCloseTo(3.5, 1);
    expect(idle.patience.caution(idle.now + 300_000)).toBeCloseTo(1, 3);
  });

  it('[R14] [R6] is not taught by one parent alone, be it in all its stripes, but where it is the only one', () => {
    const alone = taught(30, [A, A, A, A]);
    expect(alone.patience.caution(alone.now)).toBe(1);
    const only = new PullPatience();
    only.premature(0, A, true, START, START);
    expect(only.caution(START)).toBe(2);
  });

  it('[R14] is no more than the second of two parents teaches', () => {
    const { patience, now } = taught(1);
    for (const n of range(0, 30)) patience.premature(0, A, false, now + n, now + n);
    expect(patience.caution(now + 30)).toBeCloseTo(2, 1);
  });
});
