/**
 * Who becomes a child of this node, and who has to go: claims on slots, push-down, and relief where there are too many. The trees and
 * slots are the forest's; this decides and answers.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomPick, shuffled } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, RefusalReason, type Subscribe } from '../wire/tree-messages.ts';
import { type Branch, byClaim, type ForestIdentity, peersOf } from './branch.ts';
import type { Claim } from './neighbours.ts';
import { relayTimings } from './relay-contract.ts';
import { mayBeDisplaced, type SlotPool } from './slot-pool.ts';
import type { StripeTree } from './stripe-tree.ts';

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
      this.#refusalOf(branch, isChild, open[claim], open.free, claim, now);
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
    isChild: boolean,
    open: number,
    free: number,
    claim: Claim,
    now: number,
  ): RefusalReason | undefined {
    if (isChild || free > 0) return undefined;
    if (open === 0) return RefusalReason.full;
    if (claim !== 'forInterior') return undefined;
    branch.displacedAt = branch.displacedAt.filter((at) => now - at < relayTimings.displacedWithinMs);
    return branch.displacedAt.length < relayTimings.displacedMax ? undefined : RefusalReason.full;
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
   * Where there are more children than this node should have, and room elsewhere, one of them is asked to move there: a leaf, or else the one
   * with the smallest branch, for whoever hangs below it sinks with it.
   */
  relieve(now: number): void {
    const { branches, pool, random, nodesBelow } = this.#parts;
    for (const branch of branches) {
      const { tree, book } = branch;
      if (pool.overloadOf(tree.stripe) === 0) continue;
      const places = book.known().filter(byClaim('free'));
      if (places.length === 0) continue;
      const mayBeAsked = [...tree.children].filter(
        ([, { askedToGoAt = Number.NEGATIVE_INFINITY }]) => now - askedToGoAt >= relayTimings.makeRoomAgainMs,
      );
      const leaves = mayBeAsked.filter(([, { interior }]) => !interior);
      const [smallest] = mayBeAsked
        .map(([peer]) => ({ peer, nodes: nodesBelow(tree.stripe, peer) }))
        .sort((a, b) => a.nodes - b.nodes);
      const child = leaves.length > 0 ? randomPick(random, leaves)?.[0] : smallest?.peer;
      const named = peersOf(shuffled(random, places)).slice(0, limits.alternativesMax);
      if (child !== undefined) this.#askToGo(child, branch, named, now);
    }
  }
}
