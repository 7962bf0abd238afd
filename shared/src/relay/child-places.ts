/**
 * Who becomes a child of this node, and who has to go: claims on slots, push-down, and relief where there are too many. The trees and
 * slots are the forest's; this decides and answers.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomPick, shuffled } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, type OpenSlots, RefusalReason, type Subscribe } from '../wire/tree-messages.ts';
import { type Branch, byClaim, type ForestIdentity, peersOf } from './branch.ts';
import { relayTimings } from './relay-contract.ts';
import { mayBeDisplaced, type SlotPool } from './slot-pool.ts';
import type { Child, Claim, StripeTree } from './stripe-tree.ts';

export interface ChildPlacesParts {
  readonly identity: ForestIdentity;
  readonly branches: readonly Branch[];
  readonly pool: SlotPool;
  /** How large a child's branch is, as against those of others. */
  readonly nodesBelow: (stripe: number, child: PeerId) => number;
  readonly random: Random;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
}

export class ChildPlaces {
  readonly #parts: ChildPlacesParts;

  constructor(parts: ChildPlacesParts) {
    this.#parts = parts;
  }

  /**
   * Lets go of as many children as there are too many for the pool: the slow one first, whatever it says of itself, or it could cost the
   * others their places; then those who feed nobody. A host takes them from where it feeds most, and one more where a stripe is left without
   * any child, for then nobody has that stripe.
   * @param slow a child whose frames have to wait
   */
  shrink(slow?: PeerId): void {
    const { pool, branches, identity } = this.#parts;
    for (let over = pool.used - pool.capacity; over > 0; over--) this.#letOneGo(slow);
    if (!identity.isHost || pool.used < pool.capacity) return;
    const sizes = branches.map(({ tree }) => tree.children.size);
    if (Math.min(...sizes) === 0 && Math.max(...sizes) > 1) this.#letOneGo(undefined);
  }

  #letOneGo(slow: PeerId | undefined): void {
    const { branches, identity } = this.#parts;
    let first: { branch: Branch; peer: PeerId; rank: number } | undefined;
    for (const branch of branches) {
      const { children } = branch.tree;
      const fed = identity.isHost ? children.size : 0;
      for (const [peer, { interior }] of children) {
        const rank = peer === slow ? Number.NEGATIVE_INFINITY : (interior ? 1 : 0) - 2 * fed;
        if (first === undefined || rank < first.rank) first = { branch, peer, rank };
      }
    }
    if (first) this.letGo(first.branch, first.peer);
  }

  /** Ends a child's subscription, and tells it so; true if the peer was one. */
  letGo(branch: Branch, child: PeerId): boolean {
    if (!this.remove(branch, child)) return false;
    this.#refuse(child, branch, RefusalReason.full, 'free');
    return true;
  }

  /** True if the peer was a child. */
  remove({ tree, book }: Branch, child: PeerId): boolean {
    if (!tree.removeChild(child)) return false;
    book.childGone(child);
    return true;
  }

  /** A neighbour wants to be a child. True if it is one now; `firstSeq` is where it begins. */
  take(
    branch: Branch,
    peer: PeerId,
    { interior, makeshift, starving }: Subscribe,
    firstSeq: number,
    dry: boolean,
    now: number,
  ): boolean {
    const { tree } = branch;
    const { identity, pool, send } = this.#parts;
    const { stripe, path } = tree;
    const claim: Claim = starving ? 'forStarving' : interior ? 'forInterior' : 'free';
    const open = pool.open(stripe, now);
    const isChild = tree.children.has(peer);
    // It says whether it feeds others. While this node looks for a parent it keeps its children, and has nothing to answer.
    if (isChild && tree.state === AdvertState.repairing) {
      tree.addChild(peer, interior, makeshift);
      return false;
    }
    const reason =
      this.#objection(branch, peer, dry) ??
      (isChild ? undefined : this.#refusalOf(branch, peer, open, claim, now));
    if (reason !== undefined) {
      if (isChild) this.remove(branch, peer);
      this.#refuse(peer, branch, reason, claim);
      return false;
    }
    if (!isChild && open.free === 0 && claim === 'forInterior') this.#displaceFor(peer, branch, now);
    tree.addChild(peer, interior, makeshift);
    send(peer, { type: MessageType.subscribed, epoch: identity.epoch, stripe, firstSeq, path });
    return true;
  }

  #objection({ tree }: Branch, peer: PeerId, dry: boolean): RefusalReason | undefined {
    if (tree.state !== AdvertState.attached || (dry && !tree.children.has(peer)))
      return RefusalReason.notReady;
    if (tree.path.includes(peer) || this.#asksMe(tree, peer)) return RefusalReason.loop;
    if (tree.path.length >= limits.pathIdsMax) return RefusalReason.tooDeep;
    return undefined;
  }

  /** Two that ask each other at the same time would hang on each other: only one of them may succeed. */
  #asksMe(tree: StripeTree, peer: PeerId): boolean {
    return tree.trial?.peer === peer || (tree.awaits(peer) && this.#parts.identity.self < peer);
  }

  #refusalOf(
    branch: Branch,
    peer: PeerId,
    open: OpenSlots,
    claim: Claim,
    now: number,
  ): RefusalReason | undefined {
    if (open.free > 0) return undefined;
    if (open[claim] === 0) return RefusalReason.full;
    if (claim !== 'forInterior') return undefined;
    if (this.#isFullOfFeeders(branch.tree, peer)) return RefusalReason.full;
    branch.displacedAt = branch.displacedAt.filter((at) => now - at < relayTimings.displacedWithinMs);
    return branch.displacedAt.length < relayTimings.displacedMax ? undefined : RefusalReason.full;
  }

  /**
   * One that feeds others is not to take a place only to be sent away with its whole branch, because there are too many of its kind. Who has
   * lost its parent is taken all the same: its branch has nothing at all.
   */
  #isFullOfFeeders(tree: StripeTree, peer: PeerId): boolean {
    if (tree.neighbour(peer)?.state === AdvertState.repairing) return false;
    let feeders = 0;
    for (const { interior, makeshift } of tree.children.values()) if (interior && !makeshift) feeders++;
    return feeders >= this.#parts.pool.shareOf(tree.stripe);
  }

  /** A child whose own stripe it is not makes room for one that feeds others, and may become its child; best one that feeds nobody. */
  #displaceFor(peer: PeerId, branch: Branch, now: number): void {
    const others = [...branch.tree.children].filter(([, child]) => mayBeDisplaced(child, now));
    const leaves = others.filter(([, { interior }]) => !interior);
    const child = randomPick(this.#parts.random, leaves.length > 0 ? leaves : others)?.[0];
    if (child === undefined) return;
    branch.displacedAt.push(now);
    this.#askToGo(child, branch, [peer], now);
  }

  #askToGo(child: PeerId, { tree }: Branch, alternatives: readonly PeerId[], now: number): void {
    const known = tree.children.get(child);
    if (known) known.askedToGoAt = now;
    const { epoch } = this.#parts.identity;
    const reason = RefusalReason.makeRoom;
    this.#parts.send(child, { type: MessageType.refused, epoch, stripe: tree.stripe, reason, alternatives });
  }

  #refuse(peer: PeerId, { tree, book }: Branch, reason: RefusalReason, claim: Claim): void {
    const places = book.known().filter(byClaim(claim));
    const named = new Set(peersOf(shuffled(this.#parts.random, places)));
    if (named.size === 0)
      for (const child of shuffled(this.#parts.random, tree.children.keys())) named.add(child);
    named.delete(peer);
    const alternatives = [...named].slice(0, limits.alternativesMax);
    const { epoch } = this.#parts.identity;
    this.#parts.send(peer, { type: MessageType.refused, epoch, stripe: tree.stripe, reason, alternatives });
  }

  /**
   * Where there are more children than this node should have, and room elsewhere, one of them is asked to move there. Those who were asked,
   * and are still looking, are as good as gone.
   */
  relieve(now: number): void {
    const { branches, pool } = this.#parts;
    for (const branch of branches) {
      const { stripe, children } = branch.tree;
      const overload = pool.overloadOf(stripe);
      branch.overloadedSince = overload === 0 ? undefined : (branch.overloadedSince ?? now);
      if (branch.overloadedSince === undefined) continue;
      const mayBeAsked = [...children].filter(
        ([, { askedToGoAt = Number.NEGATIVE_INFINITY }]) => now - askedToGoAt >= relayTimings.makeRoomAgainMs,
      );
      if (children.size - mayBeAsked.length >= overload) continue;
      const leaves = mayBeAsked.filter(([, { interior }]) => !interior).map(([peer]) => peer);
      if (leaves.length > 0) this.#sendAway(randomPick(this.#parts.random, leaves), 'free', branch, now);
      else this.#sendBranchAway(mayBeAsked, now - branch.overloadedSince, branch, now);
    }
  }

  /**
   * The smallest branch has to go, for whoever hangs below sinks with it; that of one who feeds others makeshift first. A few nodes may sink
   * however far, a larger branch not at once: the longer there has been nothing nearer to the host, the farther.
   */
  #sendBranchAway(
    children: readonly (readonly [PeerId, Child])[],
    waitedMs: number,
    branch: Branch,
    now: number,
  ): void {
    const { stripe, depth } = branch.tree;
    const makeshift = children.filter(([, child]) => child.makeshift);
    const [smallest] = (makeshift.length > 0 ? makeshift : children)
      .map(([peer]) => ({ peer, nodes: this.#parts.nodesBelow(stripe, peer) }))
      .sort((a, b) => a.nodes - b.nodes);
    const isSmall = smallest !== undefined && smallest.nodes <= relayTimings.smallBranchNodes;
    const hops = Math.floor(waitedMs / relayTimings.branchSinksAHopAfterMs);
    const depthMax = isSmall ? Number.POSITIVE_INFINITY : depth + hops;
    this.#sendAway(smallest?.peer, 'forInterior', branch, now, depthMax);
  }

  /** Asks a child to go where there is room, if there is any: not deeper than `depthMax`, the depth of a parent. */
  #sendAway(
    child: PeerId | undefined,
    claim: Claim,
    branch: Branch,
    now: number,
    depthMax = Number.POSITIVE_INFINITY,
  ): void {
    const isOpen = byClaim(claim);
    const places = branch.book.known().filter((place) => isOpen(place) && place.depth <= depthMax);
    if (child === undefined || places.length === 0) return;
    const named = peersOf(shuffled(this.#parts.random, places)).slice(0, limits.alternativesMax);
    this.#askToGo(child, branch, named, now);
  }
}
