/** `pnpm sim forest`: the relay alone, with bandwidth, at 2 to 10,000 viewers; its figures and their targets (design section 8). */
import { numbersFrom, progressLine } from '../command-parts.ts';
import { defaultStreamShape } from '../message-source.ts';
import { type ForestFigures, playForest } from './forest-stage.ts';
import { ProductRelay } from './strategies/product.ts';

const EXIT = { met: 0, missed: 1, refused: 2 } as const;
const DEFAULTS = { nodes: 100, seed: 1, seconds: 60 };

/** What is different from one scenario to the next. */
interface ForestScenario {
  readonly summary: string;
  readonly sessionMeanMs?: number;
  readonly redundancyMax: number;
}

const scenarios: ReadonlyMap<string, ForestScenario> = new Map([
  ['steady', { summary: 'everyone joins within 5 s and stays', redundancyMax: 1.03 }],
  [
    'churn',
    {
      summary: 'sessions of 10 min, half of them end in a crash',
      sessionMeanMs: 600_000,
      redundancyMax: 1.1,
    },
  ],
]);

type Limit = { readonly most: number } | { readonly least: number };

interface Row {
  readonly figure: keyof ForestFigures;
  readonly unit: string;
  readonly meaning: string;
  readonly limit?: (nodes: number, scenario: ForestScenario) => Limit | undefined;
}

const rows: readonly Row[] = [
  {
    figure: 'deliveredRatio',
    unit: '',
    meaning: '(message, viewer) pairs delivered / due',
  },
  { figure: 'lostFrames', unit: '', meaning: 'pairs never delivered', limit: () => ({ most: 0 }) },
  { figure: 'deliveredP50Ms', unit: 'ms', meaning: 'publish to delivery, median' },
  {
    figure: 'deliveredP99Ms',
    unit: 'ms',
    meaning: 'publish to delivery, 99th percentile',
    limit: (nodes) => ({ most: nodes > 1_000 ? 400 : 300 }),
  },
  {
    figure: 'redundancy',
    unit: '',
    meaning: 'payload received / useful',
    limit: (_, { redundancyMax }) => ({ most: redundancyMax }),
  },
  { figure: 'controlRatio', unit: '', meaning: 'control bytes / all bytes', limit: () => ({ most: 0.04 }) },
  { figure: 'hostUploadMean', unit: '× stream', meaning: 'host upload, mean', limit: () => ({ most: 2.2 }) },
  {
    figure: 'hostUploadPeak',
    unit: '× stream',
    meaning: 'host upload, busiest second',
    limit: () => ({ most: 3 }),
  },
  {
    figure: 'uploadMax',
    unit: '× stream',
    meaning: 'upload of the busiest viewer',
    limit: () => ({ most: 1.5 }),
  },
  {
    figure: 'uploadJain',
    unit: '',
    meaning: "Jain's index of bytes per offered slot",
    limit: () => ({ least: 0.85 }),
  },
  {
    figure: 'depthMax',
    unit: 'hops',
    meaning: 'deepest place in a tree',
    limit: (nodes) => ({ most: nodes <= 100 ? 5 : nodes <= 1_000 ? 6 : 8 }),
  },
  { figure: 'unconfirmedRatio', unit: '', meaning: 'frames delivered without enough votes' },
];

const usage = `Runs the relay alone, with thousands of real relay machines in virtual time, uplinks and all bytes on the wire.

usage: pnpm sim forest [options]

options
  --scenario <name>  what happens                                                                    (default steady)
${[...scenarios].map(([name, { summary }]) => `                     ${name.padEnd(9)} ${summary}`).join('\n')}
  --nodes <n>        viewers; the host comes on top, all with 10 Mbit/s uplinks                      (default 100)
  --seed <s>         any whole number from 0; same seed, same run                                    (default 1)
  --seconds <t>      length of the measured window                                                   (default 60)
  --json             end with one line of JSON

Exits with 0 if all targets are met, 1 if one is missed.`;

const isMet = (value: number, limit: Limit): boolean =>
  'most' in limit ? value <= limit.most : value >= limit.least;
const inWords = (limit: Limit): string => ('most' in limit ? `≤ ${limit.most}` : `≥ ${limit.least}`);

/** Runs the command; answers with the exit code. */
export function runForest(args: readonly string[]): number {
  const command = numbersFrom(
    args,
    usage,
    {
      nodes: { otherwise: DEFAULTS.nodes, least: 1, most: 20_000, whole: true },
      seed: { otherwise: DEFAULTS.seed, least: 0, most: 2 ** 24 - 1, whole: true },
      seconds: { otherwise: DEFAULTS.seconds, least: 5, most: 3_600, whole: false },
    },
    ['scenario'],
  );
  if (typeof command === 'number') return command;
  const name = command.texts.scenario ?? 'steady';
  const scenario = scenarios.get(name);
  if (scenario === undefined) {
    console.error(`There is no scenario "${name}": ${[...scenarios.keys()].join(', ')}.\n\n${usage}`);
    return EXIT.refused;
  }
  const { nodes, seed, seconds } = command.numbers;
  const progress = progressLine();
  const startedAtMs = performance.now();
  const { sessionMeanMs } = scenario;
  const { figures, eventsRun, virtualSeconds } = playForest({
    nodes,
    seed,
    seconds,
    sessionMeanMs,
    bitsPerSecond: defaultStreamShape.bitsPerSecond,
    framesLoss: 0,
    killShare: 0,
    make: (self, options, random) => new ProductRelay(self, options, random),
    ...progress.option,
  });
  progress.end();
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  console.log(
    `forest ${name}: ${nodes} viewers, seed ${seed}, ${seconds} s measured of ${virtualSeconds.toFixed(0)} s`,
  );
  const missed: string[] = [];
  for (const { figure, unit, meaning, limit } of rows) {
    const value = figures[figure];
    const target = limit?.(nodes, scenario);
    const met = target === undefined || isMet(value, target);
    if (!met && target !== undefined) missed.push(`${figure} ${inWords(target)}, was ${value}`);
    const verdict = target === undefined ? '' : `${met ? 'ok    ' : 'MISSED'}  ${inWords(target)}`;
    const text = `${Number(value.toFixed(value < 100 ? 3 : 0))} ${unit}`;
    console.log(`  ${meaning.padEnd(44)}${text.padStart(16)}  ${verdict}`.trimEnd());
  }
  const eventsPerSecond = Math.round(eventsRun / wallSeconds);
  console.log(`  ${eventsRun} events in ${wallSeconds.toFixed(1)} s, ${eventsPerSecond} a second`);
  for (const target of missed) console.error(`missed: ${target}`);
  if (command.json) {
    console.log(
      JSON.stringify({
        command: 'forest',
        scenario: name,
        nodes,
        seed,
        seconds,
        ...figures,
        eventsPerSecond,
        wallSeconds,
      }),
    );
  }
  return missed.length === 0 ? EXIT.met : EXIT.missed;
}
