/**
 * Calls when a picture may be painted: at a refresh of the display. To ask for every refresh would cost a page that shows 30 pictures a
 * second twice as much as they do, and more on fast displays; so until shortly before a picture is due nothing is asked for.
 * Knows no platform: time, timer and display are handed in.
 */

/** A display shows what is painted at its next refresh, so half a refresh early is on time. */
export const REFRESH_HALF_MS = 8;
/** The refresh is asked for so long before the first one that would do. More, and often one comes that is too early. */
const LEAD_MS = 1;
/** A page that is called so much too late is hidden, or its timers are slowed down. */
const STUCK_AFTER_MS = 100;

export interface PaintAlarmPorts {
  /** In ms. */
  now(): number;
  /** Calls back once after `delayMs`; returns how to cancel. */
  startTimer(callback: () => void, delayMs: number): () => void;
  /** Calls back once at the next refresh, which in a hidden page never comes; returns how to cancel. */
  requestRefresh(callback: () => void): () => void;
}

export class PaintAlarm {
  readonly #ports: PaintAlarmPorts;
  readonly #ring: () => void;
  #waiting:
    | { readonly for: 'timer' | 'refresh'; readonly fromMs: number; readonly cancel: () => void }
    | undefined;

  /** @param ring may come a little early: whoever finds nothing due sets the alarm again */
  constructor(ports: PaintAlarmPorts, ring: () => void) {
    this.#ports = ports;
    this.#ring = ring;
  }

  /** A picture is due at `dueMs`. An alarm that is set for an earlier one stays. */
  set(dueMs: number): void {
    const fromMs = dueMs - REFRESH_HALF_MS - LEAD_MS;
    if (this.#waiting && (this.#waiting.for === 'refresh' || this.#waiting.fromMs <= fromMs)) return;
    this.cancel();
    const nowMs = this.#ports.now();
    if (fromMs <= nowMs) this.#awaitRefresh(nowMs);
    else {
      const cancel = this.#ports.startTimer(() => this.#awaitRefresh(fromMs), fromMs - nowMs);
      this.#waiting = { for: 'timer', fromMs, cancel };
    }
  }

  /** Whether it should have rung by now. */
  isStuck(nowMs: number): boolean {
    return this.#waiting !== undefined && nowMs - this.#waiting.fromMs >= STUCK_AFTER_MS;
  }

  cancel(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
  }

  #awaitRefresh(fromMs: number): void {
    const cancel = this.#ports.requestRefresh(() => {
      this.#waiting = undefined;
      this.#ring();
    });
    this.#waiting = { for: 'refresh', fromMs, cancel };
  }
}
