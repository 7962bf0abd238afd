/**
 * Who sits where in the picture of one's own neighbourhood. Whoever has a seat keeps it, whatever the two do for each other, so that nothing
 * jumps; newcomers sit down as far from everybody else as they can, so that few neighbours stand as evenly as many.
 */
import { leafOf, type PeerId } from '@murmuration/shared/lib/ids.ts';

/** Around oneself, clockwise from the top. */
export const RING_SEATS = 16;
/** At the top: nobody but the host sits there, neighbour or not. */
export const HOST_SEAT = 0;
/** In a row below the ring. */
export const ROW_SEATS = 5;

export type Seats = ReadonlyMap<PeerId, number>;

/**
 * @param wanting the most important first: if there are more of them than seats, the rest gets none
 * @param allowed seats on the ring
 */
export function seatedAround(before: Seats, wanting: readonly PeerId[], allowed: readonly number[]): Seats {
  const { seats, standing } = staying(before, wanting.slice(0, allowed.length));
  const taken = new Set(seats.values());
  if (!allowed.includes(HOST_SEAT)) taken.add(HOST_SEAT);
  for (const peer of standing) {
    // Even ones stand further out: as long as there are few neighbours, all stand on one circle.
    const seat = loneliest(allowed, taken, (2 * leafOf(peer)) % RING_SEATS);
    seats.set(peer, seat);
    taken.add(seat);
  }
  return seats;
}

/** In a row, the first free seat is the best: see `rowPoint`. */
export function seatedInRow(before: Seats, wanting: readonly PeerId[]): Seats {
  const { seats, standing } = staying(before, wanting.slice(0, ROW_SEATS));
  const taken = new Set(seats.values());
  for (const peer of standing) {
    let seat = 0;
    while (taken.has(seat)) seat++;
    seats.set(peer, seat);
    taken.add(seat);
  }
  return seats;
}

/** Those who had a seat, and those who need one in the order of their ids. */
function staying(before: Seats, peers: readonly PeerId[]) {
  const seats = new Map<PeerId, number>();
  const standing: PeerId[] = [];
  for (const peer of peers) {
    const seat = before.get(peer);
    if (seat === undefined) standing.push(peer);
    else seats.set(peer, seat);
  }
  return { seats, standing: standing.sort() };
}

/** The free seat that is farthest from all taken ones; of equal ones the first from `from` on, clockwise. */
function loneliest(allowed: readonly number[], taken: ReadonlySet<number>, from: number): number {
  let best = { seat: 0, room: 0 };
  for (let step = 0; step < RING_SEATS; step++) {
    const seat = (from + step) % RING_SEATS;
    if (taken.has(seat) || !allowed.includes(seat)) continue;
    const room = Math.min(RING_SEATS, ...[...taken].map((other) => apart(seat, other)));
    if (room > best.room) best = { seat, room };
  }
  return best.seat;
}

function apart(a: number, b: number): number {
  const distance = Math.abs(a - b);
  return Math.min(distance, RING_SEATS - distance);
}
