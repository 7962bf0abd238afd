/**
 * Calls when a picture may be painted: half a refresh of the display before it is due, for what is painted then shows at the next one. To be
 * called at the refreshes themselves costs more, and comes later: see ARCHITECTURE. Knows no platform: time and timer are handed in.
 */

/** Of a display with 60 refreshes a second. */
export const REFRESH_HALF_MS = 8;
/** Who is called so much too late has timers that are slowed down, as in hidden pages. */
const STUCK_AFTER_MS = 100;

export interface PaintAlarmPorts {
  /** In ms. */
  now(): number;
  /** Calls back once after `delayMs`; returns how to cancel. */
  startTimer(callback: () => void, delayMs: number): () => void;
}

export class PaintAlarm {
  readonly #ports: PaintAlarmPorts;
  readonly #ring: () => void;
  #waiting: { readonly untilMs: number; readonly cancel: () => void } | undefined;

  /** @param ring may come a little early: whoever finds nothing due sets the alarm again */
  constructor(ports: PaintAlarmPorts, ring: () => void) {
    this.#ports = ports;
    this.#ring = ring;
  }

  /** A picture is due at `dueMs`. An alarm that is set for an earlier one stays. */
  set(dueMs: number): void {
    const nowMs = this.#ports.now();
    const untilMs = Math.max(nowMs, dueMs - REFRESH_HALF_MS);
    if (this.#waiting && this.#waiting.untilMs <= untilMs) return;
    this.cancel();
    const cancel = this.#ports.startTimer(() => {
      this.#waiting = undefined;
      this.#ring();
    }, untilMs - nowMs);
    this.#waiting = { untilMs, cancel };
  }

  /** Whether it should have rung by now. */
  isStuck(nowMs: number): boolean {
    return this.#waiting !== undefined && nowMs - this.#waiting.untilMs >= STUCK_AFTER_MS;
  }

  cancel(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
  }
}
