/**
 * The trees of all stripes at one node: who feeds it, whom it feeds, what it advertises. One pool of slots serves all
 * stripes. For now a stream has one stripe (the beacon says how many); everything here is written for K.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, shuffled } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import { type Advert, AdvertState, RefusalReason, type RelayMessage } from '../wire/relay-messages.ts';
import { type RelayOutput, relayTimings } from './relay-contract.ts';
import type { Feeder } from './repair.ts';
import { StripeTree } from './stripe-tree.ts';

export interface ForestIdentity {
  readonly self: PeerId;
  readonly isHost: boolean;
  readonly epoch: number;
  readonly stripes: number;
}

export class Forest {
  readonly #identity: ForestIdentity;
  readonly #random: Random;
  readonly #trees: StripeTree[] = [];
  readonly #peers = new Set<PeerId>();
  readonly #starvingToldAt: number[] = [];
  /** When each stripe's parent last pushed a frame, or was taken, ms. */
  readonly #parentSpokeAt: number[] = [];
  /** The highest seq that each stripe's parent has pushed. */
  readonly #pushedSeq: number[] = [];
  #slots: number;
  #outputs: RelayOutput[] = [];
  #advertAt = Number.POSITIVE_INFINITY;
  #refreshAt: number;

  constructor(identity: ForestIdentity, slots: number, random: Random, now: number) {
    this.#identity = identity;
    this.#random = random;
    this.#slots = slots;
    this.#refreshAt = now + relayTimings.advertRefreshMs;
    for (let stripe = 0; stripe < identity.stripes; stripe++) {
      this.#trees.push(new StripeTree(stripe, identity.self, identity.isHost, random));
      this.#starvingToldAt.push(now);
      this.#parentSpokeAt.push(now);
      this.#pushedSeq.push(-1);
    }
  }

  get stripes(): number {
    return this.#identity.stripes;
  }

  get trees(): readonly StripeTree[] {
    return this.#trees;
  }

  get slots(): number {
    return this.#slots;
  }

  get freeSlots(): number {
    let used = 0;
    for (const tree of this.#trees) used += tree.children.size;
    return Math.max(0, this.#slots - used);
  }

  childrenOf(seq: number): ReadonlySet<PeerId> {
    return this.#treeOf(seq).children;
  }

  /** Who should push this frame, and whether it is on its way to it. */
  feeder(seq: number, now: number): Feeder {
    const { parent, stripe } = this.#treeOf(seq);
    const spokeMsAgo = now - (this.#parentSpokeAt[stripe] ?? now);
    const pushing =
      parent !== undefined &&
      spokeMsAgo < relayTimings.silentParentMs &&
      seq > (this.#pushedSeq[stripe] ?? -1);
    return { peer: parent, pushing };
  }

  #treeOf(seq: number): StripeTree {
    return this.#trees[seq % this.stripes] as StripeTree;
  }

  takeOutputs(): RelayOutput[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  #send(peer: PeerId, message: RelayMessage): void {
    this.#outputs.push({ type: 'send', peer, message });
  }

  peerUp(peer: PeerId): void {
    this.#peers.add(peer);
    for (const tree of this.#trees) this.#send(peer, this.#advertOf(tree));
  }

  peerDown(peer: PeerId, now: number): void {
    this.#peers.delete(peer);
    for (const tree of this.#trees) {
      const wasChild = tree.children.has(peer);
      if (tree.peerDown(peer, now)) this.#parentLost(tree, now);
      if (wasChild) this.#advertSoon(now);
    }
  }

  /** The peer went silent: it is no parent any more, and none for a while. */
  peerSilent(peer: PeerId, now: number): void {
    for (const tree of this.#trees) {
      if (tree.parent === peer) this.#dropParent(tree, peer, now);
      tree.refused(peer, now);
    }
  }

  #dropParent(tree: StripeTree, parent: PeerId, now: number): void {
    this.#send(parent, { type: MessageType.unsubscribe, epoch: this.#identity.epoch, stripe: tree.stripe });
    tree.loseParent(now);
    this.#parentLost(tree, now);
  }

  #parentLost(tree: StripeTree, now: number): void {
    this.#outputs.push({ type: 'parent-changed', stripe: tree.stripe, parent: undefined });
    this.#advertSoon(now);
  }

  setSlots(slots: number, now: number): void {
    this.#slots = slots;
    let over = -slots;
    for (const tree of this.#trees) over += tree.children.size;
    for (const tree of this.#trees) {
      for (const child of [...tree.children]) {
        if (over-- <= 0) break;
        tree.removeChild(child);
        this.#refuse(child, tree, RefusalReason.full);
      }
    }
    this.#advertSoon(now);
  }

  /** A neighbour wants to be a child. True if it is one now; `firstSeq` is where it begins. */
  subscribe(peer: PeerId, stripe: number, firstSeq: number): boolean {
    const tree = this.#trees[stripe];
    if (!tree || !this.#peers.has(peer)) return false;
    const reason = this.#objection(tree, peer);
    if (reason !== undefined) {
      this.#refuse(peer, tree, reason);
      return false;
    }
    tree.addChild(peer);
    this.#send(peer, {
      type: MessageType.subscribed,
      epoch: this.#identity.epoch,
      stripe,
      firstSeq,
      path: tree.path,
    });
    this.#advertAt = 0;
    return true;
  }

  #objection(tree: StripeTree, peer: PeerId): RefusalReason | undefined {
    if (tree.state !== AdvertState.attached) return RefusalReason.notReady;
    if (tree.path.includes(peer)) return RefusalReason.loop;
    if (tree.path.length >= limits.pathIdsMax) return RefusalReason.tooDeep;
    if (!tree.children.has(peer) && this.freeSlots === 0) return RefusalReason.full;
    return undefined;
  }

  #refuse(peer: PeerId, tree: StripeTree, reason: RefusalReason): void {
    const alternatives = shuffled(this.#random, tree.children)
      .filter((child) => child !== peer)
      .slice(0, limits.alternativesMax);
    const { epoch } = this.#identity;
    this.#send(peer, { type: MessageType.refused, epoch, stripe: tree.stripe, reason, alternatives });
  }

  /** A neighbour took this node as a child. False if that was not asked for or its path is no good. */
  subscribed(peer: PeerId, stripe: number, path: readonly PeerId[], now: number): boolean {
    const tree = this.#trees[stripe];
    // The parent may answer twice, if the first answer was slow; its path follows in its adverts.
    if (!tree || tree.parent === peer) return false;
    if (!tree.awaits(peer) || !tree.attach(peer, path)) {
      tree.refused(peer, now);
      this.#send(peer, { type: MessageType.unsubscribe, epoch: this.#identity.epoch, stripe });
      return false;
    }
    this.#parentSpokeAt[stripe] = now;
    this.#pushedSeq[stripe] = -1;
    this.#outputs.push({ type: 'parent-changed', stripe, parent: peer });
    this.#advertSoon(now);
    return true;
  }

  refused(peer: PeerId, stripe: number, alternatives: readonly PeerId[], now: number): void {
    const tree = this.#trees[stripe];
    if (!tree) return;
    if (tree.parent === peer) {
      tree.loseParent(now);
      this.#parentLost(tree, now);
    } else if (!tree.awaits(peer)) return;
    tree.refused(peer, now);
    if (alternatives.length > 0 && tree.candidate(now) === undefined) {
      this.#outputs.push({ type: 'starving', stripe, alternatives });
    }
  }

  unsubscribe(peer: PeerId, stripe: number, now: number): void {
    if (this.#trees[stripe]?.removeChild(peer)) this.#advertSoon(now);
  }

  advert(peer: PeerId, message: Advert, now: number): void {
    const tree = this.#trees[message.stripe];
    if (!tree || !this.#peers.has(peer)) return;
    tree.advert(peer, message.state, message.path, message.freeSlots);
    if (tree.parent !== peer) return;
    const before = tree.path;
    if (tree.parentMoved(message.state, message.path)) this.#dropParent(tree, peer, now);
    else if (tree.path.join() !== before.join()) this.#advertSoon(now);
  }

  /** A frame came. Frames that had to be pulled elsewhere while the parent pushes nothing end its time as a parent. */
  frameCame(peer: PeerId, seq: number, pulled: boolean, now: number): void {
    const tree = this.#treeOf(seq);
    if (tree.parent === undefined) return;
    if (tree.parent === peer && !pulled) {
      this.#parentSpokeAt[tree.stripe] = now;
      this.#pushedSeq[tree.stripe] = Math.max(this.#pushedSeq[tree.stripe] ?? -1, seq);
    } else if (pulled && now - (this.#parentSpokeAt[tree.stripe] ?? now) > relayTimings.silentParentMs) {
      this.#dropParent(tree, tree.parent, now);
    }
  }

  #advertSoon(now: number): void {
    this.#advertAt = Math.min(this.#advertAt, now + relayTimings.advertBatchMs);
  }

  #advertOf(tree: StripeTree): Advert {
    return {
      type: MessageType.advert,
      epoch: this.#identity.epoch,
      stripe: tree.stripe,
      state: tree.state,
      freeSlots: Math.min(255, this.freeSlots),
      path: tree.path,
    };
  }

  /** Seeks parents and says what has changed. `firstMissing` tells from which seq a stripe is needed. */
  proceed(now: number, firstMissing: (stripe: number) => number | undefined): RelayOutput[] {
    for (const tree of this.#trees) {
      if (tree.expire(now)) this.#advertSoon(now);
      this.#seekParent(tree, now, firstMissing);
    }
    if (now >= this.#advertAt || now >= this.#refreshAt) {
      for (const tree of this.#trees) for (const peer of this.#peers) this.#send(peer, this.#advertOf(tree));
      this.#advertAt = Number.POSITIVE_INFINITY;
      this.#refreshAt = now + relayTimings.advertRefreshMs;
    }
    return this.takeOutputs();
  }

  #seekParent(tree: StripeTree, now: number, firstMissing: (stripe: number) => number | undefined): void {
    const candidate = tree.candidate(now);
    const { stripe } = tree;
    if (candidate !== undefined) {
      tree.ask(candidate, now);
      const { epoch } = this.#identity;
      this.#send(candidate, { type: MessageType.subscribe, epoch, stripe, fromSeq: firstMissing(stripe) });
    } else if (
      this.#starves(tree) &&
      now - (this.#starvingToldAt[stripe] ?? 0) >= relayTimings.starvingEveryMs
    ) {
      this.#starvingToldAt[stripe] = now;
      this.#outputs.push({ type: 'starving', stripe, alternatives: [] });
    }
  }

  #starves(tree: StripeTree): boolean {
    return !this.#identity.isHost && tree.parent === undefined;
  }

  /** When {@link proceed} is due, ms. */
  get deadline(): number {
    let deadline = Math.min(this.#advertAt, this.#refreshAt);
    for (const tree of this.#trees) {
      deadline = Math.min(deadline, tree.deadline);
      if (this.#starves(tree)) {
        deadline = Math.min(
          deadline,
          (this.#starvingToldAt[tree.stripe] ?? 0) + relayTimings.starvingEveryMs,
        );
      }
    }
    return deadline;
  }
}
