import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameOf, hashOf, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import type { PeerId } from '../lib/ids.ts';
import { Electorate, votesNeeded, votingPeers } from './electorate.ts';
import { FrameMap, type FrameSlot } from './frame-map.ts';

const peers = [0, 1, 2, 3, 4, 5].map(peerOf);
const [P0, P1, P2, P3] = peers as [PeerId, PeerId, PeerId, PeerId];

const withPeers = (): Electorate => {
  const electorate = new Electorate();
  for (const peer of peers) electorate.add(peer);
  return electorate;
};

const slotOf = (electorate: readonly PeerId[], votes: readonly [PeerId, string][]): FrameSlot => {
  const slot = new FrameMap().put(frameOf(0), START);
  slot.electorate = electorate;
  slot.votes = new Map(votes);
  return slot;
};

describe('how many votes are needed', () => {
  it.each([
    [0.5, [1, 1, 1, 2, 2, 3, 3, 4, 4]],
    [1, [1, 1, 2, 3, 4, 5, 6, 7, 8]],
    [0, [1, 1, 1, 1, 1, 1, 1, 1, 1]],
    [0.7, [1, 1, 2, 3, 3, 4, 5, 5, 6]],
    [0.1, [1, 1, 1, 1, 1, 1, 1, 1, 1]],
  ])('[R12] ⌈%s · N⌉ for N = 0 to 8, and never none', (share, needed) => {
    expect(needed.map((_, voters) => votesNeeded(voters, share))).toEqual(needed);
  });

  it('[R12] is exact for shares that binary fractions miss', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 100 }), (voters, percent) => {
        const exact = Math.ceil((voters * percent) / 100);
        expect(votesNeeded(voters, percent / 100)).toBe(Math.max(1, exact));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the electorate', () => {
  it('[R12] is the sender and those that were ahead within 300 ms', () => {
    const electorate = withPeers();
    electorate.wasAhead(P1, START);
    electorate.wasAhead(P2, START + 200);
    expect(electorate.freeze(P0, START + 300)).toEqual([P0, P1, P2]);
    expect(electorate.freeze(P0, START + 301)).toEqual([P0, P2]);
    expect(electorate.freeze(P2, START + 301)).toEqual([P2]);
  });

  it('[R12] strangers are never ahead', () => {
    const electorate = withPeers();
    electorate.wasAhead(peerOf(99), START);
    expect(electorate.freeze(P0, START)).toEqual([P0]);
  });

  it('[R12] is frozen at first sight: later voters neither help nor hinder', () => {
    const electorate = withPeers();
    const slot = slotOf([P0, P1, P2], [[P0, hashOf(0)]]);
    slot.votes = new Map(slot.votes).set(P3, hashOf(0));
    expect(electorate.confirms(slot, 0.5)).toBe(false);
    slot.votes = new Map(slot.votes).set(P1, hashOf(0));
    expect(electorate.confirms(slot, 0.5)).toBe(true);
  });

  it('[R12] the payload is its sender’s vote, whatever it said before', () => {
    const slot = slotOf([P0, P1, P2], [[P0, hashOf(0, 'forged')]]);
    const electorate = withPeers();
    slot.sender = P0;
    expect(electorate.confirms(slot, 0.3)).toBe(true);
    expect(electorate.confirms(slot, 0.5)).toBe(false);
  });

  it('[R12] votes for another hash do not count', () => {
    const electorate = withPeers();
    const slot = slotOf(
      [P0, P1, P2],
      [
        [P0, hashOf(0)],
        [P1, hashOf(0, 'forged')],
        [P2, hashOf(0, 'forged')],
      ],
    );
    expect(electorate.confirms(slot, 0.5)).toBe(false);
  });

  it('[R12] those that are gone count no more, and nobody left confirms nothing', () => {
    const electorate = withPeers();
    const slot = slotOf([P0, P1, P2], [[P0, hashOf(0)]]);
    expect(electorate.confirms(slot, 0.5)).toBe(false);
    electorate.remove(P1);
    expect(electorate.confirms(slot, 0.5)).toBe(true);
    electorate.remove(P0);
    expect(electorate.confirms(slot, 0.5)).toBe(false);
    electorate.remove(P2);
    expect(electorate.confirms(slot, 0.5)).toBe(false);
  });

  it('[R12] a frame that is not here is not confirmed', () => {
    const frames = new FrameMap();
    const slot = frames.vote(P0, 0, hashOf(0), START) as FrameSlot;
    expect(withPeers().confirms(slot, 0.5)).toBe(false);
  });
});

describe('voting neighbours', () => {
  it('[R11] are all while they are few, else the capped number, and mutual where they can be', () => {
    const swarm = Array.from({ length: 30 }, (_, at) => peerOf(at));
    expect(votingPeers(P0, [P1, P2], 8)).toEqual([P1, P2]);
    const chosen = new Map(
      swarm.map((self) => [
        self,
        votingPeers(
          self,
          swarm.filter((peer) => peer !== self),
          8,
        ),
      ]),
    );
    let mutual = 0;
    for (const [self, list] of chosen) {
      expect(list).toHaveLength(8);
      for (const peer of list) if (chosen.get(peer)?.includes(self)) mutual++;
    }
    expect(mutual).toBeGreaterThan(30 * 8 * 0.6);
  });
});
