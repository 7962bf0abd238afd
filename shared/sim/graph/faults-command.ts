/** `pnpm sim graph-faults`: many small networks under all kinds of faults and hostility; and whether planted bugs would be noticed. */
import { numbersFrom, progressLine } from '../command-parts.ts';
import { runFaults as runOnce } from './fault-run.ts';
import { type Plant, plants } from './plants.ts';

const faultsUsage = `Puts networks of 20 to 300 real nodes under faults and hostile nodes, and checks what must hold afterwards.

Drawn from each seed: loss up to 30%, duplicates, delay and reordering of graph messages, partitions in one or both
directions, crashes, restarts, clocks wrong by up to 5 min, forgers, replayers, stale servers, flooders, Sybils.

usage: pnpm sim graph-faults [options]

options
  --seeds <n>      networks, one for each seed                                  (default 20)
  --from <s>       the first seed                                               (default 1)
  --nodes <n>      at most so many nodes in a network                           (default 300)
  --plant <name>   break a rule on purpose, or "all" in turn: it must be noticed; "list" names them
  --json           end with one line of JSON

Exits with 0 if nothing was violated (with --plant: if every plant was caught), else with 1.`;

/** A planted bug must show within so many networks. */
const SEEDS_PER_PLANT = 12;
const PLANT_NODES_MAX = 40;

/** Runs the command; answers with the exit code. */
export function runFaults(args: readonly string[]): number {
  const command = numbersFrom(
    args,
    faultsUsage,
    {
      seeds: { otherwise: 20, least: 1, most: 100_000, whole: true },
      from: { otherwise: 1, least: 0, most: 2 ** 23, whole: true },
      nodes: { otherwise: 300, least: 20, most: 300, whole: true },
    },
    ['plant'],
  );
  if (typeof command === 'number') return command;
  const plant = command.texts.plant;
  if (plant === undefined) return faults(command.numbers, command.json);
  if (plant === 'list') {
    for (const { name, bug } of plants) console.log(`  ${name.padEnd(24)}${bug}`);
    return 0;
  }
  const chosen = plant === 'all' ? plants : plants.filter(({ name }) => name === plant);
  if (chosen.length > 0) return planted(chosen, command.numbers.from, command.json);
  console.error(`No such plant: ${plant}; see --plant list.`);
  return 2;
}

function faults(
  { seeds, from, nodes }: { seeds: number; from: number; nodes: number },
  json: boolean,
): number {
  const progress = progressLine();
  const startedAtMs = performance.now();
  let violations = 0;
  let nodesInAll = 0;
  let eventsRun = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const run = runOnce({ seed, nodesMax: nodes });
    nodesInAll += run.nodes;
    eventsRun += run.eventsRun;
    violations += run.violations.length;
    progress.option.progress?.(seed - from + 1, seeds);
    if (run.violations.length === 0) continue;
    console.error(`seed ${seed}: ${run.story}`);
    for (const { rule, details } of run.violations) console.error(`  violated: ${rule}: ${details}`);
  }
  progress.end();
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  console.log(
    `graph-faults: ${seeds} networks of ${Math.round(nodesInAll / seeds)} nodes on average, ${violations} violations, ` +
      `${eventsRun} events in ${wallSeconds.toFixed(0)} s`,
  );
  if (json)
    console.log(JSON.stringify({ command: 'graph-faults', seeds, from, violations, eventsRun, wallSeconds }));
  return violations === 0 ? 0 : 1;
}

function planted(chosen: readonly Plant[], from: number, json: boolean): number {
  let caught = 0;
  for (const chosenPlant of chosen) {
    const { name, bug } = chosenPlant;
    const seen = catches(chosenPlant, from);
    if (seen !== undefined) caught++;
    console.log(`  ${name.padEnd(24)}${(seen ?? 'NOT CAUGHT').padEnd(34)}${bug}`);
  }
  console.log(`graph-faults: ${caught} of ${chosen.length} planted bugs caught`);
  if (json) console.log(JSON.stringify({ command: 'graph-faults', plants: chosen.length, caught }));
  return caught === chosen.length ? 0 : 1;
}

/** The rule that notices a plant, with the seed; undefined if none does. */
function catches({ plant, needs, nodesMax = PLANT_NODES_MAX }: Plant, from: number): string | undefined {
  const takeOut = plant();
  try {
    for (let seed = from; seed < from + SEEDS_PER_PLANT; seed++) {
      try {
        const [violation] = runOnce({ seed, nodesMax, hostile: needs }).violations;
        if (violation !== undefined) return `${violation.rule} (${seed})`;
      } catch (error) {
        return `broke: ${error instanceof Error ? error.message.slice(0, 18) : error} (${seed})`;
      }
    }
    return undefined;
  } finally {
    takeOut();
  }
}
