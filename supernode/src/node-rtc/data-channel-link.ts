/**
 * One WebRTC link in Node.js: a connection of node-datachannel with two data channels, as shared/src/rtc/webrtc-link.ts says. The
 * library calls back from its own threads by way of the event loop, so nothing is reported within a call, and calls that come late
 * find the link ended.
 */
import { whenReady } from '@murmuration/shared/node/eventual.ts';
import { Channel, type Clock, CONNECTION_LOST, type Crypto } from '@murmuration/shared/node/ports.ts';
import { bindingBytes, parseFingerprint } from '@murmuration/shared/rtc/channel-binding.ts';
import { SignalBatch } from '@murmuration/shared/rtc/signal-batch.ts';
import { SignalIntake } from '@murmuration/shared/rtc/signal-intake.ts';
import { type SignalEntry, SignalRefusal } from '@murmuration/shared/rtc/signal-payload.ts';
import {
  CONTROL_CHANNEL_ID,
  EARLY_PACKETS_MAX,
  FLUSH_WITHIN_MS,
  FRAME_LIFETIME_MS,
  FRAMES_CHANNEL_ID,
  LinkEnding,
  lowWaterBytes,
  OPEN_WITHIN_MS,
  type WebRtcLink,
  type WebRtcLinkEvents,
} from '@murmuration/shared/rtc/webrtc-link.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import type { DataChannel, PeerConnection, RtcConfig } from 'node-datachannel';

/** Largest message that the remote end is told it may send: more than a packet, so that one over it arrives and ends the link. */
const MESSAGE_BYTES_MAX = 4 * limits.packetBytesMax;

export interface DataChannelLinkOptions {
  readonly initiator: boolean;
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, 'sha256'>;
  /** Of the library. */
  readonly Connection: typeof PeerConnection;
  readonly network: Pick<RtcConfig, 'iceServers' | 'bindAddress'>;
}

export class DataChannelLink implements WebRtcLink {
  readonly #clock: Clock;
  readonly #crypto: Pick<Crypto, 'sha256'>;
  readonly #events: WebRtcLinkEvents;
  readonly #connection: PeerConnection;
  /** By Channel. */
  readonly #channels: readonly DataChannel[];
  /** Announced in-band by the remote end, which ends the link. */
  readonly #extra = new Set<DataChannel>();
  readonly #signals: SignalBatch;
  readonly #intake: SignalIntake;
  readonly #cancelTimeout: () => void;
  #cancelFlush: (() => void) | undefined;
  #state: 'opening' | 'open' | 'ended' = 'opening';
  #early: [Channel, Uint8Array][] = [];
  #binding = false;
  /**
   * Own candidates, until the answer is there: with them the remote end would begin to connect before, and find this one half ready.
   * Whoever answers holds none back.
   */
  #heldBack: SignalEntry[] | undefined;
  /** Once closed, the library's object throws at every call. */
  #released = false;
  #remoteFingerprint: Uint8Array | undefined;

  /** Throws if the library makes no connection. */
  constructor(options: DataChannelLinkOptions, events: WebRtcLinkEvents) {
    const { initiator, clock, crypto, Connection, network } = options;
    this.#clock = clock;
    this.#crypto = crypto;
    this.#events = events;
    this.#heldBack = initiator ? [] : undefined;
    this.#signals = new SignalBatch(clock, (payload) => events.signal(payload));
    this.#intake = new SignalIntake(initiator, (entry) => this.#take(entry));
    this.#connection = new Connection(initiator ? 'dialed' : 'accepted', {
      ...network,
      maxMessageSize: MESSAGE_BYTES_MAX,
      disableAutoNegotiation: true,
    });
    this.#listen();
    this.#channels = [
      this.#openChannel(Channel.control, 'control', CONTROL_CHANNEL_ID, {}),
      this.#openChannel(Channel.frames, 'frames', FRAMES_CHANNEL_ID, {
        unordered: true,
        maxPacketLifeTime: FRAME_LIFETIME_MS,
      }),
    ];
    this.#cancelTimeout = clock.schedule(clock.now() + OPEN_WITHIN_MS, () => this.#end(LinkEnding.timedOut));
    if (initiator) this.#connection.setLocalDescription('offer');
  }

  #listen(): void {
    const connection = this.#connection;
    connection.onLocalDescription(safely((sdp, type) => this.#tell({ type, sdp })));
    connection.onLocalCandidate(
      safely((line, sdpMid) => {
        const candidate = line.replace(/^a=/, '');
        const entry = { type: 'candidate', candidate: { candidate, sdpMid, sdpMLineIndex: 0 } } as const;
        if (this.#heldBack === undefined) this.#tell(entry);
        else this.#heldBack.push(entry);
      }),
    );
    connection.onGatheringStateChange(
      safely((state) => {
        if (state === 'complete' && this.#state !== 'ended') this.#signals.gathered();
      }),
    );
    connection.onDataChannel(
      safely((channel) => {
        // Held until it is closed, as the library needs it.
        channel.onClosed(() => this.#extra.delete(channel));
        this.#extra.add(channel);
        this.#end(LinkEnding.extraChannel);
      }),
    );
    connection.onStateChange(
      safely((state) => {
        if (state === 'failed') this.#end(this.#state === 'open' ? CONNECTION_LOST : LinkEnding.noPath);
        if (state !== 'closed') return;
        this.#end(LinkEnding.remote);
        this.#release();
        this.#events.released();
      }),
    );
  }

  #tell(entry: SignalEntry | { readonly type: string; readonly sdp: string }): void {
    if (this.#state !== 'ended') this.#signals.add(entry);
  }

  #openChannel(index: Channel, label: string, id: number, reliability: object): DataChannel {
    const channel = this.#connection.createDataChannel(label, { negotiated: true, id, ...reliability });
    channel.setBufferedAmountLowThreshold(lowWaterBytes(0));
    channel.onOpen(safely(() => this.#openIfReady()));
    channel.onMessage(safely((data) => this.#receive(index, data)));
    channel.onBufferedAmountLow(
      safely(() => {
        if (this.#state === 'open') this.#events.drained(index);
      }),
    );
    channel.onClosed(safely(() => this.#end(LinkEnding.remote)));
    return channel;
  }

  signal(payload: Uint8Array): SignalRefusal | undefined {
    return this.#state === 'ended' ? SignalRefusal.unknownLink : this.#intake.take(payload);
  }

  #take(entry: SignalEntry): void {
    if (entry.type === 'candidate') {
      const { candidate, sdpMid } = entry.candidate;
      this.#connection.addRemoteCandidate(candidate, sdpMid ?? '0');
      return;
    }
    this.#remoteFingerprint = parseFingerprint(entry.sdp);
    // Whoever made the offer is to begin the DTLS handshake. If it began here, as is usual, its first packet could be there too early, and
    // this library drops it there and sends it again only after a second.
    this.#connection.setRemoteDescription(
      entry.sdp.replace(/^a=setup:actpass/m, 'a=setup:active'),
      entry.type,
    );
    if (entry.type === 'offer') this.#connection.setLocalDescription('answer');
    const heldBack = this.#heldBack ?? [];
    this.#heldBack = undefined;
    for (const candidate of heldBack) this.#tell(candidate);
  }

  #openIfReady(): void {
    if (this.#binding || this.#state === 'ended') return;
    if (!this.#channels.every((channel) => channel.isOpen())) return;
    this.#binding = true;
    const local = parseFingerprint(this.#connection.localDescription()?.sdp ?? '');
    const remote = this.#remoteFingerprint;
    if (!local || !remote) {
      this.#end(LinkEnding.noFingerprint);
      return;
    }
    void whenReady(this.#crypto.sha256(bindingBytes(local, remote)), (binding) => this.#open(binding));
  }

  #open(binding: Uint8Array): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#cancelTimeout();
    this.#events.opened(binding);
    const early = this.#early;
    this.#early = [];
    for (const [channel, packet] of early) this.#pass(channel, packet);
  }

  #receive(channel: Channel, data: string | Buffer | ArrayBuffer): void {
    if (this.#state === 'ended') return;
    if (typeof data === 'string') {
      this.#end(LinkEnding.text);
      return;
    }
    // Each message comes in memory of its own.
    const packet = Buffer.isBuffer(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.length)
      : new Uint8Array(data);
    if (packet.length > limits.packetBytesMax) this.#end(LinkEnding.oversized);
    else if (this.#state === 'open') this.#pass(channel, packet);
    else if (this.#early.push([channel, packet]) > EARLY_PACKETS_MAX) this.#end(LinkEnding.tooEarly);
  }

  #pass(channel: Channel, packet: Uint8Array): void {
    if (this.#state === 'open') this.#events.received(channel, packet);
  }

  send(index: Channel, packet: Uint8Array): boolean {
    const channel = this.#channels[index];
    if (this.#state !== 'open' || !channel) return false;
    try {
      // What it answers says whether the packet went out at once; that it waits is no failure.
      channel.sendMessageBinary(packet);
      channel.setBufferedAmountLowThreshold(lowWaterBytes(channel.bufferedAmount()));
      return true;
    } catch {
      // Closed by the remote end, and the word of it is on its way here.
      return false;
    }
  }

  bufferedBytes(index: Channel): number {
    if (this.#state !== 'open') return 0;
    try {
      return this.#channels[index]?.bufferedAmount() ?? 0;
    } catch {
      return 0;
    }
  }

  /**
   * A control channel that is closed first delivers what was sent on it. Then the remote end takes the connection down; one that does
   * not go along has a second.
   */
  close(): void {
    if (this.#state === 'ended') return;
    const flush = this.#state === 'open';
    this.#silence();
    if (!flush) {
      this.#release();
      return;
    }
    this.#cancelFlush = this.#clock.schedule(this.#clock.now() + FLUSH_WITHIN_MS, () => this.#release());
    try {
      this.#channels[Channel.control]?.close();
    } catch {
      this.#release();
    }
  }

  #end(reason: string): void {
    if (this.#state === 'ended') return;
    this.#silence();
    this.#release();
    this.#events.ended(reason);
  }

  /** From here on nothing is reported and nothing is held. */
  #silence(): void {
    this.#state = 'ended';
    this.#cancelTimeout();
    this.#signals.stop();
    this.#early = [];
  }

  #release(): void {
    this.#cancelFlush?.();
    if (!this.#released) this.#connection.close();
    this.#released = true;
  }
}

/** What the library may call: an error thrown into it would abort the process without a word of where it came from. */
function safely<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}
