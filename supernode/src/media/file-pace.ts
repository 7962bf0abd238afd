/**
 * Hands the packets of a file to the muxer when they are due, in real time. Pure: the time comes in, as often as the caller
 * likes; a few ms apart is smooth.
 */
import type { FilePacketReader } from '@murmuration/shared/media/file-packet-reader.ts';
import type { MediaMuxer } from '@murmuration/shared/media/media-muxer.ts';

/** After a longer sleep the file goes on from where it stood instead of sending all at once. */
const CATCH_UP_MS = 500;

export class FilePace {
  readonly #reader: Pick<FilePacketReader, 'peek' | 'takeBefore'>;
  readonly #muxer: Pick<MediaMuxer, 'audio' | 'video'>;
  /** When a packet that is due at 0 goes out. */
  #originMs: number | undefined;
  #sentUs = 0;

  constructor(
    reader: Pick<FilePacketReader, 'peek' | 'takeBefore'>,
    muxer: Pick<MediaMuxer, 'audio' | 'video'>,
  ) {
    this.#reader = reader;
    this.#muxer = muxer;
  }

  /** How far it has come, in seconds of an endless timeline. */
  get sentSeconds(): number {
    return this.#sentUs / 1e6;
  }

  /** @param nowMs since 1970, with fractions: it is the capture time of what goes out. */
  advance(nowMs: number): void {
    const head = this.#reader.peek();
    if (!head) return;
    this.#originMs ??= nowMs - head.sendAtUs / 1_000;
    const behindMs = nowMs - this.#originMs - head.sendAtUs / 1_000;
    if (behindMs > CATCH_UP_MS) this.#originMs += behindMs;
    const untilUs = (nowMs - this.#originMs) * 1_000;
    for (let next = this.#reader.takeBefore(untilUs); next; next = this.#reader.takeBefore(untilUs)) {
      const { kind, key, sendAtUs, ptsUs, durationUs, bytes } = next;
      this.#sentUs = sendAtUs;
      if (kind === 'audio') this.#muxer.audio({ ptsUs, durationUs, bytes });
      else {
        const capturedAtMs = Math.round(nowMs);
        this.#muxer.video({ ptsUs, durationUs, leadUs: ptsUs - sendAtUs, capturedAtMs, bytes }, key);
      }
    }
  }
}
