/** What readers of the monitor are told: everything, in order, at their own pace, and without anything that grows. */

import type { GraphView } from '@murmuration/shared/graph/statistics.ts';
import { StatisticsHistory } from '@murmuration/shared/graph/statistics-history.ts';
import { type PeerId, peerIdFromBytes, streamIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import { decodeFeedMessage } from '@murmuration/shared/monitor/feed-codec.ts';
import { FeedType, monitorTiers, type ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import { PictureHistory } from '@murmuration/shared/monitor/picture-history.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import { Feed, type FeedReader } from './feed.ts';

const START = 1_700_000_400_000;
const STREAM = streamIdFromBytes(new Uint8Array(20).fill(7));
const peer = (number: number): PeerId =>
  peerIdFromBytes(Uint8Array.from({ length: 20 }, (_, at) => (number >> (8 * (at % 3))) & 255));

/** A chain of viewers: from one number to another. */
const chain = (from: number, to: number): GraphView => ({
  nodes: Array.from({ length: to - from }, (_, n) => ({
    id: peer(from + n),
    role: Role.viewer,
    stream: STREAM,
  })),
  links: Array.from({ length: to - from - 1 }, (_, n) => [peer(from + n), peer(from + n + 1)] as const),
});

const feedOf = (): Feed => new Feed(new StatisticsHistory<ShortName>(monitorTiers));

/** A page that reads all that there is. */
class Page {
  pictures = new PictureHistory();
  statistics = new StatisticsHistory<ShortName>(monitorTiers);
  starts = 0;
  caughtUp = 0;

  read(reader: FeedReader, most = Number.POSITIVE_INFINITY): this {
    for (let read = 0; read < most; read++) {
      const bytes = reader.next();
      if (bytes === undefined) break;
      const message = decodeFeedMessage(bytes);
      if (!message.ok) throw new Error(message.reason);
      if (message.value.type === FeedType.start) {
        this.starts++;
        this.pictures = new PictureHistory();
        this.statistics = new StatisticsHistory<ShortName>(monitorTiers);
      } else if (message.value.type === FeedType.points)
        for (const { atMs, statistics } of message.value.points) this.statistics.add(statistics, atMs);
      else if (message.value.type === FeedType.picture) this.pictures.push(message.value.change);
      else this.caughtUp++;
    }
    return this;
  }
}

test('[R46] a newcomer gets the history of statistics and pictures, then what changes, not the whole again', () => {
  const feed = feedOf();
  for (let at = 0; at < 5; at++) feed.look(chain(0, 100 + at), START + at * 2_000);
  const reader = feed.reader();
  const page = new Page().read(reader);
  expect(page.caughtUp).toBe(1);
  expect(page.pictures.newest.nodes.size).toBe(104);
  expect(page.pictures.at(START + 2_000).nodes.size).toBe(101);
  expect(page.statistics.points().map(({ statistics }) => statistics.activeNodes)).toEqual([
    100, 101, 102, 103, 104,
  ]);

  feed.look(chain(1, 105), START + 10_000);
  const said = [reader.next(), reader.next(), reader.next(), reader.next(), reader.next()];
  const bytes = said.reduce((sum, message) => sum + (message?.length ?? 0), 0);
  expect(bytes, 'one came and one went').toBeLessThan(200);
  expect(new Page().read(feed.reader()).pictures.newest.nodes.size).toBe(104);
});

test('[R46] a reader that is a little late gets what it missed, in order', () => {
  const feed = feedOf();
  feed.look(chain(0, 10), START);
  const reader = feed.reader();
  const page = new Page();
  for (let at = 1; at < 20; at++) {
    feed.look(chain(at, at + 10), START + at * 2_000);
    page.read(reader, 3);
  }
  page.read(reader);
  expect([page.starts, reader.restarts]).toEqual([1, 0]);
  expect(page.pictures.newest.nodes.size).toBe(10);
  expect(page.statistics.points().length).toBe(20);
});

test('[R46] a reader that is far behind is told everything anew, and what waits for it does not grow', () => {
  const feed = feedOf();
  feed.look(chain(0, 2_000), START);
  const reader = feed.reader();
  const page = new Page().read(reader);
  // Everybody is replaced at every look: some 40 kB each time.
  for (let at = 1; at < 40; at++) feed.look(chain(at * 2_000, (at + 1) * 2_000), START + at * 2_000);
  page.read(reader);
  expect([page.starts, reader.restarts]).toEqual([2, 1]);
  expect(page.pictures.newest.nodes.size).toBe(2_000);
  expect(page.pictures.newest.links.size).toBe(1_999);
});

test('[R46] a network without anybody is a picture, too, that can be gone back to', () => {
  const feed = feedOf();
  feed.look(chain(0, 0), START);
  const reader = feed.reader();
  const page = new Page().read(reader);
  feed.look(chain(0, 50), START + 2_000);
  page.read(reader);
  for (const { pictures } of [page, new Page().read(feed.reader())])
    expect([pictures.at(START).nodes.size, pictures.newest.nodes.size]).toEqual([0, 50]);
});

test('readers that come soon after each other share what they are told', () => {
  const feed = feedOf();
  feed.look(chain(0, 100), START);
  const first = feed.beginning();
  feed.look(chain(0, 101), START + 2_000);
  expect(feed.beginning()).toBe(first);
  expect(new Page().read(feed.reader()).pictures.newest.nodes.size).toBe(101);
  feed.look(chain(0, 102), START + 12_000);
  expect(feed.beginning()).not.toBe(first);
  // The clock was set back.
  feed.look(chain(0, 103), START);
  expect(new Page().read(feed.reader()).pictures.newest.nodes.size).toBe(103);
});

test('[R46] of two weeks a newcomer gets as many points as a plot can show', () => {
  const statistics = new StatisticsHistory<ShortName>(monitorTiers);
  const feed = new Feed(statistics);
  const point = feed.look(chain(0, 3), START);
  for (let at = 0; at < 14 * 86_400_000; at += 29_000) statistics.add(point.statistics, START + at);
  feed.look(chain(0, 4), START + 14 * 86_400_000);
  const page = new Page().read(feed.reader());
  const points = page.statistics.points();
  expect(points.length).toBeGreaterThan(300);
  expect(points.length).toBeLessThan(1_200);
  expect(points.at(-1)?.statistics.activeNodes).toBe(4);
});
