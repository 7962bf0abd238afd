import { describe, expect, it } from 'vitest';
import { frameOf, hashOf, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import { limits } from '../wire/limits.ts';
import { FrameMap } from './frame-map.ts';
import { relayCaps } from './relay-contract.ts';

const A = peerOf(1);
const B = peerOf(2);

const holding = (seqs: readonly number[], now = START): FrameMap => {
  const frames = new FrameMap();
  for (const seq of seqs) frames.put(frameOf(seq), now);
  return frames;
};

describe('the frames map', () => {
  it('[R17] knows its bounds', () => {
    const frames = new FrameMap();
    expect([frames.headSeq, frames.keySeq, frames.lowestSeq, frames.framesHeld]).toEqual([-1, -1, 0, 0]);
    frames.put(frameOf(14), START);
    frames.put(frameOf(12), START);
    expect([frames.headSeq, frames.keySeq, frames.framesHeld, frames.bytesHeld]).toEqual([14, 10, 2, 4]);
  });

  it('[R17] wants a frame once, not below what it forgot and not absurdly far ahead', () => {
    const frames = holding(range(0, 20));
    expect(frames.wants(19, 20)).toBe(false);
    expect(frames.wants(20, 20)).toBe(true);
    expect(frames.wants(20 + limits.framesAheadMax, 20)).toBe(true);
    expect(frames.wants(21 + limits.framesAheadMax, 20)).toBe(false);
    frames.startAt(5);
    expect([frames.lowestSeq, frames.framesHeld, frames.wants(4, 20)]).toEqual([5, 15, false]);
  });

  it('[R17] forgets by age, from the low end, what the application has had', () => {
    const frames = holding(range(0, 10), START);
    for (const seq of range(10, 20)) frames.put(frameOf(seq), START + 5_000);
    frames.clean(START + 12_000, 12_000, 1_000, 20);
    expect(frames.lowestSeq).toBe(0);
    frames.clean(START + 12_001, 12_000, 1_000, 20);
    expect([frames.lowestSeq, frames.framesHeld, frames.bytesHeld]).toEqual([10, 10, 20]);
    expect(frames.get(9)).toBeUndefined();
  });

  it('[R17] keeps what the application still needs, up to twice the bytes', () => {
    const frames = holding(range(0, 20));
    frames.clean(START + 99_999, 12_000, 20, 8);
    expect(frames.lowestSeq).toBe(8);
    frames.clean(START + 99_999, 12_000, 5, 8);
    expect(frames.bytesHeld).toBeLessThanOrEqual(10);
  });

  it('[R17] forgets by bytes before it forgets by age', () => {
    const frames = holding(range(0, 20));
    frames.clean(START, 12_000, 10, 20);
    expect([frames.lowestSeq, frames.bytesHeld]).toEqual([15, 10]);
  });

  it('[R17] gets over seqs that never came', () => {
    const frames = holding([0, 1, 7]);
    frames.clean(START + 20_000, 12_000, 1_000, 8);
    expect([frames.lowestSeq, frames.framesHeld]).toEqual([8, 0]);
  });

  it('[R11] the first vote of a peer stands', () => {
    const frames = new FrameMap();
    expect(frames.vote(A, 3, hashOf(3), START)?.votes.get(A)).toBe(hashOf(3));
    expect(frames.vote(A, 3, hashOf(3, 'forged'), START)).toBeUndefined();
    expect(frames.get(3)?.votes.get(A)).toBe(hashOf(3));
    expect(frames.vote(B, 3, hashOf(3), START + 9)?.heardAt).toBe(START);
  });

  it('[R11] votes count only between the forgotten and a little past the newest frame', () => {
    const frames = holding(range(0, 20));
    frames.startAt(10);
    expect(frames.vote(A, 9, hashOf(9), START)).toBeUndefined();
    expect(frames.vote(A, 19 + relayCaps.votesAheadMax, 'h', START)).toBeDefined();
    expect(frames.vote(A, 20 + relayCaps.votesAheadMax, 'h', START)).toBeUndefined();
  });

  it('[R11] one seq holds a bounded number of votes', () => {
    const frames = new FrameMap();
    for (let peer = 0; peer < 100; peer++) frames.vote(peerOf(peer), 0, 'h', START);
    expect(frames.get(0)?.votes.size).toBe(limits.linksMax * 2);
  });

  it('[R6] one peer has a bounded number of votes held, and others are not the worse for it', () => {
    const frames = new FrameMap();
    frames.put(frameOf(0), START);
    const counted = Array.from({ length: 512 }, (_, seq) => frames.vote(peerOf(1), seq, hashOf(seq), START));
    expect(counted.filter((slot) => slot !== undefined)).toHaveLength(relayCaps.votesPerPeerMax);
    expect(frames.get(400)).toBeUndefined();
    expect(frames.vote(peerOf(2), 400, hashOf(400), START)).toBeDefined();
    // What is forgotten, and whoever has gone, makes room again.
    frames.startAt(100);
    expect(frames.vote(peerOf(1), 401, hashOf(401), START)).toBeDefined();
    frames.peerDown(peerOf(1));
    expect(frames.get(401)?.votes.size).toBe(0);
    expect(frames.get(400)?.votes.size).toBe(1);
    for (let seq = 100; seq < 100 + relayCaps.votesPerPeerMax; seq++)
      expect(frames.vote(peerOf(1), seq, hashOf(seq), START)).toBeDefined();
  });

  it('[R6] votes that lie far apart take no more than those side by side', () => {
    const apart = (frames: FrameMap) => {
      for (let voter = 1; voter <= limits.linksMax; voter++)
        for (const at of range(0, relayCaps.votesPerPeerMax))
          frames.vote(peerOf(voter), (at * limits.linksMax + voter) * 64, hashOf(at), START);
      return frames.tableBytes;
    };
    expect(apart(new FrameMap())).toBeLessThan(64 * 1024);
    const begun = new FrameMap();
    begun.put(frameOf(1_000_000), START);
    expect(apart(begun)).toBeLessThan(64 * 1024);
    expect(begun.vote(peerOf(1), 1_000_001, hashOf(1), START)).toBeDefined();
  });
});
