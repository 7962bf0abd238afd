/**
 * Carries the transport's signals (SDP, candidates; opaque here) between two peers through a supernode that both are
 * connected to, and settles the two things that can go wrong: both ends dial at once, or one has no room.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import { type Signal, type SignalFailed, SignalFailure } from '../wire/supernode-messages.ts';
import type { DialLedger } from './dial-ledger.ts';
import type { Link, Links } from './links.ts';
import type { SupernodeContacts } from './supernode-contacts.ts';

/** What to do with a signal that came in. */
export type SignalDecision =
  | { readonly type: 'hand-over'; readonly link: LinkId }
  /** A new dial; `instead` gives way to it: an own dial to the same peer, or an earlier one of that peer's. */
  | { readonly type: 'accept'; readonly instead: Link | undefined }
  | { readonly type: 'refuse'; readonly message: SignalFailed }
  | { readonly type: 'ignore' };

export class Signaling {
  readonly #self: PeerId;
  readonly #links: Links;
  readonly #contacts: SupernodeContacts;
  readonly #ledger: DialLedger;

  constructor(self: PeerId, links: Links, contacts: SupernodeContacts, ledger: DialLedger) {
    this.#self = self;
    this.#links = links;
    this.#contacts = contacts;
    this.#ledger = ledger;
  }

  /** Whether anybody carries signals now. */
  get possible(): boolean {
    return this.#contacts.open().length > 0;
  }

  /** Wraps a signal of the own transport; undefined if nobody carries it or it is too large. */
  wrap(link: Link, payload: Uint8Array): { via: LinkId; message: Signal } | undefined {
    const [via] = this.#contacts.open();
    const { expected: to, session } = link;
    if (via === undefined || to === undefined || payload.length > limits.signalBytesMax) return undefined;
    return { via, message: { type: MessageType.signal, to, from: this.#self, session, payload } };
  }

  /**
   * Decides over a signal from another peer. When both dial each other, the dial of the smaller id stands: one end ignores
   * the other's offer, the other drops its own.
   */
  decide({ to, from, session }: Signal): SignalDecision {
    if (to !== this.#self) return { type: 'ignore' };
    const known = this.#links.bySession(from, session);
    if (known) return { type: 'hand-over', link: known.id };
    if (this.#links.sessionEnded(from, session) || this.#ledger.isCut(from)) return { type: 'ignore' };
    const own = this.#links.dialing(from);
    if (own && this.#self < from) return { type: 'ignore' };
    const instead = own ?? this.#links.dialedBy(from);
    if (instead || this.#links.room > 0) return { type: 'accept', instead };
    const reason = SignalFailure.noRoom;
    return { type: 'refuse', message: { type: MessageType.signalFailed, to, from, session, reason } };
  }

  /** The own dial that could not be delivered, if it is still under way. */
  failed({ to, from, session }: SignalFailed): Link | undefined {
    const link = from === this.#self ? this.#links.bySession(to, session) : undefined;
    return link?.state === 'opening' ? link : undefined;
  }
}
