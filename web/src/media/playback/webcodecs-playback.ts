/**
 * Plays a stream with the browser's decoders (WebCodecs), picture and sound on one clock. The sound is played here; the pictures are
 * decoded and painted in a thread of their own (`picture-player.ts`), which is told when they are due. Nothing is decoded while nobody looks
 * or listens.
 */
import {
  type AudioMessage,
  MediaKind,
  type MediaMessage,
  type VideoConfig,
  type VideoPacket,
} from '@murmuration/shared/media/media-message.ts';
import { AudioTrack } from './audio-track.ts';
import type { PictureFigures } from './picture-messages.ts';
import type { PictureThread } from './picture-thread.ts';
import type { Playback, PlaybackCalls, PlaybackStats } from './playback.ts';
import { type PlayoutBounds, PlayoutClock } from './playout-clock.ts';
import { isSameSource, originOf } from './source-origin.ts';

const DELAY_STEP_MS = 10;
/** The thread need not know better when pictures are due: the delay shrinks by a little with all that comes in. */
const DUE_STEP_MS = 2;

/** Whether this browser has the decoders at all; which codecs they know is another question. */
export const hasWebCodecs = (): boolean => 'VideoDecoder' in globalThis && 'AudioDecoder' in globalThis;

export class WebCodecsPlayback implements Playback {
  readonly #calls: PlaybackCalls;
  readonly #minDelayMs: number;
  readonly #clock: PlayoutClock;
  readonly #pictures: PictureThread;
  readonly #audio: AudioTrack;
  #figures: PictureFigures = {
    painted: 0,
    decoded: 0,
    droppedLate: 0,
    stalls: 0,
    captureToPaintMs: undefined,
  };
  #hasVideo = false;
  /** The host's clock when its source began; another one means another source, whose times begin anew. */
  #originMs: number | undefined;
  #toldDelayMs: number;
  /** What the thread knows of the clock. */
  #toldOffsetMs: number | undefined;
  /** Whether the thread was told that sound is heard. */
  #toldHeard: boolean | undefined;
  #muted = true;
  #idle = false;
  #stopped = false;

  /** @param pictures is used until this is stopped, and remains */
  constructor(pictures: PictureThread, bounds: PlayoutBounds, calls: PlaybackCalls) {
    this.#pictures = pictures;
    this.#calls = calls;
    this.#clock = new PlayoutClock(bounds);
    this.#minDelayMs = bounds.minDelayMs;
    this.#toldDelayMs = bounds.minDelayMs;
    this.#audio = new AudioTrack({
      dueMs: (ptsUs) => this.#clock.dueMs(ptsUs),
      onLate: (readyMs, ptsUs) => this.#clock.ready(readyMs, ptsUs),
      onTrouble: calls.onTrouble,
    });
    this.#tellSound();
    pictures.calls = {
      onMissing: () =>
        calls.onTrouble({
          reason: 'player-not-loaded',
          message: 'A part of the player could not be loaded. Check your connection and reload the page.',
        }),
      onTold: (telling) => {
        switch (telling.type) {
          case 'trouble':
            calls.onTrouble(telling.trouble);
            break;
          case 'decoded':
          case 'painted':
            this.#figures = telling.figures;
            for (const { readyMs, ptsUs } of telling.decoded)
              this.#clock.ready(readyMs - performance.timeOrigin, ptsUs);
            this.#tellDue();
            if (telling.type === 'painted') calls.onPainted();
        }
      },
    };
  }

  push(media: MediaMessage, arrivedAtMs: number): void {
    if (this.#stopped) return;
    switch (media.kind) {
      case MediaKind.start:
        this.#hasVideo = media.video !== undefined;
        if (media.audio) this.#audio.configure(media.audio);
        this.#tellSound();
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
  }

  gap(): void {
    this.#pictures.gap();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#audio.setMuted(muted || this.#idle);
    this.#tellSound();
  }

  setVolume(volume: number): void {
    this.#audio.setVolume(volume);
  }

  setIdle(idle: boolean): void {
    if (idle === this.#idle || this.#stopped) return;
    this.#idle = idle;
    this.#audio.setMuted(this.#muted || idle);
    if (!idle) this.#clock.catchUp(performance.now());
    this.#pictures.setIdle(idle);
  }

  toLiveEdge(): void {
    this.#clock.toLiveEdge(performance.now());
    this.#tellDelay();
    this.#tellDue();
  }

  stats(): PlaybackStats {
    const { delayMs } = this.#clock;
    return {
      way: 'webcodecs',
      ...this.#figures,
      playoutDelayMs: delayMs,
      behindMs: delayMs - this.#minDelayMs,
      hasAudio: this.#audio.hasConfig,
      audioRunning: this.#audio.running,
      audioDecoded: this.#audio.decoded,
    };
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#pictures.calls = undefined;
    this.#pictures.setIdle(true);
    this.#audio.stop();
  }

  #pushVideo(packet: VideoPacket, config: VideoConfig | undefined, arrivedAtMs: number): void {
    const sentUs = packet.ptsUs - packet.leadUs;
    const originMs = originOf(packet);
    const restarted = !isSameSource(originMs, this.#originMs ?? originMs);
    this.#originMs = originMs;
    if (restarted) this.#clock.restart();
    const beginsAnew = this.#clock.arrived(arrivedAtMs, sentUs) || restarted;
    this.#tellDue();
    this.#pictures.packet(packet, config, beginsAnew);
  }

  #pushAudio(message: AudioMessage, arrivedAtMs: number): void {
    // Beside pictures the sound, which comes later, says nothing about the fastest arrival.
    if (!this.#hasVideo) this.#clock.arrived(arrivedAtMs, message.ptsUs);
    this.#audio.push(message.ptsUs, message.packets);
  }

  #tellDue(): void {
    const { offsetMs } = this.#clock;
    if (
      offsetMs === undefined ||
      Math.abs(offsetMs - (this.#toldOffsetMs ?? Number.POSITIVE_INFINITY)) < DUE_STEP_MS
    )
      return;
    this.#toldOffsetMs = offsetMs;
    this.#pictures.due(offsetMs + performance.timeOrigin);
  }

  #tellSound(): void {
    const isHeard = this.#audio.hasConfig && !this.#muted;
    if (isHeard === this.#toldHeard) return;
    this.#toldHeard = isHeard;
    this.#pictures.setSound(isHeard);
  }

  #tellDelay(): void {
    const delayMs = this.#clock.delayMs;
    if (Math.abs(delayMs - this.#toldDelayMs) < DELAY_STEP_MS) return;
    this.#toldDelayMs = delayMs;
    this.#calls.onDelayChange(delayMs);
  }
}
