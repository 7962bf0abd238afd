/**
 * One node's place in the relay tree of one stripe: its path from the host, its parent, a standby, its children. Who else could be its parent
 * is neighbours.ts, whom to take as a child slot-pool.ts, where else there is room vacancies.ts.
 */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { AdvertState, type OpenSlots } from '../wire/tree-messages.ts';
import { Acquaintance } from './acquaintance.ts';
import { OBJECT_BYTES, TEXT_BYTES, tableBytes } from './held-bytes.ts';
import { type Claim, type Neighbour, Neighbours, type Wish } from './neighbours.ts';
import { relayTimings } from './relay-contract.ts';

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

const NOBODY: ReadonlySet<PeerId> = new Set();

export class StripeTree {
  readonly stripe: number;
  readonly #self: PeerId;
  readonly #isHost: boolean;
  readonly #acquaintance: Acquaintance;
  readonly #neighbours: Neighbours;
  readonly #children = new Map<PeerId, Child>();
  #parent: PeerId | undefined;
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
    this.#neighbours = new Neighbours(self, random, acquaintance);
    this.stripe = stripe;
    this.#acquaintance = acquaintance;
    this.#self = self;
    this.#isHost = isHost;
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
    const own = tableBytes(this.#children.size, OBJECT_BYTES) + tableBytes(this.#suspects.size);
    return own + this.#neighbours.tableBytes + this.#path.length * (8 + TEXT_BYTES);
  }

  /** Whether an answer of the peer to a subscribe is awaited. */
  awaits(peer: PeerId): boolean {
    return this.#neighbours.questions.awaits(peer);
  }

  /** Whether answers are awaited before anybody else is asked. */
  get isAsking(): boolean {
    return this.#neighbours.questions.areOpen;
  }

  neighbour(peer: PeerId): Neighbour | undefined {
    return this.#neighbours.get(peer);
  }

  advert(peer: PeerId, state: AdvertState, path: readonly PeerId[], slots: OpenSlots): void {
    this.#neighbours.advert(peer, state, path, slots);
  }

  /** Follows the parent's own moves. True if the parent is lost by this: it is detached, or its path leads through here. */
  parentMoved(state: AdvertState, path: readonly PeerId[]): boolean {
    if (state === AdvertState.repairing) return false;
    if (state === AdvertState.detached || !this.#neighbours.isUsable(path)) return true;
    this.#path = [...path, this.#self];
    return false;
  }

  /** The peer accepted this node as a child. False if its path cannot be used. */
  attach(peer: PeerId, path: readonly PeerId[]): boolean {
    this.#neighbours.questions.drop(peer);
    if (!this.#neighbours.isUsable(path) || path.at(-1) !== peer) return false;
    this.#neighbours.questions.close();
    this.#trial = undefined;
    this.#parent = peer;
    this.#suspects.clear();
    this.#path = [...path, this.#self];
    this.#state = AdvertState.attached;
    this.#neighbours.placed(peer, path);
    return true;
  }

  /** The same while there is a parent: that is left when the peer has pushed something. */
  tryOut(peer: PeerId, path: readonly PeerId[], now: number): boolean {
    this.#neighbours.questions.drop(peer);
    if (!this.#neighbours.isUsable(path) || path.at(-1) !== peer) return false;
    this.#trial = { peer, until: now + relayTimings.trialMs, pushed: false, parentPushedAt: undefined };
    this.#neighbours.placed(peer, path);
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
    this.#neighbours.questions.drop(peer);
    this.#neighbours.refusals.refused(peer, now, backoffMs);
  }

  /** The peer has nothing to give itself. Where this node lacks a parent that has, the trouble lies above them. */
  notReady(peer: PeerId, now: number): void {
    this.#neighbours.questions.drop(peer);
    this.#neighbours.refusals.notReady(peer, now);
    if (this.#state !== AdvertState.repairing) return;
    const [, ...path] = this.#neighbours.get(peer)?.path ?? [];
    for (const above of path) this.#suspects.add(above);
  }

  /** The peer says nothing any more: whatever it offered, it is not asked before it offers it anew. */
  fellSilent(peer: PeerId, now: number): void {
    if (this.#trial?.peer === peer) this.#trial = undefined;
    this.#neighbours.questions.drop(peer);
    this.#neighbours.refusals.fellSilent(peer, now);
  }

  /** The peer was a parent that did not do its part: each time it is left alone for twice as long. */
  failed(peer: PeerId, now: number): void {
    this.#neighbours.questions.drop(peer);
    this.#neighbours.refusals.failed(peer, now);
  }

  /** It has pushed nothing at all since it took this node: it is doubted in every stripe. */
  wasInVain(peer: PeerId, now: number): void {
    this.failed(peer, now);
    this.#acquaintance.doubts.failed(peer, now);
  }

  /** Whether the peer lately was a parent in vain, in whatever stripe. */
  isDoubted(peer: PeerId, now: number): boolean {
    return this.#neighbours.isDoubted(peer, now);
  }

  /** The parent is gone or useless; children stay for a while, in the hope of another one. */
  loseParent(now: number): void {
    this.#neighbours.refusals.lost(this.#parent, now);
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
    for (const peer of this.#neighbours.questions.expire(this.#parent !== undefined, now))
      this.refused(peer, now);
    this.#neighbours.refusals.expire(now);
    if (this.#state !== AdvertState.repairing || now - this.#orphanedAt < relayTimings.orphanGraceMs)
      return false;
    this.#state = AdvertState.detached;
    this.#path = [];
    return true;
  }

  /** When {@link expire} or {@link candidate} may have something new, ms. */
  get deadline(): number {
    let deadline = this.#neighbours.questions.deadline(this.#parent !== undefined);
    if (this.#trial) deadline = Math.min(deadline, this.#trial.until);
    if (this.#state === AdvertState.repairing) {
      deadline = Math.min(deadline, this.#orphanedAt + relayTimings.orphanGraceMs);
    }
    if (!this.#isHost && this.#parent === undefined && !this.isAsking) {
      deadline = Math.min(deadline, this.#neighbours.refusals.deadline);
    }
    return deadline;
  }

  /** Whom to ask now for such a slot, as one without a parent does; undefined if a question is under way, or nobody is fit. */
  candidate(
    now: number,
    claim: Claim,
    mayRise = true,
    isFit?: (peer: PeerId) => boolean,
  ): PeerId | undefined {
    if (this.#isHost || this.isAsking) return undefined;
    const aliveSince = this.#parentHeardAt;
    return this.#best(now, { claim, mayRise, avoid: this.#suspects, aliveSince, ...(isFit && { isFit }) });
  }

  /**
   * A neighbour with so many such slots at least, under which this node would be at most that deep, while it has a parent. Nobody who was a
   * parent in vain.
   */
  betterThan(depthMax: number, least: number, now: number, claim: Claim, mayRise = true): PeerId | undefined {
    if (this.#isHost || this.isAsking || this.#trial) return undefined;
    const isFit = (peer: PeerId) => !this.isDoubted(peer, now);
    const best = this.#best(now, { claim, least, mayRise, isFit });
    const length = best === undefined ? undefined : this.#neighbours.get(best)?.path.length;
    return length !== undefined && length <= depthMax ? best : undefined;
  }

  /** Hops from the host to the furthest one that is known of, this node among them. */
  get hopsMax(): number {
    return Math.max(this.depth, this.#neighbours.hopsMax);
  }

  /** The neighbour that would be asked if the parent were lost now. */
  standby(now: number): PeerId | undefined {
    return this.#parent === undefined
      ? undefined
      : this.#best(now, { claim: 'forStarving', avoid: new Set([this.#parent]) });
  }

  /** Anyone but the parent; of one slot or more, wherever it is, if nothing else is said. */
  #best(now: number, wish: Pick<Wish, 'claim'> & Partial<Wish>): PeerId | undefined {
    return this.#neighbours.best(now, {
      least: 1,
      mayRise: true,
      avoid: NOBODY,
      ...wish,
      parent: this.#parent,
    });
  }

  /** Neighbours that are fed in this stripe by others than this node and its parent: what the parent does not send they may have. */
  others(): Iterable<PeerId> {
    return this.#neighbours.fedByOthersThan(this.#parent);
  }

  ask(peer: PeerId, now: number): void {
    this.#neighbours.questions.ask(peer, now);
  }

  /** The peer has answered, in time or not. */
  answered(peer: PeerId, now: number): void {
    this.#neighbours.questions.heard(peer, now);
  }

  /** It delivers: what was held against it is forgotten. */
  delivered(peer: PeerId): void {
    this.#neighbours.refusals.delivered(peer);
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
    this.#neighbours.forget(peer);
    this.#children.delete(peer);
    if (this.#trial?.peer === peer) this.#trial = undefined;
    if (this.#parent !== peer) return false;
    this.loseParent(now);
    this.#neighbours.refusals.forget(peer);
    return true;
  }
}
