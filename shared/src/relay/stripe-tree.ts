/**
 * One node's place in the relay tree of one stripe: its parent, a standby, its children, and what neighbours advertise.
 * Loop-free by path: a neighbour advertises the ids from the host to itself, and one whose path holds this node is no
 * parent for it. Later milestones widen this to the full forest (push-down, borrowing, claims checked); the messages and
 * the stripe number are there already.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomFloat } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { AdvertState } from '../wire/relay-messages.ts';
import { relayTimings } from './relay-contract.ts';

/** What a neighbour says of its place. */
export interface Neighbour {
  readonly state: AdvertState;
  readonly path: readonly PeerId[];
  readonly freeSlots: number;
  /** Breaks ties between equal candidates differently at every node. */
  readonly lot: number;
}

export class StripeTree {
  readonly stripe: number;
  readonly #self: PeerId;
  readonly #isHost: boolean;
  readonly #random: Random;
  readonly #neighbours = new Map<PeerId, Neighbour>();
  readonly #children = new Set<PeerId>();
  readonly #refusedUntil = new Map<PeerId, number>();
  #parent: PeerId | undefined;
  #asked: { readonly peer: PeerId; readonly at: number } | undefined;
  #lost: PeerId | undefined;
  #state: AdvertState;
  #path: readonly PeerId[];
  #orphanedAt = 0;

  constructor(stripe: number, self: PeerId, isHost: boolean, random: Random) {
    this.stripe = stripe;
    this.#self = self;
    this.#isHost = isHost;
    this.#random = random;
    this.#state = isHost ? AdvertState.attached : AdvertState.detached;
    this.#path = isHost ? [self] : [];
  }

  get parent(): PeerId | undefined {
    return this.#parent;
  }

  get children(): ReadonlySet<PeerId> {
    return this.#children;
  }

  get state(): AdvertState {
    return this.#state;
  }

  /** Ids from the host to this node, both included; empty while detached. */
  get path(): readonly PeerId[] {
    return this.#path;
  }

  /** Whether an answer to a subscribe is awaited from this peer. */
  awaits(peer: PeerId): boolean {
    return this.#asked?.peer === peer;
  }

  advert(peer: PeerId, state: AdvertState, path: readonly PeerId[], freeSlots: number): void {
    const lot = this.#neighbours.get(peer)?.lot ?? randomFloat(this.#random);
    this.#neighbours.set(peer, { state, path, freeSlots, lot });
    if (freeSlots > 0) this.#refusedUntil.delete(peer);
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
    this.#asked = undefined;
    if (!this.#acceptable(path) || path.at(-1) !== peer) return false;
    this.#parent = peer;
    this.#lost = undefined;
    this.#path = [...path, this.#self];
    this.#state = AdvertState.attached;
    const known = this.#neighbours.get(peer);
    this.#neighbours.set(peer, {
      state: AdvertState.attached,
      path,
      freeSlots: known?.freeSlots ?? 0,
      lot: known?.lot ?? randomFloat(this.#random),
    });
    return true;
  }

  refused(peer: PeerId, now: number): void {
    if (this.#asked?.peer === peer) this.#asked = undefined;
    this.#refusedUntil.set(peer, now + relayTimings.refusalBackoffMs);
  }

  /** The parent is gone or useless; children stay for a while, in the hope of another one. */
  loseParent(now: number): void {
    this.#lost = this.#parent;
    if (this.#parent !== undefined) this.#refusedUntil.set(this.#parent, now + relayTimings.refusalBackoffMs);
    this.#parent = undefined;
    this.#state = AdvertState.repairing;
    this.#orphanedAt = now;
  }

  /** Time passed: an unanswered question is dropped, an orphan without luck gives up its place. True if that changed the advert. */
  expire(now: number): boolean {
    if (this.#asked && now - this.#asked.at >= relayTimings.subscribeTimeoutMs)
      this.refused(this.#asked.peer, now);
    for (const [peer, until] of this.#refusedUntil) if (until <= now) this.#refusedUntil.delete(peer);
    if (this.#state !== AdvertState.repairing || now - this.#orphanedAt < relayTimings.orphanGraceMs)
      return false;
    this.#state = AdvertState.detached;
    this.#path = [];
    return true;
  }

  /** When {@link expire} or {@link candidate} may have something new, ms. */
  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    if (this.#asked) deadline = this.#asked.at + relayTimings.subscribeTimeoutMs;
    if (this.#state === AdvertState.repairing) {
      deadline = Math.min(deadline, this.#orphanedAt + relayTimings.orphanGraceMs);
    }
    if (!this.#isHost && this.#parent === undefined && !this.#asked) {
      for (const until of this.#refusedUntil.values()) deadline = Math.min(deadline, until);
    }
    return deadline;
  }

  /** Whom to ask now; undefined if there is a parent, a question under way, or nobody fit. */
  candidate(now: number): PeerId | undefined {
    if (this.#isHost || this.#parent !== undefined || this.#asked) return undefined;
    return this.#best(now, this.#lost);
  }

  /** The neighbour that would be asked if the parent were lost now. */
  standby(now: number): PeerId | undefined {
    return this.#parent === undefined ? undefined : this.#best(now, this.#parent);
  }

  /** Best by: not `avoid` and not behind it, short path, many free slots, lot. */
  #best(now: number, avoid: PeerId | undefined): PeerId | undefined {
    let best: PeerId | undefined;
    let bestScore = Number.POSITIVE_INFINITY;
    for (const [peer, neighbour] of this.#neighbours) {
      if (
        peer === this.#parent ||
        neighbour.state !== AdvertState.attached ||
        !this.#acceptable(neighbour.path)
      )
        continue;
      const until = this.#refusedUntil.get(peer);
      if ((until !== undefined && now < until) || neighbour.freeSlots === 0) continue;
      const behind = avoid !== undefined && neighbour.path.includes(avoid) ? 1000 : 0;
      const score = behind + neighbour.path.length + 1 / neighbour.freeSlots + neighbour.lot / 10;
      if (score < bestScore) {
        best = peer;
        bestScore = score;
      }
    }
    return best;
  }

  ask(peer: PeerId, now: number): void {
    this.#asked = { peer, at: now };
  }

  addChild(peer: PeerId): void {
    this.#children.add(peer);
  }

  removeChild(peer: PeerId): boolean {
    return this.#children.delete(peer);
  }

  /** Forgets a peer that is gone; true if it was the parent. */
  peerDown(peer: PeerId, now: number): boolean {
    this.#neighbours.delete(peer);
    this.#refusedUntil.delete(peer);
    this.#children.delete(peer);
    if (this.#asked?.peer === peer) this.#asked = undefined;
    if (this.#parent !== peer) return false;
    this.loseParent(now);
    this.#refusedUntil.delete(peer);
    return true;
  }
}
