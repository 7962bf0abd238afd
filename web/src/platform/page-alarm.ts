/**
 * One alarm for the whole page. It is set in a small worker, because browsers throttle a hidden page's own timers to one a second;
 * until the worker is up, and if it never is, the page's own timers do.
 */
import { PageWorker as Worker } from '../page-worker.ts';

export interface Alarm {
  /** Asks for one ring after `delayMs`; replaces what was asked for before. */
  set(delayMs: number): void;
}

/**
 * @param ring is called when the alarm goes off; it may come once too often
 * @param changed is called when a pending alarm may have been lost and must be set again
 */
export function pageAlarm(ring: () => void, changed: () => void): Alarm {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let worker: Worker | undefined;

  const useWorker = (ready: Worker | undefined): void => {
    worker = ready;
    clearTimeout(timer);
    changed();
  };
  try {
    const starting = new Worker(new URL('./page-clock.worker.ts', import.meta.url), { type: 'module' });
    starting.onmessage = ({ data }) => (data === 'ready' ? useWorker(starting) : ring());
    starting.onerror = () => {
      starting.terminate();
      useWorker(undefined);
    };
  } catch {
    // No workers here, or none from this origin.
  }
  return {
    set(delayMs) {
      if (worker) worker.postMessage(delayMs);
      else {
        clearTimeout(timer);
        timer = setTimeout(ring, delayMs);
      }
    },
  };
}
