/**
 * Which stripe a viewer feeds to others: its own (SplitStream). It draws one when it has listened to its first neighbours for a moment,
 * and now and then takes another where that one has nobody to spare. The host has none, nor has a node that may not upload.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomFloat, randomPick } from '../lib/random.ts';
import { AdvertState } from '../wire/tree-messages.ts';
import { type Branch, byClaim, type ForestIdentity } from './branch.ts';
import { relayTimings } from './relay-contract.ts';
import type { SlotPool } from './slot-pool.ts';

/** Of those who could feed another stripe than their own better, so many do at each look. */
const RECONSIDER_CHANCE = 0.3;

/** A stripe in which a node can begin one hop nearer to the host is so many times as likely. */
const PER_HOP = 1.5;
/** Where no neighbour takes it as one that feeds others, it begins that far, as far as it knows. */
const FARTHEST_HOPS = 12;
const NOBODY = { slots: { free: 0, forInterior: 0, forStarving: 0 }, path: [] } as const;

export interface OwnStripeParts {
  readonly identity: ForestIdentity;
  readonly branches: readonly Branch[];
  readonly pool: SlotPool;
  readonly random: Random;
}

export class OwnStripe {
  readonly #parts: OwnStripeParts;
  #chooseAt = Number.POSITIVE_INFINITY;
  /** It is to have none, though it may upload. */
  leafOnly = false;

  constructor(parts: OwnStripeParts) {
    this.#parts = parts;
    const { branches, pool } = parts;
    if (branches.length === 1) pool.ownStripe = 0;
  }

  is(stripe: number): boolean {
    const { branches, pool } = this.#parts;
    return branches.length > 1 && stripe === pool.ownStripe;
  }

  /** When {@link choose} is due, ms; infinity while there is nothing to choose. Before that no parent is sought. */
  get deadline(): number {
    return this.#chooseAt;
  }

  /** What it may upload has changed, or a neighbour was heard: a node without a stripe chooses one soon. */
  chooseSoon(now: number): void {
    const { identity, pool } = this.#parts;
    if (identity.isHost || this.leafOnly || pool.ownStripe !== undefined || pool.capacity === 0) return;
    this.#chooseAt = Math.min(this.#chooseAt, now + relayTimings.chooseStripeAfterMs);
  }

  /** The node may not upload any more, or is to be a leaf. */
  giveUp(): void {
    if (this.#parts.branches.length > 1) this.#parts.pool.ownStripe = undefined;
  }

  /**
   * The stripe that seems to lack nodes that feed it is the likeliest, and one where this node can begin near the host: who feeds others from
   * there makes the whole tree less deep. True if one was chosen.
   */
  choose(peers: Iterable<PeerId>): boolean {
    const { branches, pool, random } = this.#parts;
    this.#chooseAt = Number.POSITIVE_INFINITY;
    if (this.leafOnly || pool.capacity === 0) return false;
    const known = [...peers];
    const weights = branches.map(({ tree }) => {
      let free = 0;
      let hops = FARTHEST_HOPS;
      for (const peer of known) {
        const { slots, path } = tree.neighbour(peer) ?? NOBODY;
        free += slots.free;
        if (slots.forInterior > 0 && path.length > 0) hops = Math.min(hops, path.length);
      }
      return 1 / (1 + free) ** 2 / PER_HOP ** hops;
    });
    let lot = randomFloat(random) * weights.reduce((sum, weight) => sum + weight, 0);
    let stripe = 0;
    for (; stripe < branches.length - 1; stripe++) {
      lot -= weights[stripe] ?? 0;
      if (lot < 0) break;
    }
    pool.ownStripe = stripe;
    return true;
  }

  /** One who feeds hardly anybody, in a stripe where others have room, chooses again where nobody has any. True if it did. */
  reconsider(): boolean {
    const { branches, pool, random } = this.#parts;
    const own = pool.ownStripe;
    if (own === undefined || randomFloat(random) > RECONSIDER_CHANCE) return false;
    const isOpen = ({ book }: Branch): boolean => book.known().some(byClaim('free'));
    const branch = branches[own];
    if (!branch || branch.tree.children.size > 1 || !isOpen(branch)) return false;
    const full = branches.filter((each) => each.tree.state === AdvertState.attached && !isOpen(each));
    const choice = randomPick(random, full);
    if (choice === undefined) return false;
    pool.ownStripe = choice.tree.stripe;
    return true;
  }
}
