/**
 * Plays the messages of one stream onto a canvas: decode → playout clock → picture and sound. Remote bytes never make it
 * throw; what cannot be used is counted. The canvas carries the number of painted pictures in `data-painted`.
 *
 * Left out: browsers without WebCodecs (a fallback to Media Source Extensions is to come); they are told through `onTrouble`.
 */

import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import {
  type AudioMessage,
  decodeMediaMessage,
  MediaKind,
  type VideoConfig,
  type VideoPacket,
} from '@murmuration/shared/media/media-message.ts';
import { AudioTrack } from './playback/audio-track.ts';
import { drawPicture } from './playback/draw-picture.ts';
import { PictureQueue } from './playback/picture-queue.ts';
import { PlayoutClock } from './playback/playout-clock.ts';
import { type Trouble, troubleWithoutWebCodecs } from './playback/trouble.ts';
import { type DecodedPicture, VideoTrack } from './playback/video-track.ts';
import { wallClockMs } from './wall-clock.ts';

export interface PlayerOptions {
  /** Bounds of the playout delay in ms. Default 60 and 600: less delay stalls more often. */
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
  /** The playout delay changed by 10 ms or more. */
  readonly onDelayChange?: (ms: number) => void;
  /** The stream, or a part of it, cannot be shown here. Called once for each reason, again only after it had passed. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

export interface PlayerStats {
  readonly painted: number;
  readonly decoded: number;
  /** Pictures that were not shown because a later one was due, before or after decoding. */
  readonly droppedLate: number;
  readonly malformed: number;
  readonly playoutDelayMs: number;
  /** From the host's capture to the paint here, of the latest picture; right only if both clocks agree. */
  readonly captureToPaintMs: number | undefined;
  /** Pixels of the picture as shown; 0 before the first. */
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
  readonly audioRunning: boolean;
  readonly audioDecoded: number;
  /** How often the picture stood still for longer than `STALL_MS` beyond its own duration. */
  readonly stalls: number;
  /** The first trouble that has not passed. */
  readonly trouble: Trouble | undefined;
}

const STALL_MS = 200;
const DELAY_STEP_MS = 10;
/** A display shows what is painted at its next refresh, so half a refresh early is on time. */
const REFRESH_HALF_MS = 8;
/** A page whose animation frames stay away so long is hidden; pictures are then painted as they are decoded. */
const HIDDEN_AFTER_MS = 100;
/** A waiting picture this late is given up as soon as there is a newer key picture. */
const HOPELESS_MS = 500;
/** The origin of one source may seem to move by this much, as capture stamps jitter. */
const ORIGIN_TOLERANCE_MS = 1_000;

export class StreamPlayer {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #options: PlayerOptions;
  readonly #clock: PlayoutClock;
  readonly #pictures = new PictureQueue<DecodedPicture>();
  readonly #video: VideoTrack;
  readonly #audio: AudioTrack;
  #hasVideo = false;
  /** The host's clock when its source began; another one means another source, whose times begin anew. */
  #originMs: number | undefined;
  #painted = 0;
  #decoded = 0;
  #malformed = 0;
  #stalls = 0;
  #captureToPaintMs: number | undefined;
  #lastPaint: { atMs: number; durationMs: number } | undefined;
  #toldDelayMs: number;
  #troubles = new Map<Trouble['reason'], Trouble>();
  #animation: { id: number; requestedMs: number } | undefined;
  #stopped = false;

  constructor(canvas: HTMLCanvasElement, options: PlayerOptions = {}) {
    const { minDelayMs = 60, maxDelayMs = 600 } = options;
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false });
    this.#options = options;
    this.#clock = new PlayoutClock({ minDelayMs, maxDelayMs });
    this.#toldDelayMs = minDelayMs;
    canvas.dataset.painted = '0';
    const onTrouble = (trouble: Trouble) => this.#trouble(trouble);
    this.#video = new VideoTrack({
      onPicture: (picture) => this.#onPicture(picture),
      onTrouble,
      hasRoom: () => this.#pictures.length < mediaLimits.decodedPicturesMax,
      isHopeless: (ptsUs) => this.#isDue(ptsUs, performance.now() - HOPELESS_MS),
    });
    this.#audio = new AudioTrack({
      dueMs: (ptsUs) => this.#clock.dueMs(ptsUs),
      onLate: (readyMs, ptsUs) => this.#clock.ready(readyMs, ptsUs),
      onTrouble,
    });
    if (!('VideoDecoder' in globalThis)) this.#trouble(troubleWithoutWebCodecs());
  }

  /**
   * Takes the next message of the stream, in order.
   * @param key what the host published with the message: true exactly for a message to start from.
   * @param arrivedAtMs when its last byte came in, in ms of performance.now.
   */
  push(message: Uint8Array, key: boolean, arrivedAtMs: number): void {
    if (this.#stopped) return;
    const decoded = decodeMediaMessage(message);
    if (!decoded.ok || key !== (decoded.value.kind === MediaKind.start)) {
      this.#malformed++;
      return;
    }
    const media = decoded.value;
    switch (media.kind) {
      case MediaKind.start:
        this.#hasVideo = media.video !== undefined;
        if (media.audio) this.#audio.configure(media.audio);
        if (media.video && media.packet) this.#pushVideo(media.packet, media.video, arrivedAtMs);
        break;
      case MediaKind.video:
        this.#pushVideo(media.packet, undefined, arrivedAtMs);
        break;
      case MediaKind.audio:
        this.#pushAudio(media, arrivedAtMs);
        break;
    }
    this.#tellDelay();
    this.#paintIfHidden();
  }

  /** Messages were lost: nothing is shown until the next one to start from. */
  gap(): void {
    this.#video.gap();
  }

  /** Starts muted. Unmute within a user gesture. */
  setMuted(muted: boolean): void {
    this.#audio.setMuted(muted);
  }

  /** @param volume 0 to 1. */
  setVolume(volume: number): void {
    this.#audio.setVolume(volume);
  }

  stats(): PlayerStats {
    const [trouble] = this.#troubles.values();
    return {
      painted: this.#painted,
      decoded: this.#decoded,
      droppedLate: this.#pictures.dropped + this.#video.dropped,
      malformed: this.#malformed,
      playoutDelayMs: this.#clock.delayMs,
      captureToPaintMs: this.#captureToPaintMs,
      width: this.#painted > 0 ? this.#canvas.width : 0,
      height: this.#painted > 0 ? this.#canvas.height : 0,
      hasAudio: this.#audio.hasConfig,
      audioRunning: this.#audio.running,
      audioDecoded: this.#audio.decoded,
      stalls: this.#stalls,
      trouble,
    };
  }

  stop(): void {
    this.#stopped = true;
    if (this.#animation) cancelAnimationFrame(this.#animation.id);
    this.#video.stop();
    this.#audio.stop();
    this.#pictures.clear();
  }

  #pushVideo(packet: VideoPacket, config: VideoConfig | undefined, arrivedAtMs: number): void {
    if (!('VideoDecoder' in globalThis)) return;
    const sentUs = packet.ptsUs - packet.leadUs;
    const originMs = packet.capturedAtMs - sentUs / 1_000;
    const restarted = Math.abs(originMs - (this.#originMs ?? originMs)) > ORIGIN_TOLERANCE_MS;
    this.#originMs = originMs;
    if (restarted) this.#clock.restart();
    if (this.#clock.arrived(arrivedAtMs, sentUs) || restarted) {
      this.#pictures.clear();
      this.#video.restart();
    }
    this.#video.push(packet, config);
  }

  #pushAudio(message: AudioMessage, arrivedAtMs: number): void {
    // Beside pictures the sound, which comes later, says nothing about the fastest arrival.
    if (!this.#hasVideo) this.#clock.arrived(arrivedAtMs, message.ptsUs);
    this.#audio.push(message.ptsUs, message.packets);
  }

  #onPicture(picture: DecodedPicture): void {
    if (this.#stopped) {
      picture.close();
      return;
    }
    this.#decoded++;
    const nowMs = performance.now();
    // What is late is late for whatever reason; what is not may only have waited for room.
    this.#clock.ready(this.#isDue(picture.ptsUs, nowMs) ? nowMs : picture.readyMs, picture.ptsUs);
    this.#pictures.add(picture);
    if (this.#painted === 0) this.#paint(nowMs, () => true);
    this.#pictures.dropOvertaken((ptsUs) => this.#isDue(ptsUs, nowMs));
    this.#paintIfHidden();
    this.#requestPaint();
  }

  #requestPaint(): void {
    if (this.#animation || this.#pictures.length === 0 || this.#stopped) return;
    const id = requestAnimationFrame(() => {
      this.#animation = undefined;
      const nowMs = performance.now();
      this.#paint(nowMs, (ptsUs) => this.#isDue(ptsUs, nowMs + REFRESH_HALF_MS));
      this.#requestPaint();
    });
    this.#animation = { id, requestedMs: performance.now() };
  }

  #paintIfHidden(): void {
    const nowMs = performance.now();
    if (!this.#animation || nowMs - this.#animation.requestedMs < HIDDEN_AFTER_MS) return;
    this.#paint(nowMs, (ptsUs) => this.#isDue(ptsUs, nowMs));
  }

  #isDue(ptsUs: number, nowMs: number): boolean {
    return (this.#clock.dueMs(ptsUs) ?? Number.POSITIVE_INFINITY) <= nowMs;
  }

  #paint(nowMs: number, isDue: (ptsUs: number) => boolean): void {
    const picture = this.#pictures.takeDue(isDue);
    if (!picture) return;
    drawPicture(this.#canvas, this.#context, picture.frame, picture.quarterTurns);
    picture.close();
    this.#painted++;
    this.#troubles.delete('decoder-failed');
    this.#troubles.delete('video-codec-unsupported');
    this.#canvas.dataset.painted = String(this.#painted);
    this.#captureToPaintMs = wallClockMs() - picture.capturedAtMs;
    if (this.#lastPaint && nowMs - this.#lastPaint.atMs - this.#lastPaint.durationMs > STALL_MS)
      this.#stalls++;
    this.#lastPaint = { atMs: nowMs, durationMs: picture.durationUs / 1_000 };
    this.#video.pump();
  }

  #tellDelay(): void {
    const delayMs = this.#clock.delayMs;
    if (Math.abs(delayMs - this.#toldDelayMs) < DELAY_STEP_MS) return;
    this.#toldDelayMs = delayMs;
    this.#options.onDelayChange?.(delayMs);
  }

  #trouble(trouble: Trouble): void {
    if (this.#troubles.has(trouble.reason)) return;
    this.#troubles.set(trouble.reason, trouble);
    this.#options.onTrouble?.(trouble);
  }
}
