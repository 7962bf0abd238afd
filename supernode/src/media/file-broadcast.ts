/** Sends a media file's packets as messages in real time, once or over and over. */

import { MediaMuxer, type OnMessage } from '@murmuration/shared/media/media-muxer.ts';
import { FilePace } from './file-pace.ts';
import { type MediaFile, MediaFileError } from './media-file.ts';

/** How often it is looked at what is due: pictures come every 17 to 42 ms. */
const TICK_MS = 4;

export interface BroadcastFigures {
  /** Where it is in the file. */
  readonly positionSeconds: number;
  /** How often the file has begun again. */
  readonly rounds: number;
  readonly seconds: number;
  readonly videoFrames: number;
  readonly keyFrames: number;
  readonly audioPackets: number;
  readonly bytes: number;
}

export class FileBroadcast {
  readonly #file: MediaFile;
  readonly #muxer: MediaMuxer;
  readonly #pace: FilePace;
  #timer: NodeJS.Timeout | undefined;
  #loop = false;

  constructor(file: MediaFile, onMessage: OnMessage) {
    this.#file = file;
    this.#muxer = new MediaMuxer(file.video !== undefined, onMessage);
    if (file.video) this.#muxer.setVideo(file.video);
    if (file.audio) this.#muxer.setAudio(file.audio);
    this.#pace = new FilePace(file.reader, this.#muxer);
  }

  /** Resolves when the file was sent to its end, or when it was stopped. Rejects with {@link MediaFileError}, or with what `onMessage` throws. */
  run(loop: boolean): Promise<void> {
    const { reader } = this.#file;
    this.#loop = loop;
    return new Promise((resolve, reject) => {
      const end = (how: () => void): void => {
        this.stop();
        how();
      };
      reader.fill((cause) => {
        const words = 'The file could not be read to its end. Was it moved or changed, or is it damaged?';
        end(() => reject(new MediaFileError('unreadable', words, cause)));
      }, loop);
      this.#timer = setInterval(() => {
        try {
          this.#pace.advance(performance.timeOrigin + performance.now());
        } catch (error) {
          end(() => reject(error));
        }
        if (reader.ended) end(resolve);
      }, TICK_MS);
    });
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#file.close();
  }

  figures(): BroadcastFigures {
    const seconds = this.#pace.sentSeconds;
    const { durationSeconds } = this.#file;
    return {
      positionSeconds: this.#loop ? seconds % durationSeconds : Math.min(seconds, durationSeconds),
      rounds: this.#loop ? Math.floor(seconds / durationSeconds) : 0,
      seconds,
      ...this.#muxer.stats(),
    };
  }
}
