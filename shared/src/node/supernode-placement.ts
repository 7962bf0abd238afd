/**
 * Whom a supernode proposes: an index of the members that have a socket to it, one of those that a way over trunks leads to, and a look
 * now and then at the shape of the whole graph, so that newcomers join together what has come apart and bridge streams that have
 * few bridges.
 */

import { shapeOf } from '../graph/components.ts';
import type { Graph } from '../graph/graph.ts';
import { PlacementIndex } from '../graph/placement-index.ts';
import { confirmedNeighbours } from '../graph/presence.ts';
import type { HeldNode } from '../graph/replica.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { Role } from '../wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../wire/membership-record.ts';
import type { Links } from './links.ts';
import { placementOf } from './neighbour-search.ts';
import type { SupernodeRoutes } from './supernode-routes.ts';

/** The shape is looked at again after so many ms, and for a large graph after this much per node. */
const SHAPE_EVERY_MS = 2_000;
const SHAPE_MS_PER_NODE = 0.5;
/** Members of other supernodes take up to this share of an answer, as long as there are enough of the own. */
const ELSEWHERE_SHARE = 0.5;

type Pick = (index: PlacementIndex, count: number, exclude: (id: PeerId) => boolean) => PeerId[];

export class SupernodePlacement {
  readonly #graph: Graph;
  readonly #links: Links;
  readonly #routes: SupernodeRoutes;
  readonly #random: Random;
  readonly #here = new PlacementIndex();
  #elsewhere = new PlacementIndex();
  /** Which of the ways over trunks it was made for. */
  #elsewhereFor = 0;
  #shapedAt = Number.NEGATIVE_INFINITY;
  #shapedChange = -1;

  constructor(graph: Graph, links: Links, routes: SupernodeRoutes, random: Random) {
    this.#graph = graph;
    this.#links = links;
    this.#routes = routes;
    this.#random = random;
  }

  /** A member has come or gone, or there is news of it. */
  update(peer: PeerId, now: number): void {
    const held = this.#graph.replica.get(peer);
    const isHere = this.#links.openTo(peer) !== undefined;
    if (held && isHere && isMember(held)) this.#here.put(placementOf(held));
    else this.#here.remove(peer);
    if (held && !isHere && this.#isElsewhere(held, now)) this.#elsewhere.put(placementOf(held));
    else this.#elsewhere.remove(peer);
  }

  #isElsewhere(held: HeldNode, now: number): boolean {
    return isMember(held) && this.#routes.reaches(held.record, now);
  }

  inside(stream: StreamId, count: number, asking: PeerId, now: number): MembershipRecord[] {
    const pick: Pick = (index, most, exclude) => index.inside(stream, most, exclude, this.#random);
    return this.#proposals(pick, count, asking, now);
  }

  outside(stream: StreamId | undefined, count: number, asking: PeerId, now: number): MembershipRecord[] {
    const pick: Pick = (index, most, exclude) => index.outside(stream, most, exclude, this.#random);
    return this.#proposals(pick, count, asking, now);
  }

  /** Of other supernodes' members those that are there as far as the graph shows: their sockets are not seen from here. */
  #proposals(pick: Pick, count: number, asking: PeerId, now: number): MembershipRecord[] {
    this.#shape(now);
    const { replica, holdings } = this.#graph;
    const picked = new Set<PeerId>();
    const refused = (id: PeerId): boolean => {
      const held = id === asking || picked.has(id) ? undefined : replica.get(id);
      return held === undefined || !holdings.isPresent(held, now);
    };
    const add = (ids: readonly PeerId[]): void => ids.forEach((id) => void picked.add(id));
    add(pick(this.#elsewhere, Math.floor(count * ELSEWHERE_SHARE), refused));
    add(pick(this.#here, count - picked.size, (id) => id === asking));
    if (picked.size < count) add(pick(this.#elsewhere, count - picked.size, refused));
    return [...picked].flatMap((id) => {
      const held = replica.get(id);
      return (held && replica.aged(held, now)) ?? [];
    });
  }

  #shape(now: number): void {
    const { replica } = this.#graph;
    this.#routes.look(now);
    const everyMs = Math.max(SHAPE_EVERY_MS, replica.size * SHAPE_MS_PER_NODE);
    const isDue = replica.changes !== this.#shapedChange && now - this.#shapedAt >= everyMs;
    if (!isDue && this.#elsewhereFor === this.#routes.changes) return;
    this.#shapedAt = now;
    this.#shapedChange = replica.changes;
    this.#lookElsewhere(now);
    const shape = shapeOf(this.#members(), this.#memberLinks());
    this.#here.setShape(shape);
    this.#elsewhere.setShape(shape);
  }

  /** Made anew, so that who has expired, or cannot be reached any more, is out of it. */
  #lookElsewhere(now: number): void {
    this.#elsewhereFor = this.#routes.changes;
    this.#elsewhere = new PlacementIndex();
    if (this.#routes.isEmpty) return;
    for (const held of this.#graph.replica.nodes())
      if (this.#links.openTo(held.record.id) === undefined && this.#isElsewhere(held, now))
        this.#elsewhere.put(placementOf(held));
  }

  *#members(): IterableIterator<{ id: PeerId; stream: StreamId }> {
    for (const held of this.#graph.replica.nodes()) {
      const { id, stream } = held.record;
      if (stream !== undefined && isMember(held)) yield { id, stream };
    }
  }

  *#memberLinks(): IterableIterator<readonly [PeerId, PeerId]> {
    const { replica } = this.#graph;
    for (const held of replica.nodes()) {
      if (held.record.role === Role.supernode) continue;
      for (const other of confirmedNeighbours(replica, held)) {
        if (held.tag < other.tag && other.record.role !== Role.supernode)
          yield [held.record.id, other.record.id];
      }
    }
  }
}

const isMember = ({ record: { status, role, stream } }: HeldNode): boolean =>
  status === RecordStatus.present && role !== Role.supernode && stream !== undefined;
