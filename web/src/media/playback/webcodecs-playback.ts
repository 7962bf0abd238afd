/**
 * Plays a stream with the browser's decoders (WebCodecs): decode → playout clock → picture and sound. While nobody looks or
 * listens nothing is decoded, and the newest key picture with what follows it is kept to begin with again.
 */
import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import {
  type AudioMessage,
  MediaKind,
  type MediaMessage,
  type VideoConfig,
  type VideoPacket,
} from '@murmuration/shared/media/media-message.ts';
import { wallClockMs } from '../wall-clock.ts';
import { AudioTrack } from './audio-track.ts';
import { PaintAlarm, pagePaintPorts, REFRESH_HALF_MS } from './paint-alarm.ts';
import { PaintMeter } from './paint-meter.ts';
import { PicturePainter } from './picture-painter.ts';
import { PictureQueue } from './picture-queue.ts';
import type { Playback, PlaybackCalls, PlaybackStats } from './playback.ts';
import { type PlayoutBounds, PlayoutClock } from './playout-clock.ts';
import { isSameSource, originOf } from './source-origin.ts';
import { type DecodedPicture, VideoTrack } from './video-track.ts';

const DELAY_STEP_MS = 10;
/** A waiting picture this late is given up as soon as there is a newer key picture. */
const HOPELESS_MS = 500;

/** Whether this browser has the decoders at all; which codecs they know is another question. */
export const hasWebCodecs = (): boolean => 'VideoDecoder' in globalThis && 'AudioDecoder' in globalThis;

export class WebCodecsPlayback implements Playback {
  readonly #painter: PicturePainter;
  readonly #calls: PlaybackCalls;
  readonly #minDelayMs: number;
  readonly #clock: PlayoutClock;
  readonly #pictures = new PictureQueue<DecodedPicture>();
  readonly #alarm = new PaintAlarm(pagePaintPorts, () => this.#refresh());
  readonly #meter = new PaintMeter();
  readonly #video: VideoTrack;
  readonly #audio: AudioTrack;
  #hasVideo = false;
  /** The host's clock when its source began; another one means another source, whose times begin anew. */
  #originMs: number | undefined;
  #decoded = 0;
  #toldDelayMs: number;
  #muted = true;
  #idle = false;
  #stopped = false;

  constructor(canvas: HTMLCanvasElement, bounds: PlayoutBounds, calls: PlaybackCalls) {
    this.#painter = new PicturePainter(canvas);
    this.#calls = calls;
    this.#clock = new PlayoutClock(bounds);
    this.#minDelayMs = bounds.minDelayMs;
    this.#toldDelayMs = bounds.minDelayMs;
    this.#video = new VideoTrack({
      onPicture: (picture) => this.#onPicture(picture),
      onTrouble: calls.onTrouble,
      hasRoom: () => this.#pictures.length < mediaLimits.decodedPicturesMax,
      isHopeless: (ptsUs) => this.#isDue(ptsUs, performance.now() - HOPELESS_MS),
    });
    this.#audio = new AudioTrack({
      dueMs: (ptsUs) => this.#clock.dueMs(ptsUs),
      onLate: (readyMs, ptsUs) => this.#clock.ready(readyMs, ptsUs),
      onTrouble: calls.onTrouble,
    });
  }

  push(media: MediaMessage, arrivedAtMs: number): void {
    if (this.#stopped) return;
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

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#audio.setMuted(muted || this.#idle);
  }

  setVolume(volume: number): void {
    this.#audio.setVolume(volume);
  }

  setIdle(idle: boolean): void {
    if (idle === this.#idle || this.#stopped) return;
    this.#idle = idle;
    this.#pictures.clear();
    this.#meter.rest();
    this.#audio.setMuted(this.#muted || idle);
    if (!idle) this.#clock.catchUp(performance.now());
    this.#video.setIdle(idle);
  }

  toLiveEdge(): void {
    this.#clock.toLiveEdge(performance.now());
    this.#tellDelay();
    this.#requestPaint();
  }

  stats(): PlaybackStats {
    const { delayMs } = this.#clock;
    return {
      way: 'webcodecs',
      painted: this.#meter.count,
      decoded: this.#decoded,
      droppedLate: this.#pictures.dropped + this.#video.dropped,
      playoutDelayMs: delayMs,
      behindMs: delayMs - this.#minDelayMs,
      captureToPaintMs: this.#meter.sinceCaptureMs,
      hasAudio: this.#audio.hasConfig,
      audioRunning: this.#audio.running,
      audioDecoded: this.#audio.decoded,
      stalls: this.#meter.stalls,
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#alarm.cancel();
    this.#video.stop();
    this.#audio.stop();
    this.#pictures.clear();
  }

  #pushVideo(packet: VideoPacket, config: VideoConfig | undefined, arrivedAtMs: number): void {
    const sentUs = packet.ptsUs - packet.leadUs;
    const originMs = originOf(packet);
    const restarted = !isSameSource(originMs, this.#originMs ?? originMs);
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
    if (this.#meter.count === 0) this.#paint(nowMs, () => true);
    this.#pictures.dropOvertaken((ptsUs) => this.#isDue(ptsUs, nowMs));
    this.#paintIfHidden();
    this.#requestPaint();
  }

  #requestPaint(): void {
    const firstUs = this.#pictures.firstUs;
    const dueMs = firstUs === undefined ? undefined : this.#clock.dueMs(firstUs);
    if (dueMs !== undefined && !this.#stopped) this.#alarm.set(dueMs);
  }

  #refresh(): void {
    const nowMs = performance.now();
    this.#paint(nowMs, (ptsUs) => this.#isDue(ptsUs, nowMs + REFRESH_HALF_MS));
    this.#requestPaint();
  }

  /** In a page without refreshes, which is hidden, pictures are painted as they are decoded. */
  #paintIfHidden(): void {
    const nowMs = performance.now();
    if (this.#alarm.isStuck(nowMs)) this.#paint(nowMs, (ptsUs) => this.#isDue(ptsUs, nowMs));
  }

  #isDue(ptsUs: number, nowMs: number): boolean {
    return (this.#clock.dueMs(ptsUs) ?? Number.POSITIVE_INFINITY) <= nowMs;
  }

  #paint(nowMs: number, isDue: (ptsUs: number) => boolean): void {
    const picture = this.#pictures.takeDue(isDue);
    if (!picture) return;
    const { frame, quarterTurns, durationUs, capturedAtMs } = picture;
    this.#painter.paint(frame, quarterTurns, () => {
      if (this.#stopped) return;
      const sinceCaptureMs = wallClockMs() - capturedAtMs;
      this.#meter.painted({ nowMs, durationMs: durationUs / 1_000, sinceCaptureMs });
      this.#calls.onPainted();
      this.#video.pump();
    });
  }

  #tellDelay(): void {
    const delayMs = this.#clock.delayMs;
    if (Math.abs(delayMs - this.#toldDelayMs) < DELAY_STEP_MS) return;
    this.#toldDelayMs = delayMs;
    this.#calls.onDelayChange(delayMs);
  }
}
