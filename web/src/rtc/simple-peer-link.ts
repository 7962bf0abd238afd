/**
 * One WebRTC link: a simple-peer connection with two data channels. simple-peer keeps offers, answers, candidates and teardown.
 * Packets go past its stream, straight to the channels: the stream would turn a text message into bytes, and a second channel is
 * none of its business.
 */
/// <reference path="./simple-peer.d.ts" />
import { whenReady } from '@murmuration/shared/node/eventual.ts';
import { Channel, type Clock, CONNECTION_LOST, type Crypto } from '@murmuration/shared/node/ports.ts';
import { bindingBytes, parseFingerprint } from '@murmuration/shared/rtc/channel-binding.ts';
import { SignalBatch } from '@murmuration/shared/rtc/signal-batch.ts';
import { SignalIntake } from '@murmuration/shared/rtc/signal-intake.ts';
import { SignalRefusal } from '@murmuration/shared/rtc/signal-payload.ts';
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
import Peer from 'simple-peer/simplepeer.min.js';

export interface SimplePeerLinkOptions {
  readonly initiator: boolean;
  readonly iceServers: readonly RTCIceServer[];
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, 'sha256'>;
}

export class SimplePeerLink implements WebRtcLink {
  readonly #crypto: Pick<Crypto, 'sha256'>;
  readonly #clock: Clock;
  readonly #events: WebRtcLinkEvents;
  readonly #peer: Peer;
  readonly #signals: SignalBatch;
  readonly #intake: SignalIntake;
  /** By Channel. Empty if the browser refused the connection; then `ended` is on its way. */
  #channels: readonly RTCDataChannel[] = [];
  readonly #listening = new AbortController();
  readonly #cancelTimeout: () => void;
  #state: 'opening' | 'open' | 'ended' = 'opening';
  #early: [Channel, Uint8Array][] = [];
  #binding = false;

  /** Throws if the browser has no WebRTC. */
  constructor(options: SimplePeerLinkOptions, events: WebRtcLinkEvents) {
    this.#clock = options.clock;
    this.#crypto = options.crypto;
    this.#events = events;
    this.#peer = new Peer({
      initiator: options.initiator,
      trickle: true,
      config: { iceServers: [...options.iceServers] },
      channelName: 'control',
      channelConfig: { negotiated: true, id: CONTROL_CHANNEL_ID, ordered: true },
    });
    this.#signals = new SignalBatch(options.clock, (payload) => events.signal(payload));
    this.#intake = new SignalIntake(options.initiator, (entry) => this.#peer.signal(entry));
    this.#cancelTimeout = options.clock.schedule(options.clock.now() + OPEN_WITHIN_MS, () =>
      this.#end(LinkEnding.timedOut),
    );
    this.#peer.on('signal', (data) => {
      if (this.#state !== 'ended') this.#signals.add(data);
    });
    this.#peer.on('error', (error) => this.#end(this.#reasonOf(error)));
    this.#peer.on('close', () => {
      this.#end(LinkEnding.remote);
      events.released();
    });
    this.#openChannels();
  }

  #openChannels(): void {
    const { _pc: connection, _channel: control } = this.#peer;
    if (!connection || !control) return;
    const { signal } = this.#listening;
    const frames = connection.createDataChannel('frames', {
      negotiated: true,
      id: FRAMES_CHANNEL_ID,
      ordered: false,
      maxPacketLifeTime: FRAME_LIFETIME_MS,
    });
    this.#channels = [control, frames];
    for (const [index, channel] of this.#channels.entries()) this.#listen(index as Channel, channel);
    frames.addEventListener('close', () => this.#end(LinkEnding.remote), { signal });
    connection.addEventListener('datachannel', () => this.#end(LinkEnding.extraChannel), {
      signal,
    });
    connection.addEventListener('signalingstatechange', () => this.#openIfReady(), { signal });
    connection.addEventListener(
      'icegatheringstatechange',
      () => {
        if (connection.iceGatheringState === 'complete') this.#signals.gathered();
      },
      { signal },
    );
  }

  #listen(index: Channel, channel: RTCDataChannel): void {
    const { signal } = this.#listening;
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = lowWaterBytes(0);
    // In place of simple-peer's own handler, whose stream would hoard what nobody reads.
    channel.onmessage = (event: MessageEvent<unknown>) => this.#receive(index, event.data);
    channel.addEventListener('open', () => this.#openIfReady(), { signal });
    channel.addEventListener(
      'bufferedamountlow',
      () => {
        if (this.#state === 'open') this.#events.drained(index);
      },
      { signal },
    );
  }

  /** Takes a payload of the remote end; says why if it is of no use. Never throws. */
  signal(payload: Uint8Array): SignalRefusal | undefined {
    if (this.#state === 'ended') return SignalRefusal.unknownLink;
    return this.#intake.take(payload);
  }

  #openIfReady(): void {
    const { _pc: connection } = this.#peer;
    // Chromium can open the channels before it shows the answer that made it possible.
    if (this.#binding || connection?.signalingState !== 'stable') return;
    if (this.#channels.some((channel) => channel.readyState !== 'open')) return;
    this.#binding = true;
    const local = parseFingerprint(connection.localDescription?.sdp ?? '');
    const remote = parseFingerprint(connection.remoteDescription?.sdp ?? '');
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

  #receive(channel: Channel, data: unknown): void {
    const unwanted = this.#whyUnwanted(data);
    if (unwanted) this.#end(unwanted);
    else {
      const packet = new Uint8Array(data as ArrayBuffer);
      if (this.#state === 'opening') this.#early.push([channel, packet]);
      else this.#pass(channel, packet);
    }
  }

  #whyUnwanted(data: unknown): string | undefined {
    if (!(data instanceof ArrayBuffer)) return LinkEnding.text;
    if (data.byteLength > limits.packetBytesMax) return LinkEnding.oversized;
    return this.#early.length === EARLY_PACKETS_MAX ? LinkEnding.tooEarly : undefined;
  }

  #pass(channel: Channel, packet: Uint8Array): void {
    if (this.#state === 'open') this.#events.received(channel, packet);
  }

  /** False if the link is not open; the packet is then dropped. */
  send(index: Channel, packet: Uint8Array): boolean {
    const channel = this.#channels[index];
    if (this.#state !== 'open' || channel?.readyState !== 'open') return false;
    try {
      channel.send(packet as Uint8Array<ArrayBuffer>);
    } catch {
      // Closed by the remote end in this moment, or its buffer is full to the browser's own limit.
      return false;
    }
    channel.bufferedAmountLowThreshold = lowWaterBytes(channel.bufferedAmount);
    return true;
  }

  bufferedBytes(index: Channel): number {
    return this.#channels[index]?.bufferedAmount ?? 0;
  }

  /**
   * Ends the link from this side. A control channel that is closed first delivers what was sent on it, then takes the whole
   * connection down; a remote end that does not go along has a second.
   */
  close(): void {
    if (this.#state === 'ended') return;
    const control = this.#channels[Channel.control];
    const flush = this.#state === 'open' && control?.readyState === 'open';
    this.#silence();
    if (!flush) {
      this.#peer.destroy();
      return;
    }
    const cancel = this.#clock.schedule(this.#clock.now() + FLUSH_WITHIN_MS, () => this.#peer.destroy());
    this.#peer.on('close', cancel);
    control.close();
  }

  #end(reason: string): void {
    if (this.#state === 'ended') return;
    this.#silence();
    this.#peer.destroy();
    this.#events.ended(reason);
  }

  /** From here on nothing is reported and nothing is held. */
  #silence(): void {
    this.#state = 'ended';
    this.#cancelTimeout();
    this.#signals.stop();
    this.#listening.abort();
    for (const channel of this.#channels) channel.onmessage = null;
    this.#early = [];
  }

  #reasonOf(error: Error & { readonly code?: string }): string {
    const open = this.#state === 'open';
    switch (error.code) {
      case 'ERR_ICE_CONNECTION_FAILURE':
      case 'ERR_CONNECTION_FAILURE':
        return open ? CONNECTION_LOST : LinkEnding.noPath;
      case 'ERR_DATA_CHANNEL':
        return open ? LinkEnding.remote : 'no data channel';
      case 'ERR_SET_REMOTE_DESCRIPTION':
      case 'ERR_ADD_ICE_CANDIDATE':
        return LinkEnding.unusableSignal;
      case 'ERR_PC_CONSTRUCTOR':
        return 'the browser makes no more connections for this page';
      default:
        return `WebRTC failed (${error.code ?? error.message})`;
    }
  }
}
