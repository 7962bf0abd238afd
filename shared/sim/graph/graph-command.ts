/** `pnpm sim graph`: what the net graph costs and how fast it is, at 100 to 10,000 nodes under churn, with its targets. */
import { numbersFrom, progressLine } from '../command-parts.ts';
import { type GraphFigures, playGraph } from './graph-stage.ts';

const DEFAULTS = { nodes: 100, seed: 1, seconds: 60 };

interface Row {
  readonly figure: keyof GraphFigures;
  readonly unit: string;
  readonly meaning: string;
  /** At most, where there is a target. */
  readonly most?: (nodes: number) => number;
}

const rows: readonly Row[] = [
  {
    figure: 'bytesPerNodePerSecond',
    unit: 'B/s',
    meaning: 'graph bytes a member sends, mean',
    most: () => 4_000,
  },
  { figure: 'bytesPerNodePerSecondP99', unit: 'B/s', meaning: 'graph bytes a member sends, 99th percentile' },
  { figure: 'supernodeBytesPerSecond', unit: 'B/s', meaning: 'graph bytes a supernode sends' },
  { figure: 'messagesPerUpdate', unit: '', meaning: 'notices of an update for each one taken' },
  { figure: 'convergeP50Ms', unit: 'ms', meaning: 'update known to 99% of its replicas, median' },
  {
    figure: 'convergeP99Ms',
    unit: 'ms',
    meaning: 'update known to 99% of its replicas, 99th percentile',
    most: (nodes) => (nodes > 1_000 ? 5_000 : 2_000),
  },
  { figure: 'goneP50Ms', unit: 'ms', meaning: 'a crashed node no longer listed, median' },
  { figure: 'goneP99Ms', unit: 'ms', meaning: 'a crashed node no longer listed, 99th percentile' },
  { figure: 'healMs', unit: 'ms', meaning: 'a network cut in two is one again after', most: () => 5_000 },
  { figure: 'degreeMean', unit: '', meaning: 'links of a member, mean' },
  { figure: 'degreeMax', unit: '', meaning: 'links of a member, most', most: () => 20 },
  { figure: 'components', unit: '', meaning: 'parts of the network over links of members', most: () => 1 },
  { figure: 'componentsPerStreamMax', unit: '', meaning: 'parts of a stream, most' },
  { figure: 'membersListedRatio', unit: '', meaning: 'members listed / members meant to be held' },
  { figure: 'redirectMicros', unit: 'µs', meaning: 'a redirect at a supernode, median' },
  { figure: 'dialsPerNodePerHour', unit: '', meaning: 'dials of a member in an hour' },
];

const graphUsage = `Runs the net graph alone, with thousands of real nodes in virtual time, and measures it under churn.

usage: pnpm sim graph [options]

options
  --nodes <n>      members; supernodes come on top; up to 2,000 a cut in two halves is healed too   (default 100)
  --seed <s>       any whole number from 0; same seed, same run                                     (default 1)
  --seconds <t>    length of the measured window of churn (10 min sessions, half of them crash)     (default 60)
  --json           end with one line of JSON

Exits with 0 if all targets are met, 1 if one is missed.`;

/** Runs the command; answers with the exit code. */
export function runGraph(args: readonly string[]): number {
  const command = numbersFrom(args, graphUsage, {
    nodes: { otherwise: DEFAULTS.nodes, least: 10, most: 20_000, whole: true },
    seed: { otherwise: DEFAULTS.seed, least: 0, most: 2 ** 24 - 1, whole: true },
    seconds: { otherwise: DEFAULTS.seconds, least: 5, most: 3_600, whole: false },
  });
  if (typeof command === 'number') return command;
  const { nodes, seed, seconds } = command.numbers;
  const progress = progressLine();
  const startedAtMs = performance.now();
  const { figures, eventsRun, virtualSeconds } = playGraph({ nodes, seed, seconds, ...progress.option });
  progress.end();
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  console.log(
    `graph: ${nodes} members, seed ${seed}, ${seconds} s measured of ${virtualSeconds.toFixed(0)} s`,
  );
  const missed: string[] = [];
  for (const { figure, unit, meaning, most } of rows) {
    const value = figures[figure];
    const limit = most?.(nodes);
    const measured = !Number.isNaN(value);
    const met = limit === undefined || !measured || value <= limit;
    if (!met) missed.push(`${figure} ≤ ${limit}, was ${value}`);
    const verdict = limit === undefined || !measured ? '' : `${met ? 'ok    ' : 'MISSED'}  ≤ ${limit}`;
    const text = measured ? `${Number(value.toFixed(value < 100 ? 2 : 0))} ${unit}` : 'not measured';
    console.log(`  ${meaning.padEnd(52)}${text.padStart(14)}  ${verdict}`.trimEnd());
  }
  console.log(
    `  ${eventsRun} events in ${wallSeconds.toFixed(1)} s, ${Math.round(eventsRun / wallSeconds)} a second`,
  );
  for (const target of missed) console.error(`missed: ${target}`);
  if (command.json) {
    const eventsPerSecond = Math.round(eventsRun / wallSeconds);
    console.log(
      JSON.stringify({ command: 'graph', nodes, seed, seconds, ...figures, eventsPerSecond, wallSeconds }),
    );
  }
  return missed.length === 0 ? 0 : 1;
}
