/** Plays a run of `sim forest` on several threads, each with a heap that is large enough for its part. */
import { Worker } from 'node:worker_threads';
import type { ForestOutcome } from './forest-stage.ts';
import type { ForestTask } from './forest-task.ts';
import type { WorkerTask, WorkerWord } from './forest-worker.ts';
import type { ProgressListener } from './run-progress.ts';
import { seatsFor } from './team.ts';

/** What 10,000 viewers need on one thread, twice over; only what is used is taken. */
const HEAP_MIB_MAX = 24_576;
/** Most of what an event leaves behind is dead soon: with less room for the young it would be moved twice before. */
const YOUNG_MIB_MAX = 384;

/** @returns the same whatever the number of threads */
export async function playOnThreads(
  task: ForestTask,
  threads: number,
  progress: ProgressListener | undefined,
): Promise<ForestOutcome> {
  const workers: Worker[] = [];
  try {
    return await new Promise<ForestOutcome>((resolve, reject) => {
      for (const seat of seatsFor(threads)) {
        const worker = new Worker(new URL('./forest-worker.ts', import.meta.url), {
          workerData: { task, seat } satisfies WorkerTask,
          resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX, maxYoungGenerationSizeMb: YOUNG_MIB_MAX },
        });
        workers.push(worker);
        worker.on('message', (word: WorkerWord) => {
          if (word.type === 'outcome') resolve(word.outcome);
          else progress?.(...word.values);
        });
        // One that breaks leaves the others waiting for it.
        worker.once('error', reject);
      }
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
