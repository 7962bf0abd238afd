/**
 * Whom to propose or to dial, answered in a time that does not depend on the size of the graph (PROTOCOL.md R23). Supernodes and
 * members use the same order: what has come apart from its stream first, then a host with a free slot, free slots before none,
 * near the host before far, few links before many; random within equals. The round trip to a stranger is not known, so it is no
 * part of the order.
 */
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type Random, randomBelow, shuffled } from '../lib/random.ts';

export interface PlacementEntry {
  readonly id: PeerId;
  readonly stream: StreamId;
  readonly isHost: boolean;
  readonly freeSlots: number;
  /** Hops from the host; 255: none. */
  readonly depth: number;
  /** Open links to members. */
  readonly links: number;
}

/** What a look at the whole graph found. */
export interface GraphShape {
  /** Members outside the largest component of their stream. */
  readonly separated: ReadonlySet<PeerId>;
  /** Links to other streams, by stream. */
  readonly bridges: ReadonlyMap<StreamId, number>;
}

const DEPTH_BUCKETS = 6;
const LINK_BUCKETS = 4;
/** A host with a free slot; then free slots, depth and links, from best to worst. */
const CLASSES = 1 + 2 * DEPTH_BUCKETS * LINK_BUCKETS;
/** Streams with so many bridges or more count as equals. */
const BRIDGE_LEVELS = 16;
/** Draws for each pick and besides, in one class; after that the class is given up, even if somebody in it could be had. */
const PROBES_PER_PICK = 8;
const PROBES_SPARE = 32;

function classOf({ isHost, freeSlots, depth, links }: PlacementEntry): number {
  if (isHost && freeSlots > 0) return 0;
  const depthBucket = Math.min(depth, DEPTH_BUCKETS - 1);
  const linkBucket = Math.min(links >> 2, LINK_BUCKETS - 1);
  return 1 + ((freeSlots > 0 ? 0 : DEPTH_BUCKETS) + depthBucket) * LINK_BUCKETS + linkBucket;
}

interface Place {
  readonly stream: StreamId;
  readonly class: number;
  readonly isSeparated: boolean;
  at: number;
}

/** Members of one stream by class. */
class StreamMembers {
  readonly classes: (PeerId[] | undefined)[] = new Array(CLASSES);
  /** As the last look at the whole graph found them; who has left since is passed over. */
  readonly separated: PeerId[] = [];
  size = 0;
  /** Where the stream stands among those with as many bridges. */
  level = 0;
  at = 0;
}

export class PlacementIndex {
  readonly #places = new Map<PeerId, Place>();
  readonly #streams = new Map<StreamId, StreamMembers>();
  #bridges: ReadonlyMap<StreamId, number> = new Map();
  /** Streams by how many bridges they have. */
  readonly #levels: StreamId[][] = Array.from({ length: BRIDGE_LEVELS }, () => []);
  /** Work done so far: random draws. For tests. */
  probes = 0;

  /** Members of a stream in the index. */
  size(stream: StreamId): number {
    return this.#streams.get(stream)?.size ?? 0;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** Inserts or updates a member. */
  put(entry: PlacementEntry): void {
    const placed = classOf(entry);
    const before = this.#places.get(entry.id);
    if (before?.stream === entry.stream && before.class === placed) return;
    const isSeparated = before?.stream === entry.stream && before.isSeparated;
    this.remove(entry.id);
    let members = this.#streams.get(entry.stream);
    if (members === undefined) {
      members = new StreamMembers();
      this.#streams.set(entry.stream, members);
      this.#rank(entry.stream, members);
    }
    const list = members.classes[placed] ?? [];
    members.classes[placed] = list;
    this.#places.set(entry.id, { stream: entry.stream, class: placed, isSeparated, at: list.length });
    list.push(entry.id);
    members.size++;
  }

  remove(id: PeerId): void {
    const place = this.#places.get(id);
    const members = place && this.#streams.get(place.stream);
    if (!place || !members) return;
    this.#places.delete(id);
    const list = members.classes[place.class] as PeerId[];
    const last = list.pop() as PeerId;
    if (last !== id) {
      list[place.at] = last;
      (this.#places.get(last) as Place).at = place.at;
    }
    members.size--;
    if (members.size > 0) return;
    this.#streams.delete(place.stream);
    const level = this.#levels[members.level] as StreamId[];
    const lastStream = level.pop() as StreamId;
    if (lastStream === place.stream) return;
    level[members.at] = lastStream;
    (this.#streams.get(lastStream) as StreamMembers).at = members.at;
  }

  /** Takes note of what came apart and what is bridged; in force until the next time. Linear in the streams and the separated. */
  setShape({ separated, bridges }: GraphShape): void {
    for (const members of this.#streams.values()) {
      for (const id of members.separated) this.#markSeparated(id, false);
      members.separated.length = 0;
    }
    for (const id of separated) this.#markSeparated(id, true);
    this.#bridges = bridges;
    for (const level of this.#levels) level.length = 0;
    for (const [stream, members] of this.#streams) this.#rank(stream, members);
  }

  /**
   * Up to `count` members of a stream, best first. At most half of them come from parts that have come apart, so that a newcomer
   * joins both sides; of one alone every other time. More only where there are too few others.
   */
  inside(stream: StreamId, count: number, exclude: (id: PeerId) => boolean, random: Random): PeerId[] {
    const members = this.#streams.get(stream);
    if (members === undefined) return [];
    const picked = new Set<PeerId>();
    const separated = (id: PeerId): boolean => this.#places.get(id)?.isSeparated === true;
    const passed = (id: PeerId): boolean =>
      !separated(id) || this.#places.get(id)?.stream !== stream || exclude(id);
    const half = count === 1 ? randomBelow(random, 2) : Math.floor(count / 2);
    if (members.separated.length > 0) this.#draw(members.separated, half, count, picked, passed, random);
    for (const list of members.classes) {
      if (list === undefined || picked.size >= count) continue;
      this.#draw(list, count, count, picked, (id) => separated(id) || exclude(id), random);
    }
    if (picked.size < count) this.#draw(members.separated, count, count, picked, passed, random);
    return [...picked];
  }

  /**
   * Up to `count` members of other streams, one of each in turn, streams with few bridges first, random within equals. Streams
   * of which nobody can be had are passed over, up to 8 × count + 32 of them.
   */
  outside(
    stream: StreamId | undefined,
    count: number,
    exclude: (id: PeerId) => boolean,
    random: Random,
  ): PeerId[] {
    const picked = new Set<PeerId>();
    const known = (id: PeerId): boolean => exclude(id) || picked.has(id);
    const yielding = this.#drawStreams(stream, count, picked, known, random);
    while (picked.size < count) {
      const before = picked.size;
      for (const other of yielding) {
        if (picked.size >= count) break;
        for (const id of this.inside(other, 1, known, random)) picked.add(id);
      }
      if (picked.size === before) break;
    }
    return [...picked];
  }

  /** The first of each stream goes into `picked`; returns the streams that had one. */
  #drawStreams(
    own: StreamId | undefined,
    count: number,
    picked: Set<PeerId>,
    exclude: (id: PeerId) => boolean,
    random: Random,
  ): StreamId[] {
    const tried = new Set<StreamId>();
    const yielding: StreamId[] = [];
    let probesLeft = count * PROBES_PER_PICK + PROBES_SPARE;
    for (const level of this.#levels) {
      const order = level.length <= PROBES_SPARE ? shuffled(random, level) : undefined;
      for (let at = 0; at < (order?.length ?? Number.POSITIVE_INFINITY); at++) {
        if (picked.size >= count || probesLeft <= 0) return yielding;
        probesLeft--;
        this.probes++;
        const other = order?.[at] ?? (level[randomBelow(random, level.length)] as StreamId);
        if (other === own || tried.has(other)) continue;
        tried.add(other);
        const [first] = this.inside(other, 1, exclude, random);
        if (first === undefined) continue;
        picked.add(first);
        yielding.push(other);
      }
    }
    return yielding;
  }

  #rank(stream: StreamId, members: StreamMembers): void {
    members.level = Math.min(this.#bridges.get(stream) ?? 0, BRIDGE_LEVELS - 1);
    const level = this.#levels[members.level] as StreamId[];
    members.at = level.length;
    level.push(stream);
  }

  #markSeparated(id: PeerId, isSeparated: boolean): void {
    const place = this.#places.get(id);
    if (place === undefined) return;
    this.#places.set(id, { ...place, isSeparated });
    if (isSeparated) this.#streams.get(place.stream)?.separated.push(id);
  }

  /** Draws members at random, without repeats, until the picks are `until` or the probes are used up. */
  #draw(
    from: readonly PeerId[],
    mostOfThese: number,
    count: number,
    picked: Set<PeerId>,
    exclude: (id: PeerId) => boolean,
    random: Random,
  ): void {
    let left = Math.min(mostOfThese, count - picked.size, from.length);
    // Small lists are drawn without repeats; of large ones a few random draws rarely hit the same twice.
    const order = from.length <= PROBES_SPARE ? shuffled(random, from) : undefined;
    const probesMax = order?.length ?? left * PROBES_PER_PICK + PROBES_SPARE;
    for (let probe = 0; probe < probesMax && left > 0; probe++) {
      this.probes++;
      const id = order?.[probe] ?? (from[randomBelow(random, from.length)] as PeerId);
      if (picked.has(id) || exclude(id)) continue;
      picked.add(id);
      left--;
    }
  }
}
