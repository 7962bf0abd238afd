/**
 * The wires between simulated nodes: latency, bandwidth, loss, and the set-up and end of links.
 *
 * Every node has one line. What it sends, on all links and both channels, leaves first in, first out at its upload rate;
 * it arrives a latency after its last bit left. `control` is reliable and ordered: a loss delays it and what follows.
 * `frames` loses, and gives up what would wait too long. Left out on purpose: congestion control, jitter, partitions.
 */
import { assert } from '../src/lib/assert.ts';
import { ByteWriter } from '../src/lib/bytes.ts';
import { type Random, randomFloat, seededRandom } from '../src/lib/random.ts';
import { Channel, CONNECTION_LOST } from '../src/node/ports.ts';
import { lowWaterBytes } from '../src/rtc/webrtc-link.ts';
import { type LinkEnd, type LinkOwner, LinkState } from './link-end.ts';
import type { NetworkSettings } from './network-settings.ts';
import { simHash } from './sim-crypto.ts';
import { packetDigest, type Trace, TraceKind } from './trace.ts';
import { framePayloadBytes } from './traffic.ts';
import { SimEvent, type VirtualClock } from './virtual-clock.ts';

export class SimNetwork {
  readonly clock: VirtualClock;
  readonly settings: NetworkSettings;
  readonly trace: Trace;
  readonly #seed: number;
  readonly #lossRandom: Random;
  readonly #listeners = new Map<string, LinkOwner>();
  /** Link ends that are being set up, by the number in their signals. */
  readonly #pending = new Map<number, LinkEnd>();
  #numberNext = 1;

  constructor(clock: VirtualClock, trace: Trace, seed: number, settings: NetworkSettings) {
    this.clock = clock;
    this.trace = trace;
    this.#seed = seed;
    this.settings = settings;
    this.#lossRandom = seededRandom(seed * 7 + 3);
  }

  /** One-way latency between two nodes in ms: a function of the seed and the pair, kept nowhere. */
  latencyMs(a: number, b: number): number {
    const { latencyMinMs, latencyMaxMs } = this.settings;
    let mixed = Math.imul(Math.min(a, b) + 1, 0x9e3779b1) ^ Math.imul(Math.max(a, b) + 1, 0x85ebca77);
    mixed = Math.imul(mixed ^ this.#seed ^ (mixed >>> 15), 0x2c1b3c6d);
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
    return latencyMinMs + ((mixed ^ (mixed >>> 15)) >>> 0) * ((latencyMaxMs - latencyMinMs) / 2 ** 32);
  }

  /** Takes the dials to a supernode's URL. */
  listen(url: string, owner: LinkOwner): void {
    this.#listeners.set(url, owner);
  }

  /** A number for a new link end, unique in this simulation. */
  nextNumber(): number {
    return this.#numberNext++;
  }

  /** Makes a link end findable by its number until its dial ends. */
  announce(end: LinkEnd): void {
    this.#pending.set(end.number, end);
  }

  forget(end: LinkEnd): void {
    this.#pending.delete(end.number);
  }

  pending(number: number): LinkEnd | undefined {
    return this.#pending.get(number);
  }

  /** Opens a socket to whoever listens at `url`, who learns of it when the connection stands. */
  connectTo(url: string, dialer: LinkEnd): void {
    const listener = this.#listeners.get(url);
    const latencyMs = listener === undefined ? 0 : this.latencyMs(dialer.owner.node, listener.node);
    dialer.state = LinkState.connecting;
    this.clock.call(this.#openAtMs(latencyMs), () => {
      if (dialer.state !== LinkState.connecting) return;
      const accepter = listener?.crashed ? undefined : listener?.linkIncoming();
      if (accepter === undefined) dialer.owner.linkLost(dialer, 'connection refused');
      else this.#open(dialer, accepter, latencyMs);
    });
  }

  /** Opens a link at both ends after the set-up time; nothing happens if one of them has gone by then. */
  connect(dialer: LinkEnd, accepter: LinkEnd): void {
    const latencyMs = this.latencyMs(dialer.owner.node, accepter.owner.node);
    dialer.state = LinkState.connecting;
    accepter.state = LinkState.connecting;
    this.clock.call(this.#openAtMs(latencyMs), () => {
      if (dialer.state === LinkState.connecting && accepter.state === LinkState.connecting) {
        this.#open(dialer, accepter, latencyMs);
      }
    });
  }

  #openAtMs(latencyMs: number): number {
    return this.clock.nowMs + this.settings.setupMs + this.settings.setupRoundTrips * 2 * latencyMs;
  }

  #open(dialer: LinkEnd, accepter: LinkEnd, latencyMs: number): void {
    dialer.remote = accepter;
    accepter.remote = dialer;
    // Both are open before either hears of it: the first one told may send at once.
    for (const end of [dialer, accepter]) {
      end.latencyMs = latencyMs;
      end.state = LinkState.open;
    }
    const binding = this.#binding(dialer, accepter);
    accepter.owner.linkOpened(accepter, binding);
    dialer.owner.linkOpened(dialer, binding);
  }

  #binding(dialer: LinkEnd, accepter: LinkEnd): Uint8Array {
    return simHash(new ByteWriter(12).u32(this.#seed).u32(dialer.number).u32(accepter.number).finish());
  }

  /** How many datagrams carry a packet. */
  datagrams(packetBytes: number): number {
    return Math.ceil(packetBytes / this.settings.datagramPayloadBytes) || 1;
  }

  /** Sends one packet from an open end to the other. */
  send(from: LinkEnd, channel: Channel, packet: Uint8Array): void {
    const to = from.remote;
    assert(to !== undefined, 'an open link has two ends');
    const { settings, clock } = this;
    const { owner } = from;
    const traffic = owner.traffic;
    const datagrams = this.datagrams(packet.length);
    const wireBytes = packet.length + datagrams * settings.datagramOverheadBytes;
    if (channel === Channel.frames && owner.uploadFreeAtMs - clock.nowMs > settings.framesLifetimeMs) {
      traffic.framesExpired++;
      return;
    }
    const departsAtMs = owner.occupyUpload(wireBytes);
    const out = traffic.out[channel];
    out.packets++;
    out.wireBytes += wireBytes;
    traffic.framePayloadBytesOut += framePayloadBytes(packet);
    this.#buffer(from, channel, packet.length, departsAtMs);

    let arrivesAtMs = departsAtMs + from.latencyMs;
    if (channel === Channel.control) {
      while (settings.controlLoss > 0 && randomFloat(this.#lossRandom) < settings.controlLoss) {
        traffic.controlRetransmitted++;
        out.wireBytes += wireBytes;
        owner.occupyUpload(wireBytes);
        arrivesAtMs += 2 * from.latencyMs + settings.retransmitMs;
      }
      arrivesAtMs = Math.max(arrivesAtMs, from.controlArrivesAtMs);
      from.controlArrivesAtMs = arrivesAtMs;
    } else if (settings.framesLoss > 0 && randomFloat(this.#lossRandom) < settings.framesLoss) {
      traffic.framesLost++;
      return;
    }
    clock.add(new PacketArrival(this, to, channel, packet, datagrams, departsAtMs), arrivesAtMs);
  }

  #buffer(from: LinkEnd, channel: Channel, bytes: number, departsAtMs: number): void {
    const buffer = from.buffers[channel];
    buffer.add(bytes, departsAtMs);
    const held = buffer.bytesAt(this.clock.nowMs);
    from.drainedBelow[channel] = lowWaterBytes(held);
    if (from.drainAwaited[channel] || held < lowWaterBytes(held)) return;
    from.drainAwaited[channel] = true;
    this.#awaitDrain(from, channel);
  }

  /** Looks again when the buffer should be low; what was sent since then may have put it off. */
  #awaitDrain(from: LinkEnd, channel: Channel): void {
    const buffer = from.buffers[channel];
    const atMs = buffer.fallsBelow(from.drainedBelow[channel], this.clock.nowMs);
    if (atMs !== undefined) {
      this.clock.call(atMs, () => this.#awaitDrain(from, channel));
      return;
    }
    from.drainAwaited[channel] = false;
    if (from.state === LinkState.open && !from.owner.crashed) from.owner.linkDrained(from, channel);
  }

  /** Hands over what arrived, unless the receiver's end has gone or the sender crashed before it left. */
  arrive(event: PacketArrival): void {
    const { to, channel, packet, datagrams } = event;
    const { owner } = to;
    const sender = to.remote?.owner;
    if (sender === undefined || sender.crashedAtMs < event.departsAtMs || owner.crashed) return;
    if (!event.downloaded && owner.bandwidth.downloadBitsPerSecond !== undefined) {
      event.downloaded = true;
      this.clock.add(event, owner.occupyDownload(this.#wireBytes(packet, datagrams)));
      return;
    }
    if (to.state !== LinkState.open) return;
    const { traffic } = owner;
    const received = traffic.in[channel];
    received.packets++;
    received.wireBytes += this.#wireBytes(packet, datagrams);
    traffic.framePayloadBytesIn += framePayloadBytes(packet);
    const ackBytes = datagrams * this.settings.acksPerDatagram * this.settings.datagramOverheadBytes;
    traffic.ackBytesOut += ackBytes;
    owner.occupyUpload(ackBytes);
    this.trace.add(owner.node, this.clock.nowMs, TraceKind.packet, packetDigest(packet));
    owner.linkReceived(to, channel, packet);
  }

  #wireBytes(packet: Uint8Array, datagrams: number): number {
    return packet.length + datagrams * this.settings.datagramOverheadBytes;
  }

  /** Tells the other end of a link that was closed, after what was sent on `control` before. */
  closeRemote(from: LinkEnd): void {
    const to = from.remote;
    if (to === undefined) return;
    const leavesAtMs = Math.max(this.clock.nowMs, from.owner.uploadFreeAtMs);
    const atMs = Math.max(leavesAtMs + from.latencyMs, from.controlArrivesAtMs);
    this.clock.call(atMs, () => to.owner.linkLost(to, 'closed by the other end'));
  }

  /** The other ends of a crashed node's links notice nothing until the transport gives up. */
  crashRemote(from: LinkEnd): void {
    const to = from.remote;
    if (to === undefined) return;
    this.clock.call(this.clock.nowMs + this.settings.crashNoticeMs, () =>
      to.owner.linkLost(to, CONNECTION_LOST),
    );
  }
}

/** A packet on its way. */
class PacketArrival extends SimEvent {
  readonly #network: SimNetwork;
  readonly to: LinkEnd;
  readonly channel: Channel;
  readonly packet: Uint8Array;
  readonly datagrams: number;
  readonly departsAtMs: number;
  /** It has been through the receiver's own line. */
  downloaded = false;

  constructor(
    network: SimNetwork,
    to: LinkEnd,
    channel: Channel,
    packet: Uint8Array,
    datagrams: number,
    departsAtMs: number,
  ) {
    super();
    this.#network = network;
    this.to = to;
    this.channel = channel;
    this.packet = packet;
    this.datagrams = datagrams;
    this.departsAtMs = departsAtMs;
  }

  override fire(): void {
    this.#network.arrive(this);
  }
}
