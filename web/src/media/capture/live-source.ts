/** What every source of a live stream offers, and how opening or running one can fail. */
import type { OnMessage } from '@murmuration/shared/media/media-muxer.ts';

export type SourceChoice =
  | { readonly kind: 'pattern' }
  | { readonly kind: 'camera' }
  | { readonly kind: 'file'; readonly file: Blob; readonly name: string };

export interface SourceOptions {
  /** Target of the video encoder in bit/s; a file is passed through as it is. Default 1,000,000; 2,000,000 for a camera at 720p. */
  readonly videoBitsPerSecond?: number;
  /** Pixels wanted. Default 640 × 360, or 1280 × 720 for a camera on four cores or more; a file keeps its own. */
  readonly width?: number;
  readonly height?: number;
}

export interface SourceInfo {
  /** Pixels as shown; 0 × 0 for sound alone. */
  readonly width: number;
  readonly height: number;
  /** WebCodecs codec strings; undefined if there is no such track. */
  readonly videoCodec?: string;
  readonly audioCodec?: string;
  /** What to expect on average, sound included. */
  readonly bitsPerSecond: number;
  /** For people: one line. */
  readonly description: string;
}

export interface SourceStats {
  readonly videoFrames: number;
  readonly audioPackets: number;
  readonly bytes: number;
  readonly keyFrames: number;
  /** Frames dropped before encoding because the encoder was behind. */
  readonly dropped: number;
}

/** Called once, when the source ended by itself: without an error if there is simply no more. Not called after `stop`. */
export type OnEnded = (error?: SourceError) => void;

export interface LiveSource {
  /** Shows what goes out. The page places it. */
  readonly preview: HTMLElement;
  readonly info: SourceInfo;
  /** Begins to deliver messages. Call once. */
  start(onMessage: OnMessage, onEnded: OnEnded): void;
  /** Frees camera, tracks, encoders, inputs. May be called at any time, also twice. */
  stop(): void;
  stats(): SourceStats;
}

export type SourceFailure =
  | 'camera-refused'
  | 'camera-missing'
  | 'camera-busy'
  | 'camera-gone'
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
