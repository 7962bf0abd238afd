// What was asked of `pnpm bench`.

import { parseArgs } from 'node:util';
import type { Benchmark } from './report.ts';

export type Benchmarks = Readonly<Record<string, Benchmark>>;

export type Asked =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'wrong'; readonly why: string }
  | {
      readonly kind: 'run';
      readonly benchmark: Benchmark;
      /** A number for each option of the benchmark. */
      readonly given: Readonly<Record<string, number>>;
      readonly json: boolean;
    };

const overview = (benchmarks: Benchmarks): string => `Usage: pnpm bench <name> [--json]

${Object.entries(benchmarks)
  .map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  .join('\n')}

  --json   the last line is one JSON object with all figures

Progress and missed targets go to stderr. Exits with 1 if a target was missed, 2 if it was asked for something unknown.
\`pnpm bench <name> --help\` lists its options.`;

function helpOf(name: string, { summary, options = [] }: Benchmark): string {
  const lines = options.map(
    (option) =>
      `  --${option.name.padEnd(10)} ${option.meaning}; ${option.least} to ${option.most}, usually ${option.usual}`,
  );
  return [
    `Usage: pnpm bench ${name} [options] [--json]`,
    '',
    summary,
    ...(lines.length > 0 ? ['', ...lines] : []),
  ].join('\n');
}

/** @param words of the command line, after `pnpm bench` */
export function readCommandLine(words: readonly string[], benchmarks: Benchmarks): Asked {
  const [name = '', ...more] = words.filter((word) => word !== '--');
  if (name === '--help' || name === '-h') return { kind: 'help', text: overview(benchmarks) };
  const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (!benchmark) {
    const why = name === '' ? 'Which benchmark?' : `There is no benchmark “${name}”.`;
    return { kind: 'wrong', why: `${why}\n\n${overview(benchmarks)}` };
  }
  if (more.includes('--help') || more.includes('-h')) return { kind: 'help', text: helpOf(name, benchmark) };
  return readOptions(name, benchmark, more);
}

function readOptions(name: string, benchmark: Benchmark, words: string[]): Asked {
  const options = benchmark.options ?? [];
  const wrong = (why: string): Asked => ({ kind: 'wrong', why: `${why}\n\n${helpOf(name, benchmark)}` });
  let values: Record<string, string | boolean | undefined>;
  try {
    const numbers = options.map((option) => [option.name, { type: 'string' }] as const);
    ({ values } = parseArgs({
      args: words,
      options: { ...Object.fromEntries(numbers), json: { type: 'boolean' } },
    }));
  } catch (error) {
    return wrong((error as Error).message);
  }
  const given: Record<string, number> = {};
  for (const { name: option, usual, least, most } of options) {
    const number = Number(values[option] ?? usual);
    if (!Number.isInteger(number) || number < least || number > most) {
      return wrong(`--${option} takes a whole number from ${least} to ${most}, not “${values[option]}”.`);
    }
    given[option] = number;
  }
  return { kind: 'run', benchmark, given, json: values.json === true };
}
