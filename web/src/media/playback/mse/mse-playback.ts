/**
 * Plays a stream through Media Source Extensions, for browsers without WebCodecs: packets → WebM or fragmented MP4 → a media element
 * → its pictures on the canvas. The element's clock drives sound and picture together and is kept near the live edge
 * (live-position.ts). H.264 waits for the end of its fragment, so it is a key interval later than WebM, whose pictures are handed
 * over one by one.
 *
 * A run is one MediaSource: it begins with a start message and ends with the codecs, the timeline, or an error.
 */
import {
  type AudioConfig,
  type AudioMessage,
  MediaKind,
  type MediaMessage,
  type VideoConfig,
  type VideoPacket,
} from '@murmuration/shared/media/media-message.ts';
import { wallClockMs } from '../../wall-clock.ts';
import { audioDecoderConfig, sameAudio, sameVideo, videoDecoderConfig } from '../decoder-configs.ts';
import { contextOf, drawUpright } from '../draw-picture.ts';
import { PaintMeter } from '../paint-meter.ts';
import type { PictureThread } from '../picture-thread.ts';
import type { Playback, PlaybackCalls, PlaybackStats } from '../playback.ts';
import { isSameSource, originOf } from '../source-origin.ts';
import { stepsToLiveEdge, TargetDelay, type TimeRange } from './live-position.ts';
import { mediaSourceClass, mseTypes } from './mse-types.ts';
import { PacketFeed, type TimedPacket } from './packet-feed.ts';

/** How often to look where the element is, in ms. */
const STEER_EVERY_MS = 100;
/** What a container needs before its feeds are open, in packets: about two key intervals. */
const EARLY_PACKETS_MAX = 240;
/** Failed runs in a row, without a picture or sound between them, that are called trouble. */
const FAILURES_IN_A_ROW = 3;

interface Run {
  readonly url: string;
  readonly video: VideoConfig | undefined;
  readonly audio: AudioConfig | undefined;
  readonly originMs: number;
  feeds: { readonly video: PacketFeed | undefined; readonly audio: PacketFeed | undefined } | undefined;
  /** Came before the source was open. */
  early: { readonly kind: 'video' | 'audio'; readonly packet: TimedPacket }[];
}

export class MsePlayback implements Playback {
  readonly #canvas: HTMLCanvasElement;
  /** Has the canvas, if WebCodecs could play the stream until now. */
  readonly #pictures: PictureThread | undefined;
  readonly #calls: PlaybackCalls;
  readonly #element = document.createElement('video');
  readonly #target = new TargetDelay();
  readonly #meter = new PaintMeter();
  readonly #steering: ReturnType<typeof setInterval>;
  #run: Run | undefined;
  #idle = false;
  #hasAudio = false;
  #failures = 0;
  /** Of the pictures that come in, in ms: the element does not say how long one is to stand. */
  #pictureMs = 0;
  #paintedSeconds = -1;
  #toldDelayMs = 0;
  #stopped = false;

  constructor(canvas: HTMLCanvasElement, pictures: PictureThread | undefined, calls: PlaybackCalls) {
    this.#canvas = canvas;
    this.#pictures = pictures;
    this.#calls = calls;
    const element = this.#element;
    element.muted = true;
    element.playsInline = true;
    element.disableRemotePlayback = true;
    element.tabIndex = -1;
    element.setAttribute('aria-hidden', 'true');
    // Behind the canvas: browsers hand out the pictures of elements that are on the page, and only of those at full rate.
    element.className = 'stage-source';
    canvas.before(element);
    this.#steering = setInterval(() => this.#steer(), STEER_EVERY_MS);
    this.#paintNext();
  }

  push(media: MediaMessage): void {
    if (this.#stopped || this.#idle) return;
    switch (media.kind) {
      case MediaKind.start:
        this.#start(media.video, media.audio, media.packet);
        break;
      case MediaKind.video:
        this.#feedPicture(media.packet, false);
        break;
      case MediaKind.audio:
        for (const packet of audioPackets(media)) this.#feed('audio', packet);
        break;
    }
  }

  /** A container takes gaps only in front of key pictures, and a new run costs no more than waiting for one. */
  gap(): void {
    this.#endRun();
  }

  setMuted(muted: boolean): void {
    this.#element.muted = muted;
  }

  setVolume(volume: number): void {
    this.#element.volume = Math.min(1, Math.max(0, volume));
  }

  setIdle(idle: boolean): void {
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.#meter.rest();
    // The last picture stays on the canvas; the next start begins a new run.
    if (idle) this.#endRun();
  }

  toLiveEdge(): void {
    this.#target.reset();
    const end = this.#ranges().at(-1)?.end;
    if (end !== undefined) this.#element.currentTime = Math.max(0, end - this.#target.seconds);
  }

  stats(): PlaybackStats {
    const end = this.#ranges().at(-1)?.end;
    const delayMs = end === undefined ? 0 : Math.max(0, (end - this.#element.currentTime) * 1_000);
    const { muted, paused } = this.#element;
    const quality = this.#element.getVideoPlaybackQuality?.();
    return {
      way: 'mse',
      painted: this.#meter.count,
      decoded: quality?.totalVideoFrames ?? this.#meter.count,
      droppedLate: quality?.droppedVideoFrames ?? 0,
      playoutDelayMs: delayMs,
      behindMs: Math.max(0, delayMs - this.#target.seconds * 1_000),
      captureToPaintMs: this.#meter.sinceCaptureMs,
      hasAudio: this.#hasAudio,
      audioRunning: this.#hasAudio && !muted && !paused,
      audioDecoded: 0,
      stalls: this.#meter.stalls,
    };
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#steering);
    this.#endRun();
    this.#element.remove();
  }

  #start(
    video: VideoConfig | undefined,
    audio: AudioConfig | undefined,
    packet: VideoPacket | undefined,
  ): void {
    const originMs = packet ? originOf(packet) : 0;
    const run = this.#run;
    const goesOn =
      run &&
      both(run.video, video, sameVideo) &&
      both(run.audio, audio, sameAudio) &&
      isSameSource(originMs, run.originMs);
    if (!goesOn) this.#begin(video, audio, originMs);
    if (packet) this.#feedPicture(packet, true);
  }

  #begin(video: VideoConfig | undefined, audio: AudioConfig | undefined, originMs: number): void {
    this.#endRun();
    const SourceClass = mediaSourceClass();
    const types = mseTypes({ video: video?.codec, audio: audio?.codec });
    if (!SourceClass || !types) {
      this.#calls.onTrouble({
        reason: 'video-codec-unsupported',
        message: `This browser cannot play this stream (${[video?.codec, audio?.codec].filter(Boolean).join(', ')}). Try another browser.`,
      });
      return;
    }
    const source = new SourceClass();
    const run: Run = {
      url: URL.createObjectURL(source),
      video,
      audio,
      originMs,
      feeds: undefined,
      early: [],
    };
    this.#run = run;
    this.#hasAudio = audio !== undefined;
    const calls = {
      onAppended: () => this.#target.appended(performance.now()),
      onFailed: () => this.#failed(run),
      playedUntil: () => this.#element.currentTime,
    };
    const open = (): void => {
      if (this.#run !== run || run.feeds) return;
      try {
        run.feeds = {
          video:
            video && types.video && PacketFeed.video(source, types.video, videoDecoderConfig(video), calls),
          audio:
            audio && types.audio && PacketFeed.audio(source, types.audio, audioDecoderConfig(audio), calls),
        };
      } catch {
        this.#failed(run);
        return;
      }
      for (const { kind, packet } of run.early.splice(0)) run.feeds[kind]?.push(packet);
    };
    source.addEventListener('sourceopen', open);
    this.#element.src = run.url;
  }

  #feedPicture({ bytes, ptsUs, durationUs }: VideoPacket, key: boolean): void {
    this.#pictureMs = durationUs / 1_000;
    this.#feed('video', { bytes, key, ptsUs, durationUs });
  }

  #feed(kind: 'video' | 'audio', packet: TimedPacket): void {
    const run = this.#run;
    if (run?.feeds) run.feeds[kind]?.push(packet);
    else if (run && run.early.length < EARLY_PACKETS_MAX) run.early.push({ kind, packet });
    else this.#endRun();
  }

  #failed(run: Run): void {
    if (this.#run !== run) return;
    this.#endRun();
    this.#failures++;
    if (this.#failures !== FAILURES_IN_A_ROW) return;
    this.#calls.onTrouble({
      reason: 'decoder-failed',
      message: 'The video of this stream cannot be decoded here. If that lasts, try another browser.',
    });
  }

  #endRun(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    run.feeds?.video?.end();
    run.feeds?.audio?.end();
    this.#element.removeAttribute('src');
    this.#element.load();
    URL.revokeObjectURL(run.url);
    this.#paintedSeconds = -1;
  }

  #ranges(): TimeRange[] {
    const { buffered } = this.#element;
    return Array.from({ length: buffered.length }, (_, i) => ({
      start: buffered.start(i),
      end: buffered.end(i),
    }));
  }

  #steer(): void {
    const element = this.#element;
    if (!this.#run || element.seeking) return;
    const { seekTo, rate } = stepsToLiveEdge(this.#ranges(), element.currentTime, this.#target.seconds);
    if (seekTo !== undefined) element.currentTime = seekTo;
    if (element.playbackRate !== rate) element.playbackRate = rate;
    if (element.paused && element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA)
      element.play().catch(() => undefined);
    const delayMs = this.#target.seconds * 1_000;
    if (Math.abs(delayMs - this.#toldDelayMs) < 10) return;
    this.#toldDelayMs = delayMs;
    this.#calls.onDelayChange(delayMs);
  }

  #paintNext(): void {
    if (this.#stopped) return;
    const element = this.#element;
    if ('requestVideoFrameCallback' in element) {
      element.requestVideoFrameCallback((_, { mediaTime }) => {
        this.#paint(mediaTime);
        this.#paintNext();
      });
      return;
    }
    requestAnimationFrame(() => {
      const { currentTime } = this.#element;
      if (this.#element.readyState >= 2 && currentTime !== this.#paintedSeconds) this.#paint(currentTime);
      this.#paintNext();
    });
  }

  #paint(mediaSeconds: number): void {
    const run = this.#run;
    const { videoWidth: width, videoHeight: height } = this.#element;
    if (this.#stopped || !run?.video || width === 0) return;
    const { quarterTurns } = run.video;
    if (this.#pictures?.hasCanvas) this.#pictures.paint(new VideoFrame(this.#element), quarterTurns);
    else drawUpright(this.#canvas, contextOf(this.#canvas), this.#element, { width, height }, quarterTurns);
    this.#paintedSeconds = mediaSeconds;
    this.#failures = 0;
    this.#meter.painted({
      nowMs: performance.now(),
      durationMs: this.#pictureMs,
      sinceCaptureMs: wallClockMs() - (run.originMs + mediaSeconds * 1_000),
    });
    this.#calls.onPainted();
  }
}

function audioPackets({ ptsUs, packets }: AudioMessage): TimedPacket[] {
  let atUs = ptsUs;
  return packets.map(({ bytes, durationUs }) => {
    const packet = { bytes, key: true, ptsUs: atUs, durationUs };
    atUs += durationUs;
    return packet;
  });
}

/** Neither is there, or both are and are the same. */
const both = <T>(a: T | undefined, b: T | undefined, same: (a: T, b: T) => boolean): boolean =>
  a && b ? same(a, b) : a === b;
