/** The picture of one's own neighbourhood in the mesh: who is drawn, on which seat, and what goes over each link. */
import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import { RateMeter } from '../rate-meter.ts';
import type { Mesh, Neighbour } from '../swarm-figures.ts';
import { HOST_SEAT, RING_SEATS, type Seats, seatedAround, seatedInRow } from './seating.ts';

/** The picture is for looking at, not for measuring: it changes no more often than this. */
const LOOK_EVERY_MS = 950;

export interface SeatedNeighbour extends Neighbour {
  /** On the ring, or of a supernode in the row. */
  readonly seat: number;
  /** Payload only. */
  readonly bitsPerSecondIn: number;
  readonly bitsPerSecondOut: number;
}

export interface Neighbourhood {
  readonly mesh: Mesh;
  /** Members of this stream and of others, in the order of their seats. */
  readonly ring: readonly SeatedNeighbour[];
  readonly supernodes: readonly SeatedNeighbour[];
  /** Linked, too, but there is no room for them. */
  readonly hidden: number;
  /** Steps to the host, where it is no neighbour; undefined if it is one, if this is the host, and while detached. */
  readonly stepsToHost: number | undefined;
}

const hostSeat = [HOST_SEAT];
const allSeats = Array.from({ length: RING_SEATS }, (_, seat) => seat);
const otherSeats = allSeats.filter((seat) => seat !== HOST_SEAT);

/** Remembers who sat where and what had gone over each link. */
export class NeighbourhoodBook {
  #around: Seats = new Map();
  #row: Seats = new Map();
  #meters = new Map<PeerId, { readonly in: RateMeter; readonly out: RateMeter }>();
  #last: { readonly atMs: number; readonly picture: Neighbourhood } | undefined;

  /** The picture at `nowMs`, or the one before if that is not yet old. */
  look(mesh: Mesh, nowMs: number): Neighbourhood {
    if (this.#last && nowMs >= this.#last.atMs && nowMs - this.#last.atMs < LOOK_EVERY_MS)
      return this.#last.picture;
    const picture = this.#draw(mesh, nowMs);
    this.#last = { atMs: nowMs, picture };
    return picture;
  }

  #draw(mesh: Mesh, nowMs: number): Neighbourhood {
    const { neighbours, isHost, depth } = mesh;
    const host = neighbours.find(({ kind }) => kind === 'host');
    this.#around = new Map([
      ...seatedAround(this.#around, host ? [host.peer] : [], hostSeat),
      ...seatedAround(this.#around, this.#byWeight(neighbours), isHost ? allSeats : otherSeats),
    ]);
    const supernodes = neighbours.filter(({ kind }) => kind === 'supernode').map(({ peer }) => peer);
    this.#row = seatedInRow(this.#row, supernodes);
    const measured = this.#measured(neighbours, nowMs);
    const ring = seatedOf(measured, this.#around);
    const row = seatedOf(measured, this.#row);
    return {
      mesh,
      ring,
      supernodes: row,
      hidden: neighbours.length - ring.length - row.length,
      stepsToHost: isHost || host ? undefined : depth,
    };
  }

  /** Peers besides the host: those that give or take first, of equals those who have a seat, then by id. */
  #byWeight(neighbours: readonly Neighbour[]): PeerId[] {
    const weight = ({ peer, partsIn, partsOut }: Neighbour): number =>
      (partsIn + partsOut > 0 ? 2 : 0) + (this.#around.has(peer) ? 1 : 0);
    return neighbours
      .filter(({ kind }) => kind === 'viewer' || kind === 'outsider')
      .sort((a, b) => weight(b) - weight(a) || (a.peer < b.peer ? -1 : 1))
      .map(({ peer }) => peer);
  }

  #measured(neighbours: readonly Neighbour[], nowMs: number): Omit<SeatedNeighbour, 'seat'>[] {
    const before = this.#meters;
    this.#meters = new Map();
    return neighbours.map((neighbour) => {
      const meters = before.get(neighbour.peer) ?? { in: new RateMeter(), out: new RateMeter() };
      this.#meters.set(neighbour.peer, meters);
      return {
        ...neighbour,
        bitsPerSecondIn: 8 * meters.in.rate(neighbour.payloadBytesIn, nowMs),
        bitsPerSecondOut: 8 * meters.out.rate(neighbour.payloadBytesOut, nowMs),
      };
    });
  }
}

function seatedOf(neighbours: readonly Omit<SeatedNeighbour, 'seat'>[], seats: Seats): SeatedNeighbour[] {
  return neighbours
    .flatMap((neighbour) => {
      const seat = seats.get(neighbour.peer);
      return seat === undefined ? [] : [{ ...neighbour, seat }];
    })
    .sort((a, b) => a.seat - b.seat);
}
