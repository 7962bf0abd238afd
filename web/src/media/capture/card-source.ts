/** A card with words as a live source: what viewers see while the host pauses or looks for another source. */

import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
import type { Size } from './bitrate-ladder.ts';
import { CARD_BITS_PER_SECOND, CARD_SIZE, type CardWords, cardLines, cardPictures, newCard } from './card.ts';
import { LivePackets } from './live-packets.ts';
import {
  type LiveSource,
  type OnEnded,
  SourceError,
  type SourceInfo,
  type SourceStats,
} from './live-source.ts';
import { PictureEncoder } from './picture-encoder.ts';

export class CardSource implements LiveSource {
  readonly preview: HTMLCanvasElement;
  readonly info: SourceInfo;
  #muxer: MediaMuxer | undefined;
  #stops: (() => void)[] = [];
  #stopped = false;

  /** @param shape of the picture in whose place it comes; its own if there was none. */
  constructor(words: CardWords, shape: Size) {
    const size = shape.width > 0 && shape.height > 0 ? cardSize(shape) : CARD_SIZE;
    this.preview = newCard(words, size);
    this.info = { ...size, bitsPerSecond: CARD_BITS_PER_SECOND, description: words.heading };
  }

  start(onMessage: OnMessage, onEnded: OnEnded, originMs: number): void {
    const muxer = new MediaMuxer(true, (message, key) => {
      if (!this.#stopped) onMessage(message, key);
    });
    const failed = (cause: unknown): void => {
      if (this.#stopped) return;
      this.stop();
      onEnded(new SourceError('encoder-failed', 'This browser could not encode a picture.', cause));
    };
    const { onVideo } = new LivePackets(muxer, originMs, 'wall-clock');
    const encoder = new PictureEncoder(CARD_BITS_PER_SECOND, onVideo, failed, cardLines);
    this.#muxer = muxer;
    const stopPictures = cardPictures(this.preview)((picture) => encoder.add(picture), failed);
    this.#stops.push(stopPictures, () => encoder.stop());
  }

  setBitrate(): number {
    return CARD_BITS_PER_SECOND;
  }

  setPaused(): void {}

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops.splice(0)) stop();
  }

  stats(): SourceStats {
    const { videoFrames = 0, keyFrames = 0 } = this.#muxer?.stats() ?? {};
    const { width, height } = this.info;
    return { videoFrames, keyFrames, width, height, dropped: 0 };
  }
}

/** The same shape, as large as a card is. */
function cardSize({ width, height }: Size): Size {
  const scale = CARD_SIZE.width / Math.max(width, height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
