/**
 * Between a page and the thread of its pictures, which is in a worker. Times that both use are in ms since 1970 (`wall-clock.ts`): the two
 * count `performance.now` from different moments.
 */
import type { VideoConfig, VideoPacket } from '@murmuration/shared/media/media-message.ts';
import type { Trouble } from './trouble.ts';

export type PictureOrder =
  | {
      readonly type: 'packet';
      readonly packet: VideoPacket;
      /** Only with key pictures. */
      readonly config: VideoConfig | undefined;
      /** Another timeline begins here: nothing of the one before is of use. */
      readonly restart: boolean;
    }
  /** A picture is due at its presentation time plus `offsetMs`. */
  | { readonly type: 'due'; readonly offsetMs: number }
  /** Whether it is: pictures keep to its time then. */
  | { readonly type: 'sound'; readonly isHeard: boolean }
  /** Packets are missing here. */
  | { readonly type: 'gap' }
  | { readonly type: 'idle'; readonly idle: boolean }
  /** Whereupon to paint: without a canvas the page does it. It is the answer to `playable`. */
  | { readonly type: 'screen'; readonly canvas: OffscreenCanvas | undefined }
  /** The page has painted this one of those that it was given. */
  | { readonly type: 'shown'; readonly ptsUs: number; readonly atMs: number }
  /** Somebody else's picture, for the canvas that the page has no hold of any more. */
  | { readonly type: 'paint'; readonly frame: VideoFrame; readonly quarterTurns: number };

export interface PictureFigures {
  readonly painted: number;
  readonly decoded: number;
  /** Pictures that were not shown because a later one was due, before or after decoding. */
  readonly droppedLate: number;
  readonly stalls: number;
  readonly captureToPaintMs: number | undefined;
}

/** A picture that could have been shown at `readyMs`, not earlier. */
export interface Decoded {
  readonly readyMs: number;
  readonly ptsUs: number;
}

export type PictureTelling =
  /** The decoder knows the codec: where are pictures to go? */
  | { readonly type: 'playable' }
  /** Of those that wait for their time it is told when one is painted: each word costs both threads. */
  | { readonly type: 'decoded'; readonly decoded: readonly Decoded[]; readonly figures: PictureFigures }
  | {
      readonly type: 'painted';
      readonly atMs: number;
      readonly decoded: readonly Decoded[];
      readonly figures: PictureFigures;
    }
  /** For the page to paint, now. */
  | {
      readonly type: 'show';
      readonly frame: VideoFrame;
      readonly quarterTurns: number;
      readonly ptsUs: number;
    }
  | { readonly type: 'trouble'; readonly trouble: Trouble };
