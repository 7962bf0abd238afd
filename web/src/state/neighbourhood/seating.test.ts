import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RING_SEATS, ROW_SEATS, type Seats, seatedAround, seatedInRow } from './seating.ts';

const peers = (...names: string[]) => names as PeerId[];
const nobody: Seats = new Map();
const allSeats = Array.from({ length: RING_SEATS }, (_, seat) => seat);
const besidesHost = allSeats.slice(1);

test('a few neighbours stand evenly around, the place of the host counted', () => {
  const seats = seatedAround(nobody, peers('a', 'b', 'c'), besidesHost);
  expect([...seats.values()].sort((a, b) => a - b)).toEqual([4, 8, 12]);
});

test('up to eight neighbours stand on the outer circle, which is every other seat', () => {
  const seats = seatedAround(nobody, peers('a', 'k', 'z', '0', '-', '_', 'Q', 'B'), allSeats);
  expect([...seats.values()].filter((seat) => seat % 2 === 1)).toEqual([]);
});

test('the same ids come to the same seats, in whatever order they are told', () => {
  expect(seatedAround(nobody, peers('x', 'k', 'b'), besidesHost)).toEqual(
    seatedAround(nobody, peers('b', 'x', 'k'), besidesHost),
  );
});

test('whoever sits stays there while others come and go', () => {
  const arbitraryCrowds = fc.array(
    fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9_-]{6}$/), { maxLength: 14 }),
  );
  fc.assert(
    fc.property(arbitraryCrowds, (crowds) => {
      let seats = nobody;
      for (const crowd of crowds) {
        const next = seatedAround(seats, crowd as PeerId[], besidesHost);
        for (const [peer, seat] of next) if (seats.has(peer)) expect(seat).toBe(seats.get(peer));
        expect(new Set(next.values()).size).toBe(crowd.length);
        expect([...next.values()].every((seat) => besidesHost.includes(seat))).toBe(true);
        seats = next;
      }
    }),
  );
});

test('more neighbours than seats: the most important ones sit, each on a seat of their own', () => {
  const many = Array.from({ length: 70 }, (_, i) => `peer${i}` as PeerId);
  const seats = seatedAround(nobody, many, allSeats);
  expect([...seats.keys()].sort()).toEqual(many.slice(0, RING_SEATS).sort());
  expect(new Set(seats.values()).size).toBe(RING_SEATS);
  expect(seatedInRow(nobody, many).size).toBe(ROW_SEATS);
});

test('in a row the first free seat is taken, and nobody moves up', () => {
  const before = seatedInRow(nobody, peers('a', 'b', 'c'));
  expect([...before]).toEqual([
    ['a', 0],
    ['b', 1],
    ['c', 2],
  ]);
  const after = seatedInRow(before, peers('b', 'c', 'd'));
  expect(Object.fromEntries(after)).toEqual({ b: 1, c: 2, d: 0 });
});
