/**
 * Which way a supernode passes a signal on, or why not (PROTOCOL.md R25, R43). It decides by the envelope alone, so that a signal costs
 * little more than its way in and out: the bytes go on as they came, and whoever receives them checks the signature.
 */
import type { Graph } from '../graph/graph.ts';
import { type PeerId, tagOf } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import type { SignalHead } from '../wire/signal-head.ts';
import { type SignalFailed, SignalFailure } from '../wire/supernode-messages.ts';
import type { Link, Links } from './links.ts';
import type { SupernodeBudgets } from './supernode-budgets.ts';

/** The link that it goes to, or what its sender is told; undefined: it says that it is from somebody else, and is dropped. */
export type PassDecision = Link | SignalFailure | undefined;

export class SupernodeSignals {
  readonly #links: Links;
  readonly #graph: Graph;
  readonly #budgets: SupernodeBudgets;

  constructor(links: Links, graph: Graph, budgets: SupernodeBudgets) {
    this.#links = links;
    this.#graph = graph;
    this.#budgets = budgets;
  }

  /**
   * Decides over a signal that came on a link that is open to `peer`: a member speaks for itself only, a supernode for its members.
   * To a member of another supernode it goes through that one, and from there no further.
   */
  pass(link: Link, peer: PeerId, { to, from }: SignalHead, now: number): PassDecision {
    const fromSupernode = link.role === Role.supernode;
    if (from !== peer && !fromSupernode) return undefined;
    const target = this.#wayTo(to, fromSupernode);
    if (!this.#budgets.signal(peer, link.role ?? Role.viewer, now)) return SignalFailure.tooFast;
    if (target === undefined || target === link) return SignalFailure.unknownPeer;
    const toSupernode = target.role === Role.supernode ? target.peer : undefined;
    const inTime = fromSupernode
      ? this.#budgets.pairBrought(peer, from, to, now)
      : this.#budgets.pair(from, to, toSupernode, now);
    return inTime ? target : SignalFailure.tooFast;
  }

  /**
   * The link for word of a failure: a peer that was dialed says that it will not take the link, or another supernode that it could
   * not deliver a signal. Undefined if it goes nowhere, `refused` if it is in the name of somebody else.
   */
  passFailure(
    link: Link,
    peer: PeerId,
    { to, from }: SignalFailed,
    now: number,
  ): Link | 'refused' | undefined {
    const fromSupernode = link.role === Role.supernode;
    if (to !== peer && !fromSupernode) return 'refused';
    const target = this.#wayTo(from, fromSupernode);
    if (!target || target === link) return undefined;
    return this.#budgets.signal(peer, link.role ?? Role.viewer, now) ? target : undefined;
  }

  /** Where a signal came from. */
  wayBack({ from }: SignalHead): Link | undefined {
    return this.#wayTo(from, false);
  }

  #wayTo(peer: PeerId, onlyHere: boolean): Link | undefined {
    return this.#links.openTo(peer) ?? (onlyHere ? undefined : this.#supernodeOf(peer));
  }

  /** The link to a supernode to which a member has a socket. */
  #supernodeOf(member: PeerId): Link | undefined {
    const tags = this.#graph.replica.member(member)?.supernodes ?? [];
    for (const link of tags.length === 0 ? [] : this.#links.open()) {
      if (link.role === Role.supernode && link.peer !== undefined && tags.includes(tagOf(link.peer)))
        return link;
    }
    return undefined;
  }
}
