/**
 * The net graph machine: keeps this node's replica in step with its neighbours' (thesis 3.3, design section 5). A node's own word
 * goes to all its neighbours; they announce its version to theirs, and whoever lacks it asks for it once, so that each update
 * travels at most once per direction of a link. Comparisons repair what was lost; what a node is meant to hold shrinks as the network
 * grows, and a byte budget holds all of it.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomPick } from '../lib/random.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import {
  type Branches,
  type Digest,
  GraphLevel,
  type HeldVersion,
  type Summary,
  type WantedEntry,
  WantedWhat,
} from '../wire/graph-messages.ts';
import type { LinkList, LinkListForm } from '../wire/link-list.ts';
import { Role } from '../wire/link-messages.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import type { ByteBudget } from './byte-budget.ts';
import { type CommonSet, Comparison, entryOf, isAhead, isNextAfter } from './comparison.ts';
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
import type { HeldNode, Replica } from './replica.ts';
import { Spread } from './spread.ts';
import { WorkInParts } from './work-in-parts.ts';

/** A digest that answers a digest goes to the same neighbour at most this often, ms. */
const ANSWER_EVERY_MS = 1_000;

/** Neighbours that digests go to at once. */
const COMPARED_AT_ONCE = 64;

/** Links that are looked at at once, for the own list of them. */
const LISTED_AT_ONCE = 512;

/** A word that is younger than that is still on its way, ms. */
const REMIND_AFTER_MS = 1_000;

export class Graph {
  /** What this node holds; to be read by others, and written by the graph machine alone. */
  readonly holdings: Holdings;
  readonly #identity: GraphIdentity;
  readonly #random: Random;
  readonly #own: OwnWord;
  readonly #outbox: Outbox;
  readonly #news: News;
  readonly #intake: Intake;
  readonly #spread: Spread;
  readonly #comparison: Comparison;
  readonly #budgets: BoundedMap<PeerId, PeerBudget>;
  readonly #agreeing = new Set<PeerId>();
  /** Comparisons that this node begins or shows its leaves for: a newcomer must not load the whole graph eight times. */
  readonly #comparisons: TokenBucket;
  #antiEntropyAt = 0;
  readonly #comparing = new WorkInParts(COMPARED_AT_ONCE);
  readonly #listing = new WorkInParts(LISTED_AT_ONCE);
  /** What a supernode with thousands of members does not do all at once. */
  readonly #inParts: readonly WorkInParts[];
  /** Counts those of {@link #compareWithSome} that are taken in turn. */
  #apartTurn = 0;
  #shuffleAt = 0;
  #boundsAt = 0;

  constructor(identity: GraphIdentity, random: Random, settings: Partial<GraphSettings> = {}) {
    const all = { ...defaultGraphSettings, ...settings };
    this.#identity = identity;
    this.#random = random;
    this.holdings = new Holdings(identity, all);
    this.#news = new News(this.holdings.isSupernode ? graphCaps.supernodeNewsMax : graphCaps.newsMax);
    this.#own = new OwnWord(identity, random);
    this.#outbox = new Outbox(all.bytesPerSecond);
    this.#intake = new Intake(identity.self, this.holdings, this.#news, this.#outbox);
    this.#spread = new Spread(this.holdings, this.#news, this.#outbox, random);
    this.#inParts = [this.presence.work, this.#spread.choice, this.#comparing, this.#listing];
    this.#comparison = new Comparison(identity.self, identity.role, this.replica);
    const { isSupernode } = this.holdings;
    this.#comparisons = isSupernode ? new TokenBucket(100, 200, 0) : new TokenBucket(1, 2, 0);
    this.#budgets = new BoundedMap(isSupernode ? graphCaps.supernodeBudgetsMax : graphCaps.budgetsMax);
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
        this.#agreeing.delete(input.peer);
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
      this.#comparing.deadline,
      this.#listing.deadline,
      this.#own.deadline,
      this.#news.deadline,
      this.#intake.deadline,
      this.#antiEntropyAt,
      this.#shuffleAt,
      this.#boundsAt,
    );
  }

  #proceed(now: number): void {
    if (now >= this.#own.deadline) this.#sayDue(now);
    if (now >= this.#news.deadline) this.#spread.tell(now);
    if (now >= this.#intake.deadline) for (const silent of this.#intake.askAgain(now)) this.#strike(silent);
    if (now >= this.#antiEntropyAt) {
      this.#antiEntropyAt = now + graphTimings.antiEntropyMs;
      this.#compareWithSome(now);
    }
    for (const work of this.#inParts) if (now >= work.deadline) work.goOn(now);
    if (now >= this.#shuffleAt) {
      this.#shuffleAt = now + graphTimings.shuffleMs;
      this.#spread.shuffle(now);
    }
    if (now >= this.#boundsAt) {
      this.#boundsAt = now + graphTimings.expireEveryMs;
      this.#keepInBounds(now);
    }
  }

  /** Whoever holds less from now on, or too much, asks supernodes how large its stream is: they can tell nodes from names. */
  #keepInBounds(now: number): void {
    const before = this.level;
    this.holdings.keepInBounds(now);
    const asksNow = this.level !== before;
    if (!asksNow && !this.holdings.isOverfull) return;
    for (const neighbour of this.holdings.peers.values()) {
      const due = asksNow || now - neighbour.digestSentAt >= graphTimings.sizeEveryMs;
      if (neighbour.isSupernode && due) this.#sendDigest(neighbour, now);
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
    this.#sendDigest(neighbour, now);
  }

  #strike(neighbour: Neighbour): void {
    neighbour.strikes++;
    if (neighbour.strikes < graphCaps.strikesMax) return;
    neighbour.strikes = 0;
    this.#outbox.push({ type: 'lagging-peer', peer: neighbour.peer });
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
        this.#digestIn(message, neighbour, now);
        break;
      case MessageType.branches:
        this.#branchesIn(message, neighbour, now);
        break;
      case MessageType.summary:
        this.#summaryIn(message, neighbour, now);
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

  // ── anti-entropy ───────────────────────────────────────────────────────────────────────────────────────────────────

  #common(neighbour: Neighbour): CommonSet | undefined {
    return this.#comparison.common(neighbour, this.level, this.holdings.stream);
  }

  /** A member compares with one neighbour at a time; a supernode with more, so that none of its thousands waits for an hour. */
  #compareWithSome(now: number): void {
    const peers = [...this.holdings.peers.values()];
    const count = Math.ceil(peers.length / graphTimings.antiEntropyNeighbours);
    const picked = Array.from({ length: count }, () => randomPick(this.#random, peers) as Neighbour);
    this.#comparing.begin(this.#compareWith(picked, now), now);
    // Neighbours outside of what is compared have only each other to notice that a word was lost between them.
    if (this.holdings.isSupernode) return;
    const apart = peers.filter((neighbour) => !this.#isCompared(neighbour));
    for (let i = 0; i < Math.min(graphTimings.antiEntropyApart, apart.length); i++)
      this.#sendDigest(apart[this.#apartTurn++ % apart.length] as Neighbour, now);
  }

  *#compareWith(picked: readonly Neighbour[], now: number): Generator<void> {
    for (const neighbour of picked) {
      if (this.holdings.peers.get(neighbour.peer) === neighbour) this.#sendDigest(neighbour, now);
      yield;
    }
  }

  /** Whether the words of a neighbour are part of what is compared with others. */
  #isCompared({ role, stream }: Neighbour): boolean {
    const { level, stream: own } = this.holdings;
    if (level === GraphLevel.whole) return true;
    return level === GraphLevel.streamLinks && role !== Role.supernode && stream === own;
  }

  #sendDigest(neighbour: Neighbour, now: number): void {
    neighbour.digestSentAt = now;
    const { stream, size, level } = this.holdings;
    const set = this.#common(neighbour);
    this.#outbox.send(neighbour.peer, this.#comparison.digest(set, neighbour, { level, stream }, size));
  }

  /** A neighbour holds an older word of this node, or none: something was lost on the way. */
  #remind(neighbour: Neighbour, theirs: HeldVersion, now: number): void {
    const own = this.replica.get(this.#identity.self);
    if (own === undefined || now - neighbour.upAt < REMIND_AFTER_MS) return;
    const mine = entryOf(own, GraphLevel.whole);
    if (!isAhead(mine, theirs)) return;
    const isOnItsWay = now - own.receivedAt < REMIND_AFTER_MS && isNextAfter(mine, theirs);
    if (isOnItsWay) return;
    const record = this.replica.aged(own, now);
    this.#outbox.serve(neighbour, record ? [record] : [], own.links ? [linkForm(own, 0)] : [], now);
  }

  /** Where replicas differ, one side shows its leaves, the other makes it. */
  #digestIn(message: Digest, neighbour: Neighbour, now: number): void {
    const before = neighbour.level;
    neighbour.level = message.level;
    if (this.holdings.isSupernode && before !== undefined) {
      const isDue = now - neighbour.digestSentAt >= graphTimings.sizeEveryMs;
      if (isDue || before !== message.level) this.#sendDigest(neighbour, now);
    }
    this.#remind(neighbour, message.yours, now);
    neighbour.nodesSaid = message.nodes;
    if (message.stream !== undefined && message.stream === this.holdings.stream)
      neighbour.membersSaid = message.count;
    // What the network's size is decides over what there is to compare.
    if (before === undefined) this.#keepInBounds(now);
    const set = this.#common(neighbour);
    if (set === undefined) return;
    if (this.#comparison.agrees(message, set)) this.#agreed(neighbour);
    else if (this.#comparison.shows(neighbour)) {
      if (neighbour.budget.mayCompare(now) && this.#comparisons.take(now)) this.#showLeaves(neighbour, set);
    } else if (now - neighbour.digestSentAt > ANSWER_EVERY_MS && this.#comparisons.take(now))
      this.#sendDigest(neighbour, now);
  }

  #showLeaves(neighbour: Neighbour, set: CommonSet): void {
    neighbour.owesSummary = true;
    this.#outbox.send(neighbour.peer, this.#comparison.branches(set));
  }

  #agreed(neighbour: Neighbour): void {
    neighbour.strikes = 0;
    if (this.#agreeing.has(neighbour.peer)) return;
    this.#agreeing.add(neighbour.peer);
    this.#outbox.push({ type: 'agreed', peers: this.#agreeing.size });
  }

  #branchesIn(message: Branches, neighbour: Neighbour, now: number): void {
    const set = this.#common(neighbour);
    if (set === undefined || set.stream !== message.stream || !neighbour.budget.mayCompare(now)) return;
    const summary = this.#comparison.summary(message, set);
    if (!summary) return;
    this.#outbox.send(neighbour.peer, summary);
    // What the neighbour announces in answer are nodes that count with it.
    neighbour.vouchedUntil = now + graphTimings.pullPatienceMs;
  }

  #summaryIn(message: Summary, neighbour: Neighbour, now: number): void {
    if (!neighbour.owesSummary) return;
    neighbour.owesSummary = false;
    const set = this.#common(neighbour);
    if (set === undefined || set.stream !== message.stream) return;
    const { news, wanted, stale } = this.#comparison.differences(message, set, neighbour, now);
    if (stale) this.#strike(neighbour);
    this.#outbox.news(neighbour.peer, news);
    this.#intake.announced(wanted, neighbour, true, now);
  }
}
