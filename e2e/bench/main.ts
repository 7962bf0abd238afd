// `pnpm bench <name>`: runs one benchmark, prints its table, and fails if a target was missed.

import { glass } from './glass.ts';
import { type Benchmark, misses, table } from './report.ts';
import { abuse, drain, supernode } from './supernode-trial.ts';

const benchmarks: Readonly<Record<string, Benchmark>> = { glass, abuse, drain, supernode };

const help = `Usage: pnpm bench <name> [--json]

${Object.entries(benchmarks)
  .map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`)
  .join('\n')}

  --json   the last line is one JSON object with all figures

Progress and missed targets go to stderr. Exits with 1 if a target was missed, 2 if it was asked for something unknown.`;

const asked = process.argv.slice(2);
if (asked.length === 0 || asked.includes('--help') || asked.includes('-h')) {
  console.log(help);
  process.exit(asked.length === 0 ? 2 : 0);
}
const json = asked.includes('--json');
const [name = '', ...more] = asked.filter((word) => word !== '--json' && word !== '--');
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (!benchmark || more.length > 0) {
  console.error(benchmark ? `Too many words: ${more.join(' ')}` : `There is no benchmark “${name}”.`);
  console.error(help);
  process.exit(2);
}

const report = await benchmark.run((words) => console.error(words));
console.log(table(report));
const missed = misses(report);
for (const words of missed) console.error(`Missed: ${words}`);
process.exitCode = missed.length > 0 ? 1 : 0;
if (json) console.log(JSON.stringify(report.figures));
