/** What a page knows of the network, as the feed told it: statistics of two weeks, pictures of ten minutes. */
import { StatisticsHistory } from '@murmuration/shared/graph/statistics-history.ts';
import {
  type FeedMessage,
  FeedType,
  type MonitorPoint,
  monitorTiers,
  type PictureChange,
  type ShortName,
} from '@murmuration/shared/monitor/feed-messages.ts';
import { PictureHistory } from '@murmuration/shared/monitor/picture-history.ts';

class Known {
  readonly statistics = new StatisticsHistory<ShortName>(monitorTiers);
  readonly pictures = new PictureHistory();
}

export class MonitorModel {
  #shown = new Known();
  /** What is being told from the beginning: until it is complete, what was known before is shown. */
  #filling: Known | undefined = new Known();
  #isLive = false;
  /** Told of every change of the newest picture; undefined: it is another one altogether. */
  onPicture: ((change: PictureChange | undefined) => void) | undefined;

  /** Whether all that the supernode knew has been told once. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get pictures(): PictureHistory {
    return this.#shown.pictures;
  }

  points(fromMs?: number): MonitorPoint[] {
    return this.#shown.statistics.points(fromMs);
  }

  /** Answers whether there is something new to show. */
  take(message: FeedMessage): boolean {
    const known = this.#filling ?? this.#shown;
    const isFilling = this.#filling !== undefined;
    switch (message.type) {
      case FeedType.start:
        this.#filling = new Known();
        return false;
      case FeedType.points:
        for (const { atMs, statistics } of message.points) {
          known.statistics.add(statistics, atMs);
          if (!isFilling) known.pictures.pass(atMs);
        }
        return !isFilling;
      case FeedType.picture:
        known.pictures.push(message.change);
        if (!isFilling) this.onPicture?.(message.change);
        return !isFilling;
      case FeedType.caughtUp:
        this.#shown = known;
        this.#filling = undefined;
        this.#isLive = true;
        this.onPicture?.(undefined);
        return true;
    }
  }
}

/** The point that was newest at a time; undefined before the first. `points`: oldest first. */
export function pointAt(points: readonly MonitorPoint[], timeMs: number): MonitorPoint | undefined {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.atMs ?? 0) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return points[low - 1];
}
