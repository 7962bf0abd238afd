import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { Refusals } from './refusals.ts';
import { relayTimings } from './relay-contract.ts';

const A = peerOf(1);
const B = peerOf(2);
const { refusalBackoffMs, notReadyBackoffMs, failedParentBackoffMs } = relayTimings;

/** How long the peer is left alone from `now` on, ms. */
function heldMs(refusals: Refusals, now: number): number {
  return refusals.holdsFor(A, now) ? refusals.deadline - now : 0;
}

describe('refusals', () => {
  it('[R15] one that refused is left alone for a while, unless it offers room', () => {
    const refusals = new Refusals();
    refusals.refused(A, START);
    expect(heldMs(refusals, START)).toBe(refusalBackoffMs);
    expect(refusals.holdsFor(B, START)).toBe(false);
    refusals.offers(A, 0);
    expect(refusals.holdsFor(A, START)).toBe(true);
    refusals.offers(A, 1);
    expect(refusals.holdsFor(A, START)).toBe(false);
  });

  it('[R15] one that had nothing itself is asked again sooner, each time later, and soon again after a parent was lost', () => {
    const refusals = new Refusals();
    const held = [0, 1, 2, 9].map((times) => {
      for (let i = 0; i < Math.max(1, times); i++) refusals.notReady(A, START);
      return heldMs(refusals, START);
    });
    expect(held.slice(0, 2)).toEqual([notReadyBackoffMs, 2 * notReadyBackoffMs]);
    expect(held.at(-1)).toBe(refusalBackoffMs);
    refusals.lost(undefined, START);
    refusals.notReady(A, START);
    expect(heldMs(refusals, START)).toBe(notReadyBackoffMs);
  });

  it('[R16] one that failed as a parent is left alone for twice as long each time, whatever it offers, until it delivers', () => {
    const refusals = new Refusals();
    const held = Array.from({ length: 7 }, () => {
      refusals.failed(A, START);
      refusals.offers(A, 4);
      return heldMs(refusals, START) / failedParentBackoffMs;
    });
    expect(held).toEqual([1, 2, 4, 8, 16, 16, 16]);
    refusals.delivered(A);
    refusals.offers(A, 1);
    expect(heldMs(refusals, START)).toBe(0);
  });

  it('[R16] a lost parent is left alone for a moment, and no shorter than it is already', () => {
    const refusals = new Refusals();
    refusals.lost(A, START);
    expect(heldMs(refusals, START)).toBe(refusalBackoffMs);
    refusals.failed(A, START);
    refusals.lost(A, START);
    expect(heldMs(refusals, START)).toBe(failedParentBackoffMs);
  });

  it('[R16] silence lasts until the peer says where it is', () => {
    const refusals = new Refusals();
    refusals.fellSilent(A, START);
    refusals.expire(START + refusalBackoffMs);
    expect([refusals.isSilent(A), refusals.holdsFor(A, START + refusalBackoffMs)]).toEqual([true, false]);
    refusals.offers(A, 0);
    expect(refusals.isSilent(A)).toBe(false);
  });

  it('[R6] nothing is kept of those who are gone', () => {
    const refusals = new Refusals();
    const before = refusals.tableBytes;
    refusals.failed(A, START);
    refusals.notReady(A, START);
    refusals.fellSilent(A, START);
    expect(refusals.tableBytes).toBeGreaterThan(before);
    refusals.forget(A);
    expect([refusals.tableBytes, refusals.deadline]).toEqual([before, Number.POSITIVE_INFINITY]);
  });
});
