/**
 * A card with words, in place of a picture: while the host pauses or looks for another source, and with sound alone. A picture like
 * any other, so every viewer sees it, however late they come and whatever plays it.
 */
import { VideoSample } from 'mediabunny';
import { wallClockMs } from '../wall-clock.ts';
import type { Size } from './bitrate-ladder.ts';
import type { PictureFeed } from './picture-feed.ts';
import { startTicker } from './ticker.ts';

/** Few, as nothing moves; enough that a new encoder or viewer never waits long. */
const PICTURES_PER_SECOND = 5;
/** Bit/s that suffice for a picture that stands still; some 15,000 are used. */
export const CARD_BITS_PER_SECOND = 100_000;
/** Small: each second holds a whole picture of it. */
export const CARD_SIZE: Size = { width: 640, height: 360 };
/** A card is encoded in its own size, though its bitrate is that of a smaller picture. */
export const cardLines = (): number => CARD_SIZE.height;

export interface CardWords {
  readonly heading: string;
  readonly line: string;
}

export const SOUND_ONLY: CardWords = { heading: 'Sound only', line: 'This stream has no picture' };

export function newCard(words: CardWords, size: Size = CARD_SIZE): HTMLCanvasElement {
  const card = document.createElement('canvas');
  card.width = size.width;
  card.height = size.height;
  card.setAttribute('role', 'img');
  card.setAttribute('aria-label', `${words.heading}. ${words.line}`);
  const context = card.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context) paint(context, words, size);
  return card;
}

function paint(
  context: CanvasRenderingContext2D,
  { heading, line }: CardWords,
  { width, height }: Size,
): void {
  const middle = height / 2;
  const letter = Math.min(height / 9, width / 14);
  context.fillStyle = '#131b2b';
  context.fillRect(0, 0, width, height);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = '#f2efe9';
  context.font = `600 ${Math.round(letter)}px system-ui, sans-serif`;
  context.fillText(heading, width / 2, middle - letter * 0.5, width * 0.9);
  context.fillStyle = '#b4bdca';
  context.font = `${Math.round(letter * 0.55)}px system-ui, sans-serif`;
  context.fillText(line, width / 2, middle + letter * 0.7, width * 0.9);
}

export function cardPictures(card: HTMLCanvasElement): PictureFeed {
  return (onPicture) =>
    startTicker(1_000 / PICTURES_PER_SECOND, () =>
      onPicture(
        new VideoSample(card, { timestamp: wallClockMs() / 1_000, duration: 1 / PICTURES_PER_SECOND }),
      ),
    );
}
