/**
 * Statistics over time, thinned as they age and so bounded: every 2 s for 10 min, every 30 s for 6 h, every 10 min for 14 days.
 * Older points list fewer subnetworks. It has no clock: `now` is the wall clock in ms since 1970, so that a stored history still
 * means the same later. Where it is stored is for the caller to decide.
 */
import { assert } from '../lib/assert.ts';
import { parseStreamId, type StreamId } from '../lib/ids.ts';
import {
  condensed,
  type NetworkStatistics,
  type PerMember,
  type RelationCounts,
  type SubnetworkStatistics,
  statisticsLimits,
} from './statistics.ts';

export interface HistoryPoint {
  /** Wall clock, ms since 1970. */
  readonly atMs: number;
  readonly statistics: NetworkStatistics;
}

/** Plain data, for storage. */
export interface StoredHistory {
  readonly version: 1;
  /** Oldest first. */
  readonly points: readonly HistoryPoint[];
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

export class StatisticsHistory {
  readonly #tiers: readonly HistoryTier[];
  /** Points of each tier, oldest first. All of a tier are newer than all of the next. */
  #points: HistoryPoint[][];

  constructor(tiers: readonly HistoryTier[] = defaultHistoryTiers) {
    this.#tiers = tiers;
    this.#points = tiers.map(() => []);
  }

  /** Points held at most. */
  get pointsMax(): number {
    return this.#tiers.reduce((sum, { everyMs, ageMaxMs }) => sum + Math.floor(ageMaxMs / everyMs) + 2, 0);
  }

  /** Takes a point. Points later than `now` are forgotten: the clock was set back, and the newest word counts. */
  add(statistics: NetworkStatistics, now: number): void {
    assert(Number.isFinite(now), 'history without a time');
    for (const points of this.#points) while ((points.at(-1)?.atMs ?? now) > now) points.pop();
    this.#put(0, { atMs: now, statistics });
    this.#age(now);
  }

  /** All points from a time on, oldest first. */
  points(fromMs: number = Number.NEGATIVE_INFINITY): HistoryPoint[] {
    return this.#points.toReversed().flatMap((points) => points.filter(({ atMs }) => atMs >= fromMs));
  }

  snapshot(): StoredHistory {
    return { version: 1, points: this.points() };
  }

  /** Takes what `snapshot` gave, in place of what is held; what is not well-formed is passed over. Returns how many points are held. */
  restore(stored: unknown): number {
    this.#points = this.#tiers.map(() => []);
    const list =
      isObject(stored) && stored.version === 1 && Array.isArray(stored.points) ? stored.points : [];
    const read = list.slice(-this.pointsMax).flatMap((point: unknown) => readPoint(point) ?? []);
    for (const point of read.sort((a, b) => a.atMs - b.atMs)) this.#put(0, point);
    const newest = read.at(-1);
    if (newest) this.#age(newest.atMs);
    return this.points().length;
  }

  #put(tier: number, { atMs, statistics }: HistoryPoint): void {
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

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value < 2 ** 53;
const isCount = (value: unknown): value is number => isAmount(value) && Number.isInteger(value);
const readStream = (value: unknown): StreamId | undefined =>
  typeof value === 'string' ? parseStreamId(value) : undefined;

/** Each element read; undefined if one cannot be, or if there are too many. */
function readList<T>(
  value: unknown,
  lengthMax: number,
  read: (element: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(value) || value.length > lengthMax) return undefined;
  const elements = value.flatMap((element: unknown) => read(element) ?? []);
  return elements.length === value.length ? elements : undefined;
}

function readPoint(value: unknown): HistoryPoint | undefined {
  if (!isObject(value) || !isAmount(value.atMs) || !isObject(value.statistics)) return undefined;
  const { activeNodes, supernodes, connections, subnetworks, listed, rest } = value.statistics;
  const read = readList(listed, statisticsLimits.subnetworksMax, readSubnetwork);
  const restCounts = readCounts(rest);
  if (!isCount(activeNodes) || !isCount(supernodes) || !isCount(connections) || !isCount(subnetworks))
    return undefined;
  if (!read || !restCounts || !isObject(rest) || !isCount(rest.subnetworks)) return undefined;
  const statistics = {
    ...{ activeNodes, supernodes, connections, subnetworks, listed: read },
    rest: { ...restCounts, subnetworks: rest.subnetworks },
  };
  return { atMs: value.atMs, statistics };
}

function readSubnetwork(value: unknown): SubnetworkStatistics | undefined {
  const counts = readCounts(value);
  if (!counts || !isObject(value) || !isObject(value.otherNeighbours)) return undefined;
  const stream = readStream(value.stream);
  const neighbours = readList(value.neighbours, statisticsLimits.neighboursMax, readNeighbour);
  const { subnetworks, connections } = value.otherNeighbours;
  if (stream === undefined || !neighbours || !isCount(subnetworks) || !isCount(connections)) return undefined;
  return { ...counts, stream, neighbours, otherNeighbours: { subnetworks, connections } };
}

function readNeighbour(value: unknown): SubnetworkStatistics['neighbours'][number] | undefined {
  if (!isObject(value) || !isCount(value.connections)) return undefined;
  const stream = readStream(value.stream);
  return stream === undefined ? undefined : { stream, connections: value.connections };
}

function readCounts(value: unknown): RelationCounts | undefined {
  if (!isObject(value)) return undefined;
  const { members, internalRelations, externalConnections } = value;
  const innerPerMember = readPerMember(value.innerPerMember);
  const outerPerMember = readPerMember(value.outerPerMember);
  if (!isCount(members) || !isCount(internalRelations) || !isCount(externalConnections)) return undefined;
  if (!innerPerMember || !outerPerMember) return undefined;
  return { members, internalRelations, externalConnections, innerPerMember, outerPerMember };
}

function readPerMember(value: unknown): PerMember | undefined {
  if (!isObject(value) || !isAmount(value.mean) || !isCount(value.max)) return undefined;
  return { mean: value.mean, max: value.max };
}
