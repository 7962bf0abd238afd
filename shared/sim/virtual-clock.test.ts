import { describe, expect, it } from 'vitest';
import { Callback, NodeClock, type SimEvent, START_UNIX_MS, VirtualClock } from './virtual-clock.ts';

describe('virtual time', () => {
  it('runs events by time, and those of one instant in the order in which they were put in', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    for (const [name, afterMs] of [
      ['d', 20],
      ['a', 10],
      ['b', 10],
      ['c', 10],
    ] as const) {
      clock.call(START_UNIX_MS + afterMs, () => seen.push(`${name}${clock.elapsedMs}`));
    }
    clock.runUntil(START_UNIX_MS + 100);
    expect(seen).toEqual(['a10', 'b10', 'c10', 'd20']);
    expect(clock.elapsedMs).toBe(100);
  });

  it('keeps the order among thousands of equal times', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    for (let i = 0; i < 5_000; i++) clock.call(START_UNIX_MS + 1, () => seen.push(i));
    clock.runUntil(START_UNIX_MS + 1);
    expect(seen).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  });

  it('runs what an event puts in for now or for the past at once, after what is already due', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.call(START_UNIX_MS + 5, () => {
      seen.push('first');
      clock.call(START_UNIX_MS, () => seen.push(`late ${clock.elapsedMs}`));
    });
    clock.call(START_UNIX_MS + 5, () => seen.push('second'));
    clock.runUntil(START_UNIX_MS + 5);
    expect(seen).toEqual(['first', 'second', 'late 5']);
  });

  it('stops at the given time and goes on from there', () => {
    const clock = new VirtualClock();
    let ran = 0;
    clock.call(START_UNIX_MS + 10, () => ran++);
    clock.runUntil(START_UNIX_MS + 9.9);
    expect(ran).toBe(0);
    clock.runUntil(START_UNIX_MS + 10);
    expect(ran).toBe(1);
  });

  it('sweeps cancelled events out instead of keeping them until their time', () => {
    const clock = new VirtualClock();
    let ran = 0;
    for (let i = 0; i < 100_000; i++) clock.cancel(clock.call(START_UNIX_MS + 60_000, () => ran++));
    clock.call(START_UNIX_MS + 1, () => ran++);
    expect(clock.eventsWaiting).toBeLessThan(20_000);
    clock.runUntil(START_UNIX_MS + 120_000);
    expect(ran).toBe(1);
  });

  it('does not count an event that is cancelled after it ran', () => {
    const clock = new VirtualClock();
    const event: SimEvent = new Callback(() => clock.cancel(event));
    for (let i = 0; i < 20_000; i++) {
      clock.add(event, START_UNIX_MS + i);
      clock.runUntil(START_UNIX_MS + i);
      clock.cancel(event);
    }
    clock.call(START_UNIX_MS + 30_000, () => undefined);
    expect(clock.eventsWaiting).toBe(1);
  });
});

describe("a node's clock", () => {
  it('is off by its offset, and its timers never fire before it says so', () => {
    const clock = new VirtualClock();
    const mine = new NodeClock(clock, -1_234);
    expect(mine.now()).toBe(START_UNIX_MS - 1_234);
    for (const afterMs of [0.1, 1 / 3, 7.77, 1_000.000_1]) {
      const atMs = mine.now() + afterMs;
      let firedAtMs = 0;
      mine.schedule(atMs, () => {
        firedAtMs = mine.now();
      });
      clock.runUntil(clock.nowMs + 2_000);
      expect(firedAtMs).toBeGreaterThanOrEqual(atMs);
      expect(firedAtMs - atMs).toBeLessThan(0.001);
    }
  });

  it('cancels a timer, also twice', () => {
    const clock = new VirtualClock();
    const mine = new NodeClock(clock, 0);
    let fired = false;
    const cancel = mine.schedule(mine.now() + 5, () => {
      fired = true;
    });
    cancel();
    cancel();
    clock.runUntil(clock.nowMs + 10);
    expect(fired).toBe(false);
  });

  it('fires nothing once the node is gone', () => {
    const clock = new VirtualClock();
    const mine = new NodeClock(clock, 0);
    let fired = false;
    mine.schedule(mine.now() + 5, () => {
      fired = true;
    });
    mine.stop();
    clock.runUntil(clock.nowMs + 10);
    expect(fired).toBe(false);
  });
});
