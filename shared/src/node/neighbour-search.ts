/**
 * Decides whom a node dials: members of its stream until it has its share of links, members of other streams as bridges, and parts
 * of the network that were cut off. Newcomers take the crossed proposals of supernodes; later the graph itself comes first.
 */
import type { Graph } from '../graph/graph.ts';
import { NO_DEPTH } from '../graph/own-word.ts';
import { PlacementIndex } from '../graph/placement-index.ts';
import type { HeldNode } from '../graph/replica.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type Random, randomFloat, randomPick, shuffled } from '../lib/random.ts';
import { Role } from '../wire/link-messages.ts';
import type { DialLedger } from './dial-ledger.ts';
import type { Link, Links } from './links.ts';
import { LostPeers } from './lost-peers.ts';
import type { Redirection } from './redirection.ts';

const DIALS_AT_ONCE = 4;
/** Links that are kept back for peers that dial us. */
const LINKS_RESERVE = 4;
/** Every link serves two: if each node dials this share of its target, the swarm's mean degree is about the target. */
const DIALED_SHARE = 5 / 8;
/** Bridges to other streams that a node looks for, and that it takes. */
export const OUTSIDE_LINKS_TARGET = 2;
export const OUTSIDE_LINKS_MAX = 6;
/** Of a part that was cut off, so many members are dialed per look of all who miss it together. */
const PROBES_TOGETHER = 4;
/** A neighbour that was lost together with others is dialed again with this chance at each look. */
const MISSED_CHANCE = 0.25;

export interface SearchParts {
  readonly self: PeerId;
  readonly links: Links;
  readonly graph: Graph;
  readonly ledger: DialLedger;
  readonly random: Random;
  readonly redirection: Redirection;
  /** Neighbours of an earlier life of this node. */
  readonly remembered: readonly PeerId[];
  /** Whether signals can be carried to a peer now. */
  readonly reachable: (peer: PeerId) => boolean;
}

/** Whom to dial, and where the knowledge of it came from. */
export interface Candidate {
  readonly peer: PeerId;
  readonly origin: 'proposed' | 'graph';
}

export class NeighbourSearch {
  readonly #parts: SearchParts;
  readonly #linksWanted: number;
  /** Neighbours that were lost together. */
  readonly lost = new LostPeers();

  constructor(parts: SearchParts, linksTarget: number) {
    this.#parts = parts;
    this.#linksWanted = Math.ceil(linksTarget * DIALED_SHARE);
  }

  /** Members to dial now, so that there are enough links inside the stream. */
  inside(stream: StreamId, now: number): Candidate[] {
    const { dialing, inside } = this.#count(stream);
    const count = this.#room(this.#linksWanted - inside - dialing, dialing);
    if (count <= 0) return [];
    const picked = this.#pick('inside', stream, count, inside > 0, now);
    return picked.length > 0 || inside > 0 ? picked : this.#fromMemory(count, now);
  }

  /** Where nobody names anybody, neighbours of an earlier life may still be there. */
  #fromMemory(count: number, now: number): Candidate[] {
    const { remembered, random } = this.#parts;
    const candidates = shuffled(random, remembered).filter((peer) => this.#mayDial(peer, now));
    return candidates.slice(0, count).map((peer) => ({ peer, origin: 'graph' }));
  }

  /** Members of other streams to dial now, so that there are bridges. */
  outside(stream: StreamId | undefined, now: number): Candidate[] {
    const { dialing, outside, dialingOutside } = this.#count(stream);
    const count = this.#room(OUTSIDE_LINKS_TARGET - outside - dialingOutside, dialing);
    return count > 0 ? this.#pick('outside', stream, count, true, now) : [];
  }

  /** One to dial so that it may feed this node: one that was named, or, if asked, a member with free slots. */
  feeder(stream: StreamId, named: readonly PeerId[], orAnybody: boolean, now: number): Candidate | undefined {
    const peer = randomPick(
      this.#parts.random,
      named.filter((other) => this.#mayDial(other, now)),
    );
    if (peer !== undefined) return { peer, origin: 'graph' };
    return orAnybody ? this.#pick('inside', stream, 1, true, now)[0] : undefined;
  }

  /** A member of the own stream that members told of, not a supernode: to take the place of one that was proposed. */
  foundByGraph(stream: StreamId, now: number): Candidate | undefined {
    return this.#fromGraph('inside', stream, 1, now)[0];
  }

  /**
   * A member of a part that was cut off from this one, now and then: together all who miss it dial a few each time. Nobody where
   * nothing was cut off.
   */
  separated(now: number): Candidate | undefined {
    const { graph, random, links } = this.#parts;
    if (links.room <= LINKS_RESERVE) return undefined;
    const missed = this.lost.missed(now).filter((peer) => this.#mayDial(peer, now));
    const peer = randomFloat(random) < MISSED_CHANCE ? randomPick(random, missed) : undefined;
    if (peer !== undefined) return { peer, origin: 'graph' };
    const { separated } = graph.presence;
    if (separated.length === 0) return undefined;
    const missing = Math.max(1, graph.replica.size - separated.length);
    if (randomFloat(random) * missing > PROBES_TOGETHER) return undefined;
    const candidates = separated.filter(
      ({ record }) => record.role !== Role.supernode && this.#mayDial(record.id, now),
    );
    const held = randomPick(random, candidates);
    return held && { peer: held.record.id, origin: 'graph' };
  }

  #room(wanted: number, dialing: number): number {
    return Math.min(wanted, DIALS_AT_ONCE - dialing, this.#parts.links.room - LINKS_RESERVE);
  }

  #count(stream: StreamId | undefined): {
    inside: number;
    outside: number;
    dialing: number;
    dialingOutside: number;
  } {
    const count = { inside: 0, outside: 0, dialing: 0, dialingOutside: 0 };
    for (const link of this.#parts.links.all()) {
      if (link.kind !== 'peer') continue;
      const outside = this.#isOutside(link, stream);
      if (link.state !== 'open') {
        // What others dial is theirs to end; it must not keep this node from dialing.
        if (!link.dialed) continue;
        if (outside) count.dialingOutside++;
        else count.dialing++;
      } else if (outside) count.outside++;
      else count.inside++;
    }
    return count;
  }

  #isOutside(link: Link, stream: StreamId | undefined): boolean {
    if (link.state === 'open') return link.stream !== stream;
    const record = link.expected === undefined ? undefined : this.#parts.graph.replica.member(link.expected);
    return record !== undefined && record.stream !== stream;
  }

  #pick(
    half: 'inside' | 'outside',
    stream: StreamId | undefined,
    count: number,
    graphFirst: boolean,
    now: number,
  ): Candidate[] {
    const { redirection, graph } = this.#parts;
    const refused = (id: PeerId): boolean =>
      !this.#mayDial(id, now) || graph.replica.member(id) === undefined;
    const proposed = redirection
      .cross(half, count, refused)
      .map((peer): Candidate => ({ peer, origin: 'proposed' }));
    const found = this.#fromGraph(half, stream, count, now);
    const ranked = graphFirst ? [...found, ...proposed] : [...proposed, ...found];
    const seen = new Set<PeerId>();
    return ranked.filter(({ peer }) => !seen.has(peer) && seen.add(peer)).slice(0, count);
  }

  /** Members of the own or of other streams, by the placement rule, of which a member told this node. */
  #fromGraph(
    half: 'inside' | 'outside',
    stream: StreamId | undefined,
    count: number,
    now: number,
  ): Candidate[] {
    const { graph, random } = this.#parts;
    graph.holdings.look(now);
    const index = new PlacementIndex();
    const separated = new Set(graph.presence.separated);
    for (const held of half === 'inside' && stream !== undefined
      ? graph.replica.nodesOf(stream)
      : graph.replica.nodes()) {
      const { record } = held;
      if (record.stream === undefined || (half === 'outside' && record.stream === stream)) continue;
      if (record.role === Role.supernode || !this.#isMembersWord(held) || !this.#mayDial(record.id, now))
        continue;
      if (!graph.holdings.isPresent(held, now) || separated.has(held)) continue;
      index.put(placementOf(held));
    }
    const none = (): boolean => false;
    const ids =
      half === 'outside' || stream === undefined
        ? index.outside(stream, count, none, random)
        : index.inside(stream, count, none, random);
    return ids.map((peer) => ({ peer, origin: 'graph' }));
  }

  /** Whether this node has a record from other than a supernode. */
  #isMembersWord({ via }: HeldNode): boolean {
    const link = this.#parts.links.openTo(via);
    return link?.role !== Role.supernode;
  }

  #mayDial(peer: PeerId, now: number): boolean {
    const { self, links, ledger, reachable } = this.#parts;
    return peer !== self && !links.knows(peer) && ledger.mayDial(peer, now) && reachable(peer);
  }
}

/** A held node as the placement rule sees it. */
export const placementOf = ({ record }: HeldNode) => ({
  id: record.id,
  stream: record.stream as StreamId,
  isHost: record.role === Role.host,
  freeSlots: record.freeSlots,
  depth: record.depth ?? NO_DEPTH,
  links: record.links,
});
