/**
 * Statistics over time, thinned as they age and so bounded: every 2 s for 10 min, every 30 s for 6 h, every 10 min for 14 days.
 * Older points list fewer subnetworks. It has no clock: `now` is the wall clock in ms since 1970, so that a stored history still
 * means the same later. Where it is stored is for the caller to decide.
 */
import { assert } from '../lib/assert.ts';
import type { StreamId } from '../lib/ids.ts';
import { condensed, type NetworkStatistics } from './statistics.ts';

export interface HistoryPoint<Id extends string = StreamId> {
  /** Wall clock, ms since 1970. */
  readonly atMs: number;
  readonly statistics: NetworkStatistics<Id>;
}

export interface HistoryTier {
  /** One point, the last, is kept of each span of so many ms. */
  readonly everyMs: number;
  /** Points older than this go to the next tier; beyond the last one they are forgotten. */
  readonly ageMaxMs: number;
  readonly subnetworksMax: number;
  readonly neighboursMax: number;
}

/** Newest first; some 3,000 points in all. */
export const defaultHistoryTiers: readonly HistoryTier[] = [
  { everyMs: 2_000, ageMaxMs: 10 * 60_000, subnetworksMax: 32, neighboursMax: 8 },
  { everyMs: 30_000, ageMaxMs: 6 * 3_600_000, subnetworksMax: 16, neighboursMax: 4 },
  { everyMs: 600_000, ageMaxMs: 14 * 86_400_000, subnetworksMax: 8, neighboursMax: 4 },
];

export class StatisticsHistory<Id extends string = StreamId> {
  readonly #tiers: readonly HistoryTier[];
  /** Points of each tier, oldest first. All of a tier are newer than all of the next. */
  #points: HistoryPoint<Id>[][];

  constructor(tiers: readonly HistoryTier[] = defaultHistoryTiers) {
    this.#tiers = tiers;
    this.#points = tiers.map(() => []);
  }

  /** Points held at most. */
  get pointsMax(): number {
    return this.#tiers.reduce((sum, { everyMs, ageMaxMs }) => sum + Math.floor(ageMaxMs / everyMs) + 2, 0);
  }

  /** Takes a point. Points later than `now` are forgotten: the clock was set back, and the newest word counts. */
  add(statistics: NetworkStatistics<Id>, now: number): void {
    assert(Number.isFinite(now), 'history without a time');
    for (const points of this.#points) while ((points.at(-1)?.atMs ?? now) > now) points.pop();
    this.#put(0, { atMs: now, statistics });
    this.#age(now);
  }

  /** All points from a time on, oldest first. */
  points(fromMs: number = Number.NEGATIVE_INFINITY): HistoryPoint<Id>[] {
    return this.#points.toReversed().flatMap((points) => points.filter(({ atMs }) => atMs >= fromMs));
  }

  /**
   * Takes points of an earlier life, or of another history, in place of what is held; of more than it can hold the last ones.
   * Returns how many are held.
   */
  restore(points: readonly HistoryPoint<Id>[]): number {
    this.#points = this.#tiers.map(() => []);
    const kept = points.slice(-this.pointsMax).sort((a, b) => a.atMs - b.atMs);
    for (const point of kept) this.#put(0, point);
    const newest = kept.at(-1);
    if (newest) this.#age(newest.atMs);
    return this.points().length;
  }

  #put(tier: number, { atMs, statistics }: HistoryPoint<Id>): void {
    const [rule, points] = [this.#tiers[tier], this.#points[tier]];
    if (!rule || !points) return;
    const newest = points.at(-1);
    if (newest && Math.floor(newest.atMs / rule.everyMs) === Math.floor(atMs / rule.everyMs)) points.pop();
    points.push({ atMs, statistics: condensed(statistics, rule) });
  }

  #age(now: number): void {
    for (const [tier, { ageMaxMs }] of this.#tiers.entries()) {
      const points = this.#points[tier] ?? [];
      const kept = points.findIndex(({ atMs }) => now - atMs <= ageMaxMs);
      for (const point of points.splice(0, kept < 0 ? points.length : kept)) this.#put(tier + 1, point);
    }
  }
}
