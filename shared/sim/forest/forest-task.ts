/** One run of `sim forest` in words that can be handed to a thread, and what they mean. */
import { defaultStreamShape } from '../message-source.ts';
import { type ForestOutcome, type ForestStageOptions, playForest } from './forest-stage.ts';
import { HostileRelay } from './hostile-relay.ts';
import type { MachineMaker } from './relay-world-parts.ts';
import type { ProgressListener } from './run-progress.ts';
import { scenarios } from './scenarios.ts';
import { ProductRelay } from './strategies/product.ts';
import type { Team } from './team.ts';

export interface ForestTask {
  /** One of {@link scenarios}. */
  readonly scenario: string;
  readonly nodes: number;
  readonly seed: number;
  /** Length of the measured window. */
  readonly seconds: number;
  /** Seconds between the last join and the window, if not what the scenario has. */
  readonly settle?: number;
  /** Payload of the stream per second, where the scenario has none of its own. Default 2,500. */
  readonly kilobits?: number;
  /** Share of the viewers that crash, or that are hostile, where the scenario has such. */
  readonly kill: number;
  readonly hostile: number;
}

/** The product's relay for those who mean well, and others. */
const honestAndHostile: MachineMaker = (self, options, random, host) =>
  options.hostile === undefined
    ? new ProductRelay(self, options, random)
    : new HostileRelay(options.hostile, host, self, options, random);

/** Plays it, or this member's part of it. */
export function playTask(
  task: ForestTask,
  progress: ProgressListener | undefined,
  team?: Team,
): ForestOutcome {
  const scenario = scenarios.get(task.scenario);
  if (scenario === undefined) throw new Error(`bug: there is no scenario "${task.scenario}"`);
  const { nodes, seed, seconds, settle, kilobits } = task;
  const options: ForestStageOptions = {
    nodes,
    seed,
    seconds,
    sessionMeanMs: undefined,
    bitsPerSecond: kilobits === undefined ? defaultStreamShape.bitsPerSecond : kilobits * 1_000,
    framesLoss: 0,
    killShare: 0,
    make: honestAndHostile,
    ...scenario.options(task),
    ...(settle === undefined ? {} : { settleMs: settle * 1_000 }),
    progress,
  };
  return playForest(options, team);
}
