/**
 * Plays the messages of one stream onto a canvas. Remote bytes never make it throw; what cannot be used is counted. The canvas
 * carries the number of painted pictures in `data-painted`.
 *
 * WebCodecs play where they can. Where they are missing, or do not know the codecs of this stream, Media Source Extensions do, with
 * more delay; that code is loaded only then.
 */
import { decodeMediaMessage, MediaKind } from '@murmuration/shared/media/media-message.ts';
import { mseTypes } from './playback/mse/mse-types.ts';
import { type CanvasOwner, PictureThread } from './playback/picture-thread.ts';
import type { Playback, PlaybackCalls, PlaybackStats } from './playback/playback.ts';
import { type Trouble, troubleWithoutWebCodecs } from './playback/trouble.ts';
import { hasWebCodecs, WebCodecsPlayback } from './playback/webcodecs-playback.ts';

export interface PlayerOptions {
  /** Of whom the canvas is: one of the player's own is painted in a worker, and nobody else can draw on it or read its context. Default caller. */
  readonly canvasOwner?: CanvasOwner;
  /** Bounds of the playout delay in ms. Default 60 and 600: less delay stalls more often. */
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
  /** The playout delay changed by 10 ms or more. */
  readonly onDelayChange?: (ms: number) => void;
  /** The stream, or a part of it, cannot be shown here. Called once for each reason, again only after it had passed. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

export interface PlayerStats extends PlaybackStats {
  readonly malformed: number;
  readonly paused: boolean;
  /** Pixels of the picture as shown; 0 before the first. */
  readonly width: number;
  readonly height: number;
  /** The first trouble that has not passed. */
  readonly trouble: Trouble | undefined;
}

/** In its first seconds a viewer's pictures come most unevenly: it makes links, changes its parents, and its page is being built. */
const FIRST_DELAY_MS = 500;

const nothingPlayed: PlaybackStats = {
  way: 'mse',
  painted: 0,
  decoded: 0,
  droppedLate: 0,
  playoutDelayMs: 0,
  behindMs: 0,
  captureToPaintMs: undefined,
  hasAudio: false,
  audioRunning: false,
  audioDecoded: 0,
  stalls: 0,
};

export class StreamPlayer {
  readonly #canvas: HTMLCanvasElement;
  readonly #options: PlayerOptions;
  /** Undefined without WebCodecs. */
  readonly #pictures: PictureThread | undefined;
  /** Undefined while the code of another way is being loaded. */
  #playback: Playback | undefined;
  /** Painted in all, by whatever way. */
  #painted = 0;
  #malformed = 0;
  #troubles = new Map<Trouble['reason'], Trouble>();
  #muted = true;
  #volume = 1;
  #paused = false;
  #hidden = false;
  #stopped = false;
  #triedMse = false;
  /** What the newest start announced. */
  #codecs: { readonly video: string | undefined; readonly audio: string | undefined } | undefined;

  constructor(canvas: HTMLCanvasElement, options: PlayerOptions = {}) {
    const { minDelayMs = 60, maxDelayMs = 600, canvasOwner = 'caller' } = options;
    this.#canvas = canvas;
    this.#options = options;
    canvas.dataset.painted = '0';
    if (hasWebCodecs()) {
      this.#pictures = new PictureThread(canvas, canvasOwner);
      const bounds = { minDelayMs, maxDelayMs, firstDelayMs: FIRST_DELAY_MS };
      this.#playback = new WebCodecsPlayback(this.#pictures, bounds, this.#calls());
    } else if (!('MediaSource' in globalThis || 'ManagedMediaSource' in globalThis)) {
      this.#trouble(troubleWithoutWebCodecs());
    }
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
    if (media.kind === MediaKind.start) {
      this.#codecs = { video: media.video?.codec, audio: media.audio?.codec };
      if (!this.#playback && !hasWebCodecs()) this.#useMse();
    }
    this.#playback?.push(media, arrivedAtMs);
  }

  /** Messages were lost: nothing is shown until the next one to start from. */
  gap(): void {
    this.#playback?.gap();
  }

  /** Starts muted. Unmute within a user gesture. */
  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#playback?.setMuted(muted);
    this.#rest();
  }

  /** @param volume 0 to 1. */
  setVolume(volume: number): void {
    this.#volume = volume;
    this.#playback?.setVolume(volume);
  }

  /** Paused, the last picture stays; afterwards playing goes on at the live edge. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.#rest();
  }

  /** Nobody can see the picture. Nothing is decoded then, unless it can be heard. */
  setHidden(hidden: boolean): void {
    this.#hidden = hidden;
    this.#rest();
  }

  /** Plays, and with the least delay. */
  toLiveEdge(): void {
    this.setPaused(false);
    this.#playback?.toLiveEdge();
  }

  stats(): PlayerStats {
    const [trouble] = this.#troubles.values();
    const shown = this.#painted > 0;
    return {
      ...(this.#playback?.stats() ?? nothingPlayed),
      painted: this.#painted,
      malformed: this.#malformed,
      paused: this.#paused,
      width: shown ? this.#canvas.width : 0,
      height: shown ? this.#canvas.height : 0,
      trouble,
    };
  }

  stop(): void {
    this.#stopped = true;
    this.#playback?.stop();
    this.#pictures?.stop();
  }

  #rest(): void {
    this.#playback?.setIdle(this.#paused || (this.#hidden && this.#muted));
  }

  #calls(): PlaybackCalls {
    return {
      onPainted: () => {
        this.#painted++;
        this.#troubles.delete('decoder-failed');
        this.#troubles.delete('video-codec-unsupported');
        this.#canvas.dataset.painted = String(this.#painted);
      },
      onDelayChange: (ms) => this.#options.onDelayChange?.(ms),
      onTrouble: (trouble) => this.#playbackTrouble(trouble),
    };
  }

  #playbackTrouble(trouble: Trouble): void {
    const unsupported =
      trouble.reason === 'video-codec-unsupported' || trouble.reason === 'audio-codec-unsupported';
    if (!unsupported || this.#triedMse || !this.#codecs || !mseTypes(this.#codecs)) this.#trouble(trouble);
    else this.#useMse();
  }

  /** Goes on with Media Source Extensions from the next start after their code has come. */
  #useMse(): void {
    if (this.#triedMse) return;
    this.#triedMse = true;
    this.#playback?.stop();
    this.#playback = undefined;
    import('./playback/mse/mse-playback.ts').then(
      ({ MsePlayback }) => {
        if (this.#stopped) return;
        this.#playback = new MsePlayback(this.#canvas, this.#pictures, this.#calls());
        this.#playback.setVolume(this.#volume);
        this.#playback.setMuted(this.#muted);
        this.#rest();
      },
      () =>
        this.#trouble({
          reason: 'player-not-loaded',
          message: 'A part of the player could not be loaded. Check your connection and reload the page.',
        }),
    );
  }

  #trouble(trouble: Trouble): void {
    if (this.#troubles.has(trouble.reason)) return;
    this.#troubles.set(trouble.reason, trouble);
    this.#options.onTrouble?.(trouble);
  }
}
