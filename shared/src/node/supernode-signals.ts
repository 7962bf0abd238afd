/**
 * Which way a supernode passes a signal on, or why not (PROTOCOL.md R25, R41, R43). Of a member's signal it looks at the envelope alone,
 * so that it costs little more than its way in and out: the bytes go on as they came, and whoever receives them checks the signature.
 * What comes over a trunk is in the name of others; there the gate has checked it.
 */
import type { Graph } from '../graph/graph.ts';
import { type PeerId, tagOf } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import type { SignalHead } from '../wire/signal-head.ts';
import { type Signal, type SignalFailed, SignalFailure } from '../wire/supernode-messages.ts';
import type { Link, Links } from './links.ts';
import type { SupernodeBudgets } from './supernode-budgets.ts';
import { type SupernodeRoutes, TRUNKS_CROSSED_MAX } from './supernode-routes.ts';
import { TrunkSignals } from './trunk-signals.ts';

/** The link that it goes to, or what its sender is told; undefined: it says that it is from somebody else, and is dropped. */
export type PassDecision = Link | SignalFailure | undefined;

/** What becomes of a signal that came over a trunk. */
export type TrunkDecision =
  | { readonly type: 'send'; readonly target: Link; readonly message: Signal }
  | { readonly type: 'fail'; readonly reason: SignalFailure }
  | { readonly type: 'drop'; readonly reason: string };

const drop = (reason: string): TrunkDecision => ({ type: 'drop', reason });
const fail = (reason: SignalFailure): TrunkDecision => ({ type: 'fail', reason });

export class SupernodeSignals {
  readonly #self: PeerId;
  readonly #links: Links;
  readonly #graph: Graph;
  readonly #budgets: SupernodeBudgets;
  readonly #routes: SupernodeRoutes;
  readonly #memory = new TrunkSignals();

  constructor(
    self: PeerId,
    links: Links,
    parts: { graph: Graph; budgets: SupernodeBudgets; routes: SupernodeRoutes },
  ) {
    this.#self = self;
    this.#links = links;
    this.#graph = parts.graph;
    this.#budgets = parts.budgets;
    this.#routes = parts.routes;
  }

  /** Decides over a signal that came on a link that is open to `peer`, a member: it speaks for itself only. */
  pass(link: Link, peer: PeerId, signal: SignalHead, now: number): PassDecision {
    const { to, from } = signal;
    if (from !== peer || link.role === Role.supernode) return undefined;
    const target = this.#wayTo(signal, now);
    if (!this.#budgets.signal(link, peer, now)) return SignalFailure.tooFast;
    if (target === undefined || target === link) return SignalFailure.unknownPeer;
    const trunk = target.role === Role.supernode ? target.peer : undefined;
    if (!this.#budgets.pair(link, peer, to, trunk, now)) return SignalFailure.tooFast;
    if (trunk !== undefined) this.#memory.went(signal, trunk);
    return target;
  }

  /**
   * Decides over a signal that another supernode brought, for a member here or for one of a third supernode. It goes to one link at
   * most, crosses a few trunks at most, and none of them twice.
   */
  passOn(link: Link, over: PeerId, signal: Signal, now: number): TrunkDecision {
    const { to, from, path } = signal;
    if (path.includes(this.#self) || path.includes(over)) return drop('signal-loop');
    if (from === this.#self || this.#isOursAlone(from)) return drop('signal-of-own-member');
    if (!this.#budgets.signal(link, over, now)) return fail(SignalFailure.tooFast);
    if (this.#memory.repeated(signal)) return drop('signal-repeated');
    const here = this.#links.openTo(to);
    const target = here ?? this.#wayTo(signal, now);
    if (target === undefined || target === link) return fail(SignalFailure.unknownPeer);
    const isMember = target.role !== Role.supernode;
    if (!isMember && path.length + 1 >= TRUNKS_CROSSED_MAX) return fail(SignalFailure.noRoute);
    if (!isMember && target.peer !== undefined && path.includes(target.peer))
      return fail(SignalFailure.noRoute);
    if (!this.#budgets.pairBrought(over, from, to, now)) return fail(SignalFailure.tooFast);
    this.#memory.came(signal, over);
    if (isMember) return { type: 'send', target, message: signal };
    this.#memory.went(signal, target.peer as PeerId);
    return { type: 'send', target, message: { ...signal, route: [], path: [...path, over] } };
  }

  /** Whether somebody has a socket here and, by its own record, to no other supernode: nobody else can bring its signals. */
  #isOursAlone(peer: PeerId): boolean {
    if (this.#links.openTo(peer) === undefined) return false;
    const own = tagOf(this.#self);
    return (this.#graph.replica.member(peer)?.supernodes ?? []).every((tag) => tag === own);
  }

  /**
   * The link for word of a failure: a peer that was dialed says that it will not take the link, or another supernode, to which the signal
   * went, that it could not deliver it. Undefined if it goes nowhere, `refused` if it is in the name of somebody else.
   */
  passFailure(link: Link, peer: PeerId, failure: SignalFailed, now: number): Link | 'refused' | undefined {
    const { to, from, session } = failure;
    const isTheirs = link.role === Role.supernode ? this.#memory.trunkTo(failure) === peer : to === peer;
    if (!isTheirs) return 'refused';
    const target = this.#wayTo({ to: from, from: to, session }, now);
    if (!target || target === link) return undefined;
    return this.#budgets.signal(link, peer, now) ? target : undefined;
  }

  /** Where a signal came from. */
  wayBack({ to, from, session }: SignalHead, now: number): Link | undefined {
    return this.#wayTo({ to: from, from: to, session }, now);
  }

  /** The socket of a member; else the trunk over which the session goes; else one that leads to a supernode that its record names. */
  #wayTo(signal: SignalHead, now: number): Link | undefined {
    const here = this.#links.openTo(signal.to);
    if (here) return here.role === Role.supernode ? undefined : here;
    const over = this.#memory.trunkTo(signal);
    const used = over === undefined ? undefined : this.#links.openTo(over);
    return used?.role === Role.supernode && !used.silent ? used : this.#routes.towards(signal.to, now);
  }
}
