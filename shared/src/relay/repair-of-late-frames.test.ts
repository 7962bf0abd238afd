import { describe, expect, it } from 'vitest';
import { hashOf, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { FrameMap } from './frame-map.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';
import { type Feeder, Repair } from './repair.ts';

const [A, B, C] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];
const orphan = (): Feeder => ({ peer: undefined, pushing: false, others: () => [] });

describe('what comes late', () => {
  const { pullTimeoutMs, pullRefusedPauseMs } = relayTimings;

  /** A frame of each of two stripes is missed, and asked for when it is late. */
  function asking() {
    const frames = new FrameMap();
    const repair = new Repair(frames, () => [], 2);
    let next = 0;
    const ask = (now: number): number => {
      const seq = next;
      next += 2;
      for (const at of [seq, seq + 1]) {
        frames.vote(C, at, hashOf(at), now);
        repair.note(at, now, 0);
      }
      repair.pulls(orphan, now);
      return seq;
    };
    return { frames, repair, ask };
  }
  const [UP, OTHER_UP] = [A, B];

  it('[R14] a frame that was pulled and that its parent pushes as well makes repair more patient', () => {
    for (const isPushedFirst of [true, false]) {
      const { repair, ask } = asking();
      const before = repair.patienceMs(START);
      const seq = ask(START);
      const now = START + 50;
      const pushed = (at: number, parent: PeerId): void => {
        if (isPushedFirst) expect(repair.arrived(at, parent, 'parent', now)).toBe(false);
        else {
          expect(repair.arrived(at, C, 'other', now)).toBe(true);
          repair.again(at, parent, 'parent', now);
        }
      };
      pushed(seq, UP);
      expect(repair.patienceMs(now)).toBeLessThan(1.1 * before);
      pushed(seq + 1, OTHER_UP);
      expect(repair.patienceMs(now)).toBeGreaterThan(1.8 * before);
    }
  });

  it('[R14] parents that were asked themselves teach nothing, however often they send the frame', () => {
    const repair = new Repair(new FrameMap(), (seq) => [seq === 0 ? UP : OTHER_UP], 2);
    const before = repair.patienceMs(START);
    for (const seq of [0, 1]) repair.note(seq, START, 0);
    repair.pulls(orphan, START);
    expect(repair.arrived(0, UP, 'parent', START + 50)).toBe(true);
    expect(repair.arrived(1, OTHER_UP, 'parent', START + 50)).toBe(true);
    for (const round of range(0, 50)) {
      repair.again(0, UP, 'parent', START + 51 + round);
      repair.again(1, OTHER_UP, 'parent', START + 51 + round);
    }
    expect(repair.patienceMs(START + 100)).toBe(before);
  });

  it('[R14] a pulled frame that its parent does not push within two seconds was rightly pulled, and no other', () => {
    const { repair, ask } = asking();
    const before = repair.patienceMs(START);
    const first = ask(START);
    const now = START + 50;
    repair.arrived(first, UP, 'parent', now);
    repair.arrived(first + 1, OTHER_UP, 'parent', now);
    const later = now + relayTimings.pullsPastMs + 1;
    repair.again(999, C, 'other', later);
    const learnt = repair.patienceMs(later) / before;
    expect(learnt).toBeGreaterThan(1.88);
    for (const round of range(0, 5)) {
      const seq = ask(later + round * 20);
      for (const at of [seq, seq + 1]) expect(repair.arrived(at, C, 'other', later + round * 20)).toBe(true);
    }
    const last = later + relayTimings.pullsPastMs + 100;
    repair.again(999, C, 'other', last);
    expect(repair.patienceMs(last) / before).toBeLessThan(1.6);
  });

  it('[R14] [R6] who is no parent, or sends again what nobody pulled, or the same over and over, teaches nothing', () => {
    const { repair, ask } = asking();
    const seq = ask(START);
    const now = START + 50;
    for (const at of [seq, seq + 1]) repair.arrived(at, C, 'other', now);
    const before = repair.patienceMs(now);
    for (const round of range(0, 200)) {
      repair.again(seq, UP, 'other', now + round);
      repair.again(seq + 1, OTHER_UP, 'other', now + round);
      repair.again(1_000 + round, UP, 'parent', now + round);
      repair.again(1_001 + round, OTHER_UP, 'parent', now + round);
    }
    expect(repair.patienceMs(now)).toBe(before);
    for (const round of range(0, 200)) {
      repair.again(seq, UP, 'parent', now + round);
      repair.again(seq + 1, OTHER_UP, 'parent', now + round);
    }
    expect(repair.patienceMs(now + 200)).toBeLessThan(2.1 * before);
  });

  it('[R6] remembers a bounded number of frames that were pulled', () => {
    const repair = new Repair(new FrameMap(), () => [A], 1);
    const before = repair.tableBytes;
    for (const seq of range(0, relayCaps.missingMax)) {
      repair.note(seq, START, 0);
      expect(repair.pulls(orphan, START + seq * relayTimings.pullBatchMs).size).toBe(1);
      repair.arrived(seq, A, 'other', START);
    }
    expect(repair.tableBytes - before).toBeLessThan(relayCaps.pullsPastMax * 400);
  });

  it('[R14] where answers take long they are waited for, though not for ever', () => {
    const frames = new FrameMap();
    const repair = new Repair(frames, () => [], 1);
    let now = START;
    const waited = (tookMs: number): number => {
      const seq = now - START;
      for (const [i, peer] of [A, B].entries()) {
        frames.vote(peer, seq + i, hashOf(seq + i), now);
        repair.note(seq + i, now, 0);
      }
      repair.pulls(orphan, now);
      const until = repair.deadline - now;
      now += tookMs;
      repair.arrived(seq, A, 'other', now);
      repair.arrived(seq + 1, B, 'other', now);
      now += 10_000;
      return until;
    };
    expect(waited(300)).toBe(pullTimeoutMs);
    now -= 9_900;
    expect(waited(60_000)).toBeGreaterThan(600);
    now -= 9_900;
    expect(waited(100)).toBe(relayTimings.pullTimeoutMaxMs);
  });

  it('[R14] one that leaves three frames unanswered in a row is left alone, each further one for longer, until it sends one', () => {
    const frames = new FrameMap();
    const repair = new Repair(frames, () => [], 1);
    let seq = 0;
    let now = START;
    const asks = (): boolean => {
      seq++;
      frames.vote(A, seq, hashOf(seq), now);
      repair.note(seq, now, 0);
      return repair.pulls(orphan, now).get(A)?.includes(seq) ?? false;
    };
    const lapse = (): void => {
      now += pullTimeoutMs;
      repair.pulls(orphan, now);
      repair.forgetBelow(seq + 1);
      now += 10;
    };
    for (const _ of range(0, 3)) {
      expect(asks()).toBe(true);
      lapse();
    }
    expect(asks()).toBe(false);
    repair.forgetBelow(seq + 1);
    now += pullRefusedPauseMs;
    expect(asks()).toBe(true);
    lapse();
    now += pullRefusedPauseMs;
    expect(asks()).toBe(false);
    repair.forgetBelow(seq + 1);
    now += pullRefusedPauseMs;
    expect(asks()).toBe(true);
    repair.arrived(seq, A, 'other', now + 20);
    now += 30;
    expect(asks()).toBe(true);
  });
});
