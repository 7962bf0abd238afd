/** `pnpm sim forest`: the relay alone, with bandwidth, at 2 to 10,000 viewers; its figures and their targets (design section 8). */
import { numbersFrom } from '../command-parts.ts';
import { defaultStreamShape } from '../message-source.ts';
import type { ForestFigures } from './forest-stage.ts';
import { playTask } from './forest-task.ts';
import { playOnThreads } from './forest-threads.ts';
import { RunProgress } from './run-progress.ts';
import { type Limit, scenarios } from './scenarios.ts';
import { MEMBERS_MAX, threadsFor } from './team.ts';

const EXIT = { met: 0, missed: 1, refused: 2 } as const;
/** As many threads as such a run is worth. */
const AS_FITS = 0;
/** From so many viewers on the usual heap may be too small. */
const LARGE = 1_000;
const DEFAULTS = {
  nodes: 100,
  seed: 1,
  seconds: 60,
  kilobits: defaultStreamShape.bitsPerSecond / 1_000,
  kill: 0.3,
  hostile: 0.2,
};

interface Row {
  readonly figure: keyof ForestFigures;
  readonly unit: string;
  readonly meaning: string;
}

const rows: readonly Row[] = [
  { figure: 'deliveredRatio', unit: '', meaning: '(message, viewer) pairs delivered / due' },
  { figure: 'lostFrames', unit: '', meaning: 'pairs never delivered' },
  { figure: 'bitsPerSecond', unit: 'bit/s', meaning: 'stream at the end: what the swarm can carry' },
  { figure: 'forgedAccepted', unit: '', meaning: 'forged messages delivered' },
  { figure: 'deliveredP50Ms', unit: 'ms', meaning: 'publish to delivery, median' },
  { figure: 'deliveredP99Ms', unit: 'ms', meaning: 'publish to delivery, 99th percentile' },
  { figure: 'redundancy', unit: '', meaning: 'payload received / useful' },
  { figure: 'controlRatio', unit: '', meaning: 'control bytes / all bytes' },
  { figure: 'hostUploadMean', unit: '× stream', meaning: 'host upload, mean' },
  { figure: 'hostUploadPeak', unit: '× stream', meaning: 'host upload, busiest second' },
  { figure: 'uploadMax', unit: '× stream', meaning: 'upload of the busiest viewer' },
  { figure: 'uploadJain', unit: '', meaning: "Jain's index of bytes per offered slot" },
  { figure: 'depthMax', unit: 'hops', meaning: 'deepest place in a tree' },
  { figure: 'unconfirmedRatio', unit: '', meaning: 'frames delivered without enough votes' },
  { figure: 'parentLossExtraP50Ms', unit: 'ms', meaning: 'a parent gone: worst extra delay, median' },
  { figure: 'parentLossExtraP99Ms', unit: 'ms', meaning: 'the same, 99th percentile' },
  { figure: 'stallsPerHour', unit: '', meaning: 'stalls of a viewer in an hour' },
  { figure: 'recoverMs', unit: 'ms', meaning: 'survivors near the host again after' },
  { figure: 'starvedStripeSeconds', unit: 's', meaning: 'stripes starved beside free slots, in all' },
];

const usage = `Runs the relay alone, with thousands of real relay machines in virtual time, uplinks and all bytes on the wire.

usage: pnpm sim forest [options]

options
  --scenario <name>  what happens                                                                    (default steady)
${[...scenarios].map(([name, { summary }]) => `                     ${name.padEnd(20)} ${summary}`).join('\n')}
  --nodes <n>        viewers; the host comes on top, all with 10 Mbit/s uplinks                      (default 100)
  --seed <s>         any whole number from 0; same seed, same run                                    (default 1)
  --seconds <t>      length of the measured window                                                   (default 60)
  --kilobits <r>     payload of the stream per second; slow-uplinks has its own                      (default 2500)
  --kill <share>     of the viewers, in mass-failure                                                 (default 0.3)
  --hostile <share>  of the viewers, in byzantine and silent                                         (default 0.2)
  --threads <n>      play on so many; the run is the same                       (default 1; from 2,000 viewers, one a processor)
  --json             end with one line of JSON

Exits with 0 if all targets are met, 1 if one is missed.`;

const isMet = (value: number, limit: Limit): boolean =>
  'most' in limit ? value <= limit.most : value >= limit.least;
const inWords = (limit: Limit): string => ('most' in limit ? `≤ ${limit.most}` : `≥ ${limit.least}`);

/** Runs the command; answers with the exit code. */
export async function runForest(args: readonly string[]): Promise<number> {
  const command = numbersFrom(
    args,
    usage,
    {
      nodes: { otherwise: DEFAULTS.nodes, least: 1, most: 20_000, whole: true },
      seed: { otherwise: DEFAULTS.seed, least: 0, most: 2 ** 24 - 1, whole: true },
      seconds: { otherwise: DEFAULTS.seconds, least: 5, most: 3_600, whole: false },
      kilobits: { otherwise: DEFAULTS.kilobits, least: 50, most: 20_000, whole: false },
      kill: { otherwise: DEFAULTS.kill, least: 0, most: 0.95, whole: false },
      hostile: { otherwise: DEFAULTS.hostile, least: 0, most: 0.95, whole: false },
      threads: { otherwise: AS_FITS, least: 1, most: MEMBERS_MAX, whole: true },
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
  const { nodes, seed, seconds, kilobits, kill, hostile } = command.numbers;
  const threads = command.numbers.threads === AS_FITS ? threadsFor(nodes) : command.numbers.threads;
  const progress = new RunProgress();
  const startedAtMs = performance.now();
  const task = { scenario: name, nodes, seed, seconds, kilobits, kill, hostile };
  // A thread has room for more than the program has without being asked to.
  const isLarge = threads > 1 || nodes >= LARGE;
  const { figures, eventsRun, virtualSeconds } = isLarge
    ? await playOnThreads(task, threads, progress.tell)
    : playTask(task, progress.tell);
  progress.end();
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  console.log(
    `forest ${name}: ${nodes} viewers, seed ${seed}, ${seconds} s measured of ${virtualSeconds.toFixed(0)} s`,
  );
  const missed: string[] = [];
  const targets = scenario.targets(task);
  for (const { figure, unit, meaning } of rows) {
    const value = figures[figure];
    const target = targets[figure];
    if (Number.isNaN(value)) {
      if (target !== undefined) console.log(`  ${meaning.padEnd(44)}    not measured`);
      continue;
    }
    const met = target === undefined || isMet(value, target);
    if (!met && target !== undefined) missed.push(`${figure} ${inWords(target)}, was ${value}`);
    const verdict = target === undefined ? '' : `${met ? 'ok    ' : 'MISSED'}  ${inWords(target)}`;
    const text = `${Number(value.toFixed(value < 100 ? 3 : 0))} ${unit}`;
    console.log(`  ${meaning.padEnd(44)}${text.padStart(16)}  ${verdict}`.trimEnd());
  }
  const eventsPerSecond = Math.round(eventsRun / wallSeconds);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  const took = `${wallSeconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time)`;
  console.log(
    `  ${eventsRun} events in ${took}, ${eventsPerSecond} a second, ${threads > 1 ? `${threads} threads, ` : ''}${Math.round(maxRSS / 1_024)} MiB`,
  );
  for (const target of missed) console.error(`missed: ${target}`);
  if (command.json) {
    console.log(
      JSON.stringify({
        command: 'forest',
        scenario: name,
        nodes,
        seed,
        seconds,
        threads,
        kilobits,
        ...(name === 'mass-failure' ? { kill } : {}),
        ...(name === 'byzantine' || name === 'silent' ? { hostile } : {}),
        ...figures,
        eventsRun,
        eventsPerSecond,
        wallSeconds,
        cpuSeconds,
        memoryPeakBytes: maxRSS * 1_024,
      }),
    );
  }
  return missed.length === 0 ? EXIT.met : EXIT.missed;
}
