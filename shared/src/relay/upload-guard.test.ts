import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { relayTimings } from './relay-contract.ts';
import { UploadGuard } from './upload-guard.ts';

const { backlogMs, backlogPauseMs, backlogRaiseAfterMs, backlogProvenMs, backlogRaiseAfterMaxMs } =
  relayTimings;

describe('what an uplink turns out to carry', () => {
  it('[R15] there is no limit as long as nothing waits', () => {
    const guard = new UploadGuard();
    expect(guard.waited(backlogMs - 1, 5, START)).toBe(false);
    expect([guard.childrenMax, guard.isBusy(START)]).toEqual([Number.POSITIVE_INFINITY, false]);
  });

  it('[R15] one child goes at a time, and the next when its going had time to help', () => {
    const guard = new UploadGuard();
    expect([guard.waited(backlogMs, 5, START), guard.isBusy(START)]).toEqual([false, true]);
    expect(guard.waited(backlogMs, 5, START + backlogPauseMs - 1)).toBe(false);
    expect(guard.waited(backlogMs, 5, START + backlogPauseMs)).toBe(true);
    expect(guard.childrenMax).toBe(4);
    expect(guard.waited(backlogMs, 4, START + 2 * backlogPauseMs - 1)).toBe(false);
    expect(guard.waited(backlogMs, 4, START + 2 * backlogPauseMs)).toBe(true);
    expect(guard.childrenMax).toBe(3);
    expect(guard.waited(backlogMs, 0, START + 3 * backlogPauseMs)).toBe(true);
    expect(guard.childrenMax).toBe(0);
  });

  it('[R15] a burst that goes by costs nobody his place', () => {
    const guard = new UploadGuard();
    for (const at of [0, 1, 2, 3]) {
      const now = START + at * (backlogPauseMs + 300);
      expect([guard.waited(backlogMs, 5, now), guard.waited(backlogMs, 5, now + 250)]).toEqual([
        false,
        false,
      ]);
    }
    expect(guard.childrenMax).toBe(Number.POSITIVE_INFINITY);
  });

  it('[R15] one more is tried after a while, where all places are taken', () => {
    const guard = new UploadGuard();
    guard.waited(backlogMs, 3, START - backlogPauseMs);
    guard.waited(backlogMs, 3, START);
    const at = START + backlogRaiseAfterMs;
    expect([guard.mayRaise(true, at - 1), guard.mayRaise(false, at)]).toEqual([false, false]);
    expect([guard.mayRaise(true, at), guard.mayRaise(true, at)]).toEqual([true, false]);
    expect(guard.childrenMax).toBe(3);
  });

  it('[R15] the tries that were one too many become rare, up to a limit', () => {
    const guard = new UploadGuard();
    let now = START;
    let tookMs = 0;
    guard.waited(backlogMs, 3, now - backlogPauseMs);
    guard.waited(backlogMs, 3, now);
    const tries = Array.from({ length: 8 }, () => {
      const since = now;
      while (!guard.mayRaise(true, now)) now += 100;
      tookMs = now - since;
      now += backlogProvenMs;
      guard.waited(backlogMs, 3, now - backlogPauseMs);
      guard.waited(backlogMs, 3, now);
      return tookMs;
    });
    expect(tries.slice(0, 3)).toEqual([1, 2, 4].map((times) => times * backlogRaiseAfterMs));
    expect(tries.at(-1)).toBe(backlogRaiseAfterMaxMs);
  });
});
