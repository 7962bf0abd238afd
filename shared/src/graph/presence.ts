/**
 * Who is there, by links: a link exists only if both ends list it, and a node is present while a chain of such links leads to
 * it from this node's own open links, with a grace. So a node that all its neighbours have dropped is gone without any single
 * accuser, and whoever is alone in claiming a link to it keeps nobody alive. The same chains are routes for signals.
 */
import type { PeerId, PeerTag } from '../lib/ids.ts';
import { graphTimings } from './graph-contract.ts';
import type { HeldNode, Replica } from './replica.ts';
import { WorkInParts } from './work-in-parts.ts';

/** Where a tag stands, or would, among tags in ascending order. */
export function placeIn(tags: readonly PeerTag[], tag: PeerTag): number {
  let from = 0;
  let to = tags.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((tags[middle] as PeerTag) < tag) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Whether a node lists a link to another. Lists are in order, and thousands are held: none has a set made of it. */
export function lists({ links }: HeldNode, tag: PeerTag): boolean {
  return links !== undefined && links.tags[placeIn(links.tags, tag)] === tag;
}

/** Whether both ends list the link between them. */
export const linked = (a: HeldNode, b: HeldNode): boolean => lists(a, b.tag) && lists(b, a.tag);

/** Nodes to which a confirmed link leads from this one. */
export function* confirmedNeighbours(replica: Replica, held: HeldNode): IterableIterator<HeldNode> {
  for (const tag of held.links?.tags ?? []) {
    const other = replica.byTag(tag);
    if (other !== undefined && lists(other, held.tag)) yield other;
  }
}

/** A step of a look is a node, or one entry of a link list; so many take about a ms. */
const STEPS_AT_ONCE = 2_048;

export class Presence {
  readonly #replica: Replica;
  /** For each node that a chain leads to, the own neighbour where it begins. */
  #firstHops = new Map<PeerTag, PeerId>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #changesSeen = -1;
  #separated: HeldNode[] = [];
  /** The look that is under way, if it takes more than one part. */
  readonly work = new WorkInParts(STEPS_AT_ONCE);

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * Follows all chains from the own open links, if something has changed and the last time is long enough ago. In a large graph this
   * takes a while ({@link work}): what was found last is in force until it has come to its end.
   * @param isKeptUp whether a node's link list is held up to date: only such lead on (as do the neighbours' own), and can be found
   *   to be cut off
   */
  look(peers: Iterable<PeerId>, isKeptUp: (held: HeldNode) => boolean, now: number): void {
    if (this.work.isUnderWay || now - this.#lookedAt < graphTimings.presenceEveryMs) return;
    this.#lookedAt = now;
    const isAsItWas = this.#changesSeen === this.#replica.changes;
    this.#changesSeen = this.#replica.changes;
    this.work.begin(isAsItWas ? this.#touchAll(now) : this.#follow([...peers], isKeptUp, now), now);
  }

  *#touchAll(now: number): Generator<void> {
    for (const tag of this.#firstHops.keys()) {
      const held = this.#replica.byTag(tag);
      if (held !== undefined) held.reachableAt = now;
      yield;
    }
  }

  *#follow(peers: readonly PeerId[], isKeptUp: (held: HeldNode) => boolean, now: number): Generator<void> {
    const firstHops = new Map<PeerTag, PeerId>();
    const found: HeldNode[] = [];
    const reach = (held: HeldNode, hop: PeerId): void => {
      firstHops.set(held.tag, hop);
      held.reachableAt = now;
      this.#replica.prove(held);
      found.push(held);
    };
    for (const peer of peers) {
      const held = this.#replica.get(peer);
      if (held !== undefined) reach(held, peer);
      yield;
    }
    const neighbours = found.length;
    // Grows while it is walked through: nearest first.
    for (const [at, held] of found.entries()) {
      if (at >= neighbours && !isKeptUp(held)) continue;
      const hop = firstHops.get(held.tag) as PeerId;
      for (const tag of held.links?.tags ?? []) {
        yield;
        // Most links lead back to where the chains have been: that is asked first, as it costs least.
        if (firstHops.has(tag)) continue;
        const other = this.#replica.byTag(tag);
        if (other !== undefined && lists(other, held.tag)) reach(other, hop);
      }
    }
    const separated = yield* this.#separatedFrom(firstHops, isKeptUp, now);
    this.#firstHops = firstHops;
    this.#separated = separated;
  }

  /** Nodes that hang together among themselves, at least three of them, but not with this node: a part that was cut off. */
  *#separatedFrom(
    firstHops: ReadonlyMap<PeerTag, PeerId>,
    isKeptUp: (held: HeldNode) => boolean,
    now: number,
  ): Generator<void, HeldNode[]> {
    const separated: HeldNode[] = [];
    const seen = new Set<HeldNode>();
    // Others may come meanwhile.
    for (const start of [...this.#replica.nodes()]) {
      yield;
      if (firstHops.has(start.tag) || seen.has(start) || !isKeptUp(start)) continue;
      if (now - start.reachableAt < graphTimings.presenceEveryMs) continue;
      const part: HeldNode[] = [start];
      seen.add(start);
      for (const held of part) {
        for (const other of confirmedNeighbours(this.#replica, held)) {
          yield;
          if (seen.has(other) || !isKeptUp(other)) continue;
          seen.add(other);
          part.push(other);
        }
      }
      if (part.length >= 3) separated.push(...part);
    }
    return separated;
  }

  /** Whether a chain leads to a node now, or did a moment ago. */
  reaches(held: HeldNode, now: number): boolean {
    return this.#firstHops.has(held.tag) || now - held.reachableAt < graphTimings.presenceGraceMs;
  }

  /** The own neighbour where a chain to a node begins. */
  firstHop(tag: PeerTag): PeerId | undefined {
    return this.#firstHops.get(tag);
  }

  /** Members of parts that were cut off from this node, as of the last look. */
  get separated(): readonly HeldNode[] {
    return this.#separated;
  }
}
