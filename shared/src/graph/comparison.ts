/**
 * Anti-entropy: finds out what differs between two replicas with traffic proportional to the difference (PROTOCOL.md R21). Digests
 * are compared; if they differ, the neighbour with the smaller id sends the fingerprints of its 64 leaves, the other answers
 * with its versions in the leaves that differ, and each side then asks for what the other has newer.
 */
import { LEAVES, type PeerId, type PeerTag, type StreamId, tagOf } from '../lib/ids.ts';
import {
  type Branches,
  type Digest,
  GraphLevel,
  type HeldVersion,
  type Summary,
  type SummaryEntry,
} from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import type { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { commonLevel } from './graph-level.ts';
import type { Neighbour } from './graph-peers.ts';
import type { HeldNode, Replica } from './replica.ts';

/** What is younger than that may still be on its way to the other. */
const SETTLED_MS = 15_000;
/** So many settled versions, and this share of a summary, make an answer stale or short. */
const STALE_MIN = 4;
const STALE_SHARE = 0.25;

const NO_FINGERPRINT: readonly [number, number] = [0, 0];
const NOTHING_HELD: HeldVersion = { epoch: 0, seq: 0, linksSeq: 0 };

/** What two neighbours compare. */
export interface CommonSet {
  readonly level: GraphLevel;
  /** Undefined: everything. */
  readonly stream: StreamId | undefined;
}

export interface Differences {
  /** What this node has newer. */
  readonly news: readonly SummaryEntry[];
  /** What the other has newer. */
  readonly wanted: readonly SummaryEntry[];
  /** The other should have had much of it long ago. */
  readonly stale: boolean;
}

export class Comparison {
  readonly #self: PeerId;
  readonly #role: Role;
  readonly #replica: Replica;

  constructor(self: PeerId, role: Role, replica: Replica) {
    this.#self = self;
    this.#role = role;
    this.#replica = replica;
  }

  /** What this node and a neighbour are both meant to hold; a neighbour that has not said is taken to hold as much. */
  common(neighbour: Neighbour, level: GraphLevel, stream: StreamId | undefined): CommonSet | undefined {
    return commonLevel(
      { level, stream, role: this.#role },
      { level: neighbour.level ?? level, stream: neighbour.stream, role: neighbour.role },
    );
  }

  #root({ level, stream }: CommonSet): { count: number; fingerprint: [number, number] } {
    const tree = this.#replica.tree(stream);
    if (tree === undefined) return { count: 0, fingerprint: [0, 0] };
    return { count: tree.count, fingerprint: tree.root(level >= GraphLevel.streamLinks) };
  }

  /**
   * @param set what both hold; undefined: nothing to compare, but a digest still says how large the neighbour's stream is
   * @param nodes how many nodes this one counts in all
   */
  digest(set: CommonSet | undefined, neighbour: Neighbour, own: CommonSet, nodes: number): Digest {
    const stream = set === undefined ? (own.stream ?? neighbour.stream) : set.stream;
    const root =
      set === undefined
        ? { count: this.#replica.tree(stream)?.count ?? 0, fingerprint: NO_FINGERPRINT }
        : this.#root(set);
    const { count, fingerprint } = root;
    const yours = this.#replica.get(neighbour.peer);
    return {
      type: MessageType.digest,
      level: own.level,
      stream,
      count: u16(count),
      nodes: u16(nodes),
      fingerprint,
      yours: yours === undefined ? NOTHING_HELD : versionsOf(yours),
    };
  }

  /** Whether a neighbour's digest shows the same set as this replica. */
  agrees(digest: Digest, set: CommonSet): boolean {
    const { count, fingerprint } = this.#root(set);
    const same = fingerprint[0] === digest.fingerprint[0] && fingerprint[1] === digest.fingerprint[1];
    // An empty set has no tree, and a fingerprint of its own making.
    return u16(count) === digest.count && (same || count === 0) && digest.stream === set.stream;
  }

  /** Of two neighbours whose digests differ, this one shows its leaves. */
  shows(neighbour: Neighbour): boolean {
    return this.#self < neighbour.peer;
  }

  branches(set: CommonSet): Branches {
    const { level, stream } = set;
    const tree = this.#replica.tree(stream);
    const fingerprints =
      tree?.leaves(level >= GraphLevel.streamLinks) ?? Array.from({ length: LEAVES }, () => 0);
    return { type: MessageType.branches, stream, fingerprints };
  }

  /** The versions held in the leaves that differ, as many leaves as fit; the rest waits for another time. */
  summary(theirs: Branches, set: CommonSet): Summary | undefined {
    const own = this.branches(set).fingerprints;
    const differing = new Set<number>();
    for (let leaf = 0; leaf < own.length; leaf++)
      if (own[leaf] !== theirs.fingerprints[leaf]) differing.add(leaf);
    if (differing.size === 0) return undefined;
    const byLeaf = this.#byLeaf(differing, set);
    const leaves: number[] = [];
    const entries: SummaryEntry[] = [];
    // Begins anywhere, so that leaves which never fit behind large ones get their turn.
    const order = [...differing];
    const start = this.#replica.changes % order.length;
    for (const leaf of [...order.slice(start), ...order.slice(0, start)]) {
      const held = byLeaf.get(leaf) ?? [];
      if (entries.length + held.length > limits.summaryEntriesMax) continue;
      leaves.push(leaf);
      for (const node of held) entries.push(entryOf(node, set.level));
    }
    leaves.sort((a, b) => a - b);
    return { type: MessageType.summary, stream: set.stream, leaves, entries };
  }

  #byLeaf(leaves: ReadonlySet<number>, { stream }: CommonSet): Map<number, HeldNode[]> {
    const byLeaf = new Map<number, HeldNode[]>();
    const candidates = stream === undefined ? this.#replica.nodes() : this.#replica.allOf(stream);
    for (const held of candidates) {
      if (!held.proven || !leaves.has(held.leaf)) continue;
      const nodes = byLeaf.get(held.leaf) ?? [];
      nodes.push(held);
      byLeaf.set(held.leaf, nodes);
    }
    return byLeaf;
  }

  /** Compares a neighbour's versions with the own ones. */
  differences(summary: Summary, set: CommonSet, neighbour: Neighbour, now: number): Differences {
    const news: SummaryEntry[] = [];
    const wanted: SummaryEntry[] = [];
    const listed = new Set<PeerTag>();
    let settled = 0;
    let behind = 0;
    const lag = (held: HeldNode): void => {
      if (now - held.receivedAt > SETTLED_MS && now - neighbour.upAt > SETTLED_MS) behind++;
    };
    for (const entry of summary.entries) {
      listed.add(entry.tag);
      const held = this.#replica.byTag(entry.tag);
      settled++;
      if (held !== undefined && isAhead(entryOf(held, set.level), entry)) {
        news.push(entryOf(held, set.level));
        lag(held);
      } else wanted.push(entry);
    }
    for (const held of [...this.#byLeaf(new Set(summary.leaves), set).values()].flat()) {
      if (listed.has(held.tag) || held.tag === tagOf(neighbour.peer)) continue;
      news.push(entryOf(held, set.level));
      settled++;
      lag(held);
    }
    return { news, wanted, stale: behind >= STALE_MIN && behind >= settled * STALE_SHARE };
  }
}

const u16 = (count: number): number => Math.min(count, 0xffff);

const versionsOf = ({ record: { version }, links }: HeldNode): HeldVersion => ({
  epoch: version.epoch,
  seq: version.seq,
  linksSeq: links?.version.seq ?? 0,
});

/** A node's versions; link lists only at levels that hold them. */
export const entryOf = (held: HeldNode, level: GraphLevel): SummaryEntry => {
  const { epoch, seq, linksSeq } = versionsOf(held);
  return { tag: held.tag, epoch, seq, linksSeq: level >= GraphLevel.streamLinks ? linksSeq : 0 };
};

/** Whether some of `a` is newer than `b`. */
export const isAhead = (a: HeldVersion, b: HeldVersion): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && (a.seq > b.seq || a.linksSeq > b.linksSeq));

/** Whether only the last word of either kind lies between them. */
export const isNextAfter = (a: HeldVersion, b: HeldVersion): boolean =>
  a.epoch === b.epoch && a.seq <= b.seq + 1 && a.linksSeq <= b.linksSeq + 1;
