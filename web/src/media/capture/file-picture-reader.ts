/** Decodes a file's pictures a little ahead of their time, round after round, for those files that have to be encoded anew. */

import type { LoopTimeline } from '@murmuration/shared/media/loop-timeline.ts';
import { mediaLimits } from '@murmuration/shared/media/media-limits.ts';
import { type InputVideoTrack, type VideoSample, VideoSampleSink } from 'mediabunny';

export interface FilePicture {
  /** Belongs to whoever took it, who closes it. */
  readonly picture: VideoSample;
  /** When it is shown, in µs on an endless timeline that begins at 0. */
  readonly sendAtUs: number;
}

export class FilePictureReader {
  readonly #sink: VideoSampleSink;
  readonly #timeline: LoopTimeline;
  readonly #queue: FilePicture[] = [];
  #wake: (() => void) | undefined;
  #stopped = false;

  constructor(track: InputVideoTrack, timeline: LoopTimeline) {
    this.#sink = new VideoSampleSink(track);
    this.#timeline = timeline;
  }

  /** Starts to decode, and keeps the queue filled until `stop`. */
  fill(onError: (cause: unknown) => void): void {
    this.#read().catch((cause: unknown) => {
      if (!this.#stopped) onError(cause);
    });
  }

  peek(): FilePicture | undefined {
    return this.#queue[0];
  }

  /** The next picture that is due before `untilUs`, if any. */
  takeBefore(untilUs: number): FilePicture | undefined {
    const head = this.#queue[0];
    if (!head || head.sendAtUs > untilUs) return undefined;
    this.#queue.shift();
    this.#wake?.();
    return head;
  }

  stop(): void {
    this.#stopped = true;
    for (const { picture } of this.#queue.splice(0)) picture.close();
    this.#wake?.();
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      let pictures = 0;
      for await (const picture of this.#sink.samples()) {
        if (this.#stopped) return picture.close();
        pictures++;
        const sendAtUs = Math.max(0, Math.round(this.#timeline.map(picture.timestamp) * 1e6));
        this.#queue.push({ picture, sendAtUs });
        if (this.#queue.length >= mediaLimits.decodedPicturesMax) await this.#roomInQueue();
      }
      if (pictures === 0) throw new Error('no pictures in the track');
      this.#timeline.nextRound();
    }
  }

  #roomInQueue(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
