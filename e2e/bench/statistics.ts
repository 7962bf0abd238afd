// The few numbers that benchmarks report.

/** The smallest sample that at least `percent` of all samples do not exceed (nearest rank). NaN without samples. */
function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** With one decimal. */
export const rounded = (value: number): number => Math.round(value * 10) / 10;

/** `<name>P50Ms` and `<name>P95Ms` of samples in ms. */
export function p50AndP95(name: string, samples: readonly number[]): Record<string, number> {
  return {
    [`${name}P50Ms`]: rounded(percentile(samples, 50)),
    [`${name}P95Ms`]: rounded(percentile(samples, 95)),
  };
}

/** Waits; benchmarks pace themselves, tests do not. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
