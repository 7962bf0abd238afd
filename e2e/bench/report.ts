// What a benchmark hands over, and how it is printed.

interface Row {
  readonly what: string;
  /** Already with units. */
  readonly values: readonly string[];
}

interface Target {
  readonly key: string;
  /** The figure may not be above. */
  readonly most?: number;
  /** The figure may not be below. */
  readonly least?: number;
}

/** A whole number that can be given on the command line, as `--name 3`. */
interface NumberOption {
  readonly name: string;
  readonly usual: number;
  readonly least: number;
  readonly most: number;
  /** For `--help`. */
  readonly meaning: string;
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

/** Says what is being done. */
export type Progress = (words: string) => void;

export interface Benchmark {
  /** One line for `--help`. */
  readonly summary: string;
  readonly options?: readonly NumberOption[];
  /** @param given a number for each of the options, by name */
  run(progress: Progress, given: Readonly<Record<string, number>>): Promise<Report>;
}

/** Targets that were missed, in words. A figure that is not a number misses. */
export function misses({ figures, targets }: Report): string[] {
  return targets.flatMap(({ key, most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY }) => {
    const figure = figures[key] ?? Number.NaN;
    if (figure <= most && figure >= least) return [];
    const bound = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `at most ${most}`;
    return [`${key} is ${figure}, should be ${bound}`];
  });
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
