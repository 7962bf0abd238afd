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

export class MonitorModel {
  #statistics = new StatisticsHistory<ShortName>(monitorTiers);
  #pictures = new PictureHistory();
  #isLive = false;
  /** Told of every change of the newest picture once all is known; undefined: it is another one altogether. */
  onPicture: ((change: PictureChange | undefined) => void) | undefined;

  /** Whether all that the supernode knew has been told. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get pictures(): PictureHistory {
    return this.#pictures;
  }

  get newest(): MonitorPoint | undefined {
    return this.#statistics.points().at(-1);
  }

  points(fromMs?: number): MonitorPoint[] {
    return this.#statistics.points(fromMs);
  }

  /** Answers whether there is something new to show. */
  take(message: FeedMessage): boolean {
    switch (message.type) {
      case FeedType.start:
        this.#statistics = new StatisticsHistory(monitorTiers);
        this.#pictures = new PictureHistory();
        this.#isLive = false;
        break;
      case FeedType.points:
        this.#takePoints(message.points);
        break;
      case FeedType.picture:
        this.#pictures.push(message.change);
        if (this.#isLive) this.onPicture?.(message.change);
        break;
      case FeedType.caughtUp:
        this.#isLive = true;
        this.onPicture?.(undefined);
        break;
    }
    return this.#isLive;
  }

  #takePoints(points: readonly MonitorPoint[]): void {
    for (const { atMs, statistics } of points) this.#statistics.add(statistics, atMs);
    const last = points.at(-1);
    if (last && this.#isLive) this.#pictures.pass(last.atMs);
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
