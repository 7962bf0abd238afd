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

interface Budget {
  readonly joins: TokenBucket;
  readonly signals: TokenBucket;
  readonly approaches: TokenBucket;
  readonly redirects: TokenBucket;
}

export class SupernodeBudgets {
  readonly #settings: SupernodeSettings;
  readonly #budgets: BoundedMap<string, Budget>;
  /** By sender and receiver; by bringer, sender and receiver where a supernode brought them. */
  readonly #pairs = new BoundedMap<string, TokenBucket>(PAIRS_MAX);

  constructor(settings: SupernodeSettings) {
    this.#settings = settings;
    // Those who have left are remembered, too, for as long as there is room.
    this.#budgets = new BoundedMap(2 * settings.linksMax);
  }

  /** An identity opens a link. */
  join(peer: PeerId, role: Role, now: number): boolean {
    return this.#of(peer, role, now).joins.take(now);
  }

  redirect(peer: PeerId, role: Role, now: number): boolean {
    return this.#of(peer, role, now).redirects.take(now);
  }

  /** One signal, or word that one failed, that came over the link of `peer`. */
  signal(peer: PeerId, role: Role, now: number): boolean {
    return this.#of(peer, role, now).signals.take(now);
  }

  /**
   * The same signal, by whom it is from and to. Who answers has not approached anybody.
   * @param through the supernode that it goes to, if it is for a member of that one
   */
  pair(from: PeerId, to: PeerId, through: PeerId | undefined, now: number): boolean {
    const key = `${from}${to}`;
    const known = this.#pairs.get(key);
    if (known !== undefined) return known.take(now);
    const answers = this.#pairs.has(`${to}${from}`) || this.#pairs.has(`${through}${to}${from}`);
    if (!answers && !this.#of(from, Role.viewer, now).approaches.take(now)) return false;
    return this.#newPair(key, now).take(now);
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

  #of(peer: PeerId, role: Role, now: number): Budget {
    // Apart, so that nobody refills one budget by taking the other role.
    const supernode = role === Role.supernode;
    const key = supernode ? `${peer} supernode` : peer;
    const known = this.#budgets.get(key);
    if (known !== undefined) return known;
    const { joinsPerMinute, joinsBurst, fanOutPerMinute, fanOutBurst } = this.#settings;
    const { signalsPerSecond, signalsBurst, redirectsPerSecond, redirectsBurst } = this.#settings;
    const times = supernode ? SUPERNODE_SIGNALS_TIMES : 1;
    const budget: Budget = {
      joins: new TokenBucket(joinsPerMinute / SECONDS_PER_MINUTE, joinsBurst, now),
      signals: new TokenBucket(signalsPerSecond * times, signalsBurst * times, now),
      approaches: new TokenBucket(fanOutPerMinute / SECONDS_PER_MINUTE, fanOutBurst, now),
      redirects: new TokenBucket(redirectsPerSecond, redirectsBurst, now),
    };
    this.#budgets.set(key, budget);
    return budget;
  }
}
