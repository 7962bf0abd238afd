/**
 * A steady tick from a worker: a hidden page's own timers come once a second, and a host often looks at another tab.
 * Ticks may come late or bunched; take the time from a clock, not from their number.
 */
import { PageWorker as Worker } from '../../page-worker.ts';

/** Calls back about every `intervalMs`; returns how to stop. */
export function startTicker(intervalMs: number, onTick: () => void): () => void {
  const worker = new Worker(new URL('./ticker.worker.ts', import.meta.url), { type: 'module' });
  worker.onmessage = onTick;
  worker.postMessage(intervalMs);
  return () => {
    worker.onmessage = null;
    worker.terminate();
  };
}
