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
  /** By sender and receiver. */
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

  /** The same signal, by whom it is from and to. Who answers has not approached anybody; supernodes bring those of many. */
  pair(from: PeerId, to: PeerId, approaches: boolean, now: number): boolean {
    const key = `${from}${to}`;
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      const first = approaches && !this.#pairs.has(`${to}${from}`);
      if (first && !this.#of(from, Role.viewer, now).approaches.take(now)) return false;
      const { pairSignalsPerSecond, pairSignalsBurst } = this.#settings;
      pair = new TokenBucket(pairSignalsPerSecond, pairSignalsBurst, now);
      this.#pairs.set(key, pair);
    }
    return pair.take(now);
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
