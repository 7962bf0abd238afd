/**
 * What neighbours say of their places in the tree of one stripe, what was asked of each and what is held against it; and which of them is the
 * best to be fed by (PROTOCOL.md R15). Loop-free by path: a neighbour advertises the ids from the host to itself, and one whose path holds
 * this node is no parent for it.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomFloat } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { AdvertState, type OpenSlots } from '../wire/tree-messages.ts';
import type { Acquaintance } from './acquaintance.ts';
import { OBJECT_BYTES, TEXT_BYTES, tableBytes } from './held-bytes.ts';
import { Questions } from './questions.ts';
import { Refusals } from './refusals.ts';
import { relayTimings } from './relay-contract.ts';

/** What a neighbour says of its place. */
export interface Neighbour {
  readonly state: AdvertState;
  readonly path: readonly PeerId[];
  readonly slots: OpenSlots;
  /** Breaks ties between equal candidates differently at every node. */
  readonly lot: number;
}

/** Which of a neighbour's slots this node may ask for. */
export type Claim = keyof OpenSlots;

/** Who is looked for. */
export interface Wish {
  readonly claim: Claim;
  /** With so many such slots at least. */
  readonly least: number;
  /** Places near the host may be asked for, too, in which a newcomer displaces a leaf. */
  readonly mayRise: boolean;
  readonly parent: PeerId | undefined;
  /** Whoever is behind one of these is taken only if there is nobody else. */
  readonly avoid: ReadonlySet<PeerId>;
  readonly isFit?: (peer: PeerId) => boolean;
  /** Those who were heard since, ms, come first. */
  readonly aliveSince?: number;
}

const NO_SLOTS: OpenSlots = { free: 0, forInterior: 0, forStarving: 0 };
const anybody = (): boolean => true;

export class Neighbours {
  readonly #self: PeerId;
  readonly #random: Random;
  readonly #acquaintance: Acquaintance;
  readonly #places = new Map<PeerId, Neighbour>();
  readonly refusals = new Refusals();
  readonly questions: Questions;

  /** @param acquaintance of all stripes of the node */
  constructor(self: PeerId, random: Random, acquaintance: Acquaintance) {
    this.#self = self;
    this.#random = random;
    this.#acquaintance = acquaintance;
    this.questions = new Questions(acquaintance.answers);
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    let bytes = this.refusals.tableBytes + this.questions.tableBytes;
    bytes += tableBytes(this.#places.size, 3 * OBJECT_BYTES);
    for (const { path } of this.#places.values()) bytes += path.length * (8 + TEXT_BYTES);
    return bytes;
  }

  get(peer: PeerId): Neighbour | undefined {
    return this.#places.get(peer);
  }

  advert(peer: PeerId, state: AdvertState, path: readonly PeerId[], slots: OpenSlots): void {
    this.#places.set(peer, { state, path, slots, lot: this.#lotOf(peer) });
    this.refusals.offers(peer, slots.free);
  }

  /** It took this node as a child, and said where it stands. */
  placed(peer: PeerId, path: readonly PeerId[]): void {
    const slots = this.#places.get(peer)?.slots ?? NO_SLOTS;
    this.#places.set(peer, { state: AdvertState.attached, path, slots, lot: this.#lotOf(peer) });
  }

  #lotOf(peer: PeerId): number {
    return this.#places.get(peer)?.lot ?? randomFloat(this.#random);
  }

  /** Whether this node may stand below whoever has such a path. */
  isUsable(path: readonly PeerId[]): boolean {
    return path.length > 0 && path.length < limits.pathIdsMax && !path.includes(this.#self);
  }

  /** Whether the peer lately was a parent in vain, in whatever stripe. */
  isDoubted(peer: PeerId, now: number): boolean {
    return this.#acquaintance.doubts.has(peer, now);
  }

  /** Hops from the host to the furthest one. */
  get hopsMax(): number {
    let most = 0;
    for (const { path } of this.#places.values()) most = Math.max(most, path.length - 1);
    return most;
  }

  /**
   * Best by: not behind somebody who is silent, to be avoided or was a parent in vain, heard since `aliveSince`, short path, many such slots,
   * lot. The host's last slots are the last to be taken.
   */
  best(now: number, wish: Wish): PeerId | undefined {
    const { claim, least, mayRise, parent, avoid } = wish;
    const { isFit = anybody, aliveSince = Number.NEGATIVE_INFINITY } = wish;
    const { signs } = this.#acquaintance;
    let best: PeerId | undefined;
    let bestScore = Number.POSITIVE_INFINITY;
    for (const [peer, { state, path, slots, lot }] of this.#places) {
      if (peer === parent || state !== AdvertState.attached || !this.isUsable(path)) continue;
      if (this.refusals.isSilent(peer) || this.questions.isLate(peer) || !isFit(peer)) continue;
      // Near the host nobody is displaced by a newcomer.
      const displaces = claim === 'forInterior' && (mayRise || path.length > relayTimings.nearRootHops);
      const open = claim === 'forInterior' && !displaces ? slots.free : slots[claim];
      if (open < least || this.refusals.holdsFor(peer, now)) continue;
      const isBehind = (id: PeerId): boolean =>
        avoid.has(id) || this.refusals.isSilent(id) || this.questions.isLate(id) || this.isDoubted(id, now);
      const behind = path.some(isBehind) ? 1000 : 0;
      const lastResort = path.length === 1 && claim === 'forStarving' && slots.free === 0 ? 100 : 0;
      // Those who starve would rather be deep than burden one who carries much already.
      const load = (claim === 'forStarving' ? 6 : 1) / open;
      const quiet = signs.lastHeard(peer) < aliveSince ? 500 : 0;
      const score = behind + quiet + lastResort + path.length + load + lot / 10;
      if (score < bestScore) {
        best = peer;
        bestScore = score;
      }
    }
    return best;
  }

  /** Those who are fed by others than this node and its parent: what the parent does not send they may have. */
  *fedByOthersThan(parent: PeerId | undefined): Generator<PeerId> {
    for (const [peer, { state, path }] of this.#places) {
      if (peer === parent || state !== AdvertState.attached || path.includes(this.#self)) continue;
      if (this.refusals.isSilent(peer)) continue;
      if (parent === undefined || !path.includes(parent)) yield peer;
    }
  }

  /** The link to it is gone. */
  forget(peer: PeerId): void {
    this.#places.delete(peer);
    this.refusals.forget(peer);
    this.questions.forget(peer);
  }
}
