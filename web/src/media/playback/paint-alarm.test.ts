import { beforeEach, describe, expect, it } from 'vitest';
import { PaintAlarm, REFRESH_HALF_MS } from './paint-alarm.ts';

/** Time goes on when a test says so. */
class FakeThread {
  nowMs = 0;
  timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  readonly ports = {
    now: () => this.nowMs,
    startTimer: (callback: () => void, delayMs: number) => {
      const timer = { atMs: this.nowMs + delayMs, callback };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((other) => other !== timer);
      };
    },
  };

  /** Timers fire `lateMs` too late. */
  run(untilMs: number, lateMs = 0): void {
    for (; this.nowMs < untilMs; this.nowMs++) {
      for (const timer of this.timers.filter(({ atMs }) => atMs + lateMs <= this.nowMs)) {
        this.timers = this.timers.filter((other) => other !== timer);
        timer.callback();
      }
    }
  }
}

let thread: FakeThread;
let rings: number[];
let alarm: PaintAlarm;

beforeEach(() => {
  thread = new FakeThread();
  rings = [];
  alarm = new PaintAlarm(thread.ports, () => rings.push(thread.nowMs));
});

describe('the alarm for the next picture', () => {
  it('rings half a refresh before the picture is due, once', () => {
    alarm.set(200);
    thread.run(1_000);
    expect(rings).toEqual([200 - REFRESH_HALF_MS]);
    expect(thread.timers).toEqual([]);
  });

  it('stays for the earlier of two pictures', () => {
    alarm.set(200);
    alarm.set(500);
    thread.run(600);
    expect(rings).toEqual([192]);
    alarm.set(1_000);
    alarm.set(800);
    thread.run(1_200);
    expect(rings).toEqual([192, 792]);
  });

  it('rings at once for what is due, but never while it is set', () => {
    thread.nowMs = 300;
    alarm.set(200);
    expect(rings).toEqual([]);
    thread.run(400);
    expect(rings).toEqual([300]);
  });

  it('may be set when it rings', () => {
    alarm = new PaintAlarm(thread.ports, () => {
      rings.push(thread.nowMs);
      if (rings.length < 3) alarm.set(thread.nowMs + 33 + REFRESH_HALF_MS);
    });
    alarm.set(108);
    thread.run(1_000);
    expect(rings).toEqual([100, 133, 166]);
  });

  it('is stuck where timers are slowed down, whatever it is set to then', () => {
    alarm.set(200);
    thread.run(280, 1_000);
    expect(alarm.isStuck(thread.nowMs)).toBe(false);
    thread.run(300, 1_000);
    expect(alarm.isStuck(thread.nowMs)).toBe(true);
    alarm.set(thread.nowMs + 33);
    expect(alarm.isStuck(thread.nowMs)).toBe(true);
    thread.run(302);
    expect(rings).toEqual([300]);
    expect(alarm.isStuck(10_000)).toBe(false);
  });

  it('does not ring once it was cancelled', () => {
    alarm.set(200);
    thread.run(100);
    alarm.cancel();
    expect(thread.timers).toEqual([]);
    thread.run(600);
    expect(rings).toEqual([]);
  });
});
