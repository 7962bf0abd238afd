/**
 * Who feeds this node in each stripe: whom it asks, what comes of that, and when it gives a parent up (PROTOCOL.md R15, R16). When and
 * where to look is place-seeker.ts; the other side, who is fed by this node, is child-places.ts.
 */
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { type Advert, AdvertState, RefusalReason, type Refused } from '../wire/tree-messages.ts';
import type { Announcements } from './announcements.ts';
import type { AnswerTimes } from './answer-times.ts';
import type { Branch, ForestIdentity, StripeRole } from './branch.ts';
import type { CensusTaker } from './census-taker.ts';
import type { OwnStripe } from './own-stripe.ts';
import { ParentWatch } from './parent-watch.ts';
import type { Search, Seeker } from './place-seeker.ts';
import type { Need } from './places.ts';
import { type RelayOutput, relayTimings } from './relay-contract.ts';
import type { Feeder, Flow } from './repair.ts';
import type { SlotPool } from './slot-pool.ts';
import type { StripeTree, Trial } from './stripe-tree.ts';
import { YoungBranches } from './young-branches.ts';

export interface ParentsParts {
  readonly identity: ForestIdentity;
  readonly branches: readonly Branch[];
  readonly pool: SlotPool;
  readonly peers: ReadonlySet<PeerId>;
  readonly own: OwnStripe;
  readonly census: CensusTaker;
  readonly announcements: Announcements;
  readonly answers: AnswerTimes;
  readonly emit: (output: RelayOutput) => void;
}

export class Parents {
  readonly #parts: ParentsParts;
  readonly #watch: ParentWatch;
  readonly #joinedAt: number;
  /** By stripe. */
  readonly #young: readonly YoungBranches[];
  /** By stripe: when its parent last pushed before frames came to be missing, ms; undefined while none are. */
  readonly #drySince: (number | undefined)[] = [];

  constructor(parts: ParentsParts, now: number) {
    this.#parts = parts;
    this.#watch = new ParentWatch(parts.branches.length, now);
    this.#joinedAt = now;
    this.#young = parts.branches.map(() => new YoungBranches());
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return this.#young.reduce((sum, young) => sum + young.tableBytes, 0);
  }

  /** Who should push a frame, whether it is on its way to it, and who else may have it. */
  feeder(tree: StripeTree, seq: number, missedAt: number, now: number): Feeder {
    const { parent, stripe } = tree;
    const pushing = this.#watch.isOnItsWay(parent, stripe, seq, missedAt, now);
    return { peer: parent, pushing, others: () => tree.others() };
  }

  /** Whether the parent of a stripe has pushed a frame that comes after this one: what it pushes later was not on its way, it was mended. */
  isBeyond(stripe: number, seq: number): boolean {
    return this.#watch.isBeyond(stripe, seq);
  }

  /** What the parent of a stripe has pushed lately: it is quiet if that was longer ago than with one that is merely late, or looks for a parent. */
  flow(tree: StripeTree, now: number): Flow {
    const { stripe, parent } = tree;
    const isLost = parent !== undefined && tree.neighbour(parent)?.state === AdvertState.repairing;
    const isQuiet = isLost || this.#watch.quietMs(stripe, now) > this.#watch.lateAfterMs(stripe);
    return { isQuiet, reachedSeq: this.#watch.reachedSeq(stripe) };
  }

  /** Asks for a place where there is a better one than the present, or none. To be called whenever something may have changed. */
  look(branch: Branch, now: number, need: Need): void {
    const { tree, seeker, book } = branch;
    if (tree.trial) this.#judge(branch, tree.trial, now);
    const search = seeker.decide(
      now,
      this.#seekerOf(branch, now),
      () => book.elsewhere(),
      this.#whoIsFed(branch, need, now),
    );
    if (search) this.#act(branch, search, now, need);
    else this.#tellInterior(branch, need);
  }

  /** Whether the parent of a stripe has pushed nothing for so long that, if frames are missing, it has dried up as well. */
  isSilent({ stripe, parent, depth }: StripeTree, now: number): boolean {
    return parent !== undefined && this.#watch.isSilent(stripe, depth, now);
  }

  /**
   * Where frames have long been missing, so that there is a way to know it: who voted for them, who hangs on somebody who has come to be the
   * host's child since, and the host, but for what it keeps back.
   */
  #whoIsFed({ tree }: Branch, need: Need, now: number): ((peer: PeerId) => boolean) | undefined {
    const { stripe } = tree;
    const isLooking = tree.state === AdvertState.repairing || this.isSilent(tree, now);
    if (!isLooking && this.#drySince[stripe] === undefined) return undefined;
    const seq = need.longMissing(stripe);
    if (seq === undefined) {
      this.#drySince[stripe] = undefined;
      return undefined;
    }
    this.#drySince[stripe] ??= now - this.#watch.quietMs(stripe, now);
    const since = this.#drySince[stripe];
    if (!isLooking) return undefined;
    return (peer) => {
      const { path = [], slots } = tree.neighbour(peer) ?? {};
      if (path.length === 1) return slots !== undefined && slots.free > 0;
      return need.isHeldBy(peer, seq) || this.#young[stripe]?.includes(path, since) === true;
    };
  }

  #seekerOf({ tree }: Branch, now: number): Seeker {
    const { own, pool, identity, answers, branches } = this.#parts;
    const ageMs = now - this.#joinedAt;
    return {
      interior: own.is(tree.stripe),
      copiesLeft: pool.copiesLeft,
      mayRise:
        ageMs >= relayTimings.settledAfterMs || identity.streamAgeMs + ageMs < relayTimings.settledAfterMs,
      isNew: ageMs < relayTimings.newForMs,
      isSlow: answers.usualMs(now) > relayTimings.slowAnswersMs,
      isAmongFew: () =>
        ageMs >= relayTimings.knowsSwarmAfterMs &&
        branches.every((each) => each.tree.hopsMax <= relayTimings.smallSwarmHops),
    };
  }

  #act(branch: Branch, search: Search, now: number, need: Need): void {
    const { tree } = branch;
    const { stripe } = tree;
    if (search.type === 'want') {
      const { peers, starving } = search;
      this.#parts.emit({ type: 'want-link', stripe, peers, starving });
      return;
    }
    tree.ask(search.peer, now);
    this.#subscribe(branch, search.peer, search.interior, search.starving, need);
  }

  /** The parent hears when this node has begun, or ceased, to feed others in the stripe: it is asked once more. */
  #tellInterior(branch: Branch, need: Need): void {
    const { stripe, parent, children } = branch.tree;
    if (parent === undefined || branch.tree.isAsking || branch.tree.trial) return;
    const { own, branches } = this.#parts;
    const interior = own.is(stripe) || (branches.length > 1 && children.size > 0);
    if (branch.told !== this.#roleIn(stripe, interior))
      this.#subscribe(branch, parent, interior, false, need);
  }

  #subscribe(branch: Branch, peer: PeerId, interior: boolean, starving: boolean, need: Need): void {
    const { epoch } = this.#parts.identity;
    const { stripe } = branch.tree;
    branch.told = this.#roleIn(stripe, interior);
    const makeshift = branch.told === 'makeshift';
    const fromSeq = need.firstMissing(stripe);
    this.#send(peer, { type: MessageType.subscribe, epoch, stripe, fromSeq, interior, makeshift, starving });
  }

  #roleIn(stripe: number, interior: boolean): StripeRole {
    if (!interior) return 'leaf';
    return this.#parts.own.is(stripe) ? 'own' : 'makeshift';
  }

  /** A neighbour took this node as a child: it is the parent, or, where there is one, is tried out as the next. True if it is the parent. */
  subscribed(branch: Branch, peer: PeerId, path: readonly PeerId[], now: number): boolean {
    const { tree } = branch;
    const { stripe, parent: former } = tree;
    tree.answered(peer, now);
    // The parent may answer twice, if the first answer was slow; its path follows in its adverts.
    if (former === peer || tree.trial?.peer === peer) return false;
    const isAsked = tree.awaits(peer);
    const taken = isAsked && (former === undefined ? tree.attach(peer, path) : tree.tryOut(peer, path, now));
    if (!taken) {
      tree.refused(peer, now);
      this.#unsubscribe(peer, stripe);
    } else if (former === undefined) this.#taken(branch, peer, now);
    return taken && former === undefined;
  }

  #taken(branch: Branch, parent: PeerId, now: number): void {
    this.#watch.taken(branch.tree.stripe, now);
    branch.book.parentChanged();
    this.#changed(branch, parent, now);
  }

  /** Who is tried out has pushed something: it is the parent now. False if its place is of no use any more. */
  proven(branch: Branch, now: number): boolean {
    const { tree } = branch;
    const { parent: former, trial } = tree;
    if (trial === undefined) return false;
    if (!tree.settle()) {
      this.#unsubscribe(trial.peer, tree.stripe);
      return false;
    }
    if (former !== undefined) this.#unsubscribe(former, tree.stripe);
    this.#taken(branch, trial.peer, now);
    return true;
  }

  #changed(branch: Branch, parent: PeerId | undefined, now: number): void {
    const { census, announcements, emit } = this.#parts;
    const { stripe } = branch.tree;
    branch.seeker.parentChanged(now, this.#seekerOf(branch, now));
    census.parentChanged(stripe, now);
    emit({ type: 'parent-changed', stripe, parent });
    announcements.changed(now);
  }

  /** The tree has no parent any more: who is tried out takes its place, or somebody else is to be found. */
  lost(branch: Branch, now: number): void {
    if (this.proven(branch, now)) return;
    this.#changed(branch, undefined, now);
  }

  drop(branch: Branch, parent: PeerId, now: number): void {
    this.#unsubscribe(parent, branch.tree.stripe);
    branch.tree.loseParent(now);
    this.lost(branch, now);
  }

  refused(branch: Branch, peer: PeerId, { reason, alternatives }: Refused, now: number): void {
    const { tree, seeker } = branch;
    tree.answered(peer, now);
    if (tree.parent === peer) {
      if (reason === RefusalReason.makeRoom) {
        seeker.makeRoom(now);
        this.#wantLink(branch, alternatives, false);
        return;
      }
      tree.loseParent(now);
      this.lost(branch, now);
    } else if (tree.trial?.peer === peer) {
      tree.endTrial();
      // It would go on feeding this node, which has its parent still.
      if (reason === RefusalReason.makeRoom) this.#unsubscribe(peer, tree.stripe);
    } else if (!tree.awaits(peer)) return;
    if (reason === RefusalReason.notReady) tree.notReady(peer, now);
    else tree.refused(peer, now);
    if (tree.parent === undefined && tree.candidate(now, 'free') === undefined)
      this.#wantLink(branch, alternatives, true);
  }

  #wantLink({ tree }: Branch, named: readonly PeerId[], starving: boolean): void {
    const { peers: neighbours, identity, emit } = this.#parts;
    const peers = named.filter((peer) => !neighbours.has(peer) && peer !== identity.self);
    if (peers.length > 0) emit({ type: 'want-link', stripe: tree.stripe, peers, starving });
  }

  /** A neighbour says where it is; if it is the parent, this node moves with it. */
  advert(branch: Branch, peer: PeerId, { state, path, slots }: Advert, now: number): void {
    const { tree, seeker } = branch;
    tree.advert(peer, state, path, slots);
    this.#young[tree.stripe]?.heard(path, now);
    this.#parts.own.chooseSoon(now);
    seeker.lookSoon(peer, now);
    if (tree.parent !== peer) return;
    const before = tree.path;
    if (tree.parentMoved(state, path)) this.drop(branch, peer, now);
    else if (tree.path.join() !== before.join()) this.#parts.announcements.changed(now);
  }

  /**
   * A frame came. Frames that had to be pulled elsewhere while the parent pushes nothing end its time as a parent.
   * @returns whether the tree has another parent now, or none
   */
  frameCame(branch: Branch, peer: PeerId, seq: number, pulled: boolean, now: number): boolean {
    const { tree } = branch;
    const isNew = !pulled && tree.trial?.peer === peer && this.proven(branch, now);
    const { parent, stripe } = tree;
    if (parent === undefined) return false;
    if (parent === peer && !pulled) {
      this.#watch.pushed(stripe, seq, now);
      tree.delivered(peer);
      if (tree.trial) tree.trial.parentPushedAt ??= now;
      return isNew;
    }
    if (!pulled || !this.#watch.isSilent(stripe, tree.depth, now)) return false;
    // One that says that it lacks a parent itself is not to blame, and may have another soon.
    if (tree.neighbour(parent)?.state === AdvertState.repairing) return false;
    // One that has pushed before may hang on somebody who died.
    if (this.#watch.hasPushed(stripe)) tree.failed(parent, now);
    else tree.wasInVain(parent, now);
    this.drop(branch, parent, now);
    return true;
  }

  /**
   * Who is tried out is the parent when it has pushed something, or where nothing came that it could have pushed. What the present parent
   * pushed a while ago should have come from it, too.
   */
  #judge(branch: Branch, trial: Trial, now: number): void {
    const { tree } = branch;
    if (!trial.pushed && now < trial.until) return;
    const { parentPushedAt = now } = trial;
    if (trial.pushed || now - parentPushedAt < relayTimings.trialLagMs) {
      this.proven(branch, now);
      return;
    }
    tree.endTrial();
    tree.wasInVain(trial.peer, now);
    this.#unsubscribe(trial.peer, tree.stripe);
  }

  #unsubscribe(peer: PeerId, stripe: number): void {
    this.#send(peer, { type: MessageType.unsubscribe, epoch: this.#parts.identity.epoch, stripe });
  }

  #send(peer: PeerId, message: RelayMessage): void {
    this.#parts.emit({ type: 'send', peer, message });
  }
}
