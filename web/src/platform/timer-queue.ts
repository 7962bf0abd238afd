/**
 * Many timers on one alarm. The alarm may ring late, early, or once too often; a timer never runs before its time, and timers that
 * are due run in the order of their times. Knows no platform: time and alarm are handed in.
 */
import { Heap } from '@murmuration/shared/lib/heap.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  /** Undefined once it ran or was cancelled. */
  callback: (() => void) | undefined;
}

/** Cancelled timers are swept out once they are that many and the larger half of the queue. */
const SWEEP_CANCELLED_MIN = 256;

const earlier = (a: Timer, b: Timer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

export class TimerQueue {
  readonly #now: () => number;
  readonly #setAlarm: (delayMs: number) => void;
  #queue = new Heap<Timer>(earlier);
  #orderNext = 0;
  #cancelled = 0;
  #alarmAtMs = Number.POSITIVE_INFINITY;

  /**
   * @param now the time in ms
   * @param setAlarm asks for one call of `ring` after `delayMs` whole ms; replaces what was asked for before
   */
  constructor(now: () => number, setAlarm: (delayMs: number) => void) {
    this.#now = now;
    this.#setAlarm = setAlarm;
  }

  /** Timers that wait, cancelled ones that were not swept yet included. */
  get size(): number {
    return this.#queue.size;
  }

  /** Calls back once, at `atMs` or soon after, never at once; returns how to cancel. */
  schedule(atMs: number, callback: () => void): () => void {
    const timer: Timer = { atMs, order: this.#orderNext++, callback };
    this.#queue.push(timer);
    if (atMs < this.#alarmAtMs) this.#arm(atMs);
    return () => this.#cancel(timer);
  }

  /** The alarm went off: runs what is due, then sets it for the next. */
  ring(): void {
    const nowMs = this.#now();
    const orderEnd = this.#orderNext;
    // Until the end of this call no `schedule` sets the alarm: it is set once, below.
    this.#alarmAtMs = Number.NEGATIVE_INFINITY;
    try {
      for (let next = this.#queue.peek(); next; next = this.#queue.peek()) {
        // What a callback schedules for now waits for the next ring, so that no chain of them holds the page up.
        if (next.callback && (next.atMs > nowMs || next.order >= orderEnd)) break;
        this.#queue.pop();
        if (next.callback) this.#run(next);
        else this.#cancelled--;
      }
    } finally {
      this.rearm();
    }
  }

  /** Sets the alarm anew, for when the one that was set may have been lost. */
  rearm(): void {
    const next = this.#queue.peek();
    if (next) this.#arm(next.atMs);
    else this.#alarmAtMs = Number.POSITIVE_INFINITY;
  }

  #run(timer: Timer): void {
    const { callback } = timer;
    timer.callback = undefined;
    callback?.();
  }

  #arm(atMs: number): void {
    this.#alarmAtMs = atMs;
    this.#setAlarm(Math.max(0, Math.ceil(atMs - this.#now())));
  }

  #cancel(timer: Timer): void {
    if (!timer.callback) return;
    timer.callback = undefined;
    this.#cancelled++;
    if (this.#cancelled > SWEEP_CANCELLED_MIN && this.#cancelled * 2 > this.#queue.size) this.#sweep();
  }

  #sweep(): void {
    const kept = new Heap<Timer>(earlier);
    for (let timer = this.#queue.pop(); timer; timer = this.#queue.pop()) {
      if (timer.callback) kept.push(timer);
    }
    this.#queue = kept;
    this.#cancelled = 0;
  }
}
