import { describe, expect, it } from 'vitest';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { type NetworkStatistics, statisticsOf } from './statistics.ts';
import { defaultHistoryTiers, StatisticsHistory } from './statistics-history.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = 1_700_000_400_000;

/** Statistics of a network of so many members, each in a subnetwork of its own, all linked to the first. */
const network = (members: number): NetworkStatistics =>
  statisticsOf({
    nodes: Array.from({ length: members }, (_, n) => ({
      id: peerOf(n),
      role: Role.host,
      stream: streamOf(n),
    })),
    links: Array.from({ length: Math.max(0, members - 1) }, (_, n) => [peerOf(0), peerOf(n + 1)] as const),
  });

const filled = (history: StatisticsHistory, spanMs: number, everyMs: number): StatisticsHistory => {
  const statistics = network(1);
  for (let at = 0; at <= spanMs; at += everyMs) history.add(statistics, START + at);
  return history;
};

describe('statistics history', () => {
  it('keeps the newest at full rate and thins what is older', () => {
    const history = filled(new StatisticsHistory(), 8 * HOUR, 2 * SECOND);
    const now = START + 8 * HOUR;
    const steps = (fromAge: number, toAge: number) => {
      const times = history.points(now - fromAge).flatMap(({ atMs }) => (atMs <= now - toAge ? [atMs] : []));
      return new Set(times.slice(1).map((at, index) => at - (times[index] as number)));
    };
    expect(steps(10 * MINUTE, 0)).toEqual(new Set([2 * SECOND]));
    expect(steps(6 * HOUR, 11 * MINUTE)).toEqual(new Set([30 * SECOND]));
    expect(steps(8 * HOUR, 6 * HOUR + 11 * MINUTE)).toEqual(new Set([10 * MINUTE]));
    const times = history.points().map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBe(now);
  });

  it('holds no more than its cap however often and however long it is fed, and forgets after 14 days', () => {
    const history = filled(new StatisticsHistory(), 15 * DAY, 29 * SECOND);
    for (let at = 0; at < 20_000; at++) history.add(network(1), START + 16 * DAY + at * 100);
    expect(history.points().length).toBeLessThanOrEqual(history.pointsMax);
    expect(history.pointsMax).toBeLessThan(3_100);
    const newest = history.points().at(-1)?.atMs ?? 0;
    expect(newest - (history.points()[0]?.atMs ?? 0)).toBeLessThanOrEqual(14 * DAY);
    expect(newest - (history.points()[0]?.atMs ?? 0)).toBeGreaterThan(13 * DAY);
  });

  it('lists fewer subnetworks in older points, and still sums up all', () => {
    const history = new StatisticsHistory();
    for (const at of [0, HOUR, 7 * HOUR]) history.add(network(100), START + at);
    history.add(network(100), START + 7 * HOUR + 2 * SECOND);
    const points = history.points();
    // The first is older than 6 h, the second too; the newest two are not.
    expect(points.map(({ statistics }) => statistics.listed.length)).toEqual([8, 8, 32, 32]);
    for (const { statistics } of points) {
      expect(statistics.listed.length + statistics.rest.subnetworks).toBe(100);
      expect(statistics.connections).toBe(99);
    }
  });

  it('of points within one span keeps the last', () => {
    const history = new StatisticsHistory();
    history.add(network(1), START);
    history.add(network(2), START + SECOND);
    expect(history.points().map(({ statistics }) => statistics.activeNodes)).toEqual([2]);
  });

  it('forgets what is later than now when the clock is set back', () => {
    const history = filled(new StatisticsHistory(), HOUR, 2 * SECOND);
    history.add(network(5), START + 30 * MINUTE);
    expect(history.points().at(-1)).toMatchObject({
      atMs: START + 30 * MINUTE,
      statistics: { activeNodes: 5 },
    });
    expect(history.points().some(({ atMs }) => atMs > START + 30 * MINUTE)).toBe(false);
  });

  it('is the same after storage as before, and goes on', () => {
    const history = filled(new StatisticsHistory(), 7 * HOUR, 2 * SECOND);
    history.add(network(40), START + 7 * HOUR + 2 * SECOND);
    const restored = new StatisticsHistory();
    expect(restored.restore(history.points())).toBe(history.points().length);
    expect(restored.points()).toEqual(history.points());
    for (const each of [history, restored]) filled(each, 8 * HOUR, 2 * SECOND);
    expect(restored.points()).toEqual(history.points());
  });

  it('takes no more than it can hold, the last ones, in any order', () => {
    const [point] = filled(new StatisticsHistory(), 0, 1).points();
    const long = Array.from({ length: 9_000 }, (_, n) => ({ ...point!, atMs: START + n * 7 * MINUTE }));
    const history = new StatisticsHistory();
    expect(history.restore(long)).toBeLessThanOrEqual(history.pointsMax);
    expect(history.points().at(-1)?.atMs).toBe(START + 8_999 * 7 * MINUTE);
    expect(history.restore(long.slice(0, 5).reverse())).toBe(5);
    expect(history.points()).toEqual(long.slice(0, 5));
  });

  it('has tiers that follow on each other', () => {
    for (const [at, tier] of defaultHistoryTiers.entries()) {
      const next = defaultHistoryTiers[at + 1];
      if (next) expect([next.everyMs > tier.everyMs, next.ageMaxMs > tier.ageMaxMs]).toEqual([true, true]);
    }
  });
});
