import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import type { PeerId } from '../lib/ids.ts';
import { LostPeers } from './lost-peers.ts';

const peers = (...numbers: number[]): PeerId[] => numbers.map(peerOf);

/** Loses a peer at each of these times, in ms after the start. */
function losing(...times: number[]): LostPeers {
  const lost = new LostPeers();
  for (const [at, ms] of times.entries()) lost.lost(peerOf(at), START + ms);
  return lost;
}

describe('neighbours that were lost', () => {
  it('[R28] three within 10 s are missed, all of them', () => {
    expect(losing(0, 5_000, 9_999).missed(START + 10_000)).toEqual(peers(0, 1, 2));
    expect(losing(0, 0, 0).missed(START)).toEqual(peers(0, 1, 2));
  });

  it('[R28] one or two have most likely crashed, and so have three that went one after another', () => {
    expect(losing(0).missed(START)).toEqual([]);
    expect(losing(0, 1).missed(START + 1)).toEqual([]);
    expect(losing(0, 5_000, 10_000).missed(START + 10_000)).toEqual([]);
  });

  it('[R28] those that follow are missed as well', () => {
    expect(losing(0, 1, 2, 9_000, 30_000).missed(START + 30_000)).toEqual(peers(0, 1, 2, 3));
  });

  it('[R28] who is found again is missed no more', () => {
    const lost = losing(0, 1, 2);
    lost.found(peerOf(1));
    expect(lost.missed(START + 2)).toEqual(peers(0, 2));
    lost.found(peerOf(77));
    expect(lost.missed(START + 2)).toEqual(peers(0, 2));
  });

  it('[R28] they are missed for ten minutes', () => {
    const lost = losing(0, 0, 0);
    expect(lost.missed(START + 600_000)).toHaveLength(3);
    expect(lost.missed(START + 600_001)).toEqual([]);
  });

  it('[R6] no more than 16 are missed, and no more are remembered', () => {
    const lost = new LostPeers();
    for (let number = 0; number < 1_000; number++) lost.lost(peerOf(number), START + number);
    expect(lost.missed(START + 1_000)).toHaveLength(16);
    const all = lost.missed(START + 1_000);
    for (const peer of all) lost.found(peer);
    expect(lost.missed(START + 1_000)).toEqual([]);
  });
});
