import { describe, expect, it } from 'vitest';
import { frameOf, hashOf, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { FrameMap } from './frame-map.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';
import { type Feeder, Repair } from './repair.ts';

const [A, B, C, PARENT] = [1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];
const orphan = (): Feeder => ({ peer: undefined, pushing: false, others: () => [] });
const fed = (): Feeder => ({ peer: PARENT, pushing: false, others: () => [] });
const pushing = (): Feeder => ({ peer: PARENT, pushing: true, others: () => [] });

function setUp(voters: readonly PeerId[] = [A, B]) {
  const frames = new FrameMap();
  const repair = new Repair(frames, () => [], 1);
  const miss = (seq: number, now: number): void => {
    for (const voter of voters) frames.vote(voter, seq, hashOf(seq), now);
    repair.note(seq, now);
  };
  return { frames, repair, miss };
}

const asked = (asks: Map<PeerId, number[]>): [PeerId, number[]][] => [...asks];

/** A parent that pushes nothing. */
const quiet = { isQuiet: true, reachedSeq: -1 };

describe('repair', () => {
  it('[R14] pulls a late frame only after the usual skew, from the earliest voter, once', () => {
    const { repair, miss } = setUp();
    miss(5, START);
    const due = START + repair.patienceMs(START);
    expect(repair.deadline).toBe(due);
    expect(asked(repair.pulls(orphan, due - 1))).toEqual([]);
    expect(asked(repair.pulls(orphan, due))).toEqual([[A, [5]]]);
    expect(asked(repair.pulls(orphan, due + 1))).toEqual([]);
    expect(repair.deadline).toBe(due + relayTimings.pullTimeoutMs);
  });

  it('[R14] an unanswered pull goes to the next holder, then to the parent, then around again', () => {
    const { frames, repair, miss } = setUp();
    miss(5, START);
    frames.put(frameOf(6), START);
    let now = START + repair.patienceMs(START);
    const order: (PeerId | undefined)[] = [];
    for (let round = 0; round < 5; round++) {
      order.push([...repair.pulls(fed, now).keys()][0]);
      now += relayTimings.pullTimeoutMs;
    }
    expect(order).toEqual([A, B, PARENT, undefined, A]);
  });

  it('[R14] a refused pull goes to the next holder at once', () => {
    const { repair, miss } = setUp();
    miss(5, START);
    const now = START + repair.patienceMs(START);
    repair.pulls(orphan, now);
    repair.refused(B, [5], now);
    expect(asked(repair.pulls(orphan, now))).toEqual([]);
    repair.refused(A, [5], now);
    expect(asked(repair.pulls(orphan, now))).toEqual([[B, [5]]]);
  });

  it('[R14] a holder that is gone is not waited for', () => {
    const { repair, miss } = setUp();
    miss(5, START);
    const now = START + repair.patienceMs(START);
    repair.pulls(orphan, now);
    repair.peerDown(A);
    expect(asked(repair.pulls(orphan, now))).toEqual([[B, [5]]]);
  });

  it('[R14] nothing is pulled while the parent pushes and has not come to the frame', () => {
    const { repair, miss } = setUp();
    miss(5, START);
    let now = START + repair.patienceMs(START);
    for (let round = 0; round < 20; round++) {
      expect(asked(repair.pulls(pushing, now))).toEqual([]);
      expect(repair.deadline).toBe(now + relayTimings.pullAfterMinMs);
      now = repair.deadline;
    }
    expect(asked(repair.pulls(fed, now))).toEqual([[A, [5]]]);
  });

  it('[R14] a frame that came is not looked for, and tells whether the pull brought it', () => {
    const { repair, miss } = setUp();
    miss(5, START);
    miss(6, START);
    repair.pulls(orphan, START + repair.patienceMs(START));
    expect(repair.arrived(5, A, 'other', START + 99)).toBe(true);
    expect(repair.arrived(6, PARENT, 'parent', START + 99)).toBe(false);
    expect(repair.arrived(7, A, 'other', START + 99)).toBe(false);
    expect([repair.pulled, repair.missing, repair.deadline]).toEqual([1, 0, Number.POSITIVE_INFINITY]);
  });

  it('[R14] patience follows the skew that is seen, within its bounds', () => {
    const { repair, miss } = setUp();
    for (const seq of range(0, 200)) {
      miss(seq, START);
      repair.arrived(seq, PARENT, 'parent', START);
    }
    expect(repair.patienceMs(START)).toBe(relayTimings.pullAfterMinMs);
    for (const seq of range(200, 400)) {
      miss(seq, START);
      repair.arrived(seq, PARENT, 'parent', START + 5_000);
    }
    expect(repair.patienceMs(START)).toBe(relayTimings.pullAfterMaxMs);
  });

  it('[R14] what the application is past is not looked for', () => {
    const { repair, miss } = setUp();
    for (const seq of range(0, 10)) miss(seq, START);
    repair.pulls(orphan, START + repair.patienceMs(START));
    repair.forgetBelow(9);
    expect(repair.missing).toBe(1);
  });

  it('[R14] a new parent is given a moment before its frames are pulled', () => {
    const { repair, miss } = setUp();
    miss(5, START);
    repair.holdOff(0, START + 1_000);
    expect(asked(repair.pulls(fed, START + 999))).toEqual([]);
    expect(asked(repair.pulls(fed, START + 1_000))).toEqual([[A, [5]]]);
  });

  it('[R14] one that had nothing to give is left alone for a while, each time for longer', () => {
    const { frames, repair, miss } = setUp([A]);
    frames.put(frameOf(99), START);
    const { pullRefusedPauseMs } = relayTimings;
    let now = START + relayTimings.pullAfterMaxMs;
    for (const refusals of [1, 2, 3]) {
      miss(refusals, now - relayTimings.pullAfterMaxMs);
      expect(asked(repair.pulls(orphan, now))).toEqual([[A, [refusals]]]);
      repair.refused(A, [refusals], now);
      repair.forgetBelow(refusals + 1);
      miss(10 + refusals, now - relayTimings.pullAfterMaxMs);
      now += pullRefusedPauseMs * 2 ** (refusals - 1);
      expect(asked(repair.pulls(orphan, now - 1))).toEqual([]);
      repair.forgetBelow(11 + refusals);
    }
  });

  it('[R14] what is missed right after a pull is asked for together', () => {
    const { repair, miss } = setUp([A]);
    const now = START + relayTimings.pullAfterMaxMs;
    miss(1, START);
    expect(asked(repair.pulls(orphan, now))).toEqual([[A, [1]]]);
    miss(2, START);
    miss(3, START);
    expect(asked(repair.pulls(orphan, now + relayTimings.pullBatchMs - 1))).toEqual([]);
    expect(asked(repair.pulls(orphan, now + relayTimings.pullBatchMs))).toEqual([[A, [2, 3]]]);
  });

  it('[R15] a stripe is dry when a frame before the newest has been missing for long, not for votes for what never was', () => {
    const { frames, repair, miss } = setUp();
    const later = START + relayTimings.dryAfterMs;
    miss(5, START);
    expect(repair.isDry(0, quiet, later)).toBe(false);
    frames.put(frameOf(6), START);
    expect([
      repair.isDry(0, quiet, later - 1),
      repair.isDry(0, quiet, later),
      repair.isDry(1, quiet, later),
    ]).toEqual([false, true, false]);
  });

  it('[R15] a stripe in which the parent pushes again is not dry for the sake of an old gap', () => {
    const { frames, repair, miss } = setUp();
    const { dryAfterMs, dryForMs } = relayTimings;
    const pushes = { isQuiet: false, reachedSeq: 8 };
    miss(5, START);
    frames.put(frameOf(6), START);
    const over = START + dryAfterMs + dryForMs;
    expect([repair.isDry(0, pushes, over - 1), repair.isDry(0, pushes, over)]).toEqual([true, false]);
    expect(repair.isDry(0, { ...pushes, isQuiet: true }, over)).toBe(true);
    miss(7, over);
    frames.put(frameOf(8), over);
    expect(repair.isDry(0, pushes, over + dryAfterMs)).toBe(true);
  });

  it('[R15] nor is one whose parent pushes, and is late, but for a parent that has fallen far behind', () => {
    const { frames, repair, miss } = setUp();
    const { dryAfterMs, dryForMs, dryLateMs } = relayTimings;
    const pushes = { isQuiet: false, reachedSeq: 4 };
    miss(5, START);
    frames.put(frameOf(6), START);
    for (const ms of [dryAfterMs, dryAfterMs + dryForMs, dryLateMs - 1])
      expect(repair.isDry(0, pushes, START + ms)).toBe(false);
    expect(repair.isDry(0, pushes, START + dryLateMs)).toBe(true);
  });

  it('[R14] what only votes tell of nobody but the voters is asked for, and forgotten with them', () => {
    const { frames, repair, miss } = setUp([A]);
    miss(5, START);
    let now = START + relayTimings.pullAfterMaxMs;
    expect(asked(repair.pulls(fed, now))).toEqual([[A, [5]]]);
    now += relayTimings.pullTimeoutMs;
    expect(asked(repair.pulls(fed, now))).toEqual([]);
    frames.peerDown(A);
    repair.peerDown(A);
    now += relayTimings.pullTimeoutMs;
    expect([asked(repair.pulls(fed, now)), repair.missing]).toEqual([[], 0]);
  });

  it('[R6] asks one peer for a bounded number of frames at once, which one packet carries', () => {
    const { repair, miss } = setUp([A]);
    for (const seq of range(0, 200)) miss(seq, START);
    const now = START + relayTimings.pullAfterMaxMs;
    const first = repair.pulls(orphan, now);
    expect(first.get(A)).toHaveLength(relayCaps.pullsPerPeerMax);
    expect(relayCaps.pullsPerPeerMax).toBeLessThanOrEqual(limits.pullSeqsMax);
    for (const seq of first.get(A) ?? []) repair.arrived(seq, A, 'other', now);
    expect(repair.pulls(orphan, now + relayTimings.pullTimeoutMs).get(A)).toHaveLength(
      relayCaps.pullsPerPeerMax,
    );
  });

  it('[R6] looks for a bounded number of frames', () => {
    const { repair } = setUp([]);
    for (let seq = 0; seq < 10_000; seq++) repair.note(seq, START);
    expect(repair.missing).toBe(relayCaps.missingMax);
  });
});

describe('serving pulls', () => {
  it('[R14] sends what is held, refuses the rest, each seq once', () => {
    const { frames, repair } = setUp();
    for (const seq of range(0, 10)) frames.put(frameOf(seq), START);
    expect(repair.serve(A, [3, 3, 12, 4], 3, START)).toEqual({ send: [3, 4], refuse: [12] });
  });

  it('[R29] within a budget per peer, slot and second; who has no slots serves nothing', () => {
    const { frames, repair } = setUp();
    for (const seq of range(0, 64)) frames.put(frameOf(seq), START);
    const served = (peer: PeerId, slots: number, now: number): number => {
      let count = 0;
      for (let packet = 0; packet < 50; packet++) {
        count += repair.serve(peer, range(0, 64), slots, now).send.length;
      }
      return count;
    };
    const budget = relayCaps.pullsServedPerSlotMax;
    expect(served(A, 2, START)).toBe(budget);
    expect(served(A, 2, START + 999)).toBe(0);
    expect(served(B, 2, START + 999)).toBe(budget);
    expect(served(C, 2, START + 999)).toBe(0);
    expect(served(A, 2, START + 1_000)).toBe(budget);
    expect(served(A, 0, START + 3_000)).toBe(0);
  });

  it('[R6] reads no more of a request than one packet may hold', () => {
    const { frames, repair } = setUp();
    for (const seq of range(0, 300)) frames.put(frameOf(seq), START);
    const { send, refuse } = repair.serve(C, range(0, 300), 3, START);
    expect([send.length, send.length + refuse.length]).toEqual([
      relayCaps.pullsServedPerSlotMax,
      limits.pullSeqsMax,
    ]);
  });
});
