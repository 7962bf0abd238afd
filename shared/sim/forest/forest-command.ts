/** `pnpm sim forest`: the relay alone, with bandwidth, at 2 to 10,000 viewers; its figures and their targets (design section 8). */
import { numbersFrom } from '../command-parts.ts';
import { defaultStreamShape } from '../message-source.ts';
import { figureRows, figureText, inWords, isMet } from './figure-rows.ts';
import { type ForestTask, playTask } from './forest-task.ts';
import { playOnThreads } from './forest-threads.ts';
import { RunProgress } from './run-progress.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { playSeeds, type Spread, spreadOf } from './several-seeds.ts';
import { MEMBERS_MAX, threadsFor } from './team.ts';

const EXIT = { met: 0, missed: 1, refused: 2 } as const;
/** As many threads as such a run is worth. */
const AS_FITS = 0;
/** So long as the scenario takes to settle. */
const AS_USUAL = 0;
/** From so many viewers on the usual heap may be too small. */
const LARGE = 1_000;
const SEEDS_MAX = 1_000;
const DEFAULTS = {
  nodes: 100,
  seed: 1,
  seconds: 60,
  kilobits: defaultStreamShape.bitsPerSecond / 1_000,
  kill: 0.3,
  hostile: 0.2,
};

const usage = `Runs the relay alone, with thousands of real relay machines in virtual time, uplinks and all bytes on the wire.

usage: pnpm sim forest [options]

options
  --scenario <name>  what happens                                                                    (default steady)
${[...scenarios].map(([name, { summary }]) => `                     ${name.padEnd(20)} ${summary}`).join('\n')}
  --nodes <n>        viewers; the host comes on top, all with 10 Mbit/s uplinks                      (default 100)
  --seed <s>         any whole number from 0; same seed, same run                                    (default 1)
  --seeds <n>        play so many seeds from that one on, as many at a time as there are processors: the median of
                     each figure, which is held against the targets, and the worst                    (default 1)
  --seconds <t>      length of the measured window                                                   (default 60)
  --settle <t>       seconds between the last join and the window; the design counts 60      (default 10, or the scenario's)
  --kilobits <r>     payload of the stream per second; slow-uplinks has its own                      (default 2500)
  --kill <share>     of the viewers, in mass-failure                                                 (default 0.3)
  --hostile <share>  of the viewers, in byzantine and silent                                         (default 0.2)
  --threads <n>      play on so many; the run is the same                       (default 1; from 2,000 viewers, one a processor)
  --json             end with one line of JSON

Exits with 0 if all targets are met, 1 if one is missed.`;

/** Runs the command; answers with the exit code. */
export async function runForest(args: readonly string[]): Promise<number> {
  const command = numbersFrom(
    args,
    usage,
    {
      nodes: { otherwise: DEFAULTS.nodes, least: 1, most: 20_000, whole: true },
      seed: { otherwise: DEFAULTS.seed, least: 0, most: 2 ** 24 - 1, whole: true },
      seeds: { otherwise: 1, least: 1, most: SEEDS_MAX, whole: true },
      seconds: { otherwise: DEFAULTS.seconds, least: 5, most: 3_600, whole: false },
      settle: { otherwise: AS_USUAL, least: 1, most: 3_600, whole: false },
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
  const { seeds, threads: threadsAsked, settle, ...given } = command.numbers;
  const task: ForestTask = { scenario: name, ...given, ...(settle === AS_USUAL ? {} : { settle }) };
  const threads = threadsAsked === AS_FITS ? threadsFor(task.nodes) : threadsAsked;
  const run = { task, scenario, threads, json: command.json };
  return seeds === 1 ? playOne(run) : playSeveral(run, seeds);
}

interface Run {
  readonly task: ForestTask;
  readonly scenario: Scenario;
  readonly threads: number;
  readonly json: boolean;
}

async function playOne({ task, scenario, threads, json }: Run): Promise<number> {
  const progress = new RunProgress();
  const startedAtMs = performance.now();
  // A thread has room for more than the program has without being asked to.
  const isLarge = threads > 1 || task.nodes >= LARGE;
  const { figures, eventsRun, virtualSeconds } = isLarge
    ? await playOnThreads(task, threads, progress.tell)
    : playTask(task, progress.tell);
  progress.end();
  const { nodes, seed, seconds } = task;
  console.log(
    `forest ${task.scenario}: ${nodes} viewers, seed ${seed}, ${seconds} s measured of ${virtualSeconds.toFixed(0)} s`,
  );
  const missed: string[] = [];
  const targets = scenario.targets(task);
  for (const { figure, unit, meaning } of figureRows) {
    const value = figures[figure];
    const target = targets[figure];
    if (Number.isNaN(value)) {
      if (target !== undefined) console.log(`  ${meaning.padEnd(44)}    not measured`);
      continue;
    }
    const met = target === undefined || isMet(value, target);
    if (!met && target !== undefined) missed.push(`${figure} ${inWords(target)}, was ${value}`);
    const verdict = target === undefined ? '' : `${met ? 'ok    ' : 'MISSED'}  ${inWords(target)}`;
    console.log(
      `  ${meaning.padEnd(44)}${`${figureText(value)} ${unit}`.padStart(16)}  ${verdict}`.trimEnd(),
    );
  }
  const cost = costSince(startedAtMs, eventsRun);
  console.log(`  ${cost.words}${threads > 1 ? `, ${threads} threads` : ''}`);
  for (const target of missed) console.error(`missed: ${target}`);
  if (json) console.log(JSON.stringify({ ...named(task), threads, ...figures, ...cost.figures }));
  return missed.length === 0 ? EXIT.met : EXIT.missed;
}

async function playSeveral({ task, scenario, threads, json }: Run, seeds: number): Promise<number> {
  const startedAtMs = performance.now();
  const runs = await playSeeds(task, seeds, threads, (done, seed) =>
    process.stderr.write(`seed ${seed}: ${done} of ${seeds} done\n`),
  );
  const { nodes, seed, seconds } = task;
  console.log(
    `forest ${task.scenario}: ${nodes} viewers, seeds ${seed} to ${seed + seeds - 1}, ${seconds} s measured`,
  );
  const head = `${'median'.padStart(16)}${'worst'.padStart(12)}${'of seed'.padStart(9)}`;
  console.log(`  ${''.padEnd(44)}${head}`);
  const targets = scenario.targets(task);
  const spreads = new Map<string, Spread>();
  const missed: string[] = [];
  for (const row of figureRows) {
    const { figure, unit, meaning } = row;
    const target = targets[figure];
    const spread = spreadOf(runs, row, target);
    if (spread === undefined) {
      if (target !== undefined) console.log(`  ${meaning.padEnd(44)}    not measured`);
      continue;
    }
    spreads.set(figure, spread);
    const { median, worst, worstSeed, missedBy } = spread;
    if (!spread.met && target !== undefined)
      missed.push(
        `${figure} ${inWords(target)}, was ${median} at the median and ${worst} with seed ${worstSeed}`,
      );
    const inSeeds = missedBy.length > 0 ? `; missed by ${missedBy.length}: ${missedBy.join(', ')}` : '';
    const verdict =
      target === undefined ? '' : `${spread.met ? 'ok    ' : 'MISSED'}  ${inWords(target)}${inSeeds}`;
    const cells = `${`${figureText(median)} ${unit}`.padStart(16)}${figureText(worst).padStart(12)}${String(worstSeed).padStart(9)}`;
    console.log(`  ${meaning.padEnd(44)}${cells}  ${verdict}`.trimEnd());
  }
  const cost = costSince(
    startedAtMs,
    runs.reduce((sum, { eventsRun }) => sum + eventsRun, 0),
  );
  console.log(`  ${cost.words}`);
  for (const target of missed) console.error(`missed: ${target}`);
  const each = (key: 'median' | 'worst' | 'missedBy') =>
    Object.fromEntries([...spreads].map(([figure, spread]) => [figure, spread[key]]));
  if (json)
    console.log(
      JSON.stringify({
        ...named(task),
        seeds,
        threads,
        ...each('median'),
        worst: each('worst'),
        missedBy: each('missedBy'),
        ...cost.figures,
      }),
    );
  return missed.length === 0 ? EXIT.met : EXIT.missed;
}

/** A task as JSON says it. */
function named({ scenario, kill, hostile, ...task }: ForestTask): Record<string, unknown> {
  return {
    command: 'forest',
    scenario,
    ...task,
    ...(scenario === 'mass-failure' ? { kill } : {}),
    ...(scenario === 'byzantine' || scenario === 'silent' ? { hostile } : {}),
  };
}

/** What the process took. */
function costSince(startedAtMs: number, eventsRun: number) {
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  const eventsPerSecond = Math.round(eventsRun / wallSeconds);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  const took = `${wallSeconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time)`;
  return {
    words: `${eventsRun} events in ${took}, ${eventsPerSecond} a second, ${Math.round(maxRSS / 1_024)} MiB`,
    figures: { eventsRun, eventsPerSecond, wallSeconds, cpuSeconds, memoryPeakBytes: maxRSS * 1_024 },
  };
}
