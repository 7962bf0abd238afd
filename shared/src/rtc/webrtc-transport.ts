/**
 * The transport port over WebRTC, for any platform that can make a WebRtcLink. Here are the caps, the counters, and what happens to
 * calls for links that are not there.
 */
import { assert } from '../lib/assert.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import type { Address, Channel, LinkSink, LinkTransport } from '../node/ports.ts';
import { limits } from '../wire/limits.ts';
import { SignalRefusal } from './signal-payload.ts';
import { LinkEnding, type WebRtcLink, type WebRtcLinkEvents } from './webrtc-link.ts';

/** Connections at one time, those that are being opened or closed included. */
const CONNECTIONS_OPEN_MAX = 2 * limits.linksMax;

/** Begins a link. Throws if the platform makes no connection. */
export type BeginLink = (initiator: boolean, events: WebRtcLinkEvents) => WebRtcLink;

export class WebRtcTransport implements LinkTransport {
  readonly #beginLink: BeginLink;
  readonly #links = new Map<LinkId, WebRtcLink>();
  /** Links that were turned down in this very task: `closed` is reported after the caller has returned. */
  readonly #turnedDown = new Set<LinkId>();
  readonly #refusedSignals: Partial<Record<SignalRefusal, number>> = {};
  #sink: LinkSink | undefined;
  #connectionsMade = 0;
  #connectionsOpen = 0;

  constructor(beginLink: BeginLink) {
    this.#beginLink = beginLink;
  }

  /** Connections made so far, failed dials included. A page can make about 500 in its life. */
  get connectionsMade(): number {
    return this.#connectionsMade;
  }

  /** Connections that the platform has not closed yet. */
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
    this.#turnDown(link, LinkEnding.unusableSignal);
  }

  signal(link: LinkId, payload: Uint8Array): void {
    const open = this.#links.get(link);
    const refusal = open ? open.signal(payload) : SignalRefusal.unknownLink;
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

  /** Closes all links. */
  closeAll(): void {
    for (const link of [...this.#links.keys()]) this.close(link);
  }

  #begin(link: LinkId, initiator: boolean): WebRtcLink | undefined {
    assert(!this.#links.has(link), 'a link id is used once');
    const sink = this.#attached;
    if (this.#connectionsOpen >= CONNECTIONS_OPEN_MAX) {
      this.#turnDown(link, 'too many links');
      return undefined;
    }
    try {
      const begun = this.#beginLink(initiator, {
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
      });
      this.#connectionsMade++;
      this.#connectionsOpen++;
      this.#links.set(link, begun);
      return begun;
    } catch {
      this.#turnDown(link, 'WebRTC is not to be had here');
      return undefined;
    }
  }

  #turnDown(link: LinkId, reason: string): void {
    this.#turnedDown.add(link);
    void Promise.resolve().then(() => {
      if (this.#turnedDown.delete(link)) this.#attached.closed(link, reason);
    });
  }

  #count(refusal: SignalRefusal): void {
    this.#refusedSignals[refusal] = (this.#refusedSignals[refusal] ?? 0) + 1;
  }
}
