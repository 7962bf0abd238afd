/** `pnpm sim strategies`: the product's relay beside others, on the same network and under the same load, calm and in trouble. */
import { numbersFrom, progressLine } from '../command-parts.ts';
import { type ForestFigures, playForest } from './forest-stage.ts';
import type { MachineMaker } from './relay-world-parts.ts';
import { Flooding } from './strategies/flooding.ts';
import { Gossip } from './strategies/gossip.ts';
import { Plumtree } from './strategies/plumtree.ts';
import { ProductRelay } from './strategies/product.ts';
import { ThesisRelay } from './strategies/thesis-relay.ts';

interface Strategy {
  readonly what: string;
  readonly make: MachineMaker;
}

const strategies: ReadonlyMap<string, Strategy> = new Map<string, Strategy>([
  [
    'murmuration',
    { what: 'this project', make: (self, options, random) => new ProductRelay(self, options, random) },
  ],
  ['thesis', { what: 'every parent is polled and sends the payload', make: () => new ThesisRelay() }],
  ['flooding', { what: 'everything to every neighbour', make: () => new Flooding() }],
  ['gossip', { what: 'as gossipsub 1.2, D = 6', make: (_self, _options, random) => new Gossip(random) }],
  ['plumtree', { what: 'one tree that mends itself', make: () => new Plumtree() }],
]);

const TROUBLE = { framesLoss: 0.02, killShare: 0.1 };

const columns: readonly {
  readonly figure: keyof ForestFigures;
  readonly head: string;
  readonly digits: number;
}[] = [
  { figure: 'redundancy', head: 'copies', digits: 3 },
  { figure: 'controlRatio', head: 'control', digits: 3 },
  { figure: 'hostUploadMean', head: 'host ×', digits: 2 },
  { figure: 'uploadMax', head: 'most ×', digits: 2 },
  { figure: 'uploadJain', head: 'Jain', digits: 2 },
  { figure: 'deliveredP50Ms', head: 'p50 ms', digits: 0 },
  { figure: 'deliveredP99Ms', head: 'p99 ms', digits: 0 },
  { figure: 'deliveredRatio', head: 'delivered', digits: 4 },
];

const usage = `Plays one stream to one crowd with each of several ways to relay, calm and in trouble, and prints one table.

usage: pnpm sim strategies [options]

options
  --nodes <n>     viewers, with 10 Mbit/s uplinks                                           (default 100)
  --seed <s>      any whole number from 0; same seed, same run                              (default 1)
  --seconds <t>   length of each measured window                                            (default 20)
  --kilobits <r>  payload of the stream per second; many more drown all but trees             (default 500)
  --json          end with one line of JSON

strategies
${[...strategies].map(([name, { what }]) => `  ${name.padEnd(13)} ${what}`).join('\n')}

In trouble: ${TROUBLE.framesLoss * 100}% of frames are lost, and ${TROUBLE.killShare * 100}% of the viewers crash in the middle.`;

/** Runs the command; answers with the exit code. */
export function runStrategies(args: readonly string[]): number {
  const command = numbersFrom(args, usage, {
    nodes: { otherwise: 100, least: 2, most: 10_000, whole: true },
    seed: { otherwise: 1, least: 0, most: 2 ** 24 - 1, whole: true },
    seconds: { otherwise: 20, least: 5, most: 600, whole: false },
    kilobits: { otherwise: 500, least: 10, most: 100_000, whole: false },
  });
  if (typeof command === 'number') return command;
  const { nodes, seed, seconds, kilobits } = command.numbers;
  const same = { nodes, seed, seconds, bitsPerSecond: kilobits * 1_000, sessionMeanMs: undefined };
  const heads = columns.map(({ head }) => head.padStart(10)).join('');
  console.log(`strategies: ${nodes} viewers, ${kilobits} kbit/s, seed ${seed}, ${seconds} s`);
  console.log(`  ${''.padEnd(13)}${heads}${'in trouble'.padStart(12)}`);
  const progress = progressLine();
  const results: Record<string, ForestFigures & { readonly deliveredInTroubleRatio: number }> = {};
  for (const [name, { make }] of strategies) {
    const calm = playForest({ ...same, make, framesLoss: 0, killShare: 0, ...progress.option }).figures;
    const trouble = playForest({ ...same, make, ...TROUBLE, ...progress.option }).figures;
    progress.end();
    results[name] = { ...calm, deliveredInTroubleRatio: trouble.deliveredRatio };
    const cells = columns.map(({ figure, digits }) => calm[figure].toFixed(digits).padStart(10)).join('');
    console.log(`  ${name.padEnd(13)}${cells}${trouble.deliveredRatio.toFixed(4).padStart(12)}`);
  }
  if (command.json)
    console.log(
      JSON.stringify({ command: 'strategies', nodes, seed, seconds, kilobits, strategies: results }),
    );
  return 0;
}
