import { describe, expect, it } from 'vitest';
import { peerOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { seededRandom } from '../lib/random.ts';
import { Role } from '../wire/link-messages.ts';
import { placeAmong } from './placement.ts';

const nobody = (): boolean => false;

describe('placement', () => {
  const members = [
    recordOf(1, { freeSlots: 0 }),
    recordOf(2),
    recordOf(3, { role: Role.supernode }),
    recordOf(4, { role: Role.host }),
    recordOf(5),
    recordOf(6, { freeSlots: 0 }),
  ];

  it('[R23] a host with room first, then who has free slots, then the full; never a supernode', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const placed = placeAmong(members, 10, nobody, seededRandom(seed)).map(({ id }) => id);
      expect(placed[0]).toBe(peerOf(4));
      expect(new Set(placed.slice(1, 3))).toEqual(new Set([peerOf(2), peerOf(5)]));
      expect(new Set(placed.slice(3))).toEqual(new Set([peerOf(1), peerOf(6)]));
      orders.add(placed.join());
    }
    expect(orders.size).toBe(4);
  });

  it('[R23] a full host ranks with the full', () => {
    const full = [recordOf(4, { role: Role.host, freeSlots: 0 }), recordOf(2)];
    expect(placeAmong(full, 2, nobody, seededRandom(1)).map(({ id }) => id)).toEqual([peerOf(2), peerOf(4)]);
  });

  it('[R23] no more than asked for, and nobody who is excluded', () => {
    const placed = placeAmong(members, 2, (id) => id === peerOf(4), seededRandom(1));
    expect(new Set(placed.map(({ id }) => id))).toEqual(new Set([peerOf(2), peerOf(5)]));
  });
});
