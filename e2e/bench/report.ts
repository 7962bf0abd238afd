// What a benchmark hands over, and how it is printed.

interface Row {
  readonly what: string;
  /** Already with units. */
  readonly values: readonly string[];
}

interface Target {
  readonly key: string;
  /** The figure may not be above. */
  readonly most: number;
}

export interface Report {
  readonly title: string;
  /** Heads of the columns of values. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Sentences below the table. */
  readonly remarks: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  readonly targets: readonly Target[];
}

export interface Benchmark {
  /** One line for `--help`. */
  readonly summary: string;
  run(progress: (words: string) => void): Promise<Report>;
}

/** Targets that were missed, in words. A figure that is not a number misses. */
export function misses({ figures, targets }: Report): string[] {
  return targets
    .filter(({ key, most }) => !((figures[key] ?? Number.NaN) <= most))
    .map(({ key, most }) => `${key} is ${figures[key]}, should be at most ${most}`);
}

export function table({ title, columns, rows, remarks }: Report): string {
  const lines = [['', ...columns], ...rows.map(({ what, values }) => [what, ...values])];
  const widths = ['', ...columns].map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  const aligned = lines.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('   ')
      .trimEnd(),
  );
  return [title, '', ...aligned, '', ...remarks].join('\n');
}
