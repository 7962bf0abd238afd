/**
 * What comes of offences at a host or viewer (PROTOCOL.md R31): each is counted and told to the application, ends its link, and, where
 * it is known who is behind that, ends all dealings with the peer. What an offence is was decided before, by the gate, the graph
 * or a hello; whom to blame is decided here and nowhere else, since an honest peer that is blamed is lost for good.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import type { DialLedger } from './dial-ledger.ts';
import { type NodeEvent, Offence } from './events.ts';
import type { Joining } from './joining.ts';
import type { LinkKeeper } from './link-keeper.ts';
import type { Link } from './links.ts';

export interface OffencesParts {
  readonly keeper: LinkKeeper;
  readonly ledger: DialLedger;
  readonly joining: Joining;
  readonly emit: (event: NodeEvent) => void;
}

export class Offences {
  readonly #parts: OffencesParts;
  readonly #counts: Record<string, number> = {};

  constructor(parts: OffencesParts) {
    this.#parts = parts;
  }

  /** Offences and other packets that were turned away, by reason. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /** Counts what was turned away; by itself that blames nobody. */
  count(reason: string): void {
    this.#counts[reason] = (this.#counts[reason] ?? 0) + 1;
  }

  /** Counts and names an offence. Before a hello was believed, nobody knows who is behind a link: then no peer is shunned. */
  blame({ peer, expected }: Link, offence: Offence, now: number): void {
    const { ledger, emit } = this.#parts;
    this.count(offence);
    if (peer !== undefined) ledger.cut(peer);
    else if (expected !== undefined) ledger.failed(expected, now);
    const named = peer ?? expected;
    if (named !== undefined) emit({ type: 'peer-cut', peer: named, offence });
  }

  /**
   * The gate found an offence on a link. A supernode passes signals on unread (PROTOCOL.md R43): a forged one may be its client's. It
   * comes to nothing here, and neither does an own dial to the one in whose name it is.
   */
  found(id: LinkId, offence: Offence, from: PeerId | undefined, now: number): void {
    const { keeper, joining } = this.#parts;
    const fromSupernode = keeper.links.get(id)?.role === Role.supernode;
    if (offence !== Offence.forgedSignal || !fromSupernode) {
      this.cut(id, offence, now);
      return;
    }
    this.count(offence);
    if (from !== undefined) joining.signals.forged(id, from, now);
  }

  /** Blames whoever is behind a link, and ends it. */
  cut(id: LinkId, offence: Offence, now: number): void {
    const { keeper, joining } = this.#parts;
    const link = keeper.links.get(id);
    if (!link) return;
    this.blame(link, offence, now);
    if (offence === Offence.forgedSignal) joining.signals.carrierLied(id, now);
    const reason = offence === Offence.forgedFrame ? GoodbyeReason.forgedFrame : GoodbyeReason.badPacket;
    keeper.close(link, reason, offence, now);
  }
}
