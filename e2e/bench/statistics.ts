// The few numbers that benchmarks report.

/** The smallest sample that at least `percent` of all samples do not exceed (nearest rank). NaN without samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** NaN without samples. */
export const median = (samples: readonly number[]): number => percentile(samples, 50);

/** With one decimal, or with more. */
export const rounded = (value: number, decimals = 1): number =>
  Math.round(value * 10 ** decimals) / 10 ** decimals;

/** What came in at a receiver, by its own clock in ms. */
export interface Arrivals {
  bytes: number;
  /** Of these, the bytes that came first: the clock starts with them, so they count for nothing. */
  readonly firstBytes: number;
  readonly firstMs: number;
  lastMs: number;
}

/** NaN if nothing came, or all at once. */
export const bytesPerSecond = (arrivals: Arrivals | undefined): number =>
  arrivals
    ? ((arrivals.bytes - arrivals.firstBytes) * 1_000) / (arrivals.lastMs - arrivals.firstMs)
    : Number.NaN;

/** `<name>P50Ms` and `<name>P95Ms` of samples in ms. */
export function p50AndP95(name: string, samples: readonly number[]): Record<string, number> {
  return {
    [`${name}P50Ms`]: rounded(percentile(samples, 50)),
    [`${name}P95Ms`]: rounded(percentile(samples, 95)),
  };
}

/** Waits, not at all if that moment has passed; benchmarks pace themselves, tests do not. */
export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
