/**
 * What neighbours say of others: it is taken if it is news, asked for if it was only announced, and passed on. How much a neighbour
 * may bring up is rationed, and names that no chain of links leads to are held apart.
 */
import { type PeerId, tagOf } from '../lib/ids.ts';
import { GraphLevel, type SummaryEntry, type WantedEntry, WantedWhat } from '../wire/graph-messages.ts';
import type { LinkList } from '../wire/link-list.ts';
import { type MembershipRecord, RecordStatus } from '../wire/membership-record.ts';
import { graphCaps, graphTimings } from './graph-contract.ts';
import type { Neighbour } from './graph-peers.ts';
import type { Holdings } from './holdings.ts';
import type { News } from './news.ts';
import type { Outbox } from './outbox.ts';
import { Pulls } from './pulls.ts';
import type { HeldNode } from './replica.ts';

export class Intake {
  readonly #self: PeerId;
  readonly #holdings: Holdings;
  readonly #news: News;
  readonly #outbox: Outbox;
  readonly #pulls: Pulls;
  /** Updates announced to this node or pushed unasked, and updates that it took; own ones not counted. */
  readonly counters = { notices: 0, taken: 0 };

  constructor(self: PeerId, holdings: Holdings, news: News, outbox: Outbox) {
    this.#self = self;
    this.#holdings = holdings;
    this.#news = news;
    this.#outbox = outbox;
    this.#pulls = new Pulls(holdings.isSupernode ? graphCaps.supernodePullsMax : graphCaps.pullsMax);
  }

  get deadline(): number {
    return this.#pulls.deadline;
  }

  lost(peer: PeerId): void {
    this.#pulls.lost(peer);
  }

  /** A neighbour sent a record, asked for or unasked. */
  record(record: MembershipRecord, neighbour: Neighbour, now: number): void {
    if (record.id === this.#self) return;
    const { replica, isSupernode } = this.#holdings;
    const { peer } = neighbour;
    const tag = tagOf(record.id);
    const pulled = this.#pulls.came(tag, 'record');
    if (pulled === undefined) this.counters.notices++;
    else neighbour.answeredAt = now;
    const before = replica.get(record.id);
    const knownBy = [peer, ...(pulled?.announcers ?? [])];
    const proven = this.#holdings.isProvenBy(record, knownBy);
    if (before === undefined && record.id !== peer) {
      const isNews = pulled !== undefined || !replica.isDoubted(tag, record.version);
      if (!isNews || (pulled === undefined && !neighbour.budget.mayIntroduce(false, now))) return;
      if (!proven && !pulled?.vouched && !this.#holdings.hasRoomForNames) return;
    }
    if (!replica.put(record, peer, proven, now)) {
      this.#news.knows(tag, peer);
      return;
    }
    this.counters.taken++;
    const urgent = before === undefined || changed(before.record, record);
    if (isSupernode || this.#isToBeTold(record)) this.#news.add(tag, knownBy, urgent, now);
  }

  /** Names are not passed on where nobody could find out more about them. */
  #isToBeTold(record: MembershipRecord): boolean {
    if (!this.#holdings.meantToHold(record)) return false;
    return this.#holdings.keepsLinksOf(record) || this.#holdings.replica.get(record.id)?.proven === true;
  }

  /** A neighbour sent a link list, asked for or unasked. */
  links(list: LinkList, neighbour: Neighbour, now: number): void {
    if (list.id === this.#self) return;
    const { replica, isSupernode, level } = this.#holdings;
    const tag = tagOf(list.id);
    const pulled = this.#pulls.came(tag, 'links');
    if (pulled === undefined) this.counters.notices++;
    else neighbour.answeredAt = now;
    if (!replica.putLinks(list, now)) return;
    this.counters.taken++;
    const { record } = replica.get(list.id) as HeldNode;
    const passedOn = isSupernode || (level >= GraphLevel.streamLinks && this.#holdings.meantToHold(record));
    if (passedOn) this.#news.add(tag, [neighbour.peer, ...(pulled?.announcers ?? [])], false, now);
  }

  /**
   * A neighbour announced versions: asks it for what is newer.
   * @param vouched whether it holds the nodes as such that count: comparisons are about no others
   */
  announced(entries: readonly SummaryEntry[], neighbour: Neighbour, vouched: boolean, now: number): void {
    const wanted: WantedEntry[] = [];
    const ownTag = tagOf(this.#self);
    for (const entry of entries) {
      if (entry.tag === ownTag) continue;
      const { what, known, linksSeqHeld } = this.#lacking(entry);
      if (what === undefined) {
        this.#news.knows(entry.tag, neighbour.peer);
        this.#confirm(entry, neighbour, now);
        continue;
      }
      // Who was a name only and led nowhere is asked for again if somebody says that it is more.
      if (!vouched && this.#holdings.replica.isDoubted(entry.tag, entry)) continue;
      if (!known && !this.#admits(neighbour, vouched, now)) continue;
      if (this.#pulls.wants(entry, what, neighbour.peer, vouched, now)) {
        wanted.push({ tag: entry.tag, what, linksSeqHeld });
      }
    }
    this.#outbox.wanted(neighbour.peer, wanted);
  }

  /** What of an announced version this replica lacks; undefined: nothing. */
  #lacking({ tag, epoch, seq, linksSeq }: SummaryEntry): {
    readonly what: WantedWhat | undefined;
    readonly known: boolean;
    readonly linksSeqHeld: number;
  } {
    const { replica } = this.#holdings;
    const version = replica.versionByTag(tag);
    const held = replica.byTag(tag);
    const newer =
      version === undefined || epoch > version.epoch || (epoch === version.epoch && seq > version.seq);
    const sameEpoch = held?.record.version.epoch === epoch;
    const linksSeqHeld = sameEpoch ? (held.links?.version.seq ?? 0) : 0;
    const takesLinks = newer || (sameEpoch && held.record.status === RecordStatus.present);
    const newerLinks = takesLinks && linksSeq > linksSeqHeld;
    let what: WantedWhat | undefined;
    if (newer) what = newerLinks ? WantedWhat.both : WantedWhat.record;
    else if (newerLinks) what = WantedWhat.links;
    return { what, known: version !== undefined, linksSeqHeld };
  }

  /** Whether to ask for a node that this one has not heard of. */
  #admits({ budget }: Neighbour, vouched: boolean, now: number): boolean {
    const { level, hasRoomForNames } = this.#holdings;
    if (!vouched && level >= GraphLevel.stream && !hasRoomForNames) return false;
    return !this.#pulls.isFull && budget.mayIntroduce(vouched, now);
  }

  /**
   * A neighbour knows a node as well: it is more than a name then. And a member is a better way there than a supernode, or than a
   * neighbour that is gone.
   */
  #confirm({ tag }: SummaryEntry, neighbour: Neighbour, now: number): void {
    const { replica, peers } = this.#holdings;
    const held = replica.byTag(tag);
    if (held === undefined) return;
    const bringers = [held.via, neighbour.peer];
    if (!held.proven && this.#holdings.isProvenBy(held.record, bringers)) {
      replica.prove(held);
      this.#news.add(tag, bringers, true, now);
    }
    if (neighbour.isSupernode) return;
    const via = peers.get(held.via);
    if (via === undefined || via.isSupernode) replica.introduceAnew(held, neighbour.peer);
  }

  /** Asks others for what did not come; neighbours that have answered nothing for too long are struck. */
  askAgain(now: number): void {
    const { peers } = this.#holdings;
    const { ask, silent } = this.#pulls.overdue(now);
    for (const [peer, entries] of ask) if (peers.has(peer)) this.#outbox.wanted(peer, entries);
    for (const neighbour of [...new Set(silent)].flatMap((peer) => peers.get(peer) ?? []))
      if (now - neighbour.answeredAt > graphTimings.answerPatienceMs) this.strike(neighbour);
  }

  /** A neighbour served badly: after some times it is told of as lagging. */
  strike(neighbour: Neighbour): void {
    neighbour.strikes++;
    if (neighbour.strikes < graphCaps.strikesMax) return;
    neighbour.strikes = 0;
    this.#outbox.push({ type: 'lagging-peer', peer: neighbour.peer });
  }
}

/** Whether a newer record says something new, and does not only prolong a life. */
const changed = (before: MembershipRecord, after: MembershipRecord): boolean =>
  before.status !== after.status ||
  before.version.epoch !== after.version.epoch ||
  before.stream !== after.stream ||
  before.freeSlots > 0 !== after.freeSlots > 0;
