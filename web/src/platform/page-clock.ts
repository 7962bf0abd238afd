/** The clock port of a page. All clocks of a page share one worker, which keeps pace while the tab is hidden. */
import type { Clock } from '@murmuration/shared/node/ports.ts';
import { pageAlarm } from './page-alarm.ts';
import { TimerQueue } from './timer-queue.ts';

/** Unlike Date.now(), this never steps back when the machine's clock is set. */
const unixMs = (): number => performance.timeOrigin + performance.now();

let sharedTimers: TimerQueue | undefined;

function timers(): TimerQueue {
  if (sharedTimers) return sharedTimers;
  const queue = new TimerQueue(unixMs, (delayMs) => alarm.set(delayMs));
  const alarm = pageAlarm(
    () => queue.ring(),
    () => queue.rearm(),
  );
  sharedTimers = queue;
  return queue;
}

export class PageClock implements Clock {
  now(): number {
    return unixMs();
  }

  schedule(atMs: number, callback: () => void): () => void {
    return timers().schedule(atMs, callback);
  }
}
