/**
 * One track on its way into a SourceBuffer: packets are put into a container (mediabunny) and its bytes appended in order. What was
 * played long ago is removed, and what waits to be appended is bounded. Each track has a container of its own, so that none
 * waits for the other.
 */

import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import {
  AppendOnlyStreamTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
} from 'mediabunny';
import type { AudioCodecName, Container, MseTrack, VideoCodecName } from './mse-types.ts';

/** What was played so long ago is removed, in seconds; and how often that is looked at, in appends. */
const KEPT_SECONDS = 10;
const REMOVE_EVERY_APPENDS = 100;

export interface TimedPacket {
  readonly bytes: Uint8Array;
  readonly key: boolean;
  readonly ptsUs: number;
  readonly durationUs: number;
}

type Meta = EncodedVideoChunkMetadata | EncodedAudioChunkMetadata;

export interface FeedCalls {
  onAppended(): void;
  /** The browser takes no more: the run is over. */
  onFailed(): void;
  /** Where the element plays, in seconds. */
  playedUntil(): number;
}

export class PacketFeed {
  readonly #buffer: SourceBuffer;
  readonly #calls: FeedCalls;
  readonly #add: (packet: EncodedPacket, meta: Meta | undefined) => Promise<void>;
  readonly #output: Output;
  #meta: Meta | undefined;
  #adding: Promise<void>;
  #addsWaiting = 0;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #queuedBytes = 0;
  #appends = 0;
  #ended = false;

  static video(
    source: MediaSource,
    track: MseTrack<VideoCodecName>,
    config: VideoDecoderConfig,
    calls: FeedCalls,
  ) {
    const packets = new EncodedVideoPacketSource(track.name);
    const meta = { decoderConfig: config };
    const add = (packet: EncodedPacket, meta: Meta | undefined) =>
      packets.add(packet, meta as EncodedVideoChunkMetadata | undefined);
    return new PacketFeed(source.addSourceBuffer(track.type), track.container, add, meta, calls, (output) =>
      output.addVideoTrack(packets),
    );
  }

  static audio(
    source: MediaSource,
    track: MseTrack<AudioCodecName>,
    config: AudioDecoderConfig,
    calls: FeedCalls,
  ) {
    const packets = new EncodedAudioPacketSource(track.name);
    const meta = { decoderConfig: config };
    const add = (packet: EncodedPacket, meta: Meta | undefined) =>
      packets.add(packet, meta as EncodedAudioChunkMetadata | undefined);
    return new PacketFeed(source.addSourceBuffer(track.type), track.container, add, meta, calls, (output) =>
      output.addAudioTrack(packets),
    );
  }

  private constructor(
    buffer: SourceBuffer,
    container: Container,
    add: (packet: EncodedPacket, meta: Meta | undefined) => Promise<void>,
    meta: Meta,
    calls: FeedCalls,
    addTrack: (output: Output) => void,
  ) {
    this.#buffer = buffer;
    this.#calls = calls;
    this.#add = add;
    this.#meta = meta;
    this.#output = new Output({
      format:
        container === 'webm'
          ? new WebMOutputFormat({ appendOnly: true })
          : new Mp4OutputFormat({ fastStart: 'fragmented', minimumFragmentDuration: 0.05 }),
      target: new AppendOnlyStreamTarget(
        new WritableStream({ write: (bytes: Uint8Array) => this.#enqueue(bytes as Uint8Array<ArrayBuffer>) }),
      ),
    });
    addTrack(this.#output);
    this.#adding = this.#output.start();
    this.#adding.catch(() => this.#fail());
    buffer.addEventListener('updateend', this.#pump);
    buffer.addEventListener('error', this.#fail);
  }

  /** Packets in decode order. */
  push({ bytes, key, ptsUs, durationUs }: TimedPacket): void {
    if (this.#ended) return;
    if (this.#addsWaiting >= mediaLimits.undecodedPacketsMax) {
      this.#fail();
      return;
    }
    const packet = new EncodedPacket(bytes, key ? 'key' : 'delta', ptsUs / 1e6, durationUs / 1e6);
    const meta = this.#meta;
    this.#meta = undefined;
    this.#addsWaiting++;
    this.#adding = this.#adding
      .then(() => this.#add(packet, meta))
      .then(
        () => {
          this.#addsWaiting--;
        },
        // What cannot be muxed is no genuine picture, or one of a stream with gaps: begin again.
        () => this.#fail(),
      );
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#buffer.removeEventListener('updateend', this.#pump);
    this.#buffer.removeEventListener('error', this.#fail);
    this.#queue = [];
    this.#output.cancel().catch(() => undefined);
  }

  readonly #fail = (): void => {
    if (this.#ended) return;
    this.end();
    this.#calls.onFailed();
  };

  #enqueue(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes > mediaLimits.undecodedBytesMax) this.#fail();
    else this.#pump();
  }

  readonly #pump = (): void => {
    if (this.#ended || this.#buffer.updating || this.#queue.length === 0) return;
    try {
      if (this.#appends++ % REMOVE_EVERY_APPENDS === 0 && this.#removeOld()) return;
      const all = joined(this.#queue.splice(0));
      this.#queuedBytes = 0;
      this.#buffer.appendBuffer(all);
      this.#calls.onAppended();
    } catch {
      // The element has failed, or its memory is full in spite of what was removed.
      this.#fail();
    }
  };

  /** True if removing has begun; appending goes on when it has ended. */
  #removeOld(): boolean {
    const until = this.#calls.playedUntil() - KEPT_SECONDS;
    const { buffered } = this.#buffer;
    if (buffered.length === 0 || until <= buffered.start(0)) return false;
    this.#buffer.remove(0, until);
    return true;
  }
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
