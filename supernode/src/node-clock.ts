/** The core's clock over Node's: wall time at the start of the process plus the monotonic time since. */
import type { Clock } from '@murmuration/shared/node/ports.ts';

/** The longest delay that setTimeout takes; beyond it, it fires at once. */
const DELAY_MAX_MS = 2 ** 31 - 1;

/** Of the process; asking for it each time costs as much as the time itself. */
const START_MS = performance.timeOrigin;

export class NodeClock implements Clock {
  now(): number {
    return START_MS + performance.now();
  }

  schedule(atMs: number, callback: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      // Rounded up, and looked at again: Node's timers may fire a fraction of a millisecond early.
      const delayMs = Math.ceil(atMs - this.now());
      timer = setTimeout(
        () => (this.now() < atMs ? arm() : callback()),
        Math.min(Math.max(delayMs, 0), DELAY_MAX_MS),
      );
    };
    arm();
    return () => clearTimeout(timer);
  }
}
