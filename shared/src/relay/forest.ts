/**
 * The trees of all stripes at one node: who feeds it, whom it feeds, what it says of that. It hands what is heard to its parts: a tree's
 * own state is stripe-tree.ts, parents are parents.ts, children child-places.ts, what neighbours are told announcements.ts.
 */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import type { Advert, CensusReport, Refused, Subscribe, Vacancies } from '../wire/tree-messages.ts';
import { Acquaintance } from './acquaintance.ts';
import { Announcements } from './announcements.ts';
import type { AnswerTimes } from './answer-times.ts';
import { type Branch, type ForestIdentity, newBranch } from './branch.ts';
import { CensusTaker } from './census-taker.ts';
import { ChildPlaces } from './child-places.ts';
import { OwnStripe } from './own-stripe.ts';
import { Parents } from './parents.ts';
import type { Need } from './places.ts';
import { type RelayOutput, relayTimings } from './relay-contract.ts';
import type { Feeder, Flow, Parenthood } from './repair.ts';
import { SlotPool } from './slot-pool.ts';
import type { StripeTree } from './stripe-tree.ts';
import { UploadGuard } from './upload-guard.ts';

const NOTHING: readonly RelayOutput[] = [];
const NOBODY: readonly PeerId[] = [];

export class Forest {
  readonly #identity: ForestIdentity;
  readonly #acquaintance: Acquaintance;
  readonly #branches: readonly Branch[];
  readonly #trees: readonly StripeTree[];
  readonly #pool: SlotPool;
  readonly #own: OwnStripe;
  readonly #childPlaces: ChildPlaces;
  readonly #parents: Parents;
  readonly #census: CensusTaker;
  readonly #announcements: Announcements;
  readonly #guard = new UploadGuard();
  readonly #peers = new Set<PeerId>();
  #outputs: RelayOutput[] = [];
  #relieveAt: number;
  /** Nothing to decide before this, unless something is heard meanwhile; kept because frames, the most frequent input, change nothing here. */
  #dueAt = 0;

  constructor(identity: ForestIdentity, slots: number, answers: AnswerTimes, random: Random, now: number) {
    this.#acquaintance = new Acquaintance(answers);
    this.#identity = identity;
    this.#relieveAt = now + relayTimings.relieveEveryMs;
    const { isHost, stripes } = identity;
    this.#branches = Array.from({ length: stripes }, (_, stripe) =>
      newBranch(stripe, identity, this.#acquaintance, random, now),
    );
    this.#trees = this.#branches.map(({ tree }) => tree);
    this.#pool = new SlotPool(isHost, this.#trees, slots);
    const emit = (output: RelayOutput): void => {
      this.#outputs.push(output);
    };
    const send = (peer: PeerId, message: RelayMessage): void => emit({ type: 'send', peer, message });
    const parts = {
      identity,
      branches: this.#branches,
      pool: this.#pool,
      peers: this.#peers,
      answers,
      random,
      send,
    };
    this.#census = new CensusTaker(parts, now);
    const nodesBelow = (stripe: number, child: PeerId): number => this.#census.nodesBelow(stripe, child);
    this.#childPlaces = new ChildPlaces({ ...parts, nodesBelow });
    this.#announcements = new Announcements(parts, now);
    this.#own = new OwnStripe(parts);
    const others = { own: this.#own, census: this.#census, announcements: this.#announcements };
    this.#parents = new Parents({ ...parts, ...others, emit }, now);
  }

  get stripes(): number {
    return this.#identity.stripes;
  }

  get trees(): readonly StripeTree[] {
    return this.#trees;
  }

  /** Hops from the host in the deepest of its places; undefined while it has none. */
  get depth(): number | undefined {
    const depths = this.#trees.flatMap(({ depth }) => (depth === Number.POSITIVE_INFINITY ? [] : [depth]));
    return depths.length === 0 ? undefined : Math.max(...depths);
  }

  /** The same where it feeds others: in its own stripe. Of one that has none, {@link depth}. */
  get feedingDepth(): number | undefined {
    const { ownStripe } = this.#pool;
    if (ownStripe === undefined) return this.depth;
    const depth = this.#trees[ownStripe]?.depth;
    return depth === Number.POSITIVE_INFINITY ? undefined : depth;
  }

  /** What it may upload, in multiples of the stream. */
  get slots(): number {
    return this.#pool.slots;
  }

  /** What is left of that. */
  get slotsLeft(): number {
    return this.#pool.copiesLeft;
  }

  /** Children, each in one stripe, that it takes from anybody. */
  get freeSlots(): number {
    return this.#pool.free;
  }

  /** The stripe that this node feeds to others. */
  get ownStripe(): number | undefined {
    return this.#pool.ownStripe;
  }

  /** Those who feed others come first: what they are sent late is late for many. */
  childrenOf(seq: number): readonly PeerId[] {
    const { children } = this.#treeOf(seq);
    if (children.size === 0) return NOBODY;
    const leaves: PeerId[] = [];
    const ordered: PeerId[] = [];
    for (const [peer, { interior }] of children) (interior ? ordered : leaves).push(peer);
    ordered.push(...leaves);
    return ordered;
  }

  /** Who should push this frame, whether it is on its way to it, and who else may have it. */
  feeder(seq: number, missedAt: number, now: number): Feeder {
    const tree = this.#treeOf(seq);
    // What is looked for in vain may be had with another parent.
    if (this.#parents.isSilent(tree, now)) this.#dueAt = 0;
    return this.#parents.feeder(tree, seq, missedAt, now);
  }

  parentOf(seq: number): PeerId | undefined {
    return this.#treeOf(seq).parent;
  }

  /** What a peer is in the tree of a frame: a parent only where the frame comes in its turn. */
  parenthood(peer: PeerId, seq: number): Parenthood {
    if (this.parentOf(seq) !== peer || this.#parents.isBeyond(seq % this.stripes, seq)) return 'other';
    const feedsAll = this.#trees.every(({ parent }) => parent === undefined || parent === peer);
    return feedsAll ? 'only parent' : 'parent';
  }

  #treeOf(seq: number): StripeTree {
    return this.#trees[seq % this.stripes] as StripeTree;
  }

  /** Bytes of what is held of children and neighbours, about. */
  get tableBytes(): number {
    const ofAll = this.#census.tableBytes + this.#acquaintance.tableBytes + this.#parents.tableBytes;
    return this.#branches.reduce((sum, { tree, book }) => sum + tree.tableBytes + book.tableBytes, ofAll);
  }

  takeOutputs(): readonly RelayOutput[] {
    if (this.#outputs.length === 0) return NOTHING;
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  peerUp(peer: PeerId, now: number): void {
    this.#dueAt = 0;
    this.#peers.add(peer);
    this.#announcements.greet(peer, now);
  }

  peerDown(peer: PeerId, now: number): void {
    this.#dueAt = 0;
    this.#peers.delete(peer);
    for (const branch of this.#branches) {
      const { tree, book } = branch;
      const wasChild = tree.children.has(peer);
      book.childGone(peer);
      if (tree.peerDown(peer, now)) this.#parents.lost(branch, now);
      if (wasChild) this.#announcements.changed(now);
    }
    this.#acquaintance.peerDown(peer);
  }

  /** A neighbour has sent something. */
  heard(peer: PeerId, now: number): void {
    if (this.#peers.has(peer)) this.#acquaintance.signs.heard(peer, now);
  }

  /** The peer went silent: it is no parent any more, and none for a while, and takes up no place. */
  peerSilent(peer: PeerId, now: number): void {
    this.#dueAt = 0;
    for (const branch of this.#branches) {
      if (branch.tree.parent === peer) this.#parents.drop(branch, peer, now);
      branch.tree.fellSilent(peer, now);
      if (this.#childPlaces.letGo(branch, peer)) this.#announcements.changed(now);
    }
  }

  /** @param leafOnly it is to have no stripe of its own (`UploadOffer`) */
  setSlots(slots: number, now: number, leafOnly = false): void {
    this.#dueAt = 0;
    this.#pool.slots = slots;
    this.#own.leafOnly = leafOnly;
    if (slots === 0 || leafOnly) this.#own.giveUp();
    else this.#own.chooseSoon(now);
    this.#childPlaces.shrink();
    this.#announcements.changed(now);
  }

  /** Frames wait to be sent to a peer: with every child that is too many they would wait longer. */
  backlog(peer: PeerId, waitedMs: number, now: number): void {
    if (!this.#guard.waited(waitedMs, this.#pool.used, now)) return;
    this.#dueAt = 0;
    this.#pool.childrenMax = this.#guard.childrenMax;
    this.#childPlaces.shrink(peer);
    this.#announcements.changed(now);
  }

  #takeMoreAgain(now: number): void {
    if (!this.#guard.mayRaise(this.#pool.used >= this.#pool.capacity, now)) return;
    this.#pool.childrenMax = this.#guard.childrenMax;
    this.#announcements.changed(now);
  }

  /** What the parent of a stripe does; undefined: there is no such stripe. */
  flow(stripe: number, now: number): Flow | undefined {
    const tree = this.#trees[stripe];
    return tree && this.#parents.flow(tree, now);
  }

  /** Whether the uplink has nothing to spare. */
  isBusy(now: number): boolean {
    return this.#guard.isBusy(now);
  }

  /**
   * A neighbour wants to be a child. True if it is one now.
   * @param firstSeq where it begins
   * @param dry nothing comes in this stripe: whoever hung on this node would wait in vain, or close a ring below a gap
   */
  subscribe(peer: PeerId, message: Subscribe, firstSeq: number, dry: boolean, now: number): boolean {
    this.#dueAt = 0;
    const branch = this.#branches[message.stripe];
    if (!branch || !this.#peers.has(peer)) return false;
    if (!this.#childPlaces.take(branch, peer, message, firstSeq, dry, now)) return false;
    this.#announcements.changedForAll(now);
    return true;
  }

  unsubscribe(peer: PeerId, stripe: number, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[stripe];
    if (branch && this.#childPlaces.remove(branch, peer)) this.#announcements.changed(now);
  }

  /** A neighbour took this node as a child. True if it is the parent by this. */
  subscribed(peer: PeerId, stripe: number, path: readonly PeerId[], now: number): boolean {
    this.#dueAt = 0;
    const branch = this.#branches[stripe];
    return branch ? this.#parents.subscribed(branch, peer, path, now) : false;
  }

  refused(peer: PeerId, message: Refused, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[message.stripe];
    if (branch) this.#parents.refused(branch, peer, message, now);
  }

  advert(peer: PeerId, message: Advert, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[message.stripe];
    if (branch && this.#peers.has(peer)) this.#parents.advert(branch, peer, message, now);
  }

  vacancies(peer: PeerId, { stripe, places }: Vacancies, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[stripe];
    if (!branch) return;
    if (branch.tree.parent === peer) branch.book.parentSays(places);
    else if (branch.tree.children.has(peer)) branch.book.childSays(peer, places, branch.tree.depth);
    else return;
    this.#announcements.vacanciesChanged(now);
  }

  census(peer: PeerId, message: CensusReport, now: number): void {
    this.#dueAt = 0;
    if (this.#peers.has(peer)) this.#census.said(peer, message, now);
  }

  /** A frame came. Frames that had to be pulled elsewhere while the parent pushes nothing end its time as a parent. */
  frameCame(peer: PeerId, seq: number, pulled: boolean, now: number): void {
    const branch = this.#branches[seq % this.stripes] as Branch;
    if (this.#parents.frameCame(branch, peer, seq, pulled, now)) this.#dueAt = 0;
  }

  /** A frame came again: whoever sends what is here already does send. */
  duplicateCame(peer: PeerId, seq: number): void {
    const { trial } = this.#treeOf(seq);
    if (trial?.peer !== peer) return;
    trial.pushed = true;
    this.#dueAt = 0;
  }

  /** Seeks parents and says what has changed. */
  proceed(now: number, need: Need): readonly RelayOutput[] {
    if (now < this.#dueAt) return this.takeOutputs();
    if (now >= this.#own.deadline && this.#own.choose(this.#peers)) this.#announcements.changed(now);
    for (const branch of this.#branches) {
      if (branch.tree.expire(now)) this.#announcements.changed(now);
      if (this.#own.deadline === Number.POSITIVE_INFINITY) this.#parents.look(branch, now, need);
    }
    this.#announcements.tell(now);
    if (now >= this.#relieveAt) {
      this.#relieveAt = now + relayTimings.relieveEveryMs;
      this.#takeMoreAgain(now);
      if (this.stripes > 1) {
        if (this.#own.reconsider()) this.#announcements.changed(now);
        this.#childPlaces.relieve(now);
      }
    }
    if (now >= this.#census.deadline) this.#takeCensus(now);
    this.#dueAt = this.#nextDueAt();
    return this.takeOutputs();
  }

  #takeCensus(now: number): void {
    const supply = this.#census.take(now, this.#peers);
    if (supply) this.#outputs.push({ type: 'supply', supply });
  }

  /** When {@link proceed} is due, ms. */
  get deadline(): number {
    return this.#dueAt;
  }

  #nextDueAt(): number {
    let deadline = Math.min(
      this.#announcements.deadline,
      this.#relieveAt,
      this.#own.deadline,
      this.#census.deadline,
    );
    for (const { tree, seeker } of this.#branches) {
      deadline = Math.min(deadline, tree.deadline);
      if (this.#own.deadline === Number.POSITIVE_INFINITY) deadline = Math.min(deadline, seeker.deadline);
    }
    return deadline;
  }
}
