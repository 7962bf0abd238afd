/** What every source of a live stream offers, and how opening or running one can fail. */
import type { OnMessage } from '@murmuration/shared/media/media-muxer.ts';

export type SourceChoice =
  | { readonly kind: 'pattern' }
  | CameraChoice
  | { readonly kind: 'microphone'; readonly microphone?: string | undefined }
  | { readonly kind: 'screen' }
  | { readonly kind: 'file'; readonly file: Blob; readonly name: string }
  | { readonly kind: 'stream'; readonly stream: MediaStream };

export interface CameraChoice {
  readonly kind: 'camera';
  /** Ids of devices, as the browser names them; undefined: the browser's choice. One that is gone is replaced by another. */
  readonly camera?: string | undefined;
  /** `none`: without sound. */
  readonly microphone?: string | undefined;
}

export const NO_MICROPHONE = 'none';

export interface SourceOptions {
  /**
   * Bit/s of picture and sound together, which decides the size of the picture, too (bitrate-ladder.ts). Left out: what the
   * machine encodes without trouble; a file is passed through as it is.
   */
  readonly bitsPerSecond?: number | undefined;
}

export interface SourceInfo {
  /** Pixels as shown; 0 × 0 for sound alone. */
  readonly width: number;
  readonly height: number;
  /** What to expect on average, sound included. */
  readonly bitsPerSecond: number;
  /** For people: one line. */
  readonly description: string;
  /** Something about the source that the host should know, in words; undefined if there is nothing. */
  readonly note?: string;
}

export interface SourceStats {
  readonly videoFrames: number;
  readonly keyFrames: number;
  /** Pixels of what goes out now; 0 × 0 before the first picture. */
  readonly width: number;
  readonly height: number;
  /** Pictures dropped before encoding because the encoder was behind. */
  readonly dropped: number;
}

/** Called once, when the source ended by itself: without an error if there is simply no more. Not called after `stop`. */
export type OnEnded = (error?: SourceError) => void;

export interface LiveSource {
  /** Shows what goes out. The page places it. */
  readonly preview: HTMLElement;
  readonly info: SourceInfo;
  /** Tells if a device goes away before `start`; after that, `onEnded` does. */
  whenGone?(tell: (error: SourceError) => void): void;
  /**
   * Begins to deliver messages. Call once.
   * @param originMs the wall clock at which the presentation times of the stream begin: all its sources count from there, so
   *   that viewers see one timeline.
   */
  start(onMessage: OnMessage, onEnded: OnEnded, originMs: number): void;
  /**
   * Encodes at this rate from now on, picture and sound together; the picture gets smaller where it would be too coarse.
   * @param bitsPerSecond undefined: what `openSource` would choose
   * @returns the rate, or undefined if the source cannot: it is passed through as it is, or would have to be opened anew.
   */
  setBitrate(bitsPerSecond: number | undefined): number | undefined;
  /** Holds still: nothing is taken in, a file stays where it is. Goes on with something to start from. */
  setPaused(paused: boolean): void;
  /** Loudness now, 0 (−60 dB of full scale or less) to 1; undefined if nothing measures it. */
  level?(): number | undefined;
  /** Frees camera, tracks, encoders, inputs. May be called at any time, also twice. */
  stop(): void;
  stats(): SourceStats;
}

export type SourceFailure =
  | 'camera-refused'
  | 'camera-missing'
  | 'camera-busy'
  | 'camera-gone'
  | 'microphone-refused'
  | 'microphone-missing'
  | 'microphone-busy'
  | 'microphone-gone'
  | 'screen-refused'
  | 'screen-unsupported'
  | 'screen-failed'
  | 'screen-stopped'
  | 'stream-empty'
  | 'stream-ended'
  | 'insecure-page'
  | 'unreadable-file'
  | 'no-playable-track'
  | 'codec-unsupported'
  | 'encoder-failed';

/** The message is for people: what happened and what to do. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly reason: SourceFailure;

  constructor(reason: SourceFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
