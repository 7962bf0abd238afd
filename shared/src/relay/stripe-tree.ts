/**
 * One node's place in the relay tree of one stripe: its parent, a standby, its children, and what neighbours advertise.
 * Loop-free by path: a neighbour advertises the ids from the host to itself, and one whose path holds this node is no
 * parent for it. Whom to take as a child is slot-pool.ts, where else there is room vacancies.ts.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomFloat } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { AdvertState, type OpenSlots } from '../wire/tree-messages.ts';
import { Acquaintance } from './acquaintance.ts';
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

export interface Child {
  /** It feeds others in this stripe. */
  readonly interior: boolean;
  /** It does so in a stripe that is not its own. */
  readonly makeshift: boolean;
  /** It was asked to find another parent at this time, ms; undefined: it was not. */
  askedToGoAt: number | undefined;
}

/** Somebody who took this node as a child, and is to push something before the present parent is left. */
export interface Trial {
  readonly peer: PeerId;
  /** ms */
  readonly until: number;
  /** It has pushed something. */
  pushed: boolean;
  /** When the present parent first pushed something meanwhile, ms. */
  parentPushedAt: number | undefined;
}

const anybody = (): boolean => true;
const NOBODY: ReadonlySet<PeerId> = new Set();
const NO_SLOTS: OpenSlots = { free: 0, forInterior: 0, forStarving: 0 };

export class StripeTree {
  readonly stripe: number;
  readonly #self: PeerId;
  readonly #isHost: boolean;
  readonly #random: Random;
  readonly #acquaintance: Acquaintance;
  readonly #neighbours = new Map<PeerId, Neighbour>();
  readonly #children = new Map<PeerId, Child>();
  readonly #refusals = new Refusals();
  #parent: PeerId | undefined;
  readonly #questions: Questions;
  #trial: Trial | undefined;
  /** The parent that was lost, and those above neighbours that turned out to lack frames as well: whoever is fed through them may, too. */
  readonly #suspects = new Set<PeerId>();
  #state: AdvertState;
  #path: readonly PeerId[];
  #orphanedAt: number;
  /** When the parent that was lost was last heard, ms. */
  #parentHeardAt = Number.NEGATIVE_INFINITY;

  /** @param acquaintance of all stripes of the node */
  constructor(
    stripe: number,
    self: PeerId,
    isHost: boolean,
    random: Random,
    now = 0,
    acquaintance = new Acquaintance(),
  ) {
    this.#questions = new Questions(acquaintance.answers);
    this.stripe = stripe;
    this.#acquaintance = acquaintance;
    this.#self = self;
    this.#isHost = isHost;
    this.#random = random;
    this.#state = isHost ? AdvertState.attached : AdvertState.detached;
    this.#path = isHost ? [self] : [];
    this.#orphanedAt = now;
  }

  get parent(): PeerId | undefined {
    return this.#parent;
  }

  get children(): ReadonlyMap<PeerId, Child> {
    return this.#children;
  }

  get state(): AdvertState {
    return this.#state;
  }

  /** Ids from the host to this node, both included; empty while detached. */
  get path(): readonly PeerId[] {
    return this.#path;
  }

  /** Hops from the host; infinite while detached. */
  get depth(): number {
    return this.#path.length > 0 ? this.#path.length - 1 : Number.POSITIVE_INFINITY;
  }

  /** Since when there has been no parent, ms; undefined while there is one, and at the host. */
  get orphanedAt(): number | undefined {
    return this.#isHost || this.#parent !== undefined ? undefined : this.#orphanedAt;
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    let bytes = tableBytes(this.#children.size, OBJECT_BYTES) + this.#refusals.tableBytes;
    bytes += tableBytes(this.#suspects.size) + this.#questions.tableBytes;
    bytes += tableBytes(this.#neighbours.size, 3 * OBJECT_BYTES);
    for (const { path } of this.#neighbours.values()) bytes += path.length * (8 + TEXT_BYTES);
    return bytes + this.#path.length * (8 + TEXT_BYTES);
  }

  /** Whether an answer of the peer to a subscribe is awaited. */
  awaits(peer: PeerId): boolean {
    return this.#questions.awaits(peer);
  }

  /** Whether answers are awaited before anybody else is asked. */
  get isAsking(): boolean {
    return this.#questions.areOpen;
  }

  neighbour(peer: PeerId): Neighbour | undefined {
    return this.#neighbours.get(peer);
  }

  advert(peer: PeerId, state: AdvertState, path: readonly PeerId[], slots: OpenSlots): void {
    const lot = this.#neighbours.get(peer)?.lot ?? randomFloat(this.#random);
    this.#neighbours.set(peer, { state, path, slots, lot });
    this.#refusals.offers(peer, slots.free);
  }

  /** Follows the parent's own moves. True if the parent is lost by this: it is detached, or its path leads through here. */
  parentMoved(state: AdvertState, path: readonly PeerId[]): boolean {
    if (state === AdvertState.repairing) return false;
    if (state === AdvertState.detached || !this.#acceptable(path)) return true;
    this.#path = [...path, this.#self];
    return false;
  }

  #acceptable(path: readonly PeerId[]): boolean {
    return path.length > 0 && path.length < limits.pathIdsMax && !path.includes(this.#self);
  }

  /** The peer accepted this node as a child. False if its path cannot be used. */
  attach(peer: PeerId, path: readonly PeerId[]): boolean {
    this.#questions.drop(peer);
    if (!this.#acceptable(path) || path.at(-1) !== peer) return false;
    this.#questions.close();
    this.#trial = undefined;
    this.#parent = peer;
    this.#suspects.clear();
    this.#path = [...path, this.#self];
    this.#state = AdvertState.attached;
    this.#placed(peer, path);
    return true;
  }

  #placed(peer: PeerId, path: readonly PeerId[]): void {
    const known = this.#neighbours.get(peer);
    this.#neighbours.set(peer, {
      state: AdvertState.attached,
      path,
      slots: known?.slots ?? NO_SLOTS,
      lot: known?.lot ?? randomFloat(this.#random),
    });
  }

  /** The same while there is a parent: that is left when the peer has pushed something. */
  tryOut(peer: PeerId, path: readonly PeerId[], now: number): boolean {
    this.#questions.drop(peer);
    if (!this.#acceptable(path) || path.at(-1) !== peer) return false;
    this.#trial = { peer, until: now + relayTimings.trialMs, pushed: false, parentPushedAt: undefined };
    this.#placed(peer, path);
    return true;
  }

  /** Who is tried out as the next parent. */
  get trial(): Trial | undefined {
    return this.#trial;
  }

  endTrial(): void {
    this.#trial = undefined;
  }

  /** Who was tried out is the parent now. False if its place has become none that can be used: then that is over. */
  settle(): boolean {
    const peer = this.#trial?.peer;
    this.#trial = undefined;
    const place = peer === undefined ? undefined : this.#neighbours.get(peer);
    return peer !== undefined && place?.state === AdvertState.attached && this.attach(peer, place.path);
  }

  refused(peer: PeerId, now: number, backoffMs: number = relayTimings.refusalBackoffMs): void {
    this.#questions.drop(peer);
    this.#refusals.refused(peer, now, backoffMs);
  }

  /** The peer has nothing to give itself. Where this node lacks a parent that has, the trouble lies above them. */
  notReady(peer: PeerId, now: number): void {
    this.#questions.drop(peer);
    this.#refusals.notReady(peer, now);
    if (this.#state !== AdvertState.repairing) return;
    const [, ...path] = this.#neighbours.get(peer)?.path ?? [];
    for (const above of path) this.#suspects.add(above);
  }

  /** The peer says nothing any more: whatever it offered, it is not asked before it offers it anew. */
  fellSilent(peer: PeerId, now: number): void {
    if (this.#trial?.peer === peer) this.#trial = undefined;
    this.#questions.drop(peer);
    this.#refusals.fellSilent(peer, now);
  }

  /** The peer was a parent that did not do its part: each time it is left alone for twice as long. */
  failed(peer: PeerId, now: number): void {
    this.#questions.drop(peer);
    this.#refusals.failed(peer, now);
  }

  /** It has pushed nothing at all since it took this node: it is doubted in every stripe. */
  wasInVain(peer: PeerId, now: number): void {
    this.failed(peer, now);
    this.#acquaintance.doubts.failed(peer, now);
  }

  /** Whether the peer lately was a parent in vain, in whatever stripe. */
  isDoubted(peer: PeerId, now: number): boolean {
    return this.#acquaintance.doubts.has(peer, now);
  }

  /** The parent is gone or useless; children stay for a while, in the hope of another one. */
  loseParent(now: number): void {
    this.#refusals.lost(this.#parent, now);
    this.#suspects.clear();
    if (this.#parent !== undefined) {
      this.#suspects.add(this.#parent);
      this.#parentHeardAt = this.#acquaintance.signs.lastHeard(this.#parent);
    }
    this.#parent = undefined;
    this.#state = AdvertState.repairing;
    this.#orphanedAt = now;
  }

  /** Time passed: an unanswered question is dropped, an orphan without luck gives up its place. True if that changed the advert. */
  expire(now: number): boolean {
    for (const peer of this.#questions.expire(this.#parent !== undefined, now)) this.refused(peer, now);
    this.#refusals.expire(now);
    if (this.#state !== AdvertState.repairing || now - this.#orphanedAt < relayTimings.orphanGraceMs)
      return false;
    this.#state = AdvertState.detached;
    this.#path = [];
    return true;
  }

  /** When {@link expire} or {@link candidate} may have something new, ms. */
  get deadline(): number {
    let deadline = this.#questions.deadline(this.#parent !== undefined);
    if (this.#trial) deadline = Math.min(deadline, this.#trial.until);
    if (this.#state === AdvertState.repairing) {
      deadline = Math.min(deadline, this.#orphanedAt + relayTimings.orphanGraceMs);
    }
    if (!this.#isHost && this.#parent === undefined && !this.isAsking) {
      deadline = Math.min(deadline, this.#refusals.deadline);
    }
    return deadline;
  }

  /** Whom to ask now for such a slot, as one without a parent does; undefined if a question is under way, or nobody is fit. */
  candidate(
    now: number,
    claim: Claim,
    mayRise = true,
    isFit: (peer: PeerId) => boolean = anybody,
  ): PeerId | undefined {
    if (this.#isHost || this.isAsking) return undefined;
    return this.#best(now, claim, 1, mayRise, this.#suspects, isFit, this.#parentHeardAt);
  }

  /**
   * A neighbour with so many such slots at least, under which this node would be at most that deep, while it has a parent. Nobody who was a
   * parent in vain.
   */
  betterThan(depthMax: number, least: number, now: number, claim: Claim, mayRise = true): PeerId | undefined {
    if (this.#isHost || this.isAsking || this.#trial) return undefined;
    const best = this.#best(now, claim, least, mayRise, NOBODY, (peer) => !this.isDoubted(peer, now));
    const length = best === undefined ? undefined : this.#neighbours.get(best)?.path.length;
    return length !== undefined && length <= depthMax ? best : undefined;
  }

  /** Hops from the host to the furthest one that is known of, this node among them. */
  get hopsMax(): number {
    let most = this.depth;
    for (const { path } of this.#neighbours.values()) most = Math.max(most, path.length - 1);
    return most;
  }

  /** The neighbour that would be asked if the parent were lost now. */
  standby(now: number): PeerId | undefined {
    return this.#parent === undefined
      ? undefined
      : this.#best(now, 'forStarving', 1, true, new Set([this.#parent]));
  }

  /**
   * Best by: not behind somebody who is silent, to be avoided or was a parent in vain, heard since `aliveSince`, short path, many such slots,
   * lot. The host's last slots are the last to be taken.
   */
  #best(
    now: number,
    claim: Claim,
    least: number,
    mayRise: boolean,
    avoid: ReadonlySet<PeerId>,
    isFit: (peer: PeerId) => boolean = anybody,
    aliveSince = Number.NEGATIVE_INFINITY,
  ): PeerId | undefined {
    const { signs } = this.#acquaintance;
    let best: PeerId | undefined;
    let bestScore = Number.POSITIVE_INFINITY;
    for (const [peer, neighbour] of this.#neighbours) {
      const { state, path, slots, lot } = neighbour;
      if (peer === this.#parent || state !== AdvertState.attached || !this.#acceptable(path)) continue;
      if (this.#refusals.isSilent(peer) || this.#questions.isLate(peer) || !isFit(peer)) continue;
      // Near the host nobody is displaced by a newcomer.
      const displaces = claim === 'forInterior' && (mayRise || path.length > relayTimings.nearRootHops);
      const open = claim === 'forInterior' && !displaces ? slots.free : slots[claim];
      if (open < least || this.#refusals.holdsFor(peer, now)) continue;
      const isBehind = (id: PeerId): boolean =>
        avoid.has(id) || this.#refusals.isSilent(id) || this.#questions.isLate(id) || this.isDoubted(id, now);
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

  /** Neighbours that are fed in this stripe by others than this node and its parent: what the parent does not send they may have. */
  *others(): Generator<PeerId> {
    for (const [peer, { state, path }] of this.#neighbours) {
      if (peer === this.#parent || state !== AdvertState.attached || path.includes(this.#self)) continue;
      if (this.#refusals.isSilent(peer)) continue;
      if (this.#parent === undefined || !path.includes(this.#parent)) yield peer;
    }
  }

  ask(peer: PeerId, now: number): void {
    this.#questions.ask(peer, now);
  }

  /** The peer has answered, in time or not. */
  answered(peer: PeerId, now: number): void {
    this.#questions.heard(peer, now);
  }

  /** It delivers: what was held against it is forgotten. */
  delivered(peer: PeerId): void {
    this.#refusals.delivered(peer);
    this.#acquaintance.doubts.delivered(peer);
  }

  addChild(peer: PeerId, interior: boolean, makeshift = false): void {
    this.#children.set(peer, { interior, makeshift, askedToGoAt: this.#children.get(peer)?.askedToGoAt });
  }

  removeChild(peer: PeerId): boolean {
    return this.#children.delete(peer);
  }

  /** Forgets a peer that is gone; true if it was the parent. */
  peerDown(peer: PeerId, now: number): boolean {
    this.#neighbours.delete(peer);
    this.#refusals.forget(peer);
    this.#children.delete(peer);
    this.#questions.forget(peer);
    if (this.#trial?.peer === peer) this.#trial = undefined;
    if (this.#parent !== peer) return false;
    this.loseParent(now);
    this.#refusals.forget(peer);
    return true;
  }
}
