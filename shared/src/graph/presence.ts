/**
 * Who is there, by links: a link exists only if both ends list it, and a node is present while a chain of such links leads to
 * it from this node's own open links, with a grace. So a node that all its neighbours have dropped is gone without any single
 * accuser, and whoever is alone in claiming a link to it keeps nobody alive. The same chains are routes for signals.
 */
import type { PeerId, PeerTag } from '../lib/ids.ts';
import type { LinkList } from '../wire/link-list.ts';
import { graphTimings } from './graph-contract.ts';
import type { HeldNode, Replica } from './replica.ts';

/** Tags of a list as a set; a memo, as lists never change. */
const tagSets = new WeakMap<LinkList, ReadonlySet<PeerTag>>();

function tagSetOf(list: LinkList): ReadonlySet<PeerTag> {
  let set = tagSets.get(list);
  if (set === undefined) {
    set = new Set(list.tags);
    tagSets.set(list, set);
  }
  return set;
}

/** Whether a node lists a link to another. */
export const lists = (held: HeldNode, tag: PeerTag): boolean =>
  held.links !== undefined && tagSetOf(held.links).has(tag);

/** Whether both ends list the link between them. */
export const linked = (a: HeldNode, b: HeldNode): boolean => lists(a, b.tag) && lists(b, a.tag);

/** Nodes to which a confirmed link leads from this one. */
export function* confirmedNeighbours(replica: Replica, held: HeldNode): IterableIterator<HeldNode> {
  for (const tag of held.links?.tags ?? []) {
    const other = replica.byTag(tag);
    if (other !== undefined && lists(other, held.tag)) yield other;
  }
}

export class Presence {
  readonly #replica: Replica;
  /** For each node that a chain leads to, the own neighbour where it begins. */
  #firstHops = new Map<PeerTag, PeerId>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #changesSeen = -1;
  #separated: HeldNode[] = [];

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /**
   * Follows all chains from the own open links, if something has changed and the last time is long enough ago.
   * @param isKeptUp whether a node's link list is held up to date: only such lead on (as do the neighbours' own), and can be found
   *   to be cut off
   */
  look(peers: Iterable<PeerId>, isKeptUp: (held: HeldNode) => boolean, now: number): void {
    if (now - this.#lookedAt < graphTimings.presenceEveryMs) return;
    this.#lookedAt = now;
    if (this.#changesSeen === this.#replica.changes) {
      for (const tag of this.#firstHops.keys()) this.#touch(tag, now);
      return;
    }
    this.#changesSeen = this.#replica.changes;
    this.#firstHops = new Map();
    let frontier: HeldNode[] = [];
    for (const peer of peers) {
      const held = this.#replica.get(peer);
      if (held === undefined) continue;
      this.#firstHops.set(held.tag, peer);
      held.reachableAt = now;
      this.#replica.prove(held);
      frontier.push(held);
    }
    while (frontier.length > 0) frontier = this.#step(frontier, now).filter(isKeptUp);
    this.#findSeparated(isKeptUp, now);
  }

  #step(frontier: readonly HeldNode[], now: number): HeldNode[] {
    const next: HeldNode[] = [];
    for (const held of frontier) {
      const hop = this.#firstHops.get(held.tag) as PeerId;
      for (const tag of held.links?.tags ?? []) {
        // Most links lead back to where the chains have been: that is asked first, as it costs least.
        if (this.#firstHops.has(tag)) continue;
        const other = this.#replica.byTag(tag);
        if (other === undefined || !lists(other, held.tag)) continue;
        this.#firstHops.set(other.tag, hop);
        other.reachableAt = now;
        this.#replica.prove(other);
        next.push(other);
      }
    }
    return next;
  }

  #touch(tag: PeerTag, now: number): void {
    const held = this.#replica.byTag(tag);
    if (held !== undefined) held.reachableAt = now;
  }

  /** Nodes that hang together among themselves, at least three of them, but not with this node: a part that was cut off. */
  #findSeparated(isKeptUp: (held: HeldNode) => boolean, now: number): void {
    this.#separated = [];
    const seen = new Set<HeldNode>();
    for (const start of this.#replica.nodes()) {
      if (seen.has(start) || this.#firstHops.has(start.tag) || !isKeptUp(start)) continue;
      if (now - start.reachableAt < graphTimings.presenceEveryMs) continue;
      const part: HeldNode[] = [start];
      seen.add(start);
      for (const held of part) {
        for (const other of confirmedNeighbours(this.#replica, held)) {
          if (seen.has(other) || !isKeptUp(other)) continue;
          seen.add(other);
          part.push(other);
        }
      }
      if (part.length >= 3) this.#separated.push(...part);
    }
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
