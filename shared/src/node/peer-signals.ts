/**
 * The signals of a host or viewer, in and out: what its transport wants carried, dials of others, and what it passes on through the
 * mesh (PROTOCOL.md R25). Who carries a signal, and what is to be done with one that came, is decided in signaling.ts; here that is
 * done to the links. Whom to dial is for joining.ts. Signals are no reason to end a link that is open: only those that are still
 * opening are given up here.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { GoodbyeReason } from '../wire/link-messages.ts';
import type { Signal, SignalFailed } from '../wire/supernode-messages.ts';
import type { NodeEvent } from './events.ts';
import type { LinkKeeper } from './link-keeper.ts';
import type { Link } from './links.ts';
import type { NodeOutput } from './node-contract.ts';
import type { Signaling } from './signaling.ts';

export interface PeerSignalsParts {
  readonly self: PeerId;
  readonly keeper: LinkKeeper;
  readonly signaling: Signaling;
  readonly out: (output: NodeOutput<NodeEvent>) => void;
}

export class PeerSignals {
  readonly #parts: PeerSignalsParts;

  constructor(parts: PeerSignalsParts) {
    this.#parts = parts;
  }

  /** The transport wants a signal carried to the far end of a link. */
  send(id: LinkId, payload: Uint8Array, now: number): void {
    const { keeper, out } = this.#parts;
    const link = keeper.links.get(id);
    if (!link) return;
    const wrapped = this.#parts.signaling.wrap(link, payload);
    if (wrapped) out({ type: 'send-signal', link: wrapped.via, signal: wrapped.signal });
    else if (link.state === 'opening') {
      keeper.close(link, GoodbyeReason.unneeded, 'nobody carries signals', now);
    }
  }

  /** A supernode or a neighbour brought a signal, to this node or to be passed on. */
  take(via: Link, signal: Signal, now: number): void {
    const { keeper, out, self } = this.#parts;
    const { to, from, session, payload } = signal;
    if (to !== self) {
      const decision = this.#parts.signaling.forward(via, signal, now);
      if (decision.type === 'send') out(decision);
      return;
    }
    const decision = this.#parts.signaling.decide(via, signal);
    if (decision.type === 'hand-over') out({ type: 'signal', link: decision.link, payload });
    else if (decision.type === 'refuse') out({ type: 'send', link: via.id, message: decision.message });
    else if (decision.type === 'accept') {
      const { instead } = decision;
      if (instead) keeper.close(instead, GoodbyeReason.duplicateLink, 'both dialed', now);
      const link = keeper.links.add({ kind: 'peer', dialed: false, expected: from, session }, now);
      out({ type: 'accept', link: link.id, remote: from, payload });
    }
  }

  /** A signal could not be delivered, or the one that was dialed has no room. */
  failed(via: Link, message: SignalFailed, now: number): void {
    const { keeper, out, self } = this.#parts;
    if (message.from !== self) {
      const decision = this.#parts.signaling.forwardFailure(via, message, now);
      if (decision.type === 'send') out(decision);
      return;
    }
    const failed = this.#parts.signaling.failed(via, message);
    if (failed) keeper.close(failed, GoodbyeReason.unneeded, 'the peer cannot be reached', now);
  }

  /** What this link carried is not to be trusted: links that depend on it are given up, to be dialed another way. */
  carrierLied(via: LinkId, now: number): void {
    for (const link of this.#parts.signaling.openingBy(via))
      this.#parts.keeper.close(link, GoodbyeReason.unneeded, 'its signals were forged', now);
  }

  /** A supernode brought a forged signal in somebody's name: an own dial there is given up, to be made another way. */
  forged(via: LinkId, from: PeerId, now: number): void {
    for (const link of this.#parts.signaling.openingBy(via))
      if (link.dialed && link.expected === from)
        this.#parts.keeper.close(link, GoodbyeReason.unneeded, 'its signals were forged', now);
  }
}
