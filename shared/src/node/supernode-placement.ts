/**
 * Whom a supernode proposes: an index of the members that have a socket to it, and a look now and then at the shape of the whole
 * graph, so that newcomers join together what has come apart and bridge streams that have few bridges.
 */

import { shapeOf } from '../graph/components.ts';
import type { Graph } from '../graph/graph.ts';
import { PlacementIndex } from '../graph/placement-index.ts';
import { confirmedNeighbours } from '../graph/presence.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { Role } from '../wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../wire/membership-record.ts';
import { placementOf } from './neighbour-search.ts';

/** The shape is looked at again after so many ms, and for a large graph after this much per node. */
const SHAPE_EVERY_MS = 2_000;
const SHAPE_MS_PER_NODE = 0.5;

export class SupernodePlacement {
  readonly #graph: Graph;
  readonly #random: Random;
  readonly #index = new PlacementIndex();
  #shapedAt = Number.NEGATIVE_INFINITY;
  #shapedChange = -1;

  constructor(graph: Graph, random: Random) {
    this.#graph = graph;
    this.#random = random;
  }

  /** A member with a socket has come, or says something new of itself. */
  update(peer: PeerId): void {
    const held = this.#graph.replica.get(peer);
    const { status, role, stream } = held?.record ?? {};
    if (held && status === RecordStatus.present && role !== Role.supernode && stream !== undefined)
      this.#index.put(placementOf(held));
    else this.#index.remove(peer);
  }

  /** Its socket is gone. */
  remove(peer: PeerId): void {
    this.#index.remove(peer);
  }

  inside(stream: StreamId, count: number, asking: PeerId, now: number): MembershipRecord[] {
    this.#shape(now);
    return this.#records(
      this.#index.inside(stream, count, (id) => id === asking, this.#random),
      now,
    );
  }

  outside(stream: StreamId | undefined, count: number, asking: PeerId, now: number): MembershipRecord[] {
    this.#shape(now);
    return this.#records(
      this.#index.outside(stream, count, (id) => id === asking, this.#random),
      now,
    );
  }

  #records(ids: readonly PeerId[], now: number): MembershipRecord[] {
    const { replica } = this.#graph;
    return ids.flatMap((id) => {
      const held = replica.get(id);
      return (held && replica.aged(held, now)) ?? [];
    });
  }

  #shape(now: number): void {
    const { replica } = this.#graph;
    const everyMs = Math.max(SHAPE_EVERY_MS, replica.size * SHAPE_MS_PER_NODE);
    if (replica.changes === this.#shapedChange || now - this.#shapedAt < everyMs) return;
    this.#shapedAt = now;
    this.#shapedChange = replica.changes;
    this.#index.setShape(shapeOf(this.#members(), this.#links()));
  }

  *#members(): IterableIterator<{ id: PeerId; stream: StreamId }> {
    for (const { record } of this.#graph.replica.nodes()) {
      const { id, stream, status, role } = record;
      if (stream !== undefined && status === RecordStatus.present && role !== Role.supernode)
        yield { id, stream };
    }
  }

  *#links(): IterableIterator<readonly [PeerId, PeerId]> {
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
