/**
 * What one node holds of the net graph, what it is meant to hold, and what follows from it: who is there, and by which neighbours
 * somebody may be reached.
 */
import { type PeerId, type StreamId, tagOf } from '../lib/ids.ts';
import { GraphLevel } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../wire/membership-record.ts';
import { type GraphSettings, graphCaps, graphTimings } from './graph-contract.ts';
import { Levels } from './graph-level.ts';
import type { Neighbour } from './graph-peers.ts';
import type { GraphIdentity } from './own-word.ts';
import { linked, Presence } from './presence.ts';
import { type HeldNode, Replica } from './replica.ts';
import { type HoldingRule, isExact, trim } from './sample.ts';

export class Holdings {
  readonly replica: Replica;
  readonly presence: Presence;
  readonly peers = new Map<PeerId, Neighbour>();
  readonly isSupernode: boolean;
  readonly #self: PeerId;
  readonly #settings: GraphSettings;
  /** The own stream. */
  stream: StreamId | undefined;
  readonly #levels: Levels;
  #trimmedFor: GraphLevel = GraphLevel.whole;
  #trimmedAtAddition = 0;

  constructor({ self, role }: GraphIdentity, settings: GraphSettings) {
    this.#self = self;
    this.#settings = settings;
    this.#levels = new Levels(settings);
    this.isSupernode = role === Role.supernode;
    this.replica = new Replica(settings.recordsMax);
    this.presence = new Presence(this.replica);
  }

  get level(): GraphLevel {
    return this.#levels.level;
  }

  get #rule(): HoldingRule {
    const isNeighbour = (id: PeerId): boolean => this.peers.has(id) || id === this.#self;
    return { level: this.level, stream: this.stream, isNeighbour };
  }

  /** Whether this node is meant to hold the record: all that follow the same rule agree on it. */
  meantToHold(record: MembershipRecord): boolean {
    return isExact(record, this.#rule);
  }

  /** Whether this node is meant to hold the link list of another. */
  keepsLinksOf({ stream }: MembershipRecord): boolean {
    if (this.level === GraphLevel.whole) return true;
    return this.level === GraphLevel.streamLinks && stream !== undefined && stream === this.stream;
  }

  /** Whether a node that is held is there, as far as this node can know. */
  isPresent(held: HeldNode, now: number): boolean {
    if (held.record.status !== RecordStatus.present) return false;
    const { id } = held.record;
    if (id === this.#self || this.peers.has(id)) return true;
    return this.keepsLinksOf(held.record) ? this.presence.reaches(held, now) : held.proven;
  }

  /**
   * Whether a node counts at once, and is not only a name, if these brought its record. Where link lists are held a chain of links has
   * to lead to it; where only memberships are, a second neighbour has to know it, or a supernode, which holds link lists.
   */
  isProvenBy(record: MembershipRecord, bringers: readonly PeerId[]): boolean {
    if (bringers.includes(record.id) || !this.meantToHold(record)) return true;
    if (this.keepsLinksOf(record)) return false;
    return new Set(bringers).size > 1 || bringers.some((peer) => this.peers.get(peer)?.isSupernode === true);
  }

  /** Follows the chains of links anew, if that is due: before asking {@link isPresent} or {@link towards}. */
  look(now: number): void {
    const isKeptUp = (held: HeldNode): boolean => held.links !== undefined && this.keepsLinksOf(held.record);
    this.presence.look(this.peers.keys(), isKeptUp, now);
  }

  /** Neighbours that may lead to a node, best first: itself, those that it is linked with, the first of a chain, the one that introduced it. */
  towards(id: PeerId): PeerId[] {
    if (this.peers.has(id)) return [id];
    const held = this.replica.get(id);
    if (held === undefined) return [];
    const ways = new Set<PeerId>();
    for (const peer of this.peers.keys()) {
      const neighbour = this.replica.get(peer);
      if (neighbour !== undefined && linked(neighbour, held)) ways.add(peer);
    }
    const hop = this.presence.firstHop(tagOf(id));
    if (hop !== undefined && this.peers.has(hop)) ways.add(hop);
    if (this.peers.has(held.via)) ways.add(held.via);
    return [...ways];
  }

  /** Names that nobody vouches for must not crowd out the others. */
  get hasRoomForNames(): boolean {
    const { size, unproven } = this.replica;
    const least = this.isSupernode ? graphCaps.supernodeUnprovenMin : graphCaps.unprovenMin;
    return unproven < Math.max(least, size - unproven);
  }

  /** Nodes that are held and count, those that left not among them. */
  get size(): number {
    return this.replica.tree(undefined)?.count ?? 0;
  }

  /** The same of one stream. */
  membersOf(stream: StreamId | undefined): number {
    return stream === undefined ? 0 : (this.replica.tree(stream)?.count ?? 0);
  }

  /** Whether it holds more memberships of its stream than anybody should; it does so on supernodes' word only. */
  get isOverfull(): boolean {
    return this.level === GraphLevel.stream && this.membersOf(this.stream) > this.#settings.streamNodesMax;
  }

  /** Lets go of what is too old or too much. */
  keepInBounds(now: number): void {
    this.replica.expire(now, graphTimings.unprovenMs);
    // Names become nodes that count only by looking; where link lists are not held, who was a name once may turn out to be more.
    if (this.level >= GraphLevel.streamLinks) this.look(now);
    else this.replica.pardonNames();
    if (this.isSupernode) return;
    const level = this.#levels.next(
      {
        stream: this.stream,
        held: this.size,
        heldOfStream: this.membersOf(this.stream),
        peers: [...this.peers.values()],
      },
      now,
    );
    if (level === this.#trimmedFor && this.#trimmedAtAddition === this.replica.additions) return;
    if (level < this.#trimmedFor) this.#proveUnjudged(level);
    this.#trimmedFor = level;
    trim(this.replica, this.#rule, this.#settings);
    this.#trimmedAtAddition = this.replica.additions;
  }

  /** Of what is not held exactly any more, nobody can tell names from nodes. */
  #proveUnjudged(level: GraphLevel): void {
    for (const held of this.replica.nodes()) {
      if (!isExact(held.record, { ...this.#rule, level })) this.replica.prove(held);
    }
  }
}
