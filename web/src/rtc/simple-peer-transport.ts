/**
 * The transport port between browsers: WebRTC through simple-peer 9.11.1. One SimplePeerLink for every link id; here are the
 * caps, the counters, and what happens to calls for links that are not there.
 */
import { assert } from '@murmuration/shared/lib/assert.ts';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import type {
  Address,
  Channel,
  Clock,
  Crypto,
  LinkSink,
  LinkTransport,
} from '@murmuration/shared/node/ports.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { SignalRefusal } from './signal-payload.ts';
import { SimplePeerLink } from './simple-peer-link.ts';

/** Connections at one time, those that are being opened or closed included. */
const CONNECTIONS_OPEN_MAX = 2 * limits.linksMax;

export interface SimplePeerTransportOptions {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, 'sha256'>;
  /** STUN and TURN servers for a connection made now; default none, which is enough on one machine and in a local network. */
  readonly iceServers?: () => readonly RTCIceServer[];
}

export class SimplePeerTransport implements LinkTransport {
  readonly #options: SimplePeerTransportOptions;
  readonly #links = new Map<LinkId, SimplePeerLink>();
  /** Links that were turned down in this very task: `closed` is reported after the caller has returned. */
  readonly #turnedDown = new Set<LinkId>();
  readonly #refusedSignals: Partial<Record<SignalRefusal, number>> = {};
  #sink: LinkSink | undefined;
  #connectionsMade = 0;
  #connectionsOpen = 0;

  constructor(options: SimplePeerTransportOptions) {
    this.#options = options;
  }

  /** RTCPeerConnections made so far, failed dials included. A page can make about 500 in its life. */
  get connectionsMade(): number {
    return this.#connectionsMade;
  }

  /** RTCPeerConnections that the browser has not closed yet. */
  get connectionsOpen(): number {
    return this.#connectionsOpen;
  }

  /** Signals of remote ends that were turned away, by reason. */
  get refusedSignals(): Readonly<Partial<Record<SignalRefusal, number>>> {
    return this.#refusedSignals;
  }

  attach(sink: LinkSink): void {
    assert(this.#sink === undefined, 'a transport has one sink');
    this.#sink = sink;
  }

  get #attached(): LinkSink {
    assert(this.#sink !== undefined, 'attach comes first');
    return this.#sink;
  }

  dial(link: LinkId, address: Address): void {
    if (address.kind === 'peer') this.#begin(link, true);
    else this.#turnDown(link, 'not a WebRTC address');
  }

  accept(link: LinkId, _remote: PeerId, firstSignal: Uint8Array): void {
    const begun = this.#begin(link, false);
    const refusal = begun?.signal(firstSignal);
    if (!begun || !refusal) return;
    this.#count(refusal);
    this.#links.delete(link);
    begun.close();
    this.#turnDown(link, 'unusable signal');
  }

  signal(link: LinkId, payload: Uint8Array): void {
    const refusal = this.#links.has(link)
      ? this.#links.get(link)?.signal(payload)
      : SignalRefusal.unknownLink;
    if (refusal) this.#count(refusal);
  }

  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    assert(packet.length <= limits.packetBytesMax, 'a packet has at most 16 KiB');
    return this.#links.get(link)?.send(channel, packet) ?? false;
  }

  bufferedBytes(link: LinkId, channel: Channel): number {
    return this.#links.get(link)?.bufferedBytes(channel) ?? 0;
  }

  close(link: LinkId): void {
    this.#turnedDown.delete(link);
    const open = this.#links.get(link);
    this.#links.delete(link);
    open?.close();
  }

  #begin(link: LinkId, initiator: boolean): SimplePeerLink | undefined {
    assert(!this.#links.has(link), 'a link id is used once');
    const sink = this.#attached;
    const { clock, crypto } = this.#options;
    if (this.#connectionsOpen >= CONNECTIONS_OPEN_MAX) {
      this.#turnDown(link, 'too many links');
      return undefined;
    }
    try {
      const begun = new SimplePeerLink(
        { initiator, clock, crypto, iceServers: this.#options.iceServers?.() ?? [] },
        {
          opened: (binding) => sink.opened(link, binding),
          signal: (payload) => sink.signal(link, payload),
          received: (channel, packet) => sink.received(link, channel, packet),
          drained: (channel) => sink.drained(link, channel),
          ended: (reason) => {
            this.#links.delete(link);
            sink.closed(link, reason);
          },
          released: () => {
            this.#connectionsOpen--;
          },
        },
      );
      this.#connectionsMade++;
      this.#connectionsOpen++;
      this.#links.set(link, begun);
      return begun;
    } catch {
      this.#turnDown(link, 'this browser has no WebRTC');
      return undefined;
    }
  }

  #turnDown(link: LinkId, reason: string): void {
    this.#turnedDown.add(link);
    queueMicrotask(() => {
      if (this.#turnedDown.delete(link)) this.#attached.closed(link, reason);
    });
  }

  #count(refusal: SignalRefusal): void {
    this.#refusedSignals[refusal] = (this.#refusedSignals[refusal] ?? 0) + 1;
  }
}
