/**
 * The net graph machine: keeps this node's replica in step with its neighbours' (thesis 3.3, design section 5). A node's own word
 * goes to all its neighbours; they announce its version to theirs, and whoever lacks it asks for it once, so that each update
 * travels at most once per direction of a link. Comparisons repair what was lost; what a node is meant to hold shrinks as the network
 * grows, and a byte budget holds all of it.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { type GraphLevel, type WantedEntry, WantedWhat } from '../wire/graph-messages.ts';
import type { LinkList, LinkListForm } from '../wire/link-list.ts';
import { Role } from '../wire/link-messages.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import type { ByteBudget } from './byte-budget.ts';
import {
  type CheckedGraphMessage,
  defaultGraphSettings,
  type GraphInput,
  type GraphOutput,
  type GraphPeer,
  type GraphSettings,
  graphCaps,
  graphTimings,
} from './graph-contract.ts';
import { Neighbour, PeerBudget } from './graph-peers.ts';
import { Holdings } from './holdings.ts';
import { Intake } from './intake.ts';
import { tagsToList } from './listed-links.ts';
import { News } from './news.ts';
import { linkForm, Outbox } from './outbox.ts';
import { type GraphIdentity, OwnWord } from './own-word.ts';
import type { Presence } from './presence.ts';
import { Reconciliation } from './reconciliation.ts';
import type { HeldNode, Replica } from './replica.ts';
import { Spread } from './spread.ts';
import { WorkInParts } from './work-in-parts.ts';

/** Links that are looked at at once, for the own list of them. */
const LISTED_AT_ONCE = 512;

export class Graph {
  /** What this node holds; to be read by others, and written by the graph machine alone. */
  readonly holdings: Holdings;
  readonly #identity: GraphIdentity;
  readonly #own: OwnWord;
  readonly #outbox: Outbox;
  readonly #news: News;
  readonly #intake: Intake;
  readonly #spread: Spread;
  readonly #reconciliation: Reconciliation;
  readonly #budgets: BoundedMap<PeerId, PeerBudget>;
  readonly #listing = new WorkInParts(LISTED_AT_ONCE);
  /** What a supernode with thousands of members does not do all at once. */
  readonly #inParts: readonly WorkInParts[];
  #shuffleAt = 0;
  #boundsAt = 0;

  constructor(identity: GraphIdentity, random: Random, settings: Partial<GraphSettings> = {}) {
    const all = { ...defaultGraphSettings, ...settings };
    this.#identity = identity;
    this.holdings = new Holdings(identity, all);
    this.#news = new News(this.holdings.isSupernode ? graphCaps.supernodeNewsMax : graphCaps.newsMax);
    this.#own = new OwnWord(identity, random);
    this.#outbox = new Outbox(all.bytesPerSecond);
    this.#intake = new Intake(identity.self, this.holdings, this.#news, this.#outbox);
    this.#spread = new Spread(this.holdings, this.#news, this.#outbox, random);
    this.#reconciliation = new Reconciliation(identity, this.holdings, this.#intake, this.#outbox, random);
    this.#inParts = [this.presence.work, this.#spread.choice, this.#reconciliation.round, this.#listing];
    this.#budgets = new BoundedMap(
      this.holdings.isSupernode ? graphCaps.supernodeBudgetsMax : graphCaps.budgetsMax,
    );
  }

  get replica(): Replica {
    return this.holdings.replica;
  }

  get presence(): Presence {
    return this.holdings.presence;
  }

  get budget(): ByteBudget {
    return this.#outbox.budget;
  }

  get level(): GraphLevel {
    return this.holdings.level;
  }

  /** Updates announced to this node or pushed unasked, and updates that it took; own ones not counted. */
  get counters(): Readonly<{ notices: number; taken: number }> {
    return this.#intake.counters;
  }

  handle(input: GraphInput, now: number): GraphOutput[] {
    switch (input.type) {
      case 'peer-up':
        this.#peerUp(new Neighbour(input, this.#budgetOf(input), now), now);
        break;
      case 'peer-down':
        this.holdings.peers.delete(input.peer);
        this.#reconciliation.lost(input.peer);
        this.#intake.lost(input.peer);
        this.#own.linksChanged(this.holdings.peers.size, now);
        break;
      case 'message': {
        const neighbour = this.holdings.peers.get(input.peer);
        if (neighbour !== undefined) this.#messageIn(neighbour, input.message, now);
        break;
      }
      case 'describe':
        this.#own.describe(input.self, now);
        this.holdings.stream = input.self.stream;
        break;
      case 'own-record':
        if (this.#own.signed(input.record)) this.#ownRecord(input.record, now);
        break;
      case 'own-links':
        this.#ownLinks(input.list, now);
        break;
      case 'leave':
        if (this.#own.leaveRecord) this.#sayToAll(this.#own.leaveRecord);
        break;
      case 'tick':
        break;
    }
    this.#proceed(now);
    return this.#outbox.take();
  }

  nextDeadline(): number {
    return Math.min(
      this.presence.work.deadline,
      this.#spread.choice.deadline,
      this.#reconciliation.round.deadline,
      this.#listing.deadline,
      this.#own.deadline,
      this.#news.deadline,
      this.#intake.deadline,
      this.#reconciliation.deadline,
      this.#shuffleAt,
      this.#boundsAt,
    );
  }

  #proceed(now: number): void {
    if (now >= this.#own.deadline) this.#sayDue(now);
    if (now >= this.#news.deadline) this.#spread.tell(now);
    if (now >= this.#intake.deadline) this.#intake.askAgain(now);
    if (now >= this.#reconciliation.deadline) this.#reconciliation.begin(now);
    for (const work of this.#inParts) if (now >= work.deadline) work.goOn(now);
    if (now >= this.#shuffleAt) {
      this.#shuffleAt = now + graphTimings.shuffleMs;
      this.#spread.shuffle(now);
    }
    if (now >= this.#boundsAt) {
      this.#boundsAt = now + graphTimings.expireEveryMs;
      this.#reconciliation.keepInBounds(now);
    }
  }

  // ── the own word ───────────────────────────────────────────────────────────────────────────────────────────────────

  #sayDue(now: number): void {
    const { records, listsLinks } = this.#own.due(now);
    for (const body of records) this.#outbox.push({ type: 'sign-record', body });
    if (listsLinks) this.#listing.begin(this.#listLinks(now), now);
  }

  *#listLinks(now: number): Generator<void> {
    const peers = [...this.holdings.peers.values()];
    const body = this.#own.listed(yield* tagsToList(this.#identity.role, peers, this.replica, now));
    if (body !== undefined) this.#outbox.push({ type: 'sign-links', body });
  }

  #sayToAll(record: MembershipRecord): void {
    for (const peer of this.holdings.peers.keys()) {
      this.#outbox.send(peer, { type: MessageType.records, records: [record] });
    }
  }

  #ownRecord(record: MembershipRecord, now: number): void {
    if (this.replica.put(record, this.#identity.self, true, now)) this.#sayToAll(record);
  }

  #ownLinks(list: LinkList, now: number): void {
    if (!this.replica.putLinks(list, now)) return;
    const held = this.replica.get(this.#identity.self) as HeldNode;
    const message = { type: MessageType.links, lists: [linkForm(held, list.version.seq - 1)] } as const;
    for (const peer of this.holdings.peers.keys()) this.#outbox.send(peer, message);
  }

  // ── neighbours ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #budgetOf({ peer, role }: GraphPeer): PeerBudget {
    const isTrunk = role === Role.supernode && this.holdings.isSupernode;
    const budget = this.#budgets.get(peer) ?? new PeerBudget(isTrunk);
    this.#budgets.set(peer, budget);
    return budget;
  }

  #peerUp(neighbour: Neighbour, now: number): void {
    this.holdings.peers.set(neighbour.peer, neighbour);
    this.#own.linksChanged(this.holdings.peers.size, now);
    const held = this.replica.get(this.#identity.self);
    if (held !== undefined) {
      const record = this.replica.aged(held, now);
      if (record) this.#outbox.send(neighbour.peer, { type: MessageType.records, records: [record] });
      if (held.links)
        this.#outbox.send(neighbour.peer, { type: MessageType.links, lists: [linkForm(held, 0)] });
    }
    this.#reconciliation.sendDigest(neighbour, now);
  }

  #messageIn(neighbour: Neighbour, message: CheckedGraphMessage, now: number): void {
    switch (message.type) {
      case MessageType.records:
        for (const record of message.records) this.#intake.record(record, neighbour, now);
        break;
      case MessageType.links:
        for (const list of message.lists) this.#intake.links(list, neighbour, now);
        break;
      case MessageType.news:
        this.#intake.counters.notices += message.entries.length;
        this.#intake.announced(message.entries, neighbour, now < neighbour.vouchedUntil, now);
        break;
      case MessageType.wanted:
        this.#serve(message.entries, neighbour, now);
        break;
      case MessageType.digest:
        this.#reconciliation.digestIn(message, neighbour, now);
        break;
      case MessageType.branches:
        this.#reconciliation.branchesIn(message, neighbour, now);
        break;
      case MessageType.summary:
        this.#reconciliation.summaryIn(message, neighbour, now);
        break;
    }
  }

  #serve(entries: readonly WantedEntry[], neighbour: Neighbour, now: number): void {
    const records: MembershipRecord[] = [];
    const lists: LinkListForm[] = [];
    for (const { tag, what, linksSeqHeld } of entries) {
      const held = this.replica.byTag(tag);
      if (held === undefined) continue;
      const record = (what & WantedWhat.record) !== 0 ? this.replica.aged(held, now) : undefined;
      if (record) records.push(record);
      if ((what & WantedWhat.links) !== 0 && held.links) lists.push(linkForm(held, linksSeqHeld));
    }
    this.#outbox.serve(neighbour, records, lists, now);
  }
}
