/** A MediaStream as a live source: camera, microphone alone, or screen, or what an application gives. */

import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
import { MediaStreamAudioTrackSource } from 'mediabunny';
import { heightFor, usualBitsPerSecond } from './bitrate-ladder.ts';
import { CARD_BITS_PER_SECOND, cardLines, cardPictures, newCard, SOUND_ONLY } from './card.ts';
import {
  AUDIO_BITS_PER_SECOND,
  type EncoderTrack,
  liveAudioEncoding,
  startAudioTrack,
} from './encoder-track.ts';
import { LevelMeter } from './level-meter.ts';
import { LivePackets } from './live-packets.ts';
import {
  type LiveSource,
  type OnEnded,
  SourceError,
  type SourceInfo,
  type SourceStats,
} from './live-source.ts';
import { PictureEncoder } from './picture-encoder.ts';
import type { PictureFeed } from './picture-feed.ts';
import { onTrackEnded } from './track-ended.ts';
import { FRAMES_PER_SECOND, trackPictures } from './track-pictures.ts';

export interface StreamSourceOptions {
  /** Picture and sound together. */
  readonly bitsPerSecond: number;
  /** For screen readers: what the preview shows. */
  readonly label: string;
  /** For people: one line, without the size. */
  readonly description: string;
  readonly note?: string;
  /** The picture may stand still without being broken. */
  readonly still: boolean;
  /** The tracks belong to somebody else: they are not stopped, silenced or asked for another size, and nothing measures their sound. */
  readonly borrowed?: boolean;
  /** What to say when the device or the sharing has ended. */
  readonly whenGone: () => SourceError;
}

export class StreamSource implements LiveSource {
  readonly preview: HTMLElement;
  readonly #description: Omit<SourceInfo, 'bitsPerSecond'>;
  readonly #stream: MediaStream;
  readonly #options: StreamSourceOptions;
  readonly #video: MediaStreamTrack | undefined;
  readonly #audio: MediaStreamAudioTrack | undefined;
  readonly #pictures: PictureFeed;
  readonly #meter: LevelMeter | undefined;
  #bitsPerSecond: number;
  #tellGone: ((error: SourceError) => void) | undefined;
  #muxer: MediaMuxer | undefined;
  #encoder: PictureEncoder | undefined;
  #stops: (() => void)[] = [];
  #paused = false;
  #stopped = false;

  constructor(stream: MediaStream, options: StreamSourceOptions) {
    this.#stream = stream;
    this.#options = options;
    [this.#video] = stream.getVideoTracks();
    this.#audio = stream.getAudioTracks()[0] as MediaStreamAudioTrack | undefined;
    this.#bitsPerSecond = options.bitsPerSecond;
    this.#meter = this.#audio && !options.borrowed ? newMeter(stream) : undefined;
    const first = this.#video ?? this.#audio;
    if (first) this.#stops.push(onTrackEnded(first, () => this.#tellGone?.(options.whenGone())));
    const { width = 0, height = 0 } = this.#video?.getSettings() ?? {};
    const { description, note } = options;
    if (this.#video) {
      this.preview = newPreview(stream, options.label);
      this.#pictures = trackPictures(this.#video, { repeat: options.still });
    } else {
      const card = newCard(SOUND_ONLY);
      this.preview = card;
      this.#pictures = cardPictures(card);
    }
    this.#description = {
      width,
      height,
      description: width > 0 ? `${description}, ${width} × ${height}` : description,
      ...(note === undefined ? {} : { note }),
    };
  }

  get info(): SourceInfo {
    const bitsPerSecond = this.#video ? this.#bitsPerSecond : CARD_BITS_PER_SECOND + AUDIO_BITS_PER_SECOND;
    return { ...this.#description, bitsPerSecond };
  }

  whenGone(tell: (error: SourceError) => void): void {
    this.#tellGone = tell;
  }

  start(onMessage: OnMessage, onEnded: OnEnded, originMs: number): void {
    const end = (error: SourceError): void => {
      if (this.#stopped) return;
      this.stop();
      onEnded(error);
    };
    this.#tellGone = end;
    const failed = (cause: unknown): void =>
      end(
        new SourceError(
          'encoder-failed',
          'This browser could not encode the picture. Choose a smaller quality, or try another browser.',
          cause,
        ),
      );
    const muxer = new MediaMuxer(true, (message, key) => {
      if (!this.#stopped) onMessage(message, key);
    });
    const packets = new LivePackets(muxer, originMs, 'date');
    const encoder = new PictureEncoder(
      this.#pictureBits(),
      packets.onVideo,
      failed,
      this.#video ? heightFor : cardLines,
    );
    this.#muxer = muxer;
    this.#encoder = encoder;
    const stopPictures = this.#pictures((picture) => {
      if (this.#paused) picture.close();
      else encoder.add(picture);
    }, failed);
    this.#stops.push(stopPictures, () => encoder.stop());
    if (this.#audio) this.#startSound(this.#audio, packets).catch(() => undefined);
  }

  setBitrate(bitsPerSecond = usualBitsPerSecond(navigator.hardwareConcurrency)): number {
    if (!this.#video) return this.info.bitsPerSecond;
    this.#bitsPerSecond = bitsPerSecond;
    this.#encoder?.setBitrate(this.#pictureBits());
    // A camera may have more to give than was asked of it; what it refuses the encoder makes smaller.
    if (!this.#options.still && !this.#options.borrowed)
      this.#video.applyConstraints(cameraConstraints(bitsPerSecond)).catch(() => undefined);
    return bitsPerSecond;
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    // Nothing of the room is heard or seen, not even by this page.
    for (const track of this.#ownTracks()) track.enabled = !paused;
    if (!paused) this.#encoder?.requestKey();
  }

  level(): number | undefined {
    return this.#meter?.read();
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
    this.#meter?.stop();
    for (const track of this.#ownTracks()) track.stop();
    if (this.preview instanceof HTMLVideoElement) this.preview.srcObject = null;
  }

  stats(): SourceStats {
    const { videoFrames = 0, keyFrames = 0 } = this.#muxer?.stats() ?? {};
    const { width = 0, height = 0 } = this.#encoder?.size ?? {};
    return { videoFrames, keyFrames, width, height, dropped: this.#encoder?.dropped ?? 0 };
  }

  #ownTracks(): MediaStreamTrack[] {
    return this.#options.borrowed ? [] : this.#stream.getTracks();
  }

  #pictureBits(): number {
    if (!this.#video) return CARD_BITS_PER_SECOND;
    return this.#bitsPerSecond - (this.#audio ? AUDIO_BITS_PER_SECOND : 0);
  }

  /** Sound that fails leaves the picture alone. */
  async #startSound(track: MediaStreamAudioTrack, packets: LivePackets): Promise<void> {
    const source = new MediaStreamAudioTrackSource(
      track,
      { ...liveAudioEncoding, onEncodedPacket: packets.onAudio },
      { timestampBase: 'unix' },
    );
    source.errorPromise.catch(() => undefined);
    const started: EncoderTrack = await startAudioTrack(source);
    if (this.#stopped) started.stop();
    else this.#stops.push(started.stop);
  }
}

/** What to ask of a camera for a bitrate. */
export function cameraConstraints(bitsPerSecond: number): MediaTrackConstraints {
  const height = heightFor(bitsPerSecond);
  return {
    width: { ideal: Math.round((height * 16) / 9), max: 1_920 },
    height: { ideal: height, max: 1_080 },
    frameRate: { ideal: FRAMES_PER_SECOND, max: FRAMES_PER_SECOND },
  };
}

function newPreview(stream: MediaStream, label: string): HTMLVideoElement {
  const preview = document.createElement('video');
  preview.muted = true;
  preview.autoplay = true;
  preview.playsInline = true;
  preview.setAttribute('aria-label', label);
  preview.srcObject = stream;
  return preview;
}

/** A browser without a sound device may have no meter; the sound is streamed all the same. */
function newMeter(stream: MediaStream): LevelMeter | undefined {
  try {
    return new LevelMeter(stream);
  } catch {
    return undefined;
  }
}
