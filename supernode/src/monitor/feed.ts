/**
 * What the monitor tells, without sockets: looks at the net graph are made into points and pictures, and every reader gets them in order
 * at its own pace. A reader holds no queue: it has a place in a log that all share, and one that falls out of the log is told everything
 * anew (PROTOCOL.md R46). So slow readers cost nothing but their own time.
 */

import { type GraphView, statisticsInSteps } from '@murmuration/shared/graph/statistics.ts';
import type { StatisticsHistory } from '@murmuration/shared/graph/statistics-history.ts';
import { finished } from '@murmuration/shared/lib/steps.ts';
import { encodeFeedMessage } from '@murmuration/shared/monitor/feed-codec.ts';
import {
  FEED_VERSION,
  type FeedMessage,
  FeedType,
  feedLimits,
  type MonitorPoint,
  monitorTiers,
  type PictureChange,
  pictureKept,
  type ShortName,
} from '@murmuration/shared/monitor/feed-messages.ts';
import { PictureHistory } from '@murmuration/shared/monitor/picture-history.ts';
import { inParts, isEmpty, PictureSource } from '@murmuration/shared/monitor/picture-source.ts';
import { shortened } from '@murmuration/shared/monitor/shortened.ts';

/** Bytes of live messages that are kept for readers that are a little late. */
const LOG_BYTES_MAX = 512 * 1024;
/** All that is known is written out for newcomers at most this often; the log leads on from there. */
const BEGINNING_EVERY_MS = 10_000;
/** Of older points a newcomer gets one in so many, by the tiers of the history: a plot is a few hundred pixels wide. */
const STRIDES = [1, 2, 6];

interface Beginning {
  readonly messages: readonly Uint8Array[];
  /** Where the log goes on. */
  readonly next: number;
  readonly madeAtMs: number;
}

export class Feed {
  readonly #statistics: StatisticsHistory<ShortName>;
  readonly #pictures = new PictureHistory();
  readonly #source = new PictureSource();
  /** Live messages; the first one has the number {@link #first}. */
  #log: Uint8Array[] = [];
  #first = 0;
  #logBytes = 0;
  #beginning: Beginning | undefined;
  #nowMs = 0;

  /** @param statistics of an earlier life, too */
  constructor(statistics: StatisticsHistory<ShortName>) {
    this.#statistics = statistics;
  }

  /** Looks at the network. Answers with the point that was added to the history. `nowMs`: since 1970. */
  look(view: GraphView, nowMs: number): MonitorPoint {
    return finished(this.lookInSteps(view, nowMs));
  }

  /** The same in steps that are all equally small. There is one look at a time. */
  *lookInSteps(view: GraphView, nowMs: number): Generator<void, MonitorPoint> {
    const statistics = shortened(yield* statisticsInSteps(view));
    this.#nowMs = nowMs;
    const point = { atMs: Math.floor(nowMs), statistics };
    this.#statistics.add(point.statistics, point.atMs);
    this.#say(encodeFeedMessage({ type: FeedType.points, points: [point] }));
    const change = yield* this.#source.lookInSteps(view, point.atMs);
    if (isEmpty(change)) {
      this.#pictures.pass(point.atMs);
      return point;
    }
    for (const part of inParts(change)) {
      this.#pictures.push(part);
      this.#say(encodeFeedMessage({ type: FeedType.picture, change: part }));
      yield;
    }
    return point;
  }

  /** A new reader, who will be told everything from the beginning. */
  reader(): FeedReader {
    return new FeedReader(this);
  }

  /** The live message of a number; undefined if it is not there yet. */
  live(number: number): Uint8Array | undefined {
    return this.#log[number - this.#first];
  }

  /** Whether a live message is no longer there. */
  isForgotten(number: number): boolean {
    return number < this.#first;
  }

  beginning(): Beginning {
    const made = this.#beginning;
    const ageMs = made === undefined ? Number.NaN : this.#nowMs - made.madeAtMs;
    const isFresh = ageMs >= 0 && ageMs < BEGINNING_EVERY_MS;
    if (made !== undefined && isFresh && !this.isForgotten(made.next)) return made;
    const nowMs = Math.floor(this.#nowMs);
    const messages: FeedMessage[] = [
      { type: FeedType.start, version: FEED_VERSION, nowMs, keepsMs: pictureKept.ageMaxMs },
      ...this.#pointMessages(),
      ...[this.#pictures.oldestAsChange(), ...this.#pictures.changes].flatMap(pictureMessages),
      { type: FeedType.caughtUp },
    ];
    this.#beginning = {
      messages: messages.map(encodeFeedMessage),
      next: this.#first + this.#log.length,
      madeAtMs: this.#nowMs,
    };
    return this.#beginning;
  }

  #pointMessages(): FeedMessage[] {
    const points = thinned(this.#statistics.points(), this.#nowMs);
    const { pointsPerMessageMax: size } = feedLimits;
    return Array.from({ length: Math.ceil(points.length / size) }, (_, part) => ({
      type: FeedType.points,
      points: points.slice(part * size, (part + 1) * size),
    }));
  }

  #say(message: Uint8Array): void {
    this.#log.push(message);
    this.#logBytes += message.length;
    let dropped = 0;
    while (this.#logBytes > LOG_BYTES_MAX) this.#logBytes -= this.#log[dropped++]?.length ?? 0;
    if (dropped === 0) return;
    this.#log = this.#log.slice(dropped);
    this.#first += dropped;
  }
}

export class FeedReader {
  readonly #feed: Feed;
  #beginning: Beginning;
  /** The next message of the beginning; past its end the log counts. */
  #place = 0;
  #next: number;
  /** How often everything was told anew because this reader was too slow. */
  restarts = 0;

  constructor(feed: Feed) {
    this.#feed = feed;
    this.#beginning = feed.beginning();
    this.#next = this.#beginning.next;
  }

  /** The next message; undefined if there is none yet. */
  next(): Uint8Array | undefined {
    if (this.#feed.isForgotten(this.#next)) {
      this.#beginning = this.#feed.beginning();
      this.#next = this.#beginning.next;
      this.#place = 0;
      this.restarts++;
    }
    const told = this.#beginning.messages[this.#place];
    if (told !== undefined) {
      this.#place++;
      return told;
    }
    const live = this.#feed.live(this.#next);
    if (live !== undefined) this.#next++;
    return live;
  }
}

const pictureMessages = (change: PictureChange): FeedMessage[] =>
  [...inParts(change)].map((part) => ({ type: FeedType.picture, change: part }));

/** Fewer of the older points, the last of all among them. */
function thinned(points: readonly MonitorPoint[], nowMs: number): MonitorPoint[] {
  const tierOf = ({ atMs }: MonitorPoint): number =>
    monitorTiers.findIndex(({ ageMaxMs }) => nowMs - atMs <= ageMaxMs);
  return points.filter((point, at) => {
    const stride = STRIDES[tierOf(point)] ?? 1;
    return (points.length - 1 - at) % stride === 0;
  });
}
