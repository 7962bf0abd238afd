import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BITRATE_FLOOR, BitratePolicy } from './bitrate-policy.ts';

const CHOSEN = 2_500_000;

/** Ticks whenever that is due, until `untilMs`; returns when the target changed, and to what. */
function run(policy: BitratePolicy, untilMs: number): { atMs: number; target: number }[] {
  const changes: { atMs: number; target: number }[] = [];
  for (let due = policy.nextDeadline; due !== undefined && due <= untilMs; due = policy.nextDeadline) {
    const before = policy.target;
    policy.tick(due);
    if (policy.target !== before) changes.push({ atMs: due, target: policy.target });
  }
  return changes;
}

test('without a word from the swarm the choice of the host stands', () => {
  const policy = new BitratePolicy(CHOSEN);
  expect(policy.target).toBe(CHOSEN);
  expect(policy.nextDeadline).toBeUndefined();
});

test('a shortage lowers the rate at once, below what is carried', () => {
  const policy = new BitratePolicy(CHOSEN);
  policy.report(1_000_000, 0);
  expect(policy.target).toBe(900_000);
  policy.report(600_000, 10);
  expect(policy.target).toBe(540_000);
});

test('it rises slowly and in small steps, up to the choice, when there is room', () => {
  const policy = new BitratePolicy(CHOSEN);
  policy.report(1_000_000, 0);
  policy.report(undefined, 5_000);
  const changes = run(policy, 300_000);
  expect(changes[0]).toEqual({ atMs: 25_000, target: 1_125_000 });
  for (const [i, { atMs, target }] of changes.entries()) {
    const before = changes[i - 1];
    if (!before) continue;
    expect(atMs - before.atMs).toBeGreaterThanOrEqual(10_000);
    expect(target / before.target).toBeLessThanOrEqual(1.2501);
  }
  expect(policy.target).toBe(CHOSEN);
  expect(policy.nextDeadline).toBeUndefined();
});

test('while the swarm is short, it rises no further than the swarm carries', () => {
  const policy = new BitratePolicy(CHOSEN);
  policy.report(500_000, 0);
  policy.report(1_000_000, 1_000);
  run(policy, 600_000);
  expect(policy.target).toBe(900_000);
});

test('a rise that turns out too much makes the next one wait twice as long', () => {
  const policy = new BitratePolicy(CHOSEN);
  const waits: number[] = [];
  let nowMs = 0;
  for (let i = 0; i < 6; i++) {
    policy.report(1_000_000, nowMs);
    policy.report(undefined, nowMs);
    const [rise] = run(policy, nowMs + 1_000_000);
    waits.push((rise?.atMs ?? 0) - nowMs);
    // Only the first step was taken before the next shortage.
    policy.report(1_000_000, nowMs + 1_000_000);
    nowMs += 2_000_000;
  }
  expect(new Set(waits), 'a shortage long after a rise is not blamed on it').toEqual(new Set([20_000]));

  const hasty = new BitratePolicy(CHOSEN);
  const doubled: number[] = [];
  nowMs = 0;
  for (let i = 0; i < 6; i++) {
    hasty.report(1_000_000, nowMs);
    hasty.report(undefined, nowMs);
    const due = hasty.nextDeadline ?? 0;
    doubled.push(due - nowMs);
    hasty.tick(due);
    nowMs = due + 1_000;
  }
  expect(doubled).toEqual([20_000, 40_000, 80_000, 160_000, 320_000, 320_000]);
});

test('another choice counts from then on, within what is carried', () => {
  const policy = new BitratePolicy(CHOSEN);
  policy.choose(4_500_000, 0);
  expect(policy.target).toBe(4_500_000);
  policy.report(2_000_000, 0);
  policy.choose(1_000_000, 1_000);
  expect(policy.target).toBe(1_000_000);
  policy.choose(2_500_000, 2_000);
  expect(policy.target).toBe(1_000_000);
  run(policy, 600_000);
  expect(policy.target).toBe(1_800_000);
});

test('whatever is told, the target stays between the floor and the choice', () => {
  const reports = fc.array(
    fc.record({
      afterMs: fc.nat(100_000),
      carried: fc.option(fc.nat(10_000_000), { nil: undefined }),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(reports, (told) => {
      const policy = new BitratePolicy(CHOSEN);
      let nowMs = 0;
      for (const { afterMs, carried } of told) {
        run(policy, nowMs + afterMs);
        nowMs += afterMs;
        policy.report(carried, nowMs);
        expect(policy.target).toBeGreaterThanOrEqual(BITRATE_FLOOR);
        expect(policy.target).toBeLessThanOrEqual(CHOSEN);
        if (carried !== undefined)
          expect(policy.target).toBeLessThanOrEqual(Math.max(BITRATE_FLOOR, carried));
      }
      policy.report(undefined, nowMs);
      run(policy, nowMs + 2_000_000);
      expect(policy.target).toBe(CHOSEN);
    }),
  );
});
