/**
 * Passes the signals of others on through the mesh, for when no supernode does (PROTOCOL.md R25). One signal in is at most one
 * out: a single path, at most 8 nodes long, without loops and repeats, within a rate. Signals were verified by the gate; what a
 * signal says is not this node's business.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { SeenBefore } from '../lib/seen-before.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { type Signal, type SignalFailed, SignalFailure } from '../wire/supernode-messages.ts';
import type { Link, Links } from './links.ts';

export interface Routes {
  /** Neighbours that may lead to a peer, best first. */
  towards(peer: PeerId): readonly PeerId[];
}

export type ForwardDecision =
  | { readonly type: 'send'; readonly link: LinkId; readonly message: Signal | SignalFailed }
  | { readonly type: 'drop' };

/** Of one neighbour's signals, per second and at once; their bytes; and of all together. It outlives the link: coming again gives nothing anew. */
const PER_PEER = { perSecond: 10, burst: 60, bytesPerSecond: 64 * 1024, bytesBurst: 256 * 1024 } as const;
const IN_ALL = { perSecond: 40, burst: 200 } as const;
const REMEMBERED_MAX = 1_024;
const PEERS_MAX = 256;
const DROP: ForwardDecision = { type: 'drop' };

interface PeerSignals {
  readonly signals: TokenBucket;
  readonly bytes: TokenBucket;
}

export class SignalRouter {
  readonly #self: PeerId;
  readonly #links: Links;
  readonly #routes: Routes;
  readonly #seen = new SeenBefore(REMEMBERED_MAX);
  readonly #budgets = new BoundedMap<PeerId, PeerSignals>(PEERS_MAX);
  #inAll: TokenBucket | undefined;
  readonly counters: Record<string, number> = {};

  constructor(self: PeerId, links: Links, routes: Routes) {
    this.#self = self;
    this.#links = links;
    this.#routes = routes;
  }

  /** The open link to the neighbour that a signal goes to next, if it may lead to the peer and is not on the path yet. */
  nextHop(peer: PeerId, path: readonly PeerId[]): Link | undefined {
    for (const neighbour of this.#routes.towards(peer)) {
      const link = path.includes(neighbour) ? undefined : this.#memberLink(neighbour);
      if (link) return link;
    }
    return undefined;
  }

  /** An open link to a peer that takes signals of others: not a supernode, which takes only its members' own. */
  #memberLink(peer: PeerId): Link | undefined {
    const link = this.#links.openTo(peer);
    return link && link.role !== Role.supernode && !link.silent ? link : undefined;
  }

  /** A neighbour brought a signal to somebody else. */
  forward(via: Link, signal: Signal, now: number): ForwardDecision {
    const { to, from, session, payload, path, route } = signal;
    if (via.role === Role.supernode || via.peer === undefined) return this.#drop('signal-not-ours');
    if (from === this.#self || path.includes(this.#self)) return this.#drop('signal-loop');
    if (route.length === 0 && path.length >= limits.routeIdsMax) return this.#drop('signal-too-far');
    const lastHop = path[path.length - 1] ?? from;
    if (lastHop !== via.peer) return this.#drop('signal-path-wrong');
    if (!this.#withinRate(via.peer, payload.length, now)) return this.#drop('signals-too-fast');
    if (this.#seen.repeated(`${from}${session}`, payload)) return this.#drop('signal-repeated');
    const [next, ...ahead] = route;
    const hop = next === undefined ? this.nextHop(to, [...path, from, via.peer]) : this.#memberLink(next);
    if (hop === undefined || hop === via) return this.#fail(via, signal);
    this.#count('signals-forwarded');
    const message: Signal = { ...signal, route: ahead, path: [...path, this.#self] };
    return { type: 'send', link: hop.id, message };
  }

  /** Word of a failure only ever goes the way that it was given. */
  forwardFailure(via: Link, message: SignalFailed, now: number): ForwardDecision {
    if (via.role === Role.supernode || via.peer === undefined) return this.#drop('signal-not-ours');
    if (!this.#withinRate(via.peer, 0, now)) return this.#drop('signals-too-fast');
    const [next, ...ahead] = message.route;
    const hop = this.#memberLink(next ?? message.from);
    if (hop === undefined || hop === via) return this.#drop('signal-no-route');
    return { type: 'send', link: hop.id, message: { ...message, route: ahead } };
  }

  #fail(via: Link, { to, from, session, path }: Signal): ForwardDecision {
    this.#count('signal-no-route');
    // The neighbour that brought it is the last on the path.
    const route = [...path].reverse().slice(1);
    const reason = SignalFailure.noRoute;
    return {
      type: 'send',
      link: via.id,
      message: { type: MessageType.signalFailed, to, from, session, reason, route },
    };
  }

  #withinRate(peer: PeerId, bytes: number, now: number): boolean {
    const { perSecond, burst, bytesPerSecond, bytesBurst } = PER_PEER;
    let budget = this.#budgets.get(peer);
    if (budget === undefined) {
      const signals = new TokenBucket(perSecond, burst, now);
      budget = { signals, bytes: new TokenBucket(bytesPerSecond, bytesBurst, now) };
      this.#budgets.set(peer, budget);
    }
    this.#inAll ??= new TokenBucket(IN_ALL.perSecond, IN_ALL.burst, now);
    return budget.signals.take(now) && budget.bytes.take(now, bytes) && this.#inAll.take(now);
  }

  #drop(reason: string): ForwardDecision {
    this.#count(reason);
    return DROP;
  }

  #count(what: string): void {
    this.counters[what] = (this.counters[what] ?? 0) + 1;
  }
}
