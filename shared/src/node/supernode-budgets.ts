/**
 * What one identity may ask of a supernode (PROTOCOL.md R29): links, signals in all, signals to one other, others that it
 * approaches, redirects. Kept by identity and not by link, so that coming again gives nothing anew.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId } from '../lib/ids.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { Role } from '../wire/link-messages.ts';
import type { SupernodeSettings } from './supernode-settings.ts';

/** A link between supernodes carries the signals of so many members. */
const SUPERNODE_SIGNALS_TIMES = 20;
/** Pairs whose signals are remembered: more than are dialing at one time. */
const PAIRS_MAX = 20_000;
const SECONDS_PER_MINUTE = 60;

/** What one identity has used up; made when it first asks for it, because most of thousands never do. */
export interface SupernodeBudget {
  joins?: TokenBucket;
  signals?: TokenBucket;
  approaches?: TokenBucket;
  redirects?: TokenBucket;
  /** Whom it signaled last, and the bucket of that pair: the signals of a dial come one after another. */
  lastTo?: PeerId;
  lastPair?: TokenBucket;
}

/** A link, as far as it matters here: it keeps what its identity has used up once that has been found. */
export interface BudgetHolder {
  readonly role: Role | undefined;
  budget: SupernodeBudget | undefined;
}

export class SupernodeBudgets {
  readonly #settings: SupernodeSettings;
  readonly #budgets: BoundedMap<string, SupernodeBudget>;
  /** By sender and receiver; by bringer, sender and receiver where a supernode brought them. */
  readonly #pairs = new BoundedMap<string, TokenBucket>(PAIRS_MAX);

  constructor(settings: SupernodeSettings) {
    this.#settings = settings;
    // Those who have left are remembered, too, for as long as there is room.
    this.#budgets = new BoundedMap(2 * settings.linksMax);
  }

  /** An identity opens a link. */
  join(link: BudgetHolder, peer: PeerId, now: number): boolean {
    const { joinsPerMinute, joinsBurst } = this.#settings;
    const budget = this.#of(link, peer);
    budget.joins ??= new TokenBucket(joinsPerMinute / SECONDS_PER_MINUTE, joinsBurst, now);
    return budget.joins.take(now);
  }

  redirect(link: BudgetHolder, peer: PeerId, now: number): boolean {
    const { redirectsPerSecond, redirectsBurst } = this.#settings;
    const budget = this.#of(link, peer);
    budget.redirects ??= new TokenBucket(redirectsPerSecond, redirectsBurst, now);
    return budget.redirects.take(now);
  }

  /** One signal, or word that one failed, that came over the link of `peer`. */
  signal(link: BudgetHolder, peer: PeerId, now: number): boolean {
    const budget = this.#of(link, peer);
    budget.signals ??= this.#signals(link.role, now);
    return budget.signals.take(now);
  }

  #signals(role: Role | undefined, now: number): TokenBucket {
    const { signalsPerSecond, signalsBurst } = this.#settings;
    const times = role === Role.supernode ? SUPERNODE_SIGNALS_TIMES : 1;
    return new TokenBucket(signalsPerSecond * times, signalsBurst * times, now);
  }

  /**
   * The same signal, by whom it is from and to. Who answers has not approached anybody.
   * @param link the sender's own
   * @param through the supernode that it goes to, if it is for a member of that one
   */
  pair(link: BudgetHolder, from: PeerId, to: PeerId, through: PeerId | undefined, now: number): boolean {
    const budget = this.#of(link, from);
    if (budget.lastTo !== to || budget.lastPair === undefined) {
      const pair = this.#pairOf(budget, from, to, through, now);
      if (pair === undefined) return false;
      budget.lastTo = to;
      budget.lastPair = pair;
    }
    return budget.lastPair.take(now);
  }

  /** Undefined if there is none yet, and the sender may not approach anybody new. */
  #pairOf(
    budget: SupernodeBudget,
    from: PeerId,
    to: PeerId,
    through: PeerId | undefined,
    now: number,
  ): TokenBucket | undefined {
    const key = `${from}${to}`;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known;
    const answers = this.#pairs.has(`${to}${from}`) || this.#pairs.has(`${through}${to}${from}`);
    return answers || this.#approach(budget, now) ? this.#newPair(key, now) : undefined;
  }

  /**
   * One that a supernode brought, which says whom it is from. Counted by who brought it, too: signatures are not checked here, and
   * one that lies must not use up what the real sender may send another way.
   */
  pairBrought(by: PeerId, from: PeerId, to: PeerId, now: number): boolean {
    const key = `${by}${from}${to}`;
    return (this.#pairs.get(key) ?? this.#newPair(key, now)).take(now);
  }

  #newPair(key: string, now: number): TokenBucket {
    const { pairSignalsPerSecond, pairSignalsBurst } = this.#settings;
    const pair = new TokenBucket(pairSignalsPerSecond, pairSignalsBurst, now);
    this.#pairs.set(key, pair);
    return pair;
  }

  #approach(budget: SupernodeBudget, now: number): boolean {
    const { fanOutPerMinute, fanOutBurst } = this.#settings;
    budget.approaches ??= new TokenBucket(fanOutPerMinute / SECONDS_PER_MINUTE, fanOutBurst, now);
    return budget.approaches.take(now);
  }

  /** Looked up once for each link: the link keeps it. */
  #of(link: BudgetHolder, peer: PeerId): SupernodeBudget {
    link.budget ??= this.#find(peer, link.role);
    return link.budget;
  }

  #find(peer: PeerId, role: Role | undefined): SupernodeBudget {
    // Apart, so that nobody refills one budget by taking the other role.
    const key = role === Role.supernode ? `${peer} supernode` : peer;
    let budget = this.#budgets.get(key);
    if (budget === undefined) {
      budget = {};
      this.#budgets.set(key, budget);
    }
    return budget;
  }
}
