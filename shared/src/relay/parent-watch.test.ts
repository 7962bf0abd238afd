import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { ParentWatch } from './parent-watch.ts';
import { relayTimings } from './relay-contract.ts';

const PARENT = peerOf(1);
const { lateParentMs, lateParentMaxMs, silentParentMs, silentParentMsPerHop } = relayTimings;

describe('a parent that is watched', () => {
  it('[R16] is silent when it pushed nothing for a while, which is longer the deeper the node is', () => {
    const watch = new ParentWatch(2, START);
    watch.pushed(1, 5, START + 100);
    const silentAt = (depth: number) => START + 100 + silentParentMs + depth * silentParentMsPerHop;
    for (const depth of [1, 4]) {
      expect(watch.isSilent(1, depth, silentAt(depth))).toBe(false);
      expect(watch.isSilent(1, depth, silentAt(depth) + 1)).toBe(true);
    }
    watch.taken(1, START + 5_000);
    expect(watch.isSilent(1, 1, START + 5_000)).toBe(false);
  });

  it('[R14] is waited for while it pushes, from when a frame was missed, and not for what it has jumped over', () => {
    const watch = new ParentWatch(1, START);
    watch.pushed(0, 5, START);
    const missedAt = START + 1_000;
    expect(watch.isOnItsWay(PARENT, 0, 6, missedAt, missedAt + lateParentMs)).toBe(true);
    expect(watch.isOnItsWay(PARENT, 0, 6, missedAt, missedAt + lateParentMs + 1)).toBe(false);
    expect(watch.isOnItsWay(PARENT, 0, 4, missedAt, missedAt)).toBe(false);
    expect(watch.isOnItsWay(undefined, 0, 6, missedAt, missedAt)).toBe(false);
  });

  it('[R14] is late later where frames are rare, within bounds', () => {
    const lateAfter = (everyMs: number) => {
      const watch = new ParentWatch(1, START);
      for (let n = 0; n < 200; n++) watch.pushed(0, n, START + n * everyMs);
      return watch.lateAfterMs(0);
    };
    expect(lateAfter(20)).toBe(lateParentMs);
    expect(lateAfter(44)).toBeCloseTo(110, 0);
    expect(lateAfter(200)).toBe(lateParentMaxMs);
  });
});
