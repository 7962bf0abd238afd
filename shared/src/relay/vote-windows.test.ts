import { describe, expect, it } from 'vitest';
import { frameOf, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { FrameMap } from './frame-map.ts';
import { PullPatience } from './pull-patience.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';
import { VOTE_WINDOW, VoteWindows, type WindowVote } from './vote-windows.ts';

const [A, B] = [1, 2].map(peerOf) as [PeerId, PeerId];
const { partVoteAfterMs } = relayTimings;

function node(seqs: readonly number[] = [], patience = new PullPatience()) {
  const frames = new FrameMap();
  const windows = new VoteWindows(frames, patience);
  const keep = (kept: readonly number[], now = START): PeerId[] =>
    kept.flatMap((seq) => {
      frames.put(frameOf(seq), now);
      return windows.frameKept(seq, now).conflicting;
    });
  keep(seqs);
  return { frames, windows, keep };
}

/** What an honest node says that holds `count` frames from `base` on. */
function honest(base: number, count: number = VOTE_WINDOW): WindowVote {
  const { windows } = node(range(base, base + count));
  return windows.takeVotes(START + partVoteAfterMs)[0] as WindowVote;
}

const forged = (base: number, count: number = VOTE_WINDOW): WindowVote => ({
  base,
  count,
  digest: 'forged'.padEnd(16),
});
const inShort = (votes: readonly WindowVote[]) => votes.map(({ base, count }) => [base, count]);
const W = VOTE_WINDOW;

describe('votes for windows', () => {
  it('[R11] a full window is voted for at once, by one digest, in whatever order its frames came', () => {
    const { windows, keep } = node(range(1, 2 * W).reverse());
    expect(inShort(windows.takeVotes(START))).toEqual([[W, W]]);
    keep([0]);
    expect(windows.deadline).toBeLessThanOrEqual(START);
    expect(windows.takeVotes(START)).toEqual([honest(0)]);
    expect([windows.takeVotes(START + 9_999), windows.deadline]).toEqual([[], Number.POSITIVE_INFINITY]);
  });

  it('[R11] a window that does not fill is voted for after a while, as far as it goes, and then by what came on', () => {
    const { windows, keep } = node([0, 1, 2, 4]);
    expect(windows.deadline).toBe(START + partVoteAfterMs);
    expect(windows.takeVotes(START + partVoteAfterMs - 1)).toEqual([]);
    expect(windows.takeVotes(START + partVoteAfterMs)).toEqual([honest(0, 3)]);
    expect(windows.deadline).toBe(Number.POSITIVE_INFINITY);
    keep([3], START + 1_000);
    expect(windows.deadline).toBe(START + 1_000 + partVoteAfterMs);
    expect(windows.takeVotes(START + 1_000 + partVoteAfterMs)).toEqual([honest(0, 5)]);
    keep(range(5, W), START + 2_000);
    expect(windows.takeVotes(START + 2_000)).toEqual([honest(0)]);
  });

  it('[R11] where frames are late a window is given more time to fill', () => {
    const patience = new PullPatience();
    patience.premature(0, A, true, START, START);
    const { windows } = node([0, 1, 2], patience);
    expect(windows.deadline).toBe(START + 2 * partVoteAfterMs);
    expect(windows.takeVotes(START + partVoteAfterMs)).toEqual([]);
    expect(windows.takeVotes(START + 2 * partVoteAfterMs)).toEqual([honest(0, 3)]);
  });

  it('[R11] each unfilled window has its own time; of one whose beginning is not held nothing is said', () => {
    const { windows, keep } = node([0, ...range(2 * W + 1, 3 * W)]);
    keep([W], START + 100);
    expect(windows.takeVotes(START + partVoteAfterMs)).toEqual([honest(0, 1)]);
    expect(windows.deadline).toBe(START + 100 + partVoteAfterMs);
    expect(windows.takeVotes(windows.deadline)).toEqual([honest(W, 1)]);
    expect(windows.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('[R11] a digest like the own one is a vote for each of its frames, and for no other', () => {
    const { windows } = node(range(0, 2 * W));
    expect(windows.heard(A, honest(0, 5))).toEqual({ isNews: false, agrees: true });
    expect(range(0, W + 1).filter((seq) => windows.agrees(seq, A))).toEqual(range(0, 5));
    expect([...windows.holders(4)]).toEqual([A]);
    expect([[...windows.holders(5)], windows.isHeldBy(5, A), windows.isHeldBy(4, B)]).toEqual([
      [],
      false,
      false,
    ]);
  });

  it('[R11] a word that comes before the frames is news, and is judged when they are here', () => {
    const { windows, keep } = node(range(0, 3));
    expect(windows.heard(A, honest(0))).toEqual({ isNews: true, agrees: undefined });
    expect(windows.heard(B, forged(0, 8))).toEqual({ isNews: true, agrees: undefined });
    expect([windows.isHeldBy(7, B), windows.agrees(2, A)]).toEqual([true, false]);
    expect(keep(range(3, 7))).toEqual([]);
    expect(keep([7])).toEqual([B]);
    expect(keep(range(8, W))).toEqual([]);
    expect([windows.agrees(2, A), windows.agrees(2, B)]).toEqual([true, false]);
  });

  it('[R11] a word that differs is told apart at once where the frames are here, and answered once for each window', () => {
    const { windows } = node(range(0, W));
    expect(windows.heard(A, forged(0))).toEqual({ isNews: false, agrees: false });
    expect([windows.agrees(0, A), windows.isHeldBy(0, A)]).toEqual([false, true]);
    expect([windows.mayExpand(0, A), windows.mayExpand(0, A)]).toEqual([true, false]);
    expect([windows.mayExpand(0, B), windows.mayExpand(W, A)]).toEqual([true, true]);
  });

  it('[R11] a peer’s longer word takes the place of its shorter one, never the other way round', () => {
    const { windows } = node(range(0, W));
    windows.heard(A, honest(0, 4));
    expect(windows.heard(A, honest(0))?.agrees).toBe(true);
    expect(windows.heard(A, forged(0))).toBeUndefined();
    expect(windows.heard(A, honest(0, 4))).toBeUndefined();
    expect(windows.agrees(W - 1, A)).toBe(true);
  });

  it('[R11] words on windows that are past, or far ahead, or on no window change nothing', () => {
    const { windows, frames } = node(range(0, 3 * W));
    frames.startAt(2 * W);
    windows.forgetBelow(2 * W);
    const head = 3 * W - 1;
    const furthest = head + relayCaps.votesAheadMax - ((head + relayCaps.votesAheadMax) % W);
    const before = windows.windows;
    for (const base of [0, W, 2 * W + 1, furthest + W, 1_000_000 * W])
      expect(windows.heard(A, forged(base))).toBeUndefined();
    expect(windows.windows).toBe(before);
    expect(windows.heard(A, forged(furthest))).toEqual({ isNews: true, agrees: undefined });
  });

  it('[R11] before the first frame, and from however many peers, the table is bounded', () => {
    const { windows } = node();
    for (const at of range(0, 10_000)) windows.heard(A, forged(at * W));
    expect(windows.windows * W).toBe(relayCaps.votesAheadMax);
    const crowd = node([0]).windows;
    for (const number of range(0, 1_000)) crowd.heard(peerOf(number), forged(0));
    expect([...crowd.holders(0)]).toHaveLength(2 * limits.linksMax);
  });

  it('[R11] what a peer said goes with it, and a window with its last frame', () => {
    const { windows, frames } = node(range(0, 2 * W));
    for (const peer of [A, B]) windows.heard(peer, honest(0));
    windows.peerDown(A);
    expect([[...windows.holders(0)], windows.agrees(0, A)]).toEqual([[B], false]);
    windows.forgetBelow(W - 1);
    expect([windows.windows, windows.isHeldBy(0, B)]).toEqual([2, true]);
    frames.startAt(W);
    windows.forgetBelow(W);
    expect([windows.windows, windows.isHeldBy(0, B)]).toEqual([1, false]);
  });

  it('[R12] the last frame of a window shows who had agreed with it already', () => {
    const { frames, windows, keep } = node();
    windows.heard(A, honest(0));
    windows.heard(B, forged(0));
    keep(range(0, W - 1));
    frames.put(frameOf(W - 1), START);
    expect(windows.frameKept(W - 1, START)).toEqual({ agreeing: [A], conflicting: [B] });
  });

  it('[R6] before the first frame only so many windows are opened, and those are open to all', () => {
    const { windows } = node();
    for (const at of range(0, relayCaps.votesAheadMax / W + 9)) windows.heard(A, forged(at * W));
    expect(windows.windows).toBe(relayCaps.votesAheadMax / W);
    expect(windows.heard(B, forged(0))).toBeDefined();
  });
});
