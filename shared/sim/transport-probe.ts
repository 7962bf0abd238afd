/** A sink that writes down what a transport reports, and carries signals to the probe of the other end. For the contract suite. */
import type { LinkId, PeerId } from '../src/lib/ids.ts';
import { Channel, type LinkSink, type LinkTransport } from '../src/node/ports.ts';

/** Everything that was reported for one link. */
export interface LinkRecord {
  openings: number;
  binding: Uint8Array | undefined;
  readonly control: Uint8Array[];
  readonly frames: Uint8Array[];
  drains: number;
  /** Reasons. */
  readonly closings: string[];
}

export class TransportProbe implements LinkSink {
  /** Called within `opened`, as a node that speaks at once would. */
  greet: ((link: LinkId) => void) | undefined;
  /** Packets that arrived for links that were not reported open, or no longer. */
  outOfTurn = 0;
  readonly records = new Map<LinkId, LinkRecord>();
  readonly #transport: LinkTransport;
  #idNext: number;
  #other: TransportProbe | undefined;
  /** Who we are to the other end. */
  #selfPeer: PeerId | undefined;
  readonly #lost = new Set<LinkId>();
  /** Links of the other end that ours are joined to. */
  readonly #counterparts = new Map<LinkId, LinkId>();

  /** Attaches itself. `firstId`: link ids count up from here. */
  constructor(transport: LinkTransport, firstId: number) {
    this.#transport = transport;
    this.#idNext = firstId;
    transport.attach(this);
  }

  /** From now on signals of our dials reach `other`, which answers them, and the other way round. */
  carry(other: TransportProbe, self: PeerId): void {
    this.#other = other;
    this.#selfPeer = self;
    other.#other = this;
  }

  newLink(): LinkId {
    return this.#idNext++ as LinkId;
  }

  /** A link whose signals get lost. */
  newLostLink(): LinkId {
    const link = this.newLink();
    this.#lost.add(link);
    return link;
  }

  /** What was reported for a link so far; it goes on filling. */
  record(link: LinkId): LinkRecord {
    let record = this.records.get(link);
    if (record === undefined) {
      record = { openings: 0, binding: undefined, control: [], frames: [], drains: 0, closings: [] };
      this.records.set(link, record);
    }
    return record;
  }

  incoming(): LinkId {
    return this.newLink();
  }

  opened(link: LinkId, binding: Uint8Array): void {
    const record = this.record(link);
    record.openings++;
    record.binding = binding;
    this.greet?.(link);
  }

  signal(link: LinkId, payload: Uint8Array): void {
    const other = this.#other;
    if (other === undefined || this.#lost.has(link)) return;
    const known = this.#counterparts.get(link);
    if (known !== undefined) {
      other.#transport.signal(known, payload);
      return;
    }
    if (this.#selfPeer === undefined) return;
    const theirs = other.newLink();
    this.#counterparts.set(link, theirs);
    other.#counterparts.set(theirs, link);
    other.#transport.accept(theirs, this.#selfPeer, payload);
  }

  received(link: LinkId, channel: Channel, packet: Uint8Array): void {
    const record = this.record(link);
    if (record.openings === 0 || record.closings.length > 0) this.outOfTurn++;
    (channel === Channel.control ? record.control : record.frames).push(packet);
  }

  drained(link: LinkId, _channel: Channel): void {
    this.record(link).drains++;
  }

  closed(link: LinkId, reason: string): void {
    this.record(link).closings.push(reason);
  }
}
