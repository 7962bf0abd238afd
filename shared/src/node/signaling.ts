/**
 * Carries the transport's signals (SDP, candidates; opaque here) between two peers: through a supernode that both are connected
 * to, or through the mesh. Settles what can go wrong: both ends dial at once, or one has no room. Passing on the signals of others
 * is in signal-router.ts.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import { type LinkId, type PeerId, type PeerTag, tagOf } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { type Signal, type SignalFailed, SignalFailure } from '../wire/supernode-messages.ts';
import type { DialLedger } from './dial-ledger.ts';
import type { Link, Links } from './links.ts';
import type { UnsignedSignal } from './node-contract.ts';
import { type ForwardDecision, type Routes, SignalRouter } from './signal-router.ts';
import type { SupernodeContacts } from './supernode-contacts.ts';

/** What is known of ways to other peers. */
export interface SignalWays extends Routes {
  /** Supernodes to which a peer has a socket, as far as is known. */
  supernodesOf(peer: PeerId): readonly PeerTag[];
}

/** What to do with a signal that came in. */
export type SignalDecision =
  | { readonly type: 'hand-over'; readonly link: LinkId }
  /** A new dial; `instead` gives way to it: an own dial to the same peer, or an earlier one of that peer's. */
  | { readonly type: 'accept'; readonly instead: Link | undefined }
  | { readonly type: 'refuse'; readonly message: SignalFailed }
  | { readonly type: 'ignore' };

/** The link on which a signal leaves, and through the mesh the neighbours that it passes. */
interface Carrier {
  readonly via: Link;
  readonly route: readonly PeerId[];
}

const SESSIONS_MAX = 512;

export class Signaling {
  readonly #self: PeerId;
  readonly #links: Links;
  readonly #contacts: SupernodeContacts;
  readonly #ledger: DialLedger;
  readonly #ways: SignalWays;
  readonly #router: SignalRouter;
  /** How the signals of a session travel, by peer and session: those of a dialer all go one way, and answers go back on it. */
  readonly #carriers = new BoundedMap<string, Carrier>(SESSIONS_MAX);
  /** Carriers by which a dial to a peer came to nothing, by both their ids. */
  readonly #failed = new BoundedMap<string, true>(SESSIONS_MAX);

  constructor(self: PeerId, links: Links, contacts: SupernodeContacts, ledger: DialLedger, ways: SignalWays) {
    this.#self = self;
    this.#links = links;
    this.#contacts = contacts;
    this.#ledger = ledger;
    this.#ways = ways;
    this.#router = new SignalRouter(self, links, ways);
  }

  /** Signals of others that were passed on, or turned away by reason. */
  get counters(): Readonly<Record<string, number>> {
    return this.#router.counters;
  }

  /** Whether anybody may carry a signal to a peer now. */
  possible(peer: PeerId): boolean {
    return this.#carrierTo(peer) !== undefined;
  }

  /**
   * A supernode that the peer is connected to, else the mesh, else any supernode: it may know a way. By which a dial to the peer came to
   * nothing, that is left for when all others have failed, too: a supernode can drop or change what it carries.
   */
  #carrierTo(peer: PeerId): Carrier | undefined {
    const supernodes = this.#contacts.openLinks().filter(({ silent }) => !silent);
    const named = this.#ways.supernodesOf(peer);
    const common = supernodes.filter((link) => link.peer !== undefined && named.includes(tagOf(link.peer)));
    const neighbour = this.#router.nextHop(peer, []);
    const carriers = [...common, ...(neighbour ? [neighbour] : []), ...supernodes];
    const via = carriers.find((link) => !this.#failed.has(`${link.peer}${peer}`));
    if (via) return { via, route: [] };
    for (const link of carriers) this.#failed.delete(`${link.peer}${peer}`);
    return carriers[0] && { via: carriers[0], route: [] };
  }

  /** A dial did not get through. */
  dialFailed({ expected, session, dialed }: Link): void {
    const via = dialed ? this.#carriers.get(`${expected}${session}`)?.via : undefined;
    if (via?.peer !== undefined) this.#failed.set(`${via.peer}${expected}`, true);
  }

  /** Wraps a signal of the own transport; undefined if nobody carries it or it is too large. */
  wrap(link: Link, payload: Uint8Array): { via: LinkId; signal: UnsignedSignal } | undefined {
    const { expected: to, session } = link;
    if (to === undefined || payload.length > limits.signalBytesMax) return undefined;
    const key = `${to}${session}`;
    let carrier = this.#carriers.get(key);
    const works =
      carrier !== undefined && this.#links.get(carrier.via.id)?.state === 'open' && !carrier.via.silent;
    if (!works) carrier = this.#carrierTo(to);
    if (carrier === undefined) return undefined;
    this.#carriers.set(key, carrier);
    const route = carrier.route.slice(1);
    return { via: carrier.via.id, signal: { to, session, payload, route } };
  }

  /**
   * Decides over a signal to this node that came on a link. When both dial each other, the dial of the smaller id stands: one end
   * ignores the other's offer, the other drops its own.
   */
  decide(via: Link, { to, from, session, path }: Signal): SignalDecision {
    if (to !== this.#self || from === this.#self) return { type: 'ignore' };
    const known = this.#links.bySession(from, session);
    if (known) return { type: 'hand-over', link: known.id };
    if (this.#links.sessionEnded(from, session) || this.#ledger.isCut(from)) return { type: 'ignore' };
    const own = this.#links.dialing(from);
    if (own && this.#self < from) return { type: 'ignore' };
    const back = via.role === Role.supernode ? [] : [...path].reverse();
    const instead = own ?? this.#links.dialedBy(from);
    if (instead || this.#links.room > 0) {
      this.#carriers.set(`${from}${session}`, { via, route: back });
      return { type: 'accept', instead };
    }
    const reason = SignalFailure.noRoom;
    const message = { type: MessageType.signalFailed, to, from, session, reason, route: back.slice(1) };
    return { type: 'refuse', message };
  }

  /** Links that are being opened with signals that this link carries. */
  openingBy(via: LinkId): Link[] {
    return [...this.#links.all()].filter(
      ({ kind, state, expected, session }) =>
        kind === 'peer' && state === 'opening' && this.#carriers.get(`${expected}${session}`)?.via.id === via,
    );
  }

  /** Decides over a signal to somebody else that a neighbour brought. */
  forward(via: Link, signal: Signal, now: number): ForwardDecision {
    return this.#router.forward(via, signal, now);
  }

  /** Decides over word of a failure for somebody else. */
  forwardFailure(via: Link, message: SignalFailed, now: number): ForwardDecision {
    return this.#router.forwardFailure(via, message, now);
  }

  /** The own dial that could not be delivered, if it is still under way and went out on this link. */
  failed(via: Link, { to, from, session }: SignalFailed): Link | undefined {
    if (from !== this.#self || this.#carriers.get(`${to}${session}`)?.via.id !== via.id) return undefined;
    const link = this.#links.bySession(to, session);
    return link?.state === 'opening' ? link : undefined;
  }
}
