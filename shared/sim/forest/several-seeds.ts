/** One run of `sim forest` with one seed after the other, and how far apart their figures are. */
import { availableParallelism } from 'node:os';
import { type FigureRow, isMet } from './figure-rows.ts';
import type { ForestOutcome } from './forest-stage.ts';
import type { ForestTask } from './forest-task.ts';
import { playOnThreads } from './forest-threads.ts';
import type { Limit } from './scenarios.ts';

export interface SeedRun extends ForestOutcome {
  readonly seed: number;
}

/**
 * Plays seeds from the task's own on, so many at a time as there are processors for.
 * @param threads of each run
 * @returns in the order of the seeds
 */
export async function playSeeds(
  task: ForestTask,
  seeds: number,
  threads: number,
  onDone: (done: number, seed: number) => void,
): Promise<SeedRun[]> {
  const runs: SeedRun[] = [];
  const left = Array.from({ length: seeds }, (_, i) => task.seed + i);
  const playNext = async (): Promise<void> => {
    for (let seed = left.shift(); seed !== undefined; seed = left.shift()) {
      runs.push({ seed, ...(await playOnThreads({ ...task, seed }, threads, undefined)) });
      onDone(runs.length, seed);
    }
  };
  const atOnce = Math.max(1, Math.floor(availableParallelism() / threads));
  await Promise.all(Array.from({ length: Math.min(atOnce, seeds) }, playNext));
  return runs.sort((a, b) => a.seed - b.seed);
}

/** A figure over several seeds. */
export interface Spread {
  readonly median: number;
  readonly worst: number;
  readonly worstSeed: number;
  /** Seeds that missed the target. */
  readonly missedBy: readonly number[];
  /** The median meets the target; of what must never happen (at most 0) every seed does. */
  readonly met: boolean;
}

/** @returns undefined if no seed measured it */
export function spreadOf(
  runs: readonly Pick<SeedRun, 'seed' | 'figures'>[],
  { figure, worst: worstEnd }: Pick<FigureRow, 'figure' | 'worst'>,
  limit: Limit | undefined,
): Spread | undefined {
  const sorted = runs
    .map(({ seed, figures }) => ({ seed, value: figures[figure] }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.value - b.value);
  const worst = worstEnd === 'least' ? sorted[0] : sorted.at(-1);
  const median = medianOf(sorted.map(({ value }) => value));
  if (worst === undefined || median === undefined) return undefined;
  const missedBy = sorted.flatMap(({ seed, value }) =>
    limit === undefined || isMet(value, limit) ? [] : [seed],
  );
  const isNever = limit !== undefined && 'most' in limit && limit.most === 0;
  const met = limit === undefined || (isNever ? missedBy.length === 0 : isMet(median, limit));
  return { median, worst: worst.value, worstSeed: worst.seed, missedBy: missedBy.sort((a, b) => a - b), met };
}

/** Of an even number the mean of the middle two. */
function medianOf(sorted: readonly number[]): number | undefined {
  const middle = sorted.length >> 1;
  const above = sorted[middle];
  const below = sorted.length % 2 === 1 ? above : sorted[middle - 1];
  return above === undefined || below === undefined ? undefined : (below + above) / 2;
}
