// How long a supernode with thousands of members takes to answer a newcomer: in its own process, and as the newcomer sees it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../report.ts';
import { percentile, rounded } from '../statistics.ts';
import { Contender, freePort, oursWithMetrics } from './contender.ts';

const REDIRECTS = 2_000;
/** So many are not counted: a supernode that 10,000 have come to has answered before, and its code is compiled. */
const WARM_UP = 500;
const REDIRECT_EVERY_MS = 5;
/** The net graph of so many newcomers at once has been told to all by then. */
const GRAPH_SETTLE_MS = 10_000;
const BUCKET = /^murmuration_redirect_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm;

/** `redirectP…`: from the request read from the socket to the answer written, by the supernode's histogram. `redirectClient…`: with all that the machine puts between. */
export type RedirectFigures = Record<
  'redirectP50Ms' | 'redirectP99Ms' | 'redirectClientP50Ms' | 'redirectClientP99Ms',
  number
>;

export async function redirectCosts(nodes: number, progress: Progress): Promise<RedirectFigures> {
  const metricsPort = await freePort();
  const contender = await Contender.start(oursWithMetrics(metricsPort));
  try {
    await contender.clients('members').join(nodes, 1);
    progress(`redirects: ${nodes} members are linked`);
    await sleep(GRAPH_SETTLE_MS);
    const bucketsNow = async (): Promise<Bucket[]> =>
      bucketsOf(await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text());
    const newcomer = contender.clients('supernode');
    await newcomer.redirects(WARM_UP, REDIRECT_EVERY_MS);
    const before = await bucketsNow();
    const latencies = await newcomer.redirects(REDIRECTS, REDIRECT_EVERY_MS);
    const buckets = (await bucketsNow()).map(({ mostMs, count }, at) => ({
      mostMs,
      count: count - (before[at]?.count ?? 0),
    }));
    const figures = {
      redirectP50Ms: rounded(quantileMs(buckets, 0.5), 3),
      redirectP99Ms: rounded(quantileMs(buckets, 0.99), 3),
      redirectClientP50Ms: rounded(percentile(latencies, 50), 3),
      redirectClientP99Ms: rounded(percentile(latencies, 99), 3),
    };
    progress(`redirects: ${JSON.stringify(figures)}`);
    return figures;
  } finally {
    contender.end();
  }
}

interface Bucket {
  readonly mostMs: number;
  /** Of this bucket and of all before. */
  readonly count: number;
}

const bucketsOf = (text: string): Bucket[] =>
  [...text.matchAll(BUCKET)].map(([, most, count]) => ({
    mostMs: most === '+Inf' ? Number.POSITIVE_INFINITY : Number(most) * 1_000,
    count: Number(count),
  }));

/** As Prometheus has it: evenly spread within a bucket. NaN if nothing was counted, infinite if it lies in the last bucket. */
function quantileMs(buckets: readonly Bucket[], share: number): number {
  const rank = (buckets.at(-1)?.count ?? 0) * share;
  let below: Bucket = { mostMs: 0, count: 0 };
  for (const bucket of buckets) {
    if (rank > 0 && bucket.count >= rank)
      return (
        below.mostMs + ((bucket.mostMs - below.mostMs) * (rank - below.count)) / (bucket.count - below.count)
      );
    below = bucket;
  }
  return Number.NaN;
}
