/** The neighbours of a graph machine: what each said it holds, what it may make this node spend, and how well it serves. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import type { GraphLevel } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import { type GraphPeer, graphCaps } from './graph-contract.ts';

/** What a peer may make this node spend; it outlives its links, so that coming again gives nothing anew. */
export class PeerBudget {
  readonly #isTrunk: boolean;
  // Made when they are first asked for: most of the thousands that have a socket to a supernode never make it spend anything.
  #introductions: TokenBucket | undefined;
  #vouched: TokenBucket | undefined;
  #repairs: TokenBucket | undefined;
  #served: TokenBucket | undefined;
  #patience: TokenBucket | undefined;
  /** It asked for far more than its share lately. */
  floods = false;

  constructor(isTrunk: boolean) {
    this.#isTrunk = isTrunk;
  }

  /** Whether it may bring up one more id that this node has not heard of; apart for those that it vouches for. */
  mayIntroduce(vouched: boolean, now: number): boolean {
    if (vouched) this.#vouched ??= introductions(this.#isTrunk, true, now);
    else this.#introductions ??= introductions(this.#isTrunk, false, now);
    return (vouched ? this.#vouched : this.#introductions)?.take(now) ?? false;
  }

  /** Whether to take part in one more comparison of replicas with it. */
  mayCompare(now: number): boolean {
    this.#repairs ??= new TokenBucket(graphCaps.repairsPerSecond, graphCaps.repairsBurst, now);
    return this.#repairs.take(now);
  }

  /** Whether to send it so many bytes that it asked for. */
  mayServe(bytes: number, now: number): boolean {
    const caps = graphCaps;
    this.#served ??= this.#isTrunk
      ? new TokenBucket(caps.supernodeServedBytesPerSecond, caps.supernodeServedBytesBurst, now)
      : new TokenBucket(caps.servedBytesPerSecond, caps.servedBytesBurst, now);
    if (this.#served.take(now, bytes)) return true;
    this.#patience ??= new TokenBucket(caps.deniedBytesPerSecond, caps.deniedBytesBurst, now);
    if (!this.#patience.take(now, bytes)) this.floods = true;
    return false;
  }
}

function introductions(isTrunk: boolean, vouched: boolean, now: number): TokenBucket {
  const caps = graphCaps;
  if (isTrunk) return new TokenBucket(caps.supernodeIntroducedPerSecond, caps.supernodeIntroducedBurst, now);
  return vouched
    ? new TokenBucket(caps.vouchedPerSecond, caps.vouchedBurst, now)
    : new TokenBucket(caps.introducedPerSecond, caps.introducedBurst, now);
}

export class Neighbour {
  readonly peer: PeerId;
  readonly role: Role;
  readonly stream: StreamId | undefined;
  readonly upAt: number;
  readonly budget: PeerBudget;
  /** What it is meant to hold, as it said in its last digest. */
  level: GraphLevel | undefined;
  /** Members of this node's stream, and nodes in all, as it counted them in its last digest. */
  membersSaid: number | undefined;
  nodesSaid: number | undefined;
  digestSentAt = Number.NEGATIVE_INFINITY;
  /** Leaves were shown to it, and its summary has not come yet: others are not asked for, and not looked at. */
  owesSummary = false;
  /** Until then its news are taken for the answer to a summary. */
  vouchedUntil = Number.NEGATIVE_INFINITY;
  /** When it last sent something that was asked for. */
  answeredAt: number;
  /** Stale, short or missing answers lately. */
  strikes = 0;

  constructor({ peer, role, stream }: GraphPeer, budget: PeerBudget, now: number) {
    this.peer = peer;
    this.role = role;
    this.stream = stream;
    this.upAt = now;
    this.answeredAt = now;
    this.budget = budget;
  }

  get isSupernode(): boolean {
    return this.role === Role.supernode;
  }
}
