/**
 * The test pattern as a live source. Pictures are painted and encoded on a worker's tick, without a stream from the canvas,
 * which stands still while its tab is hidden; the sound is computed, so it needs no sound device and no user gesture.
 */

import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
import { AudioSample, AudioSampleSource } from 'mediabunny';
import { wallClockMs } from '../wall-clock.ts';
import { heightFor, type Size } from './bitrate-ladder.ts';
import { AUDIO_BITS_PER_SECOND, liveAudioEncoding, startAudioTrack } from './encoder-track.ts';
import { LivePackets } from './live-packets.ts';
import {
  type LiveSource,
  type OnEnded,
  SourceError,
  type SourceInfo,
  type SourceOptions,
  type SourceStats,
} from './live-source.ts';
import { PictureEncoder } from './picture-encoder.ts';
import { PicturePace } from './picture-pace.ts';
import { beepSamples, paintBars, paintTestPattern } from './test-pattern.ts';
import { startTicker } from './ticker.ts';

const FRAME_MS = 1_000 / 30;
const SAMPLE_RATE = 48_000;
const SOUND_MS = 20;
/** After a longer sleep the sound goes on from now instead of catching up. */
const CATCH_UP_MS = 500;
const USUAL_BITS_PER_SECOND = 1_000_000 + AUDIO_BITS_PER_SECOND;
const USUAL_LINES = 360;

export class PatternSource implements LiveSource {
  readonly preview: HTMLCanvasElement;
  readonly info: SourceInfo;
  readonly #context: CanvasRenderingContext2D;
  #bitsPerSecond: number;
  #muxer: MediaMuxer | undefined;
  #encoder: PictureEncoder | undefined;
  #pace: PicturePace | undefined;
  #stops: (() => void)[] = [];
  #paused = false;
  #stopped = false;

  constructor({ bitsPerSecond }: SourceOptions = {}) {
    this.#bitsPerSecond = bitsPerSecond ?? USUAL_BITS_PER_SECOND;
    const { width, height } = patternSize(bitsPerSecond);
    this.preview = document.createElement('canvas');
    this.preview.width = width;
    this.preview.height = height;
    this.preview.setAttribute('role', 'img');
    this.preview.setAttribute('aria-label', 'Test pattern');
    // Pixels leave for the encoder 30 times a second, so they are kept where it reads them.
    const context = this.preview.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw new SourceError('encoder-failed', 'This browser gave no canvas to paint on.');
    this.#context = context;
    paintBars(context, width, height);
    paintTestPattern(context, width, height, wallClockMs(), 0);
    this.info = {
      width,
      height,
      bitsPerSecond: this.#bitsPerSecond,
      description: `Test pattern, ${width} × ${height} at 30 pictures a second, with a beep every second`,
    };
  }

  start(onMessage: OnMessage, onEnded: OnEnded, originMs: number): void {
    const failed = (cause: unknown): void => {
      if (this.#stopped) return;
      this.stop();
      onEnded(
        new SourceError(
          'encoder-failed',
          'This browser could not encode the test pattern. Try another browser.',
          cause,
        ),
      );
    };
    const muxer = new MediaMuxer(true, (message, key) => {
      if (!this.#stopped) onMessage(message, key);
    });
    const packets = new LivePackets(muxer, originMs, 'wall-clock');
    const encoder = new PictureEncoder(this.#bitsPerSecond - AUDIO_BITS_PER_SECOND, packets.onVideo, failed);
    this.#muxer = muxer;
    this.#encoder = encoder;
    this.#stops.push(() => encoder.stop());
    this.#run(encoder, packets, failed).catch(failed);
  }

  setBitrate(bitsPerSecond = USUAL_BITS_PER_SECOND): number | undefined {
    // It is painted in one size.
    if (heightFor(bitsPerSecond) > this.info.height) return undefined;
    this.#bitsPerSecond = bitsPerSecond;
    this.#encoder?.setBitrate(bitsPerSecond - AUDIO_BITS_PER_SECOND);
    return bitsPerSecond;
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#encoder?.requestKey();
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  stats(): SourceStats {
    const { videoFrames = 0, keyFrames = 0 } = this.#muxer?.stats() ?? {};
    const { width = 0, height = 0 } = this.#encoder?.size ?? {};
    const dropped = (this.#encoder?.dropped ?? 0) + (this.#pace?.skipped ?? 0);
    return { videoFrames, keyFrames, width, height, dropped };
  }

  async #run(encoder: PictureEncoder, packets: LivePackets, failed: (cause: unknown) => void): Promise<void> {
    const audio = new AudioSampleSource({ ...liveAudioEncoding, onEncodedPacket: packets.onAudio });
    const track = await startAudioTrack(audio);
    if (this.#stopped) return track.stop();
    this.#stops.push(track.stop);
    let frame = 0;
    let nextSoundMs = wallClockMs();
    const pace = new PicturePace(FRAME_MS, nextSoundMs);
    this.#pace = pace;
    const tick = (): void => {
      const nowMs = wallClockMs();
      if (this.#paused) {
        pace.restart(nowMs);
        nextSoundMs = nowMs;
        return;
      }
      // One that was missed waits until it can be encoded.
      const momentMs = encoder.hasRoom ? pace.take(nowMs) : undefined;
      if (momentMs !== undefined) this.#addPicture(encoder, momentMs, frame++);
      if (nowMs - nextSoundMs > CATCH_UP_MS) nextSoundMs = nowMs;
      for (; nextSoundMs + SOUND_MS <= nowMs; nextSoundMs += SOUND_MS)
        addSound(audio, nextSoundMs).catch(failed);
    };
    this.#stops.push(startTicker(5, tick));
  }

  #addPicture(encoder: PictureEncoder, momentMs: number, frame: number): void {
    const { width, height } = this.info;
    paintTestPattern(this.#context, width, height, momentMs, frame);
    encoder.addPainted(this.#context, { timestamp: momentMs / 1_000, duration: FRAME_MS / 1_000 });
  }
}

/** Small unless somebody asks for more: it is to try things out. */
function patternSize(bitsPerSecond: number | undefined): Size {
  const height = bitsPerSecond === undefined ? USUAL_LINES : heightFor(bitsPerSecond);
  return { width: 2 * Math.floor((height * 8) / 9), height };
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
