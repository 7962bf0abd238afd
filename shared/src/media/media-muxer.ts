/**
 * Turns encoded packets into the messages of a stream: puts the config in front of every key picture, bundles sound, and
 * counts. Nothing leaves before a first start, and no sound before a start has announced its config. Pure: times come in.
 */
import {
  type AudioConfig,
  type AudioPacket,
  encodeMediaMessage,
  MediaKind,
  type VideoConfig,
  type VideoPacket,
} from './media-message.ts';

/** Packets of sound in one message: 3 × 20 ms of Opus. More saves headers and costs delay of sound. */
const BUNDLE_PACKETS = 3;

/** A stream of sound alone offers a point to start from this often. */
const AUDIO_START_EVERY_US = 1_000_000;

/** Packets whose times do not meet within this do not share a bundle, which carries only the first one's time. */
const CONTIGUOUS_WITHIN_US = 2_000;

/** @param key true if a viewer can start at this message. */
export type OnMessage = (message: Uint8Array, key: boolean) => void;

/** One packet of sound with its presentation time. */
export interface TimedAudioPacket extends AudioPacket {
  readonly ptsUs: number;
}

export class MediaMuxer {
  /** Expect pictures: then every start holds one. */
  readonly #hasVideo: boolean;
  readonly #onMessage: OnMessage;
  #video: VideoConfig | undefined;
  #audio: AudioConfig | undefined;
  #started = false;
  #audioAnnounced = false;
  #lastAudioStartUs = Number.NEGATIVE_INFINITY;
  #bundle: TimedAudioPacket[] = [];
  #videoFrames = 0;
  #audioPackets = 0;
  #keyFrames = 0;
  #bytes = 0;

  constructor(hasVideo: boolean, onMessage: OnMessage) {
    this.#hasVideo = hasVideo;
    this.#onMessage = onMessage;
  }

  setVideo(config: VideoConfig): void {
    this.#video = config;
  }

  setAudio(config: AudioConfig): void {
    this.#audio = config;
  }

  /** Takes one encoded picture, in decode order. Delta pictures before the first key picture are dropped. */
  video(packet: VideoPacket, key: boolean): void {
    if (key && this.#video) {
      // Sound that waits for its bundle goes first, so that it never waits for a start.
      this.#flushBundle();
      this.#start(packet);
      this.#keyFrames++;
    } else if (this.#started) {
      this.#emit(encodeMediaMessage({ kind: MediaKind.video, packet }), false);
    } else return;
    this.#videoFrames++;
  }

  /** Takes one encoded packet of sound. Dropped until a start has announced its config. */
  audio(packet: TimedAudioPacket): void {
    if (!this.#audio) return;
    if (!this.#hasVideo && packet.ptsUs - this.#lastAudioStartUs >= AUDIO_START_EVERY_US) {
      this.#flushBundle();
      this.#lastAudioStartUs = packet.ptsUs;
      this.#start(undefined);
    }
    if (!this.#audioAnnounced) return;
    const previous = this.#bundle.at(-1);
    const seamUs = previous ? packet.ptsUs - (previous.ptsUs + previous.durationUs) : 0;
    if (Math.abs(seamUs) > CONTIGUOUS_WITHIN_US) this.#flushBundle();
    this.#bundle.push(packet);
    this.#audioPackets++;
    if (this.#bundle.length >= BUNDLE_PACKETS) this.#flushBundle();
  }

  stats(): { videoFrames: number; audioPackets: number; bytes: number; keyFrames: number } {
    return {
      videoFrames: this.#videoFrames,
      audioPackets: this.#audioPackets,
      bytes: this.#bytes,
      keyFrames: this.#keyFrames,
    };
  }

  #start(packet: VideoPacket | undefined): void {
    this.#started = true;
    if (this.#audio) this.#audioAnnounced = true;
    const video = packet ? this.#video : undefined;
    this.#emit(encodeMediaMessage({ kind: MediaKind.start, video, audio: this.#audio, packet }), true);
  }

  #flushBundle(): void {
    const [first] = this.#bundle;
    if (!first) return;
    const packets = this.#bundle;
    this.#bundle = [];
    this.#emit(encodeMediaMessage({ kind: MediaKind.audio, ptsUs: first.ptsUs, packets }), false);
  }

  #emit(message: Uint8Array, key: boolean): void {
    this.#bytes += message.length;
    this.#onMessage(message, key);
  }
}
