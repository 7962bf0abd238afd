/** What the player asks of a way to play: WebCodecs onto the canvas, or, without those, Media Source Extensions. */
import type { MediaMessage } from '@murmuration/shared/media/media-message.ts';
import type { Trouble } from './trouble.ts';

export interface PlaybackCalls {
  /** A picture was painted on the canvas. */
  onPainted(): void;
  /** The playout delay changed by 10 ms or more. */
  onDelayChange(ms: number): void;
  onTrouble(trouble: Trouble): void;
}

export interface PlaybackStats {
  readonly way: 'webcodecs' | 'mse';
  readonly painted: number;
  readonly decoded: number;
  /** Pictures that were not shown because a later one was due, before or after decoding. */
  readonly droppedLate: number;
  readonly playoutDelayMs: number;
  /** How far behind the live edge the picture is, beyond the least delay, in ms. */
  readonly behindMs: number;
  /** From the host's capture to the paint here, of the latest picture; right only if both clocks agree. */
  readonly captureToPaintMs: number | undefined;
  readonly hasAudio: boolean;
  readonly audioRunning: boolean;
  readonly audioDecoded: number;
  /** How often the picture stood still for longer than 200 ms beyond its own duration. */
  readonly stalls: number;
}

export interface Playback {
  /** Takes the next message, in order. `arrivedAtMs`: when its last byte came in, in ms of performance.now. */
  push(media: MediaMessage, arrivedAtMs: number): void;
  /** Messages were lost: nothing is shown until the next one to start from. */
  gap(): void;
  setMuted(muted: boolean): void;
  /** @param volume 0 to 1. */
  setVolume(volume: number): void;
  /** Decodes nothing while idle; afterwards it goes on at the live edge. */
  setIdle(idle: boolean): void;
  /** Gives up all delay that is not needed at this moment. */
  toLiveEdge(): void;
  stats(): PlaybackStats;
  stop(): void;
}
