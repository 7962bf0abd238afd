/**
 * A network that is not there: people with keys, in streams of uneven sizes, linked as members are, and supernodes. Everything that they
 * would sign is signed, so a supernode takes it for real. Who is linked with whom is drawn with a seed; keys are new each time.
 */
import { hash } from 'node:crypto';
import { type PeerId, type StreamId, streamIdFromBytes, tagOf } from '@murmuration/shared/lib/ids.ts';
import { type Random, randomBelow } from '@murmuration/shared/lib/random.ts';
import { type LinkList, linkListSigningBytes } from '@murmuration/shared/wire/link-list.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '@murmuration/shared/wire/membership-record.ts';
import { Identity } from '../identity.ts';

export interface NetworkSize {
  readonly nodes: number;
  readonly links: number;
  readonly streams: number;
  readonly supernodes: number;
}

/** Of the links so many stay within a stream. */
const INSIDE_SHARE = 0.9;
/** Links of a host to supernodes, and how many viewers of a stream each supernode knows besides. */
const VIEWERS_PER_SUPERNODE = 4;
const LINKS_OF_NODE_MAX = 19;
const TTL_SECONDS = 300;

export interface SimulatedNode {
  readonly identity: Identity;
  readonly role: Role;
  readonly stream: StreamId | undefined;
  readonly linked: Set<SimulatedNode>;
  /** Peers that are no simulated nodes. */
  readonly outside: PeerId[];
  readonly epoch: number;
  recordSeq: number;
  listSeq: number;
}

/** The supernode that speaks for all has the same id each time: an operator has to list it (`--peer-id _oEsEvOrTOasXbaaw1L5BssbEe8`). */
const SPEAKER_SEED = new Uint8Array(32).fill(7);

export class SimulatedNetwork {
  readonly #random: Random;
  readonly members: SimulatedNode[][];
  readonly supernodes: SimulatedNode[];
  #links = 0;

  constructor({ nodes, links, streams, supernodes }: NetworkSize, random: Random) {
    this.#random = random;
    this.supernodes = Array.from({ length: supernodes }, (_, at) =>
      this.#node(Role.supernode, undefined, at === 0 ? new Identity(SPEAKER_SEED) : new Identity()),
    );
    const ids = Array.from({ length: streams }, (_, at) => streamOf(at));
    this.members = sizes(nodes, streams).map((size, at) =>
      Array.from({ length: size }, (_, n) => this.#node(n === 0 ? Role.host : Role.viewer, ids[at])),
    );
    this.#meetSupernodes();
    this.#linkMembers(links);
  }

  #node(role: Role, stream: StreamId | undefined, identity = new Identity()): SimulatedNode {
    const own = { linked: new Set<SimulatedNode>(), outside: [], recordSeq: 0, listSeq: 1 };
    return { identity, role, stream, epoch: Date.now(), ...own };
  }

  get nodes(): SimulatedNode[] {
    return [...this.supernodes, ...this.members.flat()];
  }

  /** Links between members. */
  get links(): number {
    return this.#links;
  }

  #meetSupernodes(): void {
    for (const [at, supernode] of this.supernodes.entries()) {
      for (const other of this.supernodes.slice(at + 1)) link(supernode, other);
      for (const members of this.members) {
        if (members[0]) link(supernode, members[0]);
        for (let n = 0; n < VIEWERS_PER_SUPERNODE; n++) {
          const viewer = members[randomBelow(this.#random, members.length)];
          if (viewer) link(supernode, viewer);
        }
      }
    }
  }

  #linkMembers(links: number): void {
    // A chain first, so that everybody is reached.
    for (const members of this.members)
      for (const [at, member] of members.entries()) this.#connect(member, members[at - 1]);
    const all = this.members.flat();
    const inside = Math.floor(links * INSIDE_SHARE);
    for (let tries = 0; this.#links < inside && tries < links * 20; tries++) {
      const member = all[randomBelow(this.#random, all.length)];
      if (member) this.#connect(member, this.#neighbourOf(member));
    }
    for (let tries = 0; this.#links < links && tries < links * 20; tries++) {
      const [one, other] = [randomBelow(this.#random, all.length), randomBelow(this.#random, all.length)];
      if (all[one]?.stream !== all[other]?.stream) this.#connect(all[one], all[other]);
    }
  }

  #neighbourOf({ stream }: SimulatedNode): SimulatedNode | undefined {
    const members = this.members.find((each) => each[0]?.stream === stream) ?? [];
    return members[randomBelow(this.#random, members.length)];
  }

  #connect(one: SimulatedNode | undefined, other: SimulatedNode | undefined): void {
    if (!one || !other || one === other || one.linked.has(other)) return;
    if (one.linked.size >= LINKS_OF_NODE_MAX || other.linked.size >= LINKS_OF_NODE_MAX) return;
    link(one, other);
    this.#links++;
  }

  /** Somebody comes to a stream and is linked; answers with all who have something new to say, the newcomer first. */
  join(): SimulatedNode[] {
    const members = this.members[randomBelow(this.#random, this.members.length)] ?? [];
    const newcomer = this.#node(Role.viewer, members[0]?.stream);
    for (let tries = 0; tries < 40 && newcomer.linked.size < 9; tries++)
      this.#connect(newcomer, members[randomBelow(this.#random, members.length)]);
    // One bridge, as those who leave had.
    const elsewhere = this.members[randomBelow(this.#random, this.members.length)] ?? [];
    if (elsewhere !== members)
      this.#connect(newcomer, elsewhere[randomBelow(this.#random, elsewhere.length)]);
    members.push(newcomer);
    return [newcomer, ...this.#changed(newcomer)];
  }

  /** A viewer leaves; answers with the one who left, and those who were linked with it. */
  leave(): { readonly gone: SimulatedNode; readonly changed: SimulatedNode[] } | undefined {
    const members = this.members[randomBelow(this.#random, this.members.length)] ?? [];
    if (members.length < 10) return undefined;
    const [gone] = members.splice(1 + randomBelow(this.#random, members.length - 1), 1);
    if (!gone) return undefined;
    const changed = this.#changed(gone);
    for (const other of gone.linked) {
      other.linked.delete(gone);
      if (other.role !== Role.supernode) this.#links--;
    }
    return { gone, changed };
  }

  #changed({ linked }: SimulatedNode): SimulatedNode[] {
    for (const other of linked) other.listSeq++;
    return [...linked];
  }
}

function link(one: SimulatedNode, other: SimulatedNode): void {
  one.linked.add(other);
  other.linked.add(one);
}

/** Like audiences: the largest stream has about a quarter of all, the others ever fewer, none less than ten. */
function sizes(nodes: number, streams: number): number[] {
  const weights = Array.from({ length: streams }, (_, at) => 1 / (at + 1) ** 0.75);
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.map((weight) => Math.max(10, Math.round((nodes * weight) / all)));
  found[0] = (found[0] ?? 0) + nodes - found.reduce((sum, size) => sum + size, 0);
  return found;
}

/** The same streams in every run, so that they have the same colours. */
const streamOf = (at: number): StreamId =>
  streamIdFromBytes(new Uint8Array(hash('sha256', `simulated stream ${at}`, 'buffer')));

export function recordOf(
  { identity, role, stream, epoch, recordSeq, linked }: SimulatedNode,
  leaves = false,
): MembershipRecord {
  // A supernode has no stream; `record` wants one of the others.
  return identity.record((stream ?? '') as StreamId, {
    role,
    stream,
    status: leaves ? RecordStatus.leaving : RecordStatus.present,
    freeSlots: role === Role.supernode ? 0 : 3,
    links: role === Role.supernode ? 0 : linked.size,
    version: { epoch, seq: leaves ? 2 ** 32 - 1 : recordSeq },
    ttlMaxSeconds: TTL_SECONDS,
  });
}

export function listOf({ identity, linked, outside, epoch, listSeq }: SimulatedNode): LinkList {
  const tags = [...[...linked].map((node) => node.identity.peer), ...outside].map(tagOf).sort();
  const body = { id: identity.peer, version: { epoch, seq: listSeq }, tags };
  return { ...body, signature: identity.sign(linkListSigningBytes(body)) };
}
