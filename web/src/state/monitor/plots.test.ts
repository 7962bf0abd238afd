import { statisticsOf } from '@murmuration/shared/graph/statistics.ts';
import { type PeerId, streamIdFromBytes } from '@murmuration/shared/lib/ids.ts';
import {
  FeedType,
  type MonitorPoint,
  type PictureChange,
} from '@murmuration/shared/monitor/feed-messages.ts';
import { shortened } from '@murmuration/shared/monitor/shortened.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import { ColourBook, mixedColour, NAMED_COLOURS } from './colour-book.ts';
import { MonitorModel, pointAt } from './monitor-model.ts';
import { LINES_MAX, plotsOf } from './plots.ts';

const stream = (number: number) => streamIdFromBytes(new Uint8Array(20).fill(number + 1));
const name = (number: number): string => stream(number).slice(0, 6);

/** Streams of so many members in a row each; the first member of each is linked with the first of the next. */
function point(atMs: number, ...sizes: readonly number[]): MonitorPoint {
  const id = (at: number, n: number) => `${at}.${n}` as PeerId;
  const nodes = sizes.flatMap((size, at) =>
    Array.from({ length: size }, (_, n) => ({ id: id(at, n), role: Role.viewer, stream: stream(at) })),
  );
  const rows = sizes.flatMap((size, at) =>
    Array.from({ length: size - 1 }, (_, n) => [id(at, n), id(at, n + 1)] as const),
  );
  const bridges = sizes.slice(1).map((_, at) => [id(at, 0), id(at + 1, 0)] as const);
  return { atMs, statistics: shortened(statisticsOf({ nodes, links: [...rows, ...bridges] })) };
}

test('the eight plots of the thesis: three of the network, five with a line for each subnetwork', () => {
  const plots = plotsOf([point(0, 4, 3), point(1_000, 5, 3, 2)], undefined);
  expect(plots.map(({ title }) => title)).toEqual([
    'Active nodes',
    'Connections',
    'Subnetworks',
    'Internal relations',
    'External connections',
    'Inner links per member',
    'Outer links per member',
    'Links with each neighbour',
  ]);
  expect(plots.slice(0, 3).map(({ lines }) => lines[0]?.values)).toEqual([
    [7, 10],
    [6, 9],
    [2, 3],
  ]);
  const [, , , internal, external, inner, outer, neighbours] = plots;
  expect(internal?.lines.map(({ name: of, values }) => [of, values])).toEqual([
    [name(0), [3, 4]],
    [name(1), [2, 2]],
    [name(2), [null, 1]],
  ]);
  expect(internal?.summary).toEqual([5, 7]);
  expect(external?.lines.map(({ values }) => values)).toEqual([
    [1, 1],
    [1, 2],
    [null, 1],
  ]);
  expect(inner?.lines[0]?.values).toEqual([1.5, 1.6]);
  expect(inner?.summary[0]).toBeCloseTo(10 / 7, 2);
  expect(outer?.lines[1]?.values).toEqual([0.33, 0.67]);
  expect(neighbours?.lines.map(({ label, values }) => [label, values])).toEqual([
    [`${name(0)} and ${name(1)}`, [1, 1]],
    [`${name(1)} and ${name(2)}`, [null, 1]],
  ]);
});

test('of one subnetwork: its own lines, and one in the colour of each neighbour', () => {
  const plots = plotsOf([point(0, 4, 3, 2)], name(1));
  expect(plots[3]?.lines.map(({ name: of }) => of)).toEqual([name(1)]);
  expect(plots[3]?.summary).toEqual([2]);
  expect(plots[7]?.lines.map(({ name: of }) => of).sort()).toEqual([name(0), name(2)].sort());
});

test('no plot has more lines than can be told apart, and none breaks without points', () => {
  const many = plotsOf([point(0, ...Array.from({ length: 30 }, () => 2))], undefined);
  for (const { lines } of many) expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
  for (const { lines, summary } of plotsOf([], undefined))
    expect([lines.flatMap(({ values }) => values), summary]).toEqual([[], []]);
});

test('the point of a moment is the last one before it', () => {
  const points = [point(1_000, 1), point(3_000, 2), point(5_000, 3)];
  const at = (timeMs: number) => pointAt(points, timeMs)?.atMs;
  expect([500, 1_000, 2_999, 3_000, 9_000].map(at)).toEqual([undefined, 1_000, 1_000, 3_000, 5_000]);
});

test('subnetworks have colours of their own, whatever comes', () => {
  const book = new ColourBook();
  const names = Array.from({ length: 40 }, (_, n) => name(n));
  book.assign(names);
  const slots = names.map((each) => book.slotOf(each));
  expect(new Set(slots).size).toBe(40);
  expect(slots.slice(0, NAMED_COLOURS).every((slot) => slot < NAMED_COLOURS)).toBe(true);
  const other = new ColourBook();
  expect(other.slotOf(names[0]!)).toBe(slots[0]);
  expect(mixedColour(12, true)).not.toBe(mixedColour(13, true));
});

test('the model shows nothing before all is told, tells changes then, and begins anew when told to', () => {
  const model = new MonitorModel();
  const told: (PictureChange | undefined)[] = [];
  model.onPicture = (change) => told.push(change);
  const node = (handle: number) => ({
    handle,
    name: `node0${handle}`,
    role: Role.viewer,
    subnetwork: name(1),
  });
  const change = (atMs: number, handle: number): PictureChange => ({
    ...{ atMs, unlinked: [], gone: [], nodes: [node(handle)], linked: [] },
  });
  const start = { type: FeedType.start, version: 1, nowMs: 5_000, keepsMs: 600_000 };
  expect(model.take(start)).toBe(false);
  expect(model.take({ type: FeedType.points, points: [point(1_000, 2), point(3_000, 2)] })).toBe(false);
  expect(model.take({ type: FeedType.picture, change: change(1_000, 0) })).toBe(false);
  expect(told).toEqual([]);
  expect(model.take({ type: FeedType.caughtUp })).toBe(true);
  expect(told).toEqual([undefined]);
  expect(model.take({ type: FeedType.picture, change: change(5_000, 1) })).toBe(true);
  expect(told.at(-1)).toEqual(change(5_000, 1));
  expect(model.pictures.at(2_000).nodes.size).toBe(1);
  expect(model.points().at(-1)?.atMs).toBe(3_000);
  model.take({ type: FeedType.points, points: [point(9_000, 2)] });
  expect(model.pictures.toMs, 'nothing changed, but time went on').toBe(9_000);

  expect(model.take(start)).toBe(false);
  model.take({ type: FeedType.picture, change: change(9_000, 7) });
  const shown = () => [model.isLive, model.pictures.newest.nodes.size, model.points().length];
  expect(shown(), 'until all is told anew, the old is shown').toEqual([true, 2, 3]);
  expect(model.take({ type: FeedType.caughtUp })).toBe(true);
  expect([shown(), told.at(-1)]).toEqual([[true, 1, 0], undefined]);
});
