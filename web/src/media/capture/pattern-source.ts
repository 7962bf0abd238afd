/**
 * The test pattern as a live source. Pictures are painted and encoded on a worker's tick, without a stream from the canvas,
 * which stands still while its tab is hidden; the sound is computed, so it needs no sound device and no user gesture.
 */

import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
import { AudioSample, AudioSampleSource, CanvasSource } from 'mediabunny';
import { wallClockMs } from '../wall-clock.ts';
import {
  AUDIO_BITS_PER_SECOND,
  liveAudioEncoding,
  liveVideoEncoding,
  startAudioTrack,
  startVideoTrack,
} from './encoder-track.ts';
import { LivePackets } from './live-packets.ts';
import {
  type LiveSource,
  type OnEnded,
  SourceError,
  type SourceInfo,
  type SourceOptions,
  type SourceStats,
} from './live-source.ts';
import { beepSamples, paintTestPattern } from './test-pattern.ts';
import { startTicker } from './ticker.ts';

const FRAME_MS = 1_000 / 30;
const SAMPLE_RATE = 48_000;
const SOUND_MS = 20;
/** After a longer sleep the pattern goes on from now instead of catching up. */
const CATCH_UP_MS = 500;

export class PatternSource implements LiveSource {
  readonly preview: HTMLCanvasElement;
  readonly info: SourceInfo;
  readonly #context: CanvasRenderingContext2D;
  readonly #videoBitsPerSecond: number;
  #muxer: MediaMuxer | undefined;
  #stops: (() => void)[] = [];
  #stopped = false;
  #encoding = 0;
  #dropped = 0;

  constructor(options: SourceOptions = {}) {
    const width = options.width ?? 640;
    const height = options.height ?? 360;
    this.#videoBitsPerSecond = options.videoBitsPerSecond ?? 1_000_000;
    this.preview = document.createElement('canvas');
    this.preview.width = width;
    this.preview.height = height;
    this.preview.setAttribute('role', 'img');
    this.preview.setAttribute('aria-label', 'Test pattern');
    // Pixels leave for the encoder 30 times a second, so they are kept where it reads them.
    const context = this.preview.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw new SourceError('encoder-failed', 'This browser gave no canvas to paint on.');
    this.#context = context;
    paintTestPattern(context, width, height, wallClockMs(), 0);
    this.info = {
      width,
      height,
      videoCodec: 'vp8',
      audioCodec: 'opus',
      bitsPerSecond: this.#videoBitsPerSecond + AUDIO_BITS_PER_SECOND,
      description: `Test pattern, ${width} × ${height} at 30 pictures a second, with a beep every second`,
    };
  }

  start(onMessage: OnMessage, onEnded: OnEnded): void {
    this.#run(onMessage).catch((cause: unknown) => {
      if (this.#stopped) return;
      this.stop();
      onEnded(
        new SourceError(
          'encoder-failed',
          'This browser could not encode the test pattern. Try another browser.',
          cause,
        ),
      );
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  stats(): SourceStats {
    const { videoFrames = 0, audioPackets = 0, bytes = 0, keyFrames = 0 } = this.#muxer?.stats() ?? {};
    return { videoFrames, audioPackets, bytes, keyFrames, dropped: this.#dropped };
  }

  /** Ends only with an error. */
  async #run(onMessage: OnMessage): Promise<never> {
    this.#muxer = new MediaMuxer(true, (message, key) => {
      if (!this.#stopped) onMessage(message, key);
    });
    const originMs = wallClockMs();
    const packets = new LivePackets(this.#muxer, originMs, 0);
    const video = new CanvasSource(this.preview, {
      ...liveVideoEncoding(this.#videoBitsPerSecond),
      onEncodedPacket: packets.onVideo,
    });
    const audio = new AudioSampleSource({ ...liveAudioEncoding, onEncodedPacket: packets.onAudio });
    for (const starting of [startVideoTrack(video), startAudioTrack(audio)]) {
      const stop = await starting;
      if (this.#stopped) stop();
      else this.#stops.push(stop);
    }
    return await new Promise<never>((_, reject) => {
      if (this.#stopped) return;
      let frame = 0;
      let nextFrameMs = originMs;
      let nextSoundMs = originMs;
      const tick = (): void => {
        const nowMs = wallClockMs();
        if (nowMs - nextFrameMs > CATCH_UP_MS) nextFrameMs = nowMs;
        if (nowMs - nextSoundMs > CATCH_UP_MS) nextSoundMs = nowMs;
        if (nowMs >= nextFrameMs) {
          // At most one picture a tick: an old one would only be stamped with a wrong time.
          while (nextFrameMs <= nowMs) nextFrameMs += FRAME_MS;
          // Nor two right after each other when ticks come late: their time codes would be the same.
          nextFrameMs = Math.max(nextFrameMs, nowMs + FRAME_MS / 2);
          this.#addPicture(video, nowMs, frame++).catch(reject);
        }
        for (; nextSoundMs + SOUND_MS <= nowMs; nextSoundMs += SOUND_MS)
          addSound(audio, nextSoundMs).catch(reject);
      };
      this.#stops.push(startTicker(5, tick));
    });
  }

  async #addPicture(video: CanvasSource, nowMs: number, frame: number): Promise<void> {
    if (this.#encoding >= mediaLimits.encoderQueueMax) {
      this.#dropped++;
      return;
    }
    paintTestPattern(this.#context, this.info.width, this.info.height, nowMs, frame);
    this.#encoding++;
    try {
      await video.add(nowMs / 1_000, FRAME_MS / 1_000);
    } finally {
      this.#encoding--;
    }
  }
}

async function addSound(audio: AudioSampleSource, startMs: number): Promise<void> {
  const sample = new AudioSample({
    data: beepSamples(startMs, (SAMPLE_RATE * SOUND_MS) / 1_000, SAMPLE_RATE),
    format: 'f32',
    numberOfChannels: 1,
    sampleRate: SAMPLE_RATE,
    timestamp: startMs / 1_000,
  });
  try {
    await audio.add(sample);
  } finally {
    sample.close();
  }
}
