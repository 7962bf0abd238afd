import { describe, expect, it } from 'vitest';
import { openSlots, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { AdvertState } from '../wire/tree-messages.ts';
import { Acquaintance } from './acquaintance.ts';
import { Doubts } from './doubts.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';
import { StripeTree } from './stripe-tree.ts';

const { attached } = AdvertState;
const [HOST, SELF, A, B, C] = [0, 1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId, PeerId];
const { doubtedForMs, doubtedForMaxMs } = relayTimings;

/** A tree of another stripe of the same node, in which A is nearest to the host, then C, who hangs on A, and B farthest. */
function otherStripe(acquaintance: Acquaintance): StripeTree {
  const tree = new StripeTree(1, SELF, false, seededRandom(1), START, acquaintance);
  tree.advert(A, attached, [HOST, A], openSlots(5));
  tree.advert(C, attached, [HOST, A, C], openSlots(5));
  tree.advert(B, attached, [HOST, ...range(50, 54).map(peerOf), B], openSlots(1));
  return tree;
}

describe('parents in vain', () => {
  it('[R16] who was a parent in vain in one stripe is asked last in the others, and so is who hangs on it', () => {
    const acquaintance = new Acquaintance();
    const tree = otherStripe(acquaintance);
    expect(tree.candidate(START, 'free')).toBe(A);
    new StripeTree(0, SELF, false, seededRandom(1), START, acquaintance).wasInVain(A, START);
    expect(tree.candidate(START, 'free')).toBe(B);
    tree.peerDown(B, START);
    expect(tree.candidate(START, 'free')).toBe(A);
    expect(otherStripe(acquaintance).candidate(START + doubtedForMs, 'free')).toBe(A);
  });

  it('[R16] nobody leaves a parent for one that was a parent in vain', () => {
    const acquaintance = new Acquaintance();
    const { doubts } = acquaintance;
    const tree = otherStripe(acquaintance);
    tree.peerDown(C, START);
    tree.attach(B, [HOST, ...range(50, 54).map(peerOf), B]);
    expect(tree.betterThan(3, 1, START, 'free')).toBe(A);
    doubts.failed(A, START);
    expect(tree.betterThan(3, 1, START, 'free')).toBeUndefined();
    expect(tree.betterThan(3, 1, START + doubtedForMs, 'free')).toBe(A);
  });

  it('[R16] each further time is remembered for twice as long, up to a limit, until it delivers', () => {
    const doubts = new Doubts();
    let now = START;
    for (const times of [1, 2, 4, 8, 16, 32, 64]) {
      doubts.failed(A, now);
      now += Math.min(times * doubtedForMs, doubtedForMaxMs);
      expect([doubts.has(A, now - 1), doubts.has(A, now)]).toEqual([true, false]);
    }
    doubts.failed(A, now);
    doubts.delivered(A);
    expect(doubts.has(A, now)).toBe(false);
    doubts.failed(A, now);
    expect(doubts.has(A, now + doubtedForMs)).toBe(false);
  });

  it('[R16] ids without end displace the oldest', () => {
    const doubts = new Doubts();
    for (const number of range(0, 10 * relayCaps.doubtsMax)) doubts.failed(peerOf(number), START);
    const isKept = range(0, 10 * relayCaps.doubtsMax).map((number) => doubts.has(peerOf(number), START));
    expect(isKept.filter((kept) => kept)).toHaveLength(relayCaps.doubtsMax);
    expect(isKept.at(-1)).toBe(true);
    expect(doubts.tableBytes).toBeLessThan(64 * 1024);
  });
});
