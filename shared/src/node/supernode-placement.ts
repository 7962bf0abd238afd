/**
 * Whom a supernode proposes: an index of the members that have a socket to it, one of those that a way over trunks leads to, and a look
 * now and then at the shape of the whole graph, so that newcomers join together what has come apart and bridge streams that have
 * few bridges. An answer takes no more time in a large network: the look is taken in small parts, and never within an answer.
 */

import { shapeInSteps } from '../graph/components.ts';
import type { Graph } from '../graph/graph.ts';
import { type GraphShape, PlacementIndex } from '../graph/placement-index.ts';
import { lists } from '../graph/presence.ts';
import type { HeldNode } from '../graph/replica.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type Random, randomBytes } from '../lib/random.ts';
import { STREAM_NONCE_BYTES } from '../wire/beacon.ts';
import { Role } from '../wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import { REDIRECT_RECORDS_MAX, type RedirectAnswer } from '../wire/supernode-messages.ts';
import type { Links } from './links.ts';
import { placementOf } from './neighbour-search.ts';
import type { SupernodeRoutes } from './supernode-routes.ts';

/** The shape is looked at again after so many ms, and for a large graph after this much per node. */
const SHAPE_EVERY_MS = 2_000;
const SHAPE_MS_PER_NODE = 0.5;
/** Whether anything calls for a look is asked this often, ms. */
const ASK_EVERY_MS = 1_000;
/** Steps of a look that are taken at once: about a quarter of a ms. A step is a node or one entry of a link list. */
const STEPS_AT_ONCE = 1_024;
/** Then others have their turn, ms. */
const PAUSE_MS = 5;
/** Members of other streams proposed to a newcomer. */
const OUTSIDE_PROPOSALS = 8;
/** Members of other supernodes take up to this share of an answer, as long as there are enough of the own. */
const ELSEWHERE_SHARE = 0.5;

type Pick = (index: PlacementIndex, count: number, exclude: (id: PeerId) => boolean) => PeerId[];

/** At the whole graph, and what comes of it. */
interface Look {
  readonly steps: Generator<void, GraphShape>;
  readonly elsewhere: PlacementIndex;
}

export class SupernodePlacement {
  readonly #graph: Graph;
  readonly #links: Links;
  readonly #routes: SupernodeRoutes;
  readonly #random: Random;
  readonly #here = new PlacementIndex();
  #elsewhere = new PlacementIndex();
  /** The look that is under way. */
  #look: Look | undefined;
  /** Which of the ways over trunks `#elsewhere` was made for. */
  #elsewhereFor = 0;
  #shapedAt = Number.NEGATIVE_INFINITY;
  #shapedChange = -1;
  /** When {@link tick} is next due. */
  deadline = Number.NEGATIVE_INFINITY;

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
    const entry = held && !isHere && this.#isElsewhere(held, now) ? placementOf(held) : undefined;
    for (const index of [this.#elsewhere, this.#look?.elsewhere]) {
      if (entry) index?.put(entry);
      else index?.remove(peer);
    }
  }

  #isElsewhere(held: HeldNode, now: number): boolean {
    return isMember(held) && this.#routes.reaches(held.record, now);
  }

  /**
   * What a newcomer is told.
   * @param stream the one that it wants to join, if any
   * @param proposals of that stream's members, at most
   */
  answer(stream: StreamId | undefined, proposals: number, asking: PeerId, now: number): RedirectAnswer {
    const count = Math.min(proposals, REDIRECT_RECORDS_MAX);
    const inside = stream === undefined ? [] : this.inside(stream, count, asking, now);
    const outside = this.outside(stream, OUTSIDE_PROPOSALS, asking, now);
    const nonce = randomBytes(this.#random, STREAM_NONCE_BYTES);
    return { type: MessageType.redirectAnswer, nonce, inside, outside };
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
    const { replica, holdings } = this.#graph;
    const picked = new Set<PeerId>();
    const refused = (id: PeerId): boolean => {
      const held = id === asking || picked.has(id) ? undefined : replica.get(id);
      return held === undefined || !holdings.isPresent(held, now) || !this.#isElsewhere(held, now);
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

  /** Takes the next part of a look at the whole graph, or begins one if there is reason to. */
  tick(now: number): void {
    if (now < this.deadline) return;
    this.#look ??= this.#begin(now);
    this.deadline = now + ASK_EVERY_MS;
    if (this.#look === undefined) return;
    const { steps, elsewhere } = this.#look;
    for (let step = 0; step < STEPS_AT_ONCE; step++) {
      const { done, value: shape } = steps.next();
      if (!done) continue;
      this.#look = undefined;
      this.#elsewhere = elsewhere;
      this.#here.setShape(shape);
      this.#elsewhere.setShape(shape);
      return;
    }
    this.deadline = now + PAUSE_MS;
  }

  #begin(now: number): Look | undefined {
    const { replica } = this.#graph;
    this.#routes.look(now);
    const everyMs = Math.max(SHAPE_EVERY_MS, replica.size * SHAPE_MS_PER_NODE);
    const isDue = replica.changes !== this.#shapedChange && now - this.#shapedAt >= everyMs;
    if (!isDue && this.#elsewhereFor === this.#routes.changes) return undefined;
    this.#shapedAt = now;
    this.#shapedChange = replica.changes;
    this.#elsewhereFor = this.#routes.changes;
    // Whoever comes, goes or changes while the look lasts is not waited for: the next one sees it.
    const nodes = [...replica.nodes()];
    const elsewhere = new PlacementIndex();
    return { steps: shapeInSteps(this.#members(nodes, elsewhere, now), this.#memberLinks(nodes)), elsewhere };
  }

  /** Those of other supernodes are put into an index made anew, so that who has expired, or cannot be reached any more, is out of it. */
  *#members(
    nodes: readonly HeldNode[],
    elsewhere: PlacementIndex,
    now: number,
  ): IterableIterator<{ id: PeerId; stream: StreamId } | undefined> {
    for (const seen of nodes) {
      const held = this.#graph.replica.byTag(seen.tag);
      const { id, stream } = seen.record;
      yield stream !== undefined && isMember(seen) ? { id, stream } : undefined;
      if (held && this.#links.openTo(id) === undefined && this.#isElsewhere(held, now))
        elsewhere.put(placementOf(held));
    }
  }

  /** Each link once; undefined for an entry of a list that is none, or that the other end brings. */
  *#memberLinks(nodes: readonly HeldNode[]): IterableIterator<readonly [PeerId, PeerId] | undefined> {
    const { replica } = this.#graph;
    for (const held of nodes) {
      if (held.record.role === Role.supernode) continue;
      for (const tag of held.links?.tags ?? []) {
        const other = held.tag < tag ? replica.byTag(tag) : undefined;
        const isLink = other !== undefined && other.record.role !== Role.supernode && lists(other, held.tag);
        yield isLink ? [held.record.id, other.record.id] : undefined;
      }
    }
  }
}

const isMember = ({ record: { status, role, stream } }: HeldNode): boolean =>
  status === RecordStatus.present && role !== Role.supernode && stream !== undefined;
