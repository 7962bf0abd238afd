/** A thread that plays its part of a run of `sim forest` (forest-threads.ts). The first one says how far it is, and how it went. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ForestOutcome } from './forest-stage.ts';
import { type ForestTask, playTask } from './forest-task.ts';
import type { ProgressListener } from './run-progress.ts';
import { type Seat, Team } from './team.ts';

export interface WorkerTask {
  readonly task: ForestTask;
  readonly seat: Seat;
}

export type WorkerWord =
  | { readonly type: 'progress'; readonly values: Parameters<ProgressListener> }
  | { readonly type: 'outcome'; readonly outcome: ForestOutcome };

const { task, seat } = workerData as WorkerTask;
const team = new Team(seat);
const say = (word: WorkerWord): void => {
  if (team.leads) parentPort?.postMessage(word);
};
const outcome = playTask(task, (...values) => say({ type: 'progress', values }), team);
say({ type: 'outcome', outcome });
