/**
 * What a node says of itself: its membership record, its leave record (signed ahead, to be at hand at the end) and its link list;
 * when each is due to be said anew.
 */
import type { PeerId, PeerTag, StreamId } from '../lib/ids.ts';
import { type Random, randomFloat } from '../lib/random.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { limits } from '../wire/limits.ts';
import type { LinkListBody } from '../wire/link-list.ts';
import { Role } from '../wire/link-messages.ts';
import { type MembershipRecord, type RecordBody, RecordStatus } from '../wire/membership-record.ts';
import { graphTimings, type SelfDescription } from './graph-contract.ts';

/** A leave record is the last word of its epoch: no version is newer. It is signed at the start, to be at hand at the end. */
const LEAVE_SEQ = 2 ** 32 - 1;
/** In a record: no way from the host is known. */
export const NO_DEPTH = 255;

export interface GraphIdentity {
  readonly self: PeerId;
  readonly publicKey: Uint8Array;
  readonly role: Role;
  /** Larger at every start of the node: unix ms will do. */
  readonly epoch: number;
}

/** What must be said now. */
export interface DueWords {
  /** To be signed. */
  readonly records: readonly RecordBody[];
  /** Whether the links are to be listed, for {@link OwnWord.listed}. */
  readonly listsLinks: boolean;
}

export class OwnWord {
  readonly #identity: GraphIdentity;
  readonly #random: Random;
  /** Whose place changes all the time is not in a hurry each time: everybody would have to hear of it. */
  readonly #hurry = new TokenBucket(graphTimings.hurriesPerSecond, graphTimings.hurriesBurst, 0);
  #description: SelfDescription | undefined;
  #announced: SelfDescription | undefined;
  #seq = 0;
  #linksSeq = 0;
  #linksAnnounced: readonly PeerTag[] = [];
  #describeAt = Number.POSITIVE_INFINITY;
  /** The record is said anew by then, whatever it says. */
  #refreshAt = 0;
  #describedAt = Number.NEGATIVE_INFINITY;
  #linksAt = Number.POSITIVE_INFINITY;
  #linksSaidAt = Number.NEGATIVE_INFINITY;
  /** As long as they are being listed: when they were said the last time before. */
  #linksSaidBefore = Number.NEGATIVE_INFINITY;
  leaveRecord: MembershipRecord | undefined;

  constructor(identity: GraphIdentity, random: Random) {
    this.#identity = identity;
    this.#random = random;
  }

  get deadline(): number {
    // A link list hangs on a record: before the first there is nothing to say.
    return this.#announced === undefined ? this.#describeAt : Math.min(this.#describeAt, this.#linksAt);
  }

  get stream(): StreamId | undefined {
    return this.#description?.stream;
  }

  describe(self: SelfDescription, now: number): void {
    this.#description = self;
    const known = this.#announced;
    if (known === undefined) {
      // As long as it is linked with nobody there is nobody to tell.
      const linked = self.links > 0 || self.supernodes.length > 0 || self.role === Role.supernode;
      if (linked) this.#describeAt = Math.min(this.#describeAt, now + graphTimings.firstRecordMs);
      return;
    }
    if (known.stream !== self.stream) {
      this.#describeAt = now;
      return;
    }
    if (!differs(known, self)) return;
    const { describeSoonMs, describeMs } = graphTimings;
    const soonAt = now + describeSoonMs;
    if (mattersToNewcomers(known, self) && soonAt < this.#describeAt && this.#hurry.take(now))
      this.#describeAt = soonAt;
    else this.#describeAt = Math.min(this.#describeAt, Math.max(soonAt, this.#describedAt + describeMs));
  }

  /**
   * The open links have changed.
   * @param count how many there are: each list goes to all of them, so where there are very many it goes more rarely
   */
  linksChanged(count: number, now: number): void {
    const first = this.#linksAnnounced.length === 0;
    const everyMs = graphTimings.linksMs * Math.max(1, count / limits.linkTagsMax);
    const soonest = first ? now + graphTimings.firstLinksMs : this.#linksSaidAt + everyMs;
    this.#linksAt = Math.min(this.#linksAt, Math.max(now, soonest));
  }

  due(now: number): DueWords {
    if (now >= this.#describeAt && now < this.#refreshAt && this.#saysTheSame())
      this.#describeAt = this.#refreshAt;
    const records = now >= this.#describeAt ? this.#nextRecords(now) : [];
    // The list belongs to a record, so there is none before the first record.
    const listsLinks = now >= this.#linksAt && this.#announced !== undefined;
    if (listsLinks) {
      this.#linksAt = Number.POSITIVE_INFINITY;
      // What changes while they are listed waits for the next list.
      this.#linksSaidBefore = this.#linksSaidAt;
      this.#linksSaidAt = now;
    }
    return { records, listsLinks };
  }

  /** What was to be announced is no longer so: a slot that was free for a moment is nobody's news. */
  #saysTheSame(): boolean {
    const [known, self] = [this.#announced, this.#description];
    return known !== undefined && self !== undefined && known.stream === self.stream && !differs(known, self);
  }

  #nextRecords(now: number): RecordBody[] {
    const self = this.#description;
    // Those who came together need not speak together ever after.
    const spread = (randomFloat(this.#random) - 0.5) * graphTimings.refreshSpreadMs;
    this.#describeAt = this.#refreshAt = now + graphTimings.refreshMs + spread;
    this.#describedAt = now;
    if (self === undefined) return [];
    const moved = this.#announced?.stream !== self.stream || this.#announced === undefined;
    this.#announced = self;
    const records = [this.#body(self, RecordStatus.present, this.#seq++, graphTimings.recordTtlSeconds)];
    if (moved) records.push(this.#body(self, RecordStatus.leaving, LEAVE_SEQ, graphTimings.leaveTtlSeconds));
    return records;
  }

  #body(self: SelfDescription, status: RecordStatus, seq: number, ttlMaxSeconds: number): RecordBody {
    const { publicKey, epoch } = this.#identity;
    return { ...self, status, publicKey, version: { epoch, seq }, ttlMaxSeconds };
  }

  /**
   * The links are listed.
   * @param tags in order, of those that this node lists
   * @returns the list to be signed, unless it is the same as before
   */
  listed(tags: readonly PeerTag[]): LinkListBody | undefined {
    const same =
      tags.length === this.#linksAnnounced.length && tags.every((tag, i) => tag === this.#linksAnnounced[i]);
    if (same) {
      this.#linksSaidAt = this.#linksSaidBefore;
      return undefined;
    }
    this.#linksAnnounced = tags;
    this.#linksSeq++;
    const { self, epoch } = this.#identity;
    return { id: self, version: { epoch, seq: this.#linksSeq }, tags };
  }

  signed(record: MembershipRecord): boolean {
    if (record.status !== RecordStatus.leaving) return true;
    this.leaveRecord = record;
    return false;
  }
}

/** Whether it has a place to offer, and one itself; and as long as it names no supernode, any way to it. */
const mattersToNewcomers = (known: SelfDescription, self: SelfDescription): boolean =>
  known.freeSlots > 0 !== self.freeSlots > 0 ||
  (known.depth === NO_DEPTH) !== (self.depth === NO_DEPTH) ||
  known.supernodes.length === 0;

/** Counts and depths change all the time and travel with the next refresh; what matters to those who look for a place does not wait. */
const differs = (a: SelfDescription, b: SelfDescription): boolean =>
  a.freeSlots > 0 !== b.freeSlots > 0 ||
  (a.depth === NO_DEPTH) !== (b.depth === NO_DEPTH) ||
  a.links > 0 !== b.links > 0 ||
  a.supernodes.length !== b.supernodes.length ||
  a.supernodes.some((tag, i) => tag !== b.supernodes[i]);
