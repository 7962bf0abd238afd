import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeTimes, reorderDelay } from './decode-times.ts';

function decodeTimes(pts: readonly number[], depth?: number): { packet: number; decodeTime: number }[] {
  const times = new DecodeTimes<number>(depth);
  const out = [];
  for (const time of pts) {
    const next = times.push(time, time);
    if (next) out.push(next);
  }
  return [...out, ...times.drain()];
}

describe('decode times', () => {
  test('without B-frames a packet is due when it is shown', () => {
    expect(decodeTimes([0, 1, 2, 3])).toEqual([0, 1, 2, 3].map((t) => ({ packet: t, decodeTime: t })));
    expect(reorderDelay([0, 1, 2, 3])).toBe(0);
  });

  test('B-frames are due one after another, in the order of the file', () => {
    const pts = [0, 3, 1, 2, 6, 4, 5];
    expect(decodeTimes(pts).map(({ packet }) => packet)).toEqual(pts);
    expect(decodeTimes(pts).map(({ decodeTime }) => decodeTime)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(reorderDelay(pts)).toBe(1);
    expect(reorderDelay([0, 4, 2, 1, 3])).toBe(2); // a pyramid
  });

  test('the window gives the same times as sorting the whole file', () => {
    // Any order in which no packet moves more than 16 places.
    const shifts = fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 120 });
    fc.assert(
      fc.property(shifts, (jitter) => {
        const pts = jitter
          .map((shift, i) => ({ i, at: i + shift }))
          .sort((a, b) => a.at - b.at || a.i - b.i)
          .map(({ i }) => i * 33);
        const sorted = [...pts].sort((a, b) => a - b);
        expect(decodeTimes(pts).map(({ decodeTime }) => decodeTime)).toEqual(sorted);
      }),
    );
  });

  test('with the reorder delay no picture is shown before it is sent', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 1 }), (pts) => {
        const delay = reorderDelay(pts);
        for (const { packet, decodeTime } of decodeTimes(pts))
          expect(packet + delay).toBeGreaterThanOrEqual(decodeTime);
      }),
    );
  });
});
