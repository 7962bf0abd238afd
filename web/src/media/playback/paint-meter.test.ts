import { expect, test } from 'vitest';
import { PaintMeter, STALL_MS } from './paint-meter.ts';

const metered = (paints: readonly (readonly [nowMs: number, durationMs: number] | 'rest')[]): PaintMeter => {
  const meter = new PaintMeter();
  for (const paint of paints) {
    if (paint === 'rest') meter.rest();
    else meter.painted({ nowMs: paint[0], durationMs: paint[1], sinceCaptureMs: paint[0] / 10 });
  }
  return meter;
};

test('pictures are counted, and the latest says how long ago it was captured', () => {
  expect(new PaintMeter().sinceCaptureMs).toBeUndefined();
  const meter = metered([
    [100, 33],
    [133, 33],
  ]);
  expect(meter).toMatchObject({ count: 2, stalls: 0, sinceCaptureMs: 13.3 });
});

test('a picture has stalled when it stood for longer than it was meant to, and some', () => {
  const second = (nowMs: number) =>
    metered([
      [0, 33],
      [nowMs, 33],
    ]).stalls;
  expect(second(33 + STALL_MS)).toBe(0);
  expect(second(34 + STALL_MS)).toBe(1);
});

test('a card of five pictures a second never stalls', () => {
  expect(metered(Array.from({ length: 20 }, (_, i) => [i * 210, 200] as const)).stalls).toBe(0);
});

test('a rest is no stall', () => {
  expect(metered([[0, 33], 'rest', [9_000, 33]]).stalls).toBe(0);
});
