import { beforeEach, describe, expect, it } from 'vitest';
import { PaintAlarm, REFRESH_HALF_MS } from './paint-alarm.ts';

/** A page with a display: time goes on when a test says so. */
class FakePage {
  nowMs = 0;
  hidden = false;
  refreshes = 0;
  timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  frames: (() => void)[] = [];

  readonly ports = {
    now: () => this.nowMs,
    startTimer: (callback: () => void, delayMs: number) => {
      const timer = { atMs: this.nowMs + delayMs, callback };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((other) => other !== timer);
      };
    },
    requestRefresh: (callback: () => void) => {
      this.frames.push(callback);
      return () => {
        this.frames = this.frames.filter((other) => other !== callback);
      };
    },
  };

  /** Timers fire `lateMs` too late; refreshes come every `refreshMs`. */
  run(untilMs: number, refreshMs: number, lateMs = 0): void {
    while (this.nowMs < untilMs) {
      this.nowMs += 0.25;
      for (const timer of this.timers.filter(({ atMs }) => atMs + lateMs <= this.nowMs)) {
        this.timers = this.timers.filter((other) => other !== timer);
        timer.callback();
      }
      if (this.hidden || this.nowMs % refreshMs >= 0.25) continue;
      for (const frame of this.frames.splice(0)) {
        this.refreshes++;
        frame();
      }
    }
  }
}

let page: FakePage;
let rings: number[];
let alarm: PaintAlarm;

beforeEach(() => {
  page = new FakePage();
  rings = [];
  alarm = new PaintAlarm(page.ports, () => rings.push(page.nowMs));
});

describe('the alarm for the next picture', () => {
  it.each([60, 144])('rings at the first refresh that would do, and asks for few others (%i Hz)', (hertz) => {
    const refreshMs = 1_000 / hertz;
    let pictures: number[] = [];
    let painted: { dueMs: number; atMs: number }[] = [];
    const look = (): void => {
      const next = pictures[0] as number;
      const due = page.nowMs + REFRESH_HALF_MS >= next;
      if (due) painted.push({ dueMs: next, atMs: page.nowMs });
      if (due) pictures.shift();
      if (pictures[0] !== undefined) alarm.set(pictures[0]);
    };
    alarm = new PaintAlarm(page.ports, look);
    // Whatever lies between a picture's time and the display's.
    for (let phaseMs = 0; phaseMs < refreshMs; phaseMs++) {
      painted = [];
      pictures = Array.from({ length: 30 }, (_, i) => page.nowMs + 100 + phaseMs + (i * 1_000) / 30);
      alarm.set(pictures[0] as number);
      page.run(page.nowMs + 1_200, refreshMs, 0.5);
      expect(painted).toHaveLength(30);
      for (const { dueMs, atMs } of painted) {
        expect(atMs).toBeGreaterThanOrEqual(dueMs - REFRESH_HALF_MS);
        expect(atMs).toBeLessThan(dueMs - REFRESH_HALF_MS + refreshMs + 1);
      }
    }
    expect(page.refreshes / (30 * Math.ceil(refreshMs))).toBeLessThan(1.2);
  });

  it('asks for nothing before that', () => {
    alarm.set(1_000);
    page.run(980, 16);
    expect([page.refreshes, page.frames.length]).toEqual([0, 0]);
  });

  it('stays for the earlier of two pictures', () => {
    alarm.set(200);
    alarm.set(500);
    page.run(600, 16);
    expect(rings).toEqual([192]);
    alarm.set(1_000);
    alarm.set(800);
    page.run(1_200, 16);
    expect(rings).toEqual([192, 800]);
  });

  it('asks at once for what is due', () => {
    page.nowMs = 300;
    alarm.set(200);
    page.run(400, 16);
    expect(rings).toEqual([304]);
  });

  it('is stuck where refreshes stay away, whatever it is set to then', () => {
    page.hidden = true;
    alarm.set(200);
    page.run(280, 16);
    expect(alarm.isStuck(page.nowMs)).toBe(false);
    page.run(300, 16);
    expect(alarm.isStuck(page.nowMs)).toBe(true);
    alarm.set(page.nowMs + 33);
    expect(alarm.isStuck(page.nowMs)).toBe(true);
    page.hidden = false;
    page.run(400, 16);
    expect(rings).toEqual([304]);
    expect(alarm.isStuck(10_000)).toBe(false);
  });

  it('is stuck where timers are slowed down, too', () => {
    page.hidden = true;
    alarm.set(200);
    page.run(500, 16, 1_000);
    expect(alarm.isStuck(page.nowMs)).toBe(true);
  });

  it('does not ring once it was cancelled', () => {
    alarm.set(200);
    page.run(100, 16);
    alarm.cancel();
    alarm.set(310);
    page.run(303, 16);
    expect(page.frames).toHaveLength(1);
    alarm.cancel();
    page.run(600, 16);
    expect(rings).toEqual([]);
  });
});
