import { randomBelow, seededRandom } from '@murmuration/shared/lib/random.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { TimerQueue } from './timer-queue.ts';

let nowMs: number;
/** What the alarm is set to, as a time; rings by hand. */
let alarmAtMs: number | undefined;
let timers: TimerQueue;
let ran: string[];

beforeEach(() => {
  nowMs = 1_000;
  alarmAtMs = undefined;
  ran = [];
  timers = new TimerQueue(
    () => nowMs,
    (delayMs) => {
      alarmAtMs = nowMs + delayMs;
    },
  );
});

const note = (name: string) => (): void => {
  ran.push(name);
};

function ringAt(ms: number): void {
  nowMs = ms;
  alarmAtMs = undefined;
  timers.ring();
}

describe('timers on one alarm', () => {
  it('run in the order of their times, and of their making where those are equal', () => {
    timers.schedule(1_020, note('c'));
    timers.schedule(1_010, note('a'));
    timers.schedule(1_010, note('b'));
    ringAt(1_030);
    expect(ran).toEqual(['a', 'b', 'c']);
  });

  it('set the alarm for the earliest, rounded up to whole milliseconds', () => {
    timers.schedule(1_500, note('late'));
    expect(alarmAtMs).toBe(1_500);
    timers.schedule(1_100.2, note('early'));
    expect(alarmAtMs).toBe(1_101);
    timers.schedule(1_300, note('middle'));
    expect(alarmAtMs).toBe(1_101);
    ringAt(1_101);
    expect(ran).toEqual(['early']);
    expect(alarmAtMs).toBe(1_300);
  });

  it('never run early, even if the alarm does', () => {
    timers.schedule(1_100, note('a'));
    ringAt(1_099.5);
    expect(ran).toEqual([]);
    expect(alarmAtMs).toBe(1_100.5);
  });

  it('run on a ring that nobody asked for, and never twice', () => {
    timers.schedule(1_100, note('a'));
    ringAt(2_000);
    ringAt(2_001);
    expect(ran).toEqual(['a']);
    expect(alarmAtMs).toBeUndefined();
  });

  it('wait for the next ring when they are scheduled by a timer for now', () => {
    const again = (): void => {
      ran.push('again');
      timers.schedule(nowMs, again);
    };
    timers.schedule(1_000, again);
    ringAt(1_000);
    expect(ran).toEqual(['again']);
    expect(alarmAtMs).toBe(1_000);
  });

  it('can be cancelled, also by an earlier timer of the same ring', () => {
    const cancelB = timers.schedule(1_011, note('b'));
    timers.schedule(1_010, cancelB);
    const cancelC = timers.schedule(1_012, note('c'));
    cancelC();
    cancelC();
    ringAt(1_020);
    expect(ran).toEqual([]);
  });

  it('all get their turn when one of them throws', () => {
    timers.schedule(1_010, () => {
      throw new Error('bug');
    });
    timers.schedule(1_011, note('next'));
    expect(() => ringAt(1_020)).toThrow('bug');
    expect(alarmAtMs).toBe(1_020);
    ringAt(1_020);
    expect(ran).toEqual(['next']);
  });

  it('can have a lost alarm set anew', () => {
    timers.schedule(1_100, note('a'));
    alarmAtMs = undefined;
    timers.rearm();
    expect(alarmAtMs).toBe(1_100);
  });

  it('do not pile up when they are cancelled', () => {
    for (let i = 0; i < 10_000; i++) timers.schedule(1_000_000 + i, note('never'))();
    expect(timers.size).toBeLessThan(600);
  });

  it('fire exactly the uncancelled ones that are due, whatever the order of calls', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 100; round++) {
      const plans = Array.from({ length: randomBelow(random, 600) }, () => ({
        inMs: randomBelow(random, 500),
        cancelled: randomBelow(random, 3) > 0,
      }));
      const fired: number[] = [];
      let now = 0;
      const queue = new TimerQueue(
        () => now,
        () => {},
      );
      for (const [index, { inMs, cancelled }] of plans.entries()) {
        const cancel = queue.schedule(inMs, () => fired.push(index));
        if (cancelled) cancel();
      }
      now = randomBelow(random, 500);
      queue.ring();
      const due = plans.flatMap(({ inMs, cancelled }, index) => (!cancelled && inMs <= now ? [index] : []));
      expect(fired.toSorted((a, b) => a - b)).toEqual(due);
    }
  });
});
