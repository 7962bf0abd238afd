/**
 * The transport port of one simulated node: dialing, signaling, closing. The wires are in sim-network.ts.
 *
 *   signal  u8 kind (1 offer, 2 answer) · u32 number of the dialing end · u32 number of the answering end (0 in an offer) ·
 *           padding up to the size of a short SDP
 */
import { assert } from '../src/lib/assert.ts';
import { ByteReader, ByteWriter } from '../src/lib/bytes.ts';
import type { LinkId, PeerId } from '../src/lib/ids.ts';
import type { Address, Channel, LinkSink, LinkTransport } from '../src/node/ports.ts';
import { LinkEnd, type LinkOwner, LinkState } from './link-end.ts';
import type { Bandwidth } from './network-settings.ts';
import type { SimNetwork } from './sim-network.ts';
import { TraceKind } from './trace.ts';
import { Traffic } from './traffic.ts';

const OFFER = 1;
const ANSWER = 2;
/** What a data-channel-only SDP takes, compressed by nobody. */
const SIGNAL_BYTES = 500;

export class SimTransport implements LinkTransport, LinkOwner {
  readonly node: number;
  readonly bandwidth: Bandwidth;
  readonly traffic = new Traffic();
  uploadFreeAtMs = 0;
  crashedAtMs = Number.POSITIVE_INFINITY;
  readonly #network: SimNetwork;
  readonly #ends = new Map<LinkId, LinkEnd>();
  #downloadFreeAtMs = 0;
  #sink: LinkSink | undefined;

  constructor(network: SimNetwork, node: number, bandwidth: Bandwidth) {
    this.#network = network;
    this.node = node;
    this.bandwidth = bandwidth;
  }

  get crashed(): boolean {
    return this.crashedAtMs !== Number.POSITIVE_INFINITY;
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
    const end = this.#begin(link, LinkState.offering);
    if (address.kind === 'supernode') {
      this.#network.connectTo(address.url, end);
      return;
    }
    this.#network.announce(end);
    this.#signalSoon(end, encodeSignal(OFFER, end.number, 0));
  }

  accept(link: LinkId, _remote: PeerId, firstSignal: Uint8Array): void {
    const end = this.#begin(link, LinkState.answering);
    const offer = decodeSignal(firstSignal);
    if (offer?.kind !== OFFER) {
      const { clock } = this.#network;
      clock.call(clock.nowMs, () => this.linkLost(end, 'not an offer'));
      return;
    }
    this.#network.announce(end);
    this.#signalSoon(end, encodeSignal(ANSWER, offer.dialer, end.number));
  }

  signal(link: LinkId, payload: Uint8Array): void {
    const end = this.#ends.get(link);
    const answer = decodeSignal(payload);
    if (end?.state !== LinkState.offering || answer?.kind !== ANSWER || answer.dialer !== end.number) return;
    const accepter = this.#network.pending(answer.accepter);
    if (accepter?.state !== LinkState.answering || accepter.owner.crashed) return;
    this.#network.connect(end, accepter);
  }

  #begin(link: LinkId, state: LinkState): LinkEnd {
    assert(!this.#ends.has(link), 'a link id is used once');
    const end = new LinkEnd(this, link, this.#network.nextNumber(), state);
    this.#ends.set(link, end);
    const { clock, settings } = this.#network;
    end.timeout = clock.call(clock.nowMs + settings.dialTimeoutMs, () => this.linkLost(end, 'timed out'));
    return end;
  }

  #signalSoon(end: LinkEnd, payload: Uint8Array): void {
    const { clock, settings } = this.#network;
    clock.call(clock.nowMs + settings.gatherMs, () => {
      if (end.state !== LinkState.closed && !this.crashed) this.#attached.signal(end.id, payload);
    });
  }

  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    const end = this.#ends.get(link);
    if (end?.state !== LinkState.open) return false;
    this.#network.send(end, channel, packet);
    return true;
  }

  bufferedBytes(link: LinkId, channel: Channel): number {
    return this.#ends.get(link)?.buffers[channel].bytesAt(this.#network.clock.nowMs) ?? 0;
  }

  close(link: LinkId): void {
    const end = this.#ends.get(link);
    if (end === undefined) return;
    const wasOpen = end.state === LinkState.open;
    this.#end(end);
    if (wasOpen) this.#network.closeRemote(end);
  }

  /** Stops everything without a word. */
  crash(): void {
    this.crashedAtMs = this.#network.clock.nowMs;
    for (const end of [...this.#ends.values()]) {
      const wasOpen = end.state === LinkState.open;
      this.#end(end);
      if (wasOpen) this.#network.crashRemote(end);
    }
  }

  /** How many links are open or being opened. */
  get linkCount(): number {
    return this.#ends.size;
  }

  #end(end: LinkEnd): void {
    end.state = LinkState.closed;
    this.#ends.delete(end.id);
    this.#settle(end);
  }

  #settle(end: LinkEnd): void {
    this.#network.forget(end);
    if (end.timeout !== undefined) this.#network.clock.cancel(end.timeout);
    end.timeout = undefined;
  }

  // What follows is for the network (LinkOwner).

  occupyUpload(wireBytes: number): number {
    const startMs = Math.max(this.#network.clock.nowMs, this.uploadFreeAtMs);
    this.uploadFreeAtMs = startMs + (wireBytes * 8_000) / this.bandwidth.uploadBitsPerSecond;
    return this.uploadFreeAtMs;
  }

  occupyDownload(wireBytes: number): number {
    const startMs = Math.max(this.#network.clock.nowMs, this.#downloadFreeAtMs);
    const rate = this.bandwidth.downloadBitsPerSecond ?? Number.POSITIVE_INFINITY;
    this.#downloadFreeAtMs = startMs + (wireBytes * 8_000) / rate;
    return this.#downloadFreeAtMs;
  }

  linkIncoming(): LinkEnd | undefined {
    const link = this.#attached.incoming();
    return link === undefined ? undefined : this.#begin(link, LinkState.connecting);
  }

  linkOpened(end: LinkEnd, binding: Uint8Array): void {
    this.#settle(end);
    // The first of the two to hear of it may have closed the link already.
    if (end.state !== LinkState.open) return;
    this.#network.trace.add(this.node, this.#network.clock.nowMs, TraceKind.opened, end.number);
    this.#attached.opened(end.id, binding);
  }

  linkReceived(end: LinkEnd, channel: Channel, packet: Uint8Array): void {
    this.#attached.received(end.id, channel, packet);
  }

  linkDrained(end: LinkEnd, channel: Channel): void {
    this.#attached.drained(end.id, channel);
  }

  linkLost(end: LinkEnd, reason: string): void {
    if (end.state === LinkState.closed || this.crashed) return;
    this.#end(end);
    this.#network.trace.add(this.node, this.#network.clock.nowMs, TraceKind.closed, end.number);
    this.#attached.closed(end.id, reason);
  }
}

function encodeSignal(kind: number, dialer: number, accepter: number): Uint8Array {
  const signal = new Uint8Array(SIGNAL_BYTES);
  signal.set(new ByteWriter(9).u8(kind).u32(dialer).u32(accepter).finish());
  return signal;
}

function decodeSignal(bytes: Uint8Array): { kind: number; dialer: number; accepter: number } | undefined {
  const reader = new ByteReader(bytes);
  const signal = { kind: reader.u8(), dialer: reader.u32(), accepter: reader.u32() };
  return reader.failed ? undefined : signal;
}
