/**
 * One node's copy of the net graph: the newest membership record and link list of every node that it holds, with a local
 * expiry. Last writer wins by version; nobody can write another's word, because the gate has checked each signature. Leave
 * records stay until they expire, and versions that expired are remembered, so that a replay brings nobody back. When it is full,
 * those links that introduced most records lose one first: a crowd behind one link displaces only itself.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import { leafOf, type PeerId, type PeerTag, type StreamId, tagOf } from '../lib/ids.ts';
import { deltaBetween, type LinkList, type LinkListDelta } from '../wire/link-list.ts';
import { type MembershipRecord, RecordStatus, type RecordVersion } from '../wire/membership-record.ts';
import { FingerprintTree, fingerprintWord } from './fingerprint-tree.ts';
import { graphTimings } from './graph-contract.ts';

/** What is held of one node. */
export interface HeldNode {
  readonly tag: PeerTag;
  /** The leaf of the fingerprint tree that it belongs to. */
  readonly leaf: number;
  record: MembershipRecord;
  /** Its half-edges, of the same epoch as the record. */
  links: LinkList | undefined;
  /** How the list came out of the one before, to serve those who have that one. */
  linksDelta: LinkListDelta | undefined;
  expiresAt: number;
  receivedAt: number;
  /** The neighbour that introduced it: a way that may lead there. */
  via: PeerId;
  /** When a chain of links was last seen to lead to it. */
  reachableAt: number;
  /**
   * Whether it is more than a name: a chain of links has led to it, or nobody here could tell. Only such nodes count, in sizes and in
   * fingerprints.
   */
  proven: boolean;
}

export const isNewer = (a: RecordVersion, b: RecordVersion): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);

/** A word that its owner said lately, s. */
const FRESH_SECONDS = 30;
const isFresh = ({ ttlMaxSeconds, ttlSeconds }: MembershipRecord): boolean =>
  ttlMaxSeconds - ttlSeconds < FRESH_SECONDS;

export class Replica {
  readonly #recordsMax: number;
  readonly #held = new Map<PeerTag, HeldNode>();
  readonly #byStream = new Map<StreamId, Set<PeerTag>>();
  /** Nodes that have left, by the stream that they were in. */
  readonly #leavers = new Map<StreamId, Set<PeerTag>>();
  readonly #trees = new Map<StreamId, FingerprintTree>();
  readonly #whole = new FingerprintTree();
  readonly #expired: BoundedMap<PeerTag, RecordVersion>;
  /** Versions of names that nothing led to in time. */
  readonly #doubted: BoundedMap<PeerTag, RecordVersion>;
  readonly #introduced = new Map<PeerId, number>();
  #unproven = 0;
  /** Counts changes of the set or of the links in it. */
  changes = 0;
  /** Counts nodes that came in: only these can make a replica hold too much. */
  additions = 0;

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax;
    this.#expired = new BoundedMap(recordsMax);
    this.#doubted = new BoundedMap(recordsMax);
  }

  /** Nodes held, leave records included. */
  get size(): number {
    return this.#held.size;
  }

  /** Of these, names that no chain of links has led to yet. */
  get unproven(): number {
    return this.#unproven;
  }

  get(id: PeerId): HeldNode | undefined {
    const held = this.#held.get(tagOf(id));
    return held?.record.id === id ? held : undefined;
  }

  byTag(tag: PeerTag): HeldNode | undefined {
    return this.#held.get(tag);
  }

  nodes(): IterableIterator<HeldNode> {
    return this.#held.values();
  }

  /** The newest version known of a node, held or expired. */
  versionByTag(tag: PeerTag): RecordVersion | undefined {
    return this.#held.get(tag)?.record.version ?? this.#expired.get(tag);
  }

  /** Whether a record of this version, or of a newer one, was dropped because nothing led to the node. */
  isDoubted(tag: PeerTag, version: RecordVersion): boolean {
    const doubted = this.#doubted.get(tag);
    return doubted !== undefined && !isNewer(version, doubted);
  }

  versionOf(id: PeerId): RecordVersion | undefined {
    return this.versionByTag(tagOf(id));
  }

  /** Whether a record of this version would be news. */
  wants(id: PeerId, version: RecordVersion): boolean {
    const known = this.versionOf(id);
    return known === undefined || isNewer(version, known);
  }

  /** Whether a link list of this version would be news. */
  wantsLinks(id: PeerId, version: RecordVersion): boolean {
    const held = this.get(id);
    if (held?.record.status !== RecordStatus.present || held.record.version.epoch !== version.epoch)
      return false;
    return version.seq > (held.links?.version.seq ?? 0);
  }

  /** The set of a stream, or of all, as a fingerprint. */
  tree(stream: StreamId | undefined): FingerprintTree | undefined {
    return stream === undefined ? this.#whole : this.#trees.get(stream);
  }

  /**
   * Takes a verified record if it is news and there is room.
   * @param proven whether the node counts from the start; one that counted before does in any case
   */
  put(record: MembershipRecord, via: PeerId, proven: boolean, now: number): boolean {
    if (record.ttlSeconds <= 0 || !this.wants(record.id, record.version)) return false;
    const tag = tagOf(record.id);
    const before = this.#held.get(tag);
    if (before === undefined && !this.#makeRoom(via)) return false;
    if (before !== undefined) this.#take(before);
    const sameEpoch = before?.record.version.epoch === record.version.epoch;
    const present = record.status === RecordStatus.present;
    const isSignOfLife = isFresh(record) && !this.isDoubted(tag, record.version);
    this.#expired.delete(tag);
    this.#doubted.delete(tag);
    if (before === undefined || before.record.stream !== record.stream) this.additions++;
    this.#add({
      tag,
      leaf: leafOf(tag),
      record,
      links: sameEpoch && present ? before.links : undefined,
      linksDelta: undefined,
      expiresAt: now + record.ttlSeconds * 1000,
      receivedAt: now,
      via: before?.via ?? via,
      // An old word of a node that nobody here knew is no sign of life, nor is one that led nowhere before: its age is not signed.
      reachableAt: before?.reachableAt ?? (isSignOfLife ? now : now - graphTimings.presenceGraceMs),
      proven: proven || before?.proven === true,
    });
    return true;
  }

  /** Takes a verified link list if it is news. */
  putLinks(list: LinkList, now: number): boolean {
    if (!this.wantsLinks(list.id, list.version)) return false;
    const held = this.get(list.id) as HeldNode;
    if (held.proven) this.#count(held, -1);
    held.linksDelta = held.links === undefined ? undefined : deltaBetween(held.links, list);
    held.links = list;
    held.receivedAt = now;
    if (held.proven) this.#count(held, 1);
    this.changes++;
    return true;
  }

  /** A node turned out to be more than a name. */
  prove(held: HeldNode): void {
    if (held.proven || this.#held.get(held.tag) !== held) return;
    held.proven = true;
    this.#unproven--;
    this.#count(held, 1);
  }

  #makeRoom(via: PeerId): boolean {
    if (this.#held.size < this.#recordsMax) return true;
    let greediest = via;
    let most = this.#introduced.get(via) ?? 0;
    for (const [peer, count] of this.#introduced) {
      if (count <= most + 1) continue;
      greediest = peer;
      most = count;
    }
    if (greediest === via) return false;
    for (const held of this.#held.values()) {
      if (held.via !== greediest) continue;
      this.drop(held);
      return true;
    }
    return false;
  }

  #add(held: HeldNode): void {
    this.#held.set(held.tag, held);
    this.#tally(held.via, 1);
    const { stream, status } = held.record;
    if (stream !== undefined) {
      const group = status === RecordStatus.present ? this.#byStream : this.#leavers;
      const members = group.get(stream) ?? new Set();
      members.add(held.tag);
      group.set(stream, members);
    }
    if (held.proven) this.#count(held, 1);
    else this.#unproven++;
    this.changes++;
  }

  #take(held: HeldNode): void {
    if (held.proven) this.#count(held, -1);
    else this.#unproven--;
    this.#held.delete(held.tag);
    this.#tally(held.via, -1);
    const { stream, status } = held.record;
    if (stream !== undefined) {
      const group = status === RecordStatus.present ? this.#byStream : this.#leavers;
      const members = group.get(stream);
      members?.delete(held.tag);
      if (members?.size === 0) group.delete(stream);
    }
    this.changes++;
  }

  /** Puts a node into the fingerprints, or takes it out. */
  #count({ tag, record, links }: HeldNode, by: 1 | -1): void {
    const { stream, version, status } = record;
    const isPresent = status === RecordStatus.present;
    const recordWord = fingerprintWord(tag, version.epoch, version.seq);
    const linksWord = links === undefined ? 0 : fingerprintWord(tag, 1, links.version.seq);
    this.#whole.toggle(tag, recordWord, linksWord, isPresent, by);
    if (stream === undefined) return;
    let tree = this.#trees.get(stream);
    if (tree === undefined) {
      tree = new FingerprintTree();
      this.#trees.set(stream, tree);
    }
    tree.toggle(tag, recordWord, linksWord, isPresent, by);
    if (tree.isEmpty) this.#trees.delete(stream);
  }

  /** Another neighbour answers for a node from now on. */
  introduceAnew(held: HeldNode, via: PeerId): void {
    if (held.via === via || this.#held.get(held.tag) !== held) return;
    this.#tally(held.via, -1);
    held.via = via;
    this.#tally(via, 1);
  }

  #tally(via: PeerId, by: 1 | -1): void {
    const introduced = (this.#introduced.get(via) ?? 0) + by;
    if (introduced === 0) this.#introduced.delete(via);
    else this.#introduced.set(via, introduced);
  }

  /** Lets go of a node that this replica is not meant to hold; it may come again. */
  drop(held: HeldNode): void {
    if (this.#held.get(held.tag) === held) this.#take(held);
  }

  /** Drops what has outlived itself, or stayed a name for too long, and remembers the versions. */
  expire(now: number, unprovenMs: number): HeldNode[] {
    const gone: HeldNode[] = [];
    for (const held of this.#held.values()) {
      if (held.expiresAt <= now || (!held.proven && now - held.reachableAt > unprovenMs)) gone.push(held);
    }
    for (const held of gone) {
      this.#take(held);
      const isOver = held.expiresAt <= now || held.proven;
      (isOver ? this.#expired : this.#doubted).set(held.tag, held.record.version);
    }
    return gone;
  }

  /** Names that were dropped because nothing led to them may come again: this node cannot tell any more. */
  pardonNames(): void {
    this.#doubted.clear();
  }

  /** A record as it is passed on now: its remaining life aged. Undefined if less than a second of it is left. */
  aged(held: HeldNode, now: number): MembershipRecord | undefined {
    const ttlSeconds = Math.round((held.expiresAt - now) / 1000);
    if (ttlSeconds === held.record.ttlSeconds) return held.record;
    return ttlSeconds > 0 ? { ...held.record, ttlSeconds } : undefined;
  }

  /** The record of a member that has not left. */
  member(id: PeerId): MembershipRecord | undefined {
    const record = this.get(id)?.record;
    return record?.status === RecordStatus.present ? record : undefined;
  }

  /** Nodes of one stream that have not left. */
  nodesOf(stream: StreamId): IterableIterator<HeldNode> {
    return this.#heldOf(this.#byStream.get(stream));
  }

  /** Nodes of one stream, those that have left among them. */
  *allOf(stream: StreamId): IterableIterator<HeldNode> {
    yield* this.nodesOf(stream);
    yield* this.#heldOf(this.#leavers.get(stream));
  }

  *#heldOf(tags: ReadonlySet<PeerTag> | undefined): IterableIterator<HeldNode> {
    for (const tag of tags ?? []) {
      const held = this.#held.get(tag);
      if (held !== undefined) yield held;
    }
  }

  /** Members of a stream that have not left. */
  sizeOf(stream: StreamId): number {
    return this.#byStream.get(stream)?.size ?? 0;
  }

  /** Streams with at least one member. */
  streamIds(): IterableIterator<StreamId> {
    return this.#byStream.keys();
  }

  get streams(): number {
    return this.#byStream.size;
  }
}
