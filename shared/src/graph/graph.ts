/**
 * The net graph machine: keeps this node's replica in step with its neighbours'. News spread epidemically, each at most once
 * per direction of a link (thesis 3.3); digests, exchanged when a link opens and now and then after, repair what was lost.
 * For now the graph holds memberships; half-edges, budgets and samples come with the full net graph.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomPick, shuffled } from '../lib/random.ts';
import type { GraphMessage, MembershipRecord, SummaryEntry } from '../wire/graph-messages.ts';
import { RecordStatus } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import { type GraphInput, type GraphOutput, graphTimings, type SelfDescription } from './graph-contract.ts';
import { isNewer, Replica } from './replica.ts';

/** A leave record is the last word of its epoch: no version is newer. It is signed at the start, to be at hand at the end. */
const LEAVE_SEQ = 2 ** 32 - 1;

export interface GraphIdentity {
  readonly self: PeerId;
  readonly publicKey: Uint8Array;
  /** Larger at every start of the node: unix ms will do. */
  readonly epoch: number;
}

export class Graph {
  readonly #identity: GraphIdentity;
  readonly #random: Random;
  readonly #replica = new Replica();
  readonly #peers = new Set<PeerId>();
  /** News that wait to be passed on, with the peer that brought each. */
  readonly #news = new BoundedMap<PeerId, PeerId>(limits.recordsHeldMax);
  #outputs: GraphOutput[] = [];
  #description: SelfDescription | undefined;
  #announced: SelfDescription | undefined;
  #leaveRecord: MembershipRecord | undefined;
  #seq = 0;
  #spreadAt = Number.POSITIVE_INFINITY;
  #describeAt = Number.POSITIVE_INFINITY;
  #describedAt = Number.NEGATIVE_INFINITY;
  #antiEntropyAt = 0;
  #expireAt = 0;

  constructor(identity: GraphIdentity, random: Random) {
    this.#identity = identity;
    this.#random = random;
  }

  get replica(): Replica {
    return this.#replica;
  }

  handle(input: GraphInput, now: number): GraphOutput[] {
    this.#outputs = [];
    switch (input.type) {
      case 'peer-up':
        this.#peers.add(input.peer);
        this.#sendDigest(input.peer);
        break;
      case 'peer-down':
        this.#peers.delete(input.peer);
        break;
      case 'message':
        this.#messageIn(input.peer, input.message, now);
        break;
      case 'describe':
        this.#describe(input.self, now);
        break;
      case 'own-record':
        if (input.record.status === RecordStatus.leaving) this.#leaveRecord = input.record;
        else this.#learn(input.record, this.#identity.self, now);
        break;
      case 'leave':
        this.#leave();
        break;
      case 'tick':
        break;
    }
    this.#proceed(now);
    return this.#outputs;
  }

  nextDeadline(): number {
    return Math.min(this.#spreadAt, this.#describeAt, this.#antiEntropyAt, this.#expireAt);
  }

  #proceed(now: number): void {
    if (now >= this.#describeAt) this.#announce(now);
    if (now >= this.#spreadAt) this.#spread(now);
    if (now >= this.#antiEntropyAt) {
      this.#antiEntropyAt = now + graphTimings.antiEntropyMs;
      const peer = randomPick(this.#random, [...this.#peers]);
      if (peer !== undefined) this.#sendDigest(peer);
    }
    if (now >= this.#expireAt) {
      this.#expireAt = now + graphTimings.expireEveryMs;
      for (const record of this.#replica.expire(now))
        this.#outputs.push({ type: 'member', record, present: false });
    }
  }

  #describe(self: SelfDescription, now: number): void {
    this.#description = self;
    const known = this.#announced;
    if (known?.freeSlots === self.freeSlots && known.stream === self.stream) return;
    const urgent = known === undefined || known.stream !== self.stream;
    const soonest = urgent ? now : this.#describedAt + graphTimings.describeEveryMs;
    this.#describeAt = Math.min(this.#describeAt, Math.max(now, soonest));
  }

  #announce(now: number): void {
    const self = this.#description;
    this.#describeAt = now + graphTimings.refreshMs;
    this.#describedAt = now;
    if (!self) return;
    const moved = this.#announced?.stream !== self.stream || this.#leaveRecord === undefined;
    this.#announced = self;
    this.#sign(self, RecordStatus.present, this.#seq++);
    if (moved) this.#sign(self, RecordStatus.leaving, LEAVE_SEQ);
  }

  #sign(self: SelfDescription, status: RecordStatus, seq: number): void {
    const { publicKey, epoch } = this.#identity;
    const version = { epoch, seq };
    const body = { ...self, status, publicKey, version, ttlMaxSeconds: graphTimings.recordTtlSeconds };
    this.#outputs.push({ type: 'sign-record', body });
  }

  #leave(): void {
    if (!this.#leaveRecord) return;
    const message = { type: MessageType.records, records: [this.#leaveRecord] } as const;
    for (const peer of this.#peers) this.#outputs.push({ type: 'send', peer, message });
  }

  #messageIn(peer: PeerId, message: GraphMessage, now: number): void {
    switch (message.type) {
      case MessageType.records:
        for (const record of message.records) this.#learn(record, peer, now);
        break;
      case MessageType.digest: {
        const [a, b] = this.#replica.fingerprint;
        if (
          message.count !== this.#replica.size ||
          message.fingerprint[0] !== a ||
          message.fingerprint[1] !== b
        ) {
          this.#outputs.push({
            type: 'send',
            peer,
            message: { type: MessageType.summary, entries: this.#summary() },
          });
        }
        break;
      }
      case MessageType.summary:
        this.#compare(peer, message.entries, now);
        break;
      case MessageType.wanted:
        this.#sendRecords(peer, message.ids, now);
        break;
    }
  }

  #learn(record: MembershipRecord, from: PeerId, now: number): void {
    if (record.id === this.#identity.self && from !== this.#identity.self) return;
    const known = this.#replica.member(record.id) !== undefined;
    if (!this.#replica.put(record, now)) return;
    this.#news.set(record.id, from);
    const urgent = record.status === RecordStatus.leaving || from === this.#identity.self;
    this.#spreadAt = Math.min(this.#spreadAt, urgent ? now : now + graphTimings.spreadBatchMs);
    const present = record.status === RecordStatus.present;
    if (present || known) this.#outputs.push({ type: 'member', record, present });
  }

  #spread(now: number): void {
    for (const peer of this.#peers) {
      const ids: PeerId[] = [];
      for (const [id, from] of this.#news.entries()) if (from !== peer && id !== peer) ids.push(id);
      this.#sendRecords(peer, ids, now);
    }
    this.#news.clear();
    this.#spreadAt = Number.POSITIVE_INFINITY;
  }

  #sendRecords(peer: PeerId, ids: Iterable<PeerId>, now: number): void {
    let records: MembershipRecord[] = [];
    const flush = (): void => {
      if (records.length > 0)
        this.#outputs.push({ type: 'send', peer, message: { type: MessageType.records, records } });
      records = [];
    };
    for (const id of ids) {
      const record = this.#replica.aged(id, now);
      if (record) records.push(record);
      if (records.length === limits.recordsPerPacketMax) flush();
    }
    flush();
  }

  #sendDigest(peer: PeerId): void {
    const { size, fingerprint } = this.#replica;
    const message = { type: MessageType.digest, count: size, fingerprint } as const;
    this.#outputs.push({ type: 'send', peer, message });
  }

  /** All versions, or a random part of them when there are too many for one packet. */
  #summary(): SummaryEntry[] {
    const entries = [...this.#replica.versions()];
    if (entries.length <= limits.summaryEntriesMax) return entries;
    return shuffled(this.#random, entries).slice(0, limits.summaryEntriesMax);
  }

  /** Sends what the other lacks and asks for what it has newer. */
  #compare(peer: PeerId, entries: readonly SummaryEntry[], now: number): void {
    const wanted: PeerId[] = [];
    const stale: PeerId[] = [];
    const listed = new Set<PeerId>();
    for (const { id, version } of entries) {
      listed.add(id);
      const held = this.#replica.versionOf(id);
      if (id !== this.#identity.self && (!held || isNewer(version, held))) wanted.push(id);
      else if (held && isNewer(held, version)) stale.push(id);
    }
    if (entries.length < limits.summaryEntriesMax) {
      for (const { id } of this.#replica.versions()) if (!listed.has(id)) stale.push(id);
    }
    this.#sendRecords(peer, stale, now);
    if (wanted.length > 0)
      this.#outputs.push({ type: 'send', peer, message: { type: MessageType.wanted, ids: wanted } });
  }
}
