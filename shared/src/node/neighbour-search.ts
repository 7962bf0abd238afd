/** Decides whom a viewer dials: members of its stream, a few at a time, until it has its share of links. */
import type { Graph } from '../graph/graph.ts';
import { placeAmong } from '../graph/placement.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type Random, randomPick } from '../lib/random.ts';
import type { DialLedger } from './dial-ledger.ts';
import type { Links } from './links.ts';

const DIALS_AT_ONCE = 4;
/** Links that are kept back for peers that dial us. */
const LINKS_RESERVE = 4;
/** Every link serves two: if each node dials this share of its target, the swarm's mean degree is about the target. */
const DIALED_SHARE = 5 / 8;

export class NeighbourSearch {
  readonly #self: PeerId;
  readonly #links: Links;
  readonly #graph: Graph;
  readonly #ledger: DialLedger;
  readonly #random: Random;
  readonly #linksWanted: number;

  constructor(
    self: PeerId,
    parts: { links: Links; graph: Graph; ledger: DialLedger; random: Random },
    linksTarget: number,
  ) {
    this.#self = self;
    this.#links = parts.links;
    this.#graph = parts.graph;
    this.#ledger = parts.ledger;
    this.#random = parts.random;
    this.#linksWanted = Math.ceil(linksTarget * DIALED_SHARE);
  }

  /** Members to dial now, so that there are enough links. */
  more(stream: StreamId, now: number): PeerId[] {
    let wanted = this.#linksWanted;
    let dialing = 0;
    for (const link of this.#links.all()) {
      if (link.kind !== 'peer') continue;
      wanted--;
      if (link.state !== 'open') dialing++;
    }
    const count = Math.min(wanted, DIALS_AT_ONCE - dialing, this.#links.room - LINKS_RESERVE);
    return count > 0 ? this.#members(stream, count, now) : [];
  }

  /** One to dial when no neighbour can feed this node: one that a refusal named, or a member with free slots. */
  feeder(stream: StreamId, alternatives: readonly PeerId[], now: number): PeerId | undefined {
    if (this.#links.room <= 0) return undefined;
    const named = alternatives.filter((peer) => this.#mayDial(peer, now));
    return randomPick(this.#random, named) ?? this.#members(stream, 1, now)[0];
  }

  #members(stream: StreamId, count: number, now: number): PeerId[] {
    const members = this.#graph.replica.membersOf(stream);
    const chosen = placeAmong(members, count, (id) => !this.#mayDial(id, now), this.#random);
    return chosen.map((record) => record.id);
  }

  #mayDial(peer: PeerId, now: number): boolean {
    return peer !== this.#self && !this.#links.knows(peer) && this.#ledger.mayDial(peer, now);
  }
}
