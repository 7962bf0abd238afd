/**
 * The trees of all stripes at one node: who feeds it, whom it feeds, what it says of that. A tree's own state is stripe-tree.ts;
 * children are child-places.ts, the search for a parent is place-seeker.ts, and what is known of places elsewhere vacancies.ts.
 */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { MessageType } from '../wire/message-type.ts';
import {
  type Advert,
  AdvertState,
  type CensusReport,
  RefusalReason,
  type Refused,
  type RelayMessage,
  type Subscribe,
  type Vacancies,
  type Vacancy,
} from '../wire/relay-messages.ts';
import { type Branch, type ForestIdentity, newBranch, type StripeRole } from './branch.ts';
import { CensusTaker } from './census-taker.ts';
import { ChildPlaces } from './child-places.ts';
import { OwnStripe } from './own-stripe.ts';
import { ParentWatch } from './parent-watch.ts';
import type { Search, Seeker } from './place-seeker.ts';
import { type RelayOutput, relayTimings } from './relay-contract.ts';
import type { Feeder } from './repair.ts';
import { SlotPool } from './slot-pool.ts';
import type { StripeTree } from './stripe-tree.ts';
import { UploadGuard } from './upload-guard.ts';

const NOTHING: readonly RelayOutput[] = [];
const NOBODY: readonly PeerId[] = [];

export class Forest {
  readonly #identity: ForestIdentity;
  readonly #branches: readonly Branch[];
  readonly #trees: readonly StripeTree[];
  readonly #pool: SlotPool;
  readonly #own: OwnStripe;
  readonly #childPlaces: ChildPlaces;
  readonly #census: CensusTaker;
  readonly #watch: ParentWatch;
  readonly #guard = new UploadGuard();
  readonly #peers = new Set<PeerId>();
  readonly #joinedAt: number;
  #outputs: RelayOutput[] = [];
  #advertAt = Number.POSITIVE_INFINITY;
  #refreshAt: number;
  #vacanciesAt = Number.POSITIVE_INFINITY;
  #relieveAt: number;
  /** Nothing to decide before this, unless something is heard meanwhile; kept because frames, the most frequent input, change nothing here. */
  #dueAt = 0;

  constructor(identity: ForestIdentity, slots: number, random: Random, now: number) {
    this.#identity = identity;
    this.#joinedAt = now;
    this.#refreshAt = now + relayTimings.advertRefreshMs;
    this.#relieveAt = now + relayTimings.relieveEveryMs;
    const { isHost, stripes } = identity;
    this.#branches = Array.from({ length: stripes }, (_, stripe) => newBranch(stripe, identity, random, now));
    this.#trees = this.#branches.map(({ tree }) => tree);
    this.#pool = new SlotPool(isHost, this.#trees, slots);
    const send = (peer: PeerId, message: RelayMessage): void => this.#send(peer, message);
    const parts = { identity, branches: this.#branches, pool: this.#pool, random, send };
    this.#childPlaces = new ChildPlaces(parts);
    this.#census = new CensusTaker(parts, now);
    this.#watch = new ParentWatch(stripes, now);
    this.#own = new OwnStripe(parts);
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

  /** What it may upload, in multiples of the stream. */
  get slots(): number {
    return this.#pool.slots;
  }

  /** What is left of that. */
  get slotsLeft(): number {
    return Math.max(0, (this.#pool.capacity - this.#pool.used) / this.stripes);
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
    const { parent, stripe } = tree;
    const pushing = this.#watch.isOnItsWay(parent, stripe, seq, missedAt, now);
    return { peer: parent, pushing, others: () => tree.others() };
  }

  parentOf(seq: number): PeerId | undefined {
    return this.#treeOf(seq).parent;
  }

  #treeOf(seq: number): StripeTree {
    return this.#trees[seq % this.stripes] as StripeTree;
  }

  /** Bytes of what is held of children and neighbours, about. */
  get tableBytes(): number {
    const ofCensus = this.#census.tableBytes;
    return this.#branches.reduce((sum, { tree, book }) => sum + tree.tableBytes + book.tableBytes, ofCensus);
  }

  takeOutputs(): readonly RelayOutput[] {
    if (this.#outputs.length === 0) return NOTHING;
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #send(peer: PeerId, message: RelayMessage): void {
    this.#outputs.push({ type: 'send', peer, message });
  }

  peerUp(peer: PeerId, now: number): void {
    this.#dueAt = 0;
    this.#peers.add(peer);
    for (const branch of this.#branches) this.#send(peer, this.#advertOf(branch, now));
  }

  peerDown(peer: PeerId, now: number): void {
    this.#dueAt = 0;
    this.#peers.delete(peer);
    for (const branch of this.#branches) {
      const { tree, book } = branch;
      const wasChild = tree.children.has(peer);
      book.childGone(peer);
      if (tree.peerDown(peer, now)) this.#parentLost(branch, now);
      if (wasChild) this.#changed(now);
    }
  }

  /** The peer went silent: it is no parent any more, and none for a while, and takes up no place. */
  peerSilent(peer: PeerId, now: number): void {
    this.#dueAt = 0;
    for (const branch of this.#branches) {
      if (branch.tree.parent === peer) this.#dropParent(branch, peer, now);
      branch.tree.fellSilent(peer, now);
      if (this.#childPlaces.letGo(branch, peer)) this.#changed(now);
    }
  }

  #unsubscribe(peer: PeerId, stripe: number): void {
    this.#send(peer, { type: MessageType.unsubscribe, epoch: this.#identity.epoch, stripe });
  }

  #dropParent(branch: Branch, parent: PeerId, now: number): void {
    this.#unsubscribe(parent, branch.tree.stripe);
    branch.tree.loseParent(now);
    this.#parentLost(branch, now);
  }

  #parentLost(branch: Branch, now: number): void {
    this.#dueAt = 0;
    branch.seeker.parentChanged(now, this.#seekerOf(branch, now));
    this.#census.parentChanged(branch.tree.stripe, now);
    this.#outputs.push({ type: 'parent-changed', stripe: branch.tree.stripe, parent: undefined });
    this.#changed(now);
  }

  /** @param leafOnly it is to have no stripe of its own (`UploadOffer`) */
  setSlots(slots: number, now: number, leafOnly = false): void {
    this.#dueAt = 0;
    this.#pool.slots = slots;
    this.#own.leafOnly = leafOnly;
    if (slots === 0 || leafOnly) this.#own.giveUp();
    else this.#own.chooseSoon(now);
    this.#childPlaces.shrink();
    this.#changed(now);
  }

  /** Frames wait to be sent to a peer: with every child that is too many they would wait longer. */
  backlog(peer: PeerId, waitedMs: number, now: number): void {
    if (!this.#guard.waited(waitedMs, this.#pool.used, now)) return;
    this.#dueAt = 0;
    this.#pool.childrenMax = this.#guard.childrenMax;
    this.#childPlaces.shrink(peer);
    this.#changed(now);
  }

  #takeMoreAgain(now: number): void {
    if (!this.#guard.mayRaise(this.#pool.used >= this.#pool.capacity, now)) return;
    this.#pool.childrenMax = this.#guard.childrenMax;
    this.#changed(now);
  }

  /** Whether the parent of a stripe has pushed nothing for longer than one that is merely late. */
  isQuiet(stripe: number, now: number): boolean {
    return this.#watch.quietMs(stripe, now) > relayTimings.lateParentMs;
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
    this.#advertAt = 0;
    this.#changed(now);
    return true;
  }

  unsubscribe(peer: PeerId, stripe: number, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[stripe];
    if (branch && this.#childPlaces.remove(branch, peer)) this.#changed(now);
  }

  /** A neighbour took this node as a child. False if that was not asked for or its path is no good. */
  subscribed(peer: PeerId, stripe: number, path: readonly PeerId[], now: number): boolean {
    this.#dueAt = 0;
    const branch = this.#branches[stripe];
    // The parent may answer twice, if the first answer was slow; its path follows in its adverts.
    if (!branch || branch.tree.parent === peer) return false;
    const { tree } = branch;
    const former = tree.parent;
    if (!tree.awaits(peer) || !tree.attach(peer, path)) {
      tree.refused(peer, now);
      this.#unsubscribe(peer, stripe);
      return false;
    }
    if (former !== undefined) this.#unsubscribe(former, stripe);
    this.#watch.taken(stripe, now);
    branch.book.parentChanged();
    branch.seeker.parentChanged(now, this.#seekerOf(branch, now));
    this.#census.parentChanged(stripe, now);
    this.#outputs.push({ type: 'parent-changed', stripe, parent: peer });
    this.#changed(now);
    return true;
  }

  refused(peer: PeerId, { stripe, reason, alternatives }: Refused, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[stripe];
    if (!branch) return;
    const { tree, seeker } = branch;
    if (tree.parent === peer) {
      if (reason === RefusalReason.makeRoom) {
        seeker.makeRoom(now);
        this.#wantLink(branch, alternatives, false);
        return;
      }
      tree.loseParent(now);
      this.#parentLost(branch, now);
    } else if (!tree.awaits(peer)) return;
    tree.refused(peer, now, reason === RefusalReason.notReady ? relayTimings.notReadyBackoffMs : undefined);
    if (tree.parent === undefined && tree.candidate(now, 'free') === undefined)
      this.#wantLink(branch, alternatives, true);
  }

  #wantLink({ tree }: Branch, named: readonly PeerId[], starving: boolean): void {
    const peers = named.filter((peer) => !this.#peers.has(peer) && peer !== this.#identity.self);
    if (peers.length > 0) this.#outputs.push({ type: 'want-link', stripe: tree.stripe, peers, starving });
  }

  advert(peer: PeerId, message: Advert, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[message.stripe];
    if (!branch || !this.#peers.has(peer)) return;
    const { tree, seeker } = branch;
    tree.advert(peer, message.state, message.path, message.slots);
    this.#own.chooseSoon(now);
    seeker.lookSoon(peer, now);
    if (tree.parent !== peer) return;
    const before = tree.path;
    if (tree.parentMoved(message.state, message.path)) this.#dropParent(branch, peer, now);
    else if (tree.path.join() !== before.join()) this.#changed(now);
  }

  vacancies(peer: PeerId, { stripe, places }: Vacancies, now: number): void {
    this.#dueAt = 0;
    const branch = this.#branches[stripe];
    if (!branch) return;
    if (branch.tree.parent === peer) branch.book.parentSays(places);
    else if (branch.tree.children.has(peer)) branch.book.childSays(peer, places, branch.tree.depth);
    else return;
    this.#vacanciesSoon(now);
  }

  census(peer: PeerId, message: CensusReport, now: number): void {
    this.#dueAt = 0;
    if (this.#peers.has(peer)) this.#census.said(peer, message, now);
  }

  /** A frame came. Frames that had to be pulled elsewhere while the parent pushes nothing end its time as a parent. */
  frameCame(peer: PeerId, seq: number, pulled: boolean, now: number): void {
    const tree = this.#treeOf(seq);
    const { parent, stripe } = tree;
    if (parent === undefined) return;
    if (parent === peer && !pulled) {
      this.#watch.pushed(stripe, seq, now);
      tree.delivered(peer);
    } else if (pulled && this.#watch.isSilent(stripe, tree.depth, now)) {
      // One that says that it lacks a parent itself is not to blame, and may have another soon.
      if (tree.neighbour(parent)?.state === AdvertState.repairing) return;
      tree.failed(parent, now);
      this.#dropParent(this.#branches[stripe] as Branch, parent, now);
    }
  }

  /** Something that neighbours should hear of: the path, the state, or who has room. */
  #changed(now: number): void {
    this.#advertAt = Math.min(this.#advertAt, now + relayTimings.advertBatchMs);
    this.#vacanciesSoon(now);
  }

  #vacanciesSoon(now: number): void {
    if (this.stripes > 1)
      this.#vacanciesAt = Math.min(this.#vacanciesAt, now + relayTimings.vacanciesEveryMs);
  }

  #advertOf({ tree }: Branch, now: number): Advert {
    const { stripe, state, path } = tree;
    const slots = this.#pool.open(stripe, now);
    return { type: MessageType.advert, epoch: this.#identity.epoch, stripe, state, slots, path };
  }

  #seekerOf({ tree }: Branch, now: number): Seeker {
    const ageMs = now - this.#joinedAt;
    return {
      interior: this.#own.is(tree.stripe),
      copiesLeft: this.slotsLeft,
      mayRise:
        ageMs >= relayTimings.settledAfterMs ||
        this.#identity.streamAgeMs + ageMs < relayTimings.settledAfterMs,
      isNew: ageMs < relayTimings.newForMs,
    };
  }

  /** Seeks parents and says what has changed. `firstMissing` tells from which seq a stripe is needed. */
  proceed(now: number, firstMissing: (stripe: number) => number | undefined): readonly RelayOutput[] {
    if (now < this.#dueAt) return this.takeOutputs();
    if (now >= this.#own.deadline && this.#own.choose(this.#peers)) this.#changed(now);
    for (const branch of this.#branches) {
      const { tree, seeker, book } = branch;
      if (tree.expire(now)) this.#changed(now);
      if (this.#own.deadline !== Number.POSITIVE_INFINITY) continue;
      const search = seeker.decide(now, this.#seekerOf(branch, now), () => book.elsewhere());
      if (search) this.#act(branch, search, now, firstMissing);
      else this.#tellInterior(branch, firstMissing);
    }
    if (now >= this.#advertAt || now >= this.#refreshAt) this.#advertise(now);
    if (now >= this.#vacanciesAt) this.#tellVacancies(now);
    if (now >= this.#relieveAt) {
      this.#relieveAt = now + relayTimings.relieveEveryMs;
      this.#takeMoreAgain(now);
      if (this.stripes > 1) {
        if (this.#own.reconsider()) this.#changed(now);
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

  #act(
    branch: Branch,
    search: Search,
    now: number,
    firstMissing: (stripe: number) => number | undefined,
  ): void {
    const { tree } = branch;
    const { stripe } = tree;
    if (search.type === 'want') {
      const { peers, starving } = search;
      this.#outputs.push({ type: 'want-link', stripe, peers, starving });
      return;
    }
    tree.ask(search.peer, now);
    this.#subscribe(branch, search.peer, search.interior, search.starving, firstMissing);
  }

  /** The parent hears when this node has begun, or ceased, to feed others in the stripe: it is asked once more. */
  #tellInterior(branch: Branch, firstMissing: (stripe: number) => number | undefined): void {
    const { stripe, parent, children } = branch.tree;
    if (parent === undefined || branch.tree.awaits()) return;
    const interior = this.#own.is(stripe) || (this.stripes > 1 && children.size > 0);
    if (branch.told !== this.#roleIn(stripe, interior))
      this.#subscribe(branch, parent, interior, false, firstMissing);
  }

  #subscribe(
    branch: Branch,
    peer: PeerId,
    interior: boolean,
    starving: boolean,
    firstMissing: (stripe: number) => number | undefined,
  ): void {
    const { epoch } = this.#identity;
    const { stripe } = branch.tree;
    branch.told = this.#roleIn(stripe, interior);
    const makeshift = branch.told === 'makeshift';
    const fromSeq = firstMissing(stripe);
    this.#send(peer, { type: MessageType.subscribe, epoch, stripe, fromSeq, interior, makeshift, starving });
  }

  #roleIn(stripe: number, interior: boolean): StripeRole {
    if (!interior) return 'leaf';
    return this.#own.is(stripe) ? 'own' : 'makeshift';
  }

  #advertise(now: number): void {
    const refresh = now >= this.#refreshAt;
    for (const branch of this.#branches) {
      const advert = this.#advertOf(branch, now);
      const { free, forInterior, forStarving } = advert.slots;
      const words = `${advert.state} ${Math.min(free, 3)} ${forInterior > 0} ${forStarving > 0} ${advert.path.join()}`;
      if (!refresh && words === branch.advertised) continue;
      branch.advertised = words;
      for (const peer of this.#peers) this.#send(peer, advert);
    }
    this.#advertAt = Number.POSITIVE_INFINITY;
    if (refresh) this.#refreshAt = now + relayTimings.advertRefreshMs;
  }

  #tellVacancies(now: number): void {
    this.#vacanciesAt = Number.POSITIVE_INFINITY;
    const { self, isHost, epoch } = this.#identity;
    for (const { tree, book } of this.#branches) {
      const { stripe, depth, parent, children } = tree;
      const slots = this.#pool.open(stripe, now);
      const hasRoom = slots.free > 0 || slots.forInterior > 0 || (slots.forStarving > 0 && !isHost);
      const own = hasRoom && tree.state === AdvertState.attached ? { peer: self, depth, slots } : undefined;
      const say = (peer: PeerId, places: readonly Vacancy[] | undefined): void => {
        if (places) this.#send(peer, { type: MessageType.vacancies, epoch, stripe, places });
      };
      if (parent !== undefined) say(parent, book.up(own));
      for (const child of children.keys()) say(child, book.down(child, own, isHost));
    }
  }

  /** When {@link proceed} is due, ms. */
  get deadline(): number {
    return this.#dueAt;
  }

  #nextDueAt(): number {
    let deadline = Math.min(
      this.#advertAt,
      this.#refreshAt,
      this.#vacanciesAt,
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
