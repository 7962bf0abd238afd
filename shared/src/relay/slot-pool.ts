/**
 * How many children a node takes, and of which stripes. One pool serves all stripes; a slot is one child in one stripe, so K slots
 * carry one whole stream. A viewer feeds mainly one stripe, its own, and there as many as make everyone give about what they take; what
 * it can carry beyond that is kept for those who starve. The host feeds a few in every stripe.
 */
import type { OpenSlots } from '../wire/tree-messages.ts';
import { relayTimings } from './relay-contract.ts';
import type { Child, StripeTree } from './stripe-tree.ts';

/** Children of a viewer in its own stripe, and of the host in all, in multiples of the stream. */
const VIEWER_SHARE = 1.25;
const HOST_SHARE = 2;
/** With so many children beyond the share nobody is taken for another who is to go. */
const OVERLOAD_MAX = 2;

/** Whether a child would make room for one whose own stripe it is: any other, if it was not asked to go just now. */
export const mayBeDisplaced = ({ interior, makeshift, askedToGoAt }: Child, now: number): boolean =>
  (!interior || makeshift) &&
  (askedToGoAt === undefined || now - askedToGoAt >= relayTimings.makeRoomAgainMs);

export class SlotPool {
  readonly #isHost: boolean;
  readonly #trees: readonly StripeTree[];
  #slots: number;
  /** What the uplink turned out to carry, over all stripes (upload-guard.ts). */
  childrenMax = Number.POSITIVE_INFINITY;
  /** The stripe that a viewer feeds; undefined before it has chosen, and where it feeds nobody. */
  ownStripe: number | undefined;

  /** @param slots in multiples of the stream */
  constructor(isHost: boolean, trees: readonly StripeTree[], slots: number) {
    this.#isHost = isHost;
    this.#trees = trees;
    this.#slots = slots;
  }

  /** In multiples of the stream, as {@link capacity} is not. */
  set slots(slots: number) {
    this.#slots = slots;
  }

  get slots(): number {
    return this.#slots;
  }

  get stripes(): number {
    return this.#trees.length;
  }

  /** Children at most, over all stripes. */
  get capacity(): number {
    return Math.min(Math.floor(this.#slots * this.stripes + 1e-9), this.childrenMax);
  }

  get used(): number {
    let used = 0;
    for (const tree of this.#trees) used += tree.children.size;
    return used;
  }

  /** What is left of the pool, in copies of the stream. */
  get copiesLeft(): number {
    return Math.max(0, (this.capacity - this.used) / this.stripes);
  }

  /** Children that this node takes in a stripe without being pressed. */
  shareOf(stripe: number): number {
    const { stripes, capacity } = this;
    if (stripes === 1) return capacity;
    // Rounded up: a host that used less than its pool would never find out that it can more.
    if (this.#isHost) return Math.ceil(Math.min(capacity, HOST_SHARE * stripes) / stripes);
    return stripe === this.ownStripe ? Math.min(capacity, Math.ceil(VIEWER_SHARE * stripes)) : 0;
  }

  /** What is open in a stripe at a time, ms. */
  open(stripe: number, now: number): OpenSlots {
    const children = this.#trees[stripe]?.children;
    const left = this.#leftFor(stripe);
    const share = this.shareOf(stripe);
    const free = this.#freeOf(stripe);
    let leaves = 0;
    // Not while those who were asked to go are still there: they would become ever more. Nor, but for one, beyond the pool.
    const overload = this.overloadOf(stripe);
    if (share > 0 && free === 0 && overload < OVERLOAD_MAX) {
      for (const child of children?.values() ?? []) if (mayBeDisplaced(child, now)) leaves++;
      leaves = Math.min(leaves, Math.max(left, 1 - overload));
    }
    return { free, forInterior: Math.min(255, free + leaves), forStarving: Math.min(255, left) };
  }

  /** Slots that anybody may have, over all stripes. */
  get free(): number {
    let free = 0;
    for (let stripe = 0; stripe < this.stripes; stripe++) free += this.#freeOf(stripe);
    return free;
  }

  /**
   * Slots that a stripe may use. A host that has one for each stripe keeps one for every other stripe in which it has no child: without any
   * nobody has that stripe.
   */
  #leftFor(stripe: number): number {
    const { capacity, stripes } = this;
    let left = capacity - this.used;
    if (this.#isHost && capacity >= stripes)
      for (const tree of this.#trees) if (tree.stripe !== stripe && tree.children.size === 0) left--;
    return Math.max(0, left);
  }

  #freeOf(stripe: number): number {
    const left = this.#leftFor(stripe);
    return Math.min(left, Math.max(0, this.shareOf(stripe) - (this.#trees[stripe]?.children.size ?? 0)));
  }

  /** Children beyond what this node takes unpressed, in a stripe. */
  overloadOf(stripe: number): number {
    return Math.max(0, (this.#trees[stripe]?.children.size ?? 0) - this.shareOf(stripe));
  }
}
