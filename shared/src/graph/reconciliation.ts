/**
 * Anti-entropy between neighbours (PROTOCOL.md R21): with whom a replica is compared, when, and how often at most, and what comes of
 * each message of a comparison; what differs is found in comparison.ts. A neighbour that lacks this node's own word is reminded of it.
 * Digests also say how large the network and its streams are, so what this node is meant to hold is looked at here as well.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomPick } from '../lib/random.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import {
  type Branches,
  type Digest,
  GraphLevel,
  type HeldVersion,
  type Summary,
} from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import { type CommonSet, Comparison, entryOf, isAhead, isNextAfter } from './comparison.ts';
import { graphTimings } from './graph-contract.ts';
import type { Neighbour } from './graph-peers.ts';
import type { Holdings } from './holdings.ts';
import type { Intake } from './intake.ts';
import { linkForm, type Outbox } from './outbox.ts';
import type { GraphIdentity } from './own-word.ts';
import { WorkInParts } from './work-in-parts.ts';

/** A digest that answers a digest goes to the same neighbour at most this often, ms. */
const ANSWER_EVERY_MS = 1_000;

/** Neighbours that digests go to at once. */
const COMPARED_AT_ONCE = 64;

/** A word that is younger than that is still on its way, ms. */
const REMIND_AFTER_MS = 1_000;

export class Reconciliation {
  readonly #self: PeerId;
  readonly #holdings: Holdings;
  readonly #intake: Intake;
  readonly #outbox: Outbox;
  readonly #random: Random;
  readonly #comparison: Comparison;
  readonly #agreeing = new Set<PeerId>();
  /** Comparisons that this node begins or shows its leaves for: a newcomer must not load the whole graph eight times. */
  readonly #comparisons: TokenBucket;
  /** Digests to some of a supernode's thousands. */
  readonly round = new WorkInParts(COMPARED_AT_ONCE);
  #roundAt = 0;
  /** Counts those of {@link begin} that are taken in turn. */
  #apartTurn = 0;

  constructor(
    { self, role }: GraphIdentity,
    holdings: Holdings,
    intake: Intake,
    outbox: Outbox,
    random: Random,
  ) {
    this.#self = self;
    this.#holdings = holdings;
    this.#intake = intake;
    this.#outbox = outbox;
    this.#random = random;
    this.#comparison = new Comparison(self, role, holdings.replica);
    this.#comparisons = holdings.isSupernode ? new TokenBucket(100, 200, 0) : new TokenBucket(1, 2, 0);
  }

  /** When {@link begin} is due. */
  get deadline(): number {
    return this.#roundAt;
  }

  lost(peer: PeerId): void {
    this.#agreeing.delete(peer);
  }

  /** A member compares with one neighbour at a time; a supernode with more, so that none of its thousands waits for an hour. */
  begin(now: number): void {
    this.#roundAt = now + graphTimings.antiEntropyMs;
    const peers = [...this.#holdings.peers.values()];
    const count = Math.ceil(peers.length / graphTimings.antiEntropyNeighbours);
    const picked = Array.from({ length: count }, () => randomPick(this.#random, peers) as Neighbour);
    this.round.begin(this.#compareWith(picked, now), now);
    // Neighbours outside of what is compared have only each other to notice that a word was lost between them.
    if (this.#holdings.isSupernode) return;
    const apart = peers.filter((neighbour) => !this.#isCompared(neighbour));
    for (let i = 0; i < Math.min(graphTimings.antiEntropyApart, apart.length); i++)
      this.sendDigest(apart[this.#apartTurn++ % apart.length] as Neighbour, now);
  }

  *#compareWith(picked: readonly Neighbour[], now: number): Generator<void> {
    for (const neighbour of picked) {
      if (this.#holdings.peers.get(neighbour.peer) === neighbour) this.sendDigest(neighbour, now);
      yield;
    }
  }

  /** Whether the words of a neighbour are part of what is compared with others. */
  #isCompared({ role, stream }: Neighbour): boolean {
    const { level, stream: own } = this.#holdings;
    if (level === GraphLevel.whole) return true;
    return level === GraphLevel.streamLinks && role !== Role.supernode && stream === own;
  }

  #common(neighbour: Neighbour): CommonSet | undefined {
    const { level, stream } = this.#holdings;
    return this.#comparison.common(neighbour, level, stream);
  }

  /** Tells a neighbour in few bytes what is held here. */
  sendDigest(neighbour: Neighbour, now: number): void {
    neighbour.digestSentAt = now;
    const { stream, size, level } = this.#holdings;
    const set = this.#common(neighbour);
    this.#outbox.send(neighbour.peer, this.#comparison.digest(set, neighbour, { level, stream }, size));
  }

  /** Whoever holds less from now on, or too much, asks supernodes how large its stream is: they can tell nodes from names. */
  keepInBounds(now: number): void {
    const holdings = this.#holdings;
    const before = holdings.level;
    holdings.keepInBounds(now);
    const asksNow = holdings.level !== before;
    if (!asksNow && !holdings.isOverfull) return;
    for (const neighbour of holdings.peers.values()) {
      const due = asksNow || now - neighbour.digestSentAt >= graphTimings.sizeEveryMs;
      if (neighbour.isSupernode && due) this.sendDigest(neighbour, now);
    }
  }

  /** Where replicas differ, one side shows its leaves, the other makes it. */
  digestIn(message: Digest, neighbour: Neighbour, now: number): void {
    const { isSupernode, stream } = this.#holdings;
    const before = neighbour.level;
    neighbour.level = message.level;
    if (isSupernode && before !== undefined) {
      const isDue = now - neighbour.digestSentAt >= graphTimings.sizeEveryMs;
      if (isDue || before !== message.level) this.sendDigest(neighbour, now);
    }
    this.#remind(neighbour, message.yours, now);
    neighbour.nodesSaid = message.nodes;
    if (message.stream !== undefined && message.stream === stream) neighbour.membersSaid = message.count;
    // What the network's size is decides over what there is to compare.
    if (before === undefined) this.keepInBounds(now);
    const set = this.#common(neighbour);
    if (set === undefined) return;
    if (this.#comparison.agrees(message, set)) this.#agreed(neighbour);
    else if (this.#comparison.shows(neighbour)) {
      if (neighbour.budget.mayCompare(now) && this.#comparisons.take(now)) this.#showLeaves(neighbour, set);
    } else if (now - neighbour.digestSentAt > ANSWER_EVERY_MS && this.#comparisons.take(now))
      this.sendDigest(neighbour, now);
  }

  /** A neighbour holds an older word of this node, or none: something was lost on the way. */
  #remind(neighbour: Neighbour, theirs: HeldVersion, now: number): void {
    const { replica } = this.#holdings;
    const own = replica.get(this.#self);
    if (own === undefined || now - neighbour.upAt < REMIND_AFTER_MS) return;
    const mine = entryOf(own, GraphLevel.whole);
    if (!isAhead(mine, theirs)) return;
    const isOnItsWay = now - own.receivedAt < REMIND_AFTER_MS && isNextAfter(mine, theirs);
    if (isOnItsWay) return;
    const record = replica.aged(own, now);
    this.#outbox.serve(neighbour, record ? [record] : [], own.links ? [linkForm(own, 0)] : [], now);
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

  /** A neighbour shows its leaves: it is told of the versions in those that differ. */
  branchesIn(message: Branches, neighbour: Neighbour, now: number): void {
    const set = this.#common(neighbour);
    if (set === undefined || set.stream !== message.stream || !neighbour.budget.mayCompare(now)) return;
    const summary = this.#comparison.summary(message, set);
    if (!summary) return;
    this.#outbox.send(neighbour.peer, summary);
    // What the neighbour announces in answer are nodes that count with it.
    neighbour.vouchedUntil = now + graphTimings.pullPatienceMs;
  }

  /** The answer to the own leaves: what is newer here is announced, what is newer there asked for. */
  summaryIn(message: Summary, neighbour: Neighbour, now: number): void {
    if (!neighbour.owesSummary) return;
    neighbour.owesSummary = false;
    const set = this.#common(neighbour);
    if (set === undefined || set.stream !== message.stream) return;
    const { news, wanted, stale } = this.#comparison.differences(message, set, neighbour, now);
    if (stale) this.#intake.strike(neighbour);
    this.#outbox.news(neighbour.peer, news);
    this.#intake.announced(wanted, neighbour, true, now);
  }
}
