/**
 * `pnpm sim graph-orders`: the three-node network of thesis 4.1.1, explored exhaustively. Each order of arrivals and timers is played
 * by real machines from the start (nothing is copied), depth first.
 */
import { numbersFrom, progressLine } from '../command-parts.ts';
import { Change, ThreeNodes } from './three-nodes.ts';

const ordersUsage = `Plays every order in which messages can arrive and timers fire among three linked nodes (thesis 4.1.1).

usage: pnpm sim graph-orders [options]

options
  --runs <n>       give up after so many orders of one change                   (default 1000000)
  --json           end with one line of JSON

Exits with 0 if every order ends in the same state and each node took the change once, else with 1.`;

/** Redundant notices of the first, second and third node in the thesis. */
const THESIS_REDUNDANT = [2, 1, 1] as const;

interface Range {
  least: number;
  most: number;
}

const nothing = (): Range => ({ least: Number.POSITIVE_INFINITY, most: 0 });

const widen = (range: Range, value: number): void => {
  range.least = Math.min(range.least, value);
  range.most = Math.max(range.most, value);
};

export interface Explored {
  readonly change: Change;
  readonly orders: number;
  /** False if the exploration was given up. */
  readonly complete: boolean;
  /** Final states that were reached; there must be one. */
  readonly ends: number;
  /** Whether the others took the change exactly once in every order, and the first node nothing. */
  readonly takenOnce: boolean;
  /** Redundant notices of each node: fewest and most. */
  readonly redundant: readonly Range[];
  /** Of all nodes together. */
  readonly redundantInAll: Range;
  readonly stepsMax: number;
}

/** Plays all orders of one change. */
export function explore(change: Change, runsMax: number, progress?: (runs: number) => void): Explored {
  const ends = new Set<string>();
  const redundant = THESIS_REDUNDANT.map(nothing);
  const redundantInAll = nothing();
  let takenOnce = true;
  let orders = 0;
  let stepsMax = 0;
  /** Choices taken, and how many there were at each step: the path of a depth-first search. */
  const path: { taken: number; of: number }[] = [];
  do {
    const network = new ThreeNodes(change);
    let step = 0;
    for (let choices = network.choices(); choices.length > 0; choices = network.choices()) {
      if (step === path.length) path.push({ taken: 0, of: choices.length });
      network.choose(choices[path[step]?.taken ?? 0] as string);
      step++;
    }
    orders++;
    stepsMax = Math.max(stepsMax, step);
    ends.add(network.state().join(' | '));
    let inAll = 0;
    for (const [i, { notices, taken }] of network.told().entries()) {
      takenOnce &&= taken === (i === 0 ? 0 : 1);
      widen(redundant[i] as Range, notices - taken);
      inAll += notices - taken;
    }
    widen(redundantInAll, inAll);
    if (orders % 500 === 0) progress?.(orders);
    while (path.length > 0 && isLast(path.at(-1))) path.pop();
    const last = path.at(-1);
    if (last !== undefined) last.taken++;
  } while (path.length > 0 && orders < runsMax);
  const complete = path.length === 0;
  return { change, orders, complete, ends: ends.size, takenOnce, redundant, redundantInAll, stepsMax };
}

const isLast = (step: { taken: number; of: number } | undefined): boolean =>
  step !== undefined && step.taken + 1 >= step.of;

/** Runs the command; answers with the exit code. */
export function runOrders(args: readonly string[]): number {
  const command = numbersFrom(args, ordersUsage, {
    runs: { otherwise: 1_000_000, least: 1, most: 100_000_000, whole: true },
  });
  if (typeof command === 'number') return command;
  const progress = progressLine();
  const startedAtMs = performance.now();
  const results = Object.values(Change).map((change) =>
    explore(change, command.numbers.runs, (runs) => progress.option.progress?.(runs, command.numbers.runs)),
  );
  progress.end();
  const wallSeconds = (performance.now() - startedAtMs) / 1_000;
  for (const result of results) console.log(inWords(result));
  const sound = results.every(({ complete, ends, takenOnce }) => complete && ends === 1 && takenOnce);
  const most = Math.max(...results.map(({ redundantInAll }) => redundantInAll.most));
  const thesis = THESIS_REDUNDANT.reduce((sum, each) => sum + each, 0);
  console.log(`  redundant notices of one change: at most ${most}; in the thesis ${thesis} (2 + 1 + 1)`);
  if (command.json) {
    const orders = results.reduce((sum, result) => sum + result.orders, 0);
    const finalStates = Math.max(...results.map(({ ends }) => ends));
    const figures = { orders, finalStates, redundantNoticesMax: most, redundantNoticesThesis: thesis };
    console.log(JSON.stringify({ command: 'graph-orders', ...figures, sound, wallSeconds }));
  }
  return sound ? 0 : 1;
}

function inWords(result: Explored): string {
  const { change, orders, complete, ends, takenOnce, redundant, redundantInAll, stepsMax } = result;
  const words = ({ least, most }: Range): string => (least === most ? `${most}` : `${least}–${most}`);
  return (
    `graph-orders: ${change}: ${complete ? 'all' : 'the first'} ${orders} orders of up to ${stepsMax} steps; ` +
    `${ends} final state${ends === 1 ? '' : 's'}; ${takenOnce ? 'taken once by each' : 'NOT taken once by each'}; ` +
    `redundant notices ${redundant.map(words).join(' + ')}, ${words(redundantInAll)} in all`
  );
}
