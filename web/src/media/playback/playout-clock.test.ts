import { describe, expect, test } from 'vitest';
import { PlayoutClock } from './playout-clock.ts';

const FRAME_MS = 1_000 / 30;

/** Feeds frames sent from `fromMs` of the stream on, each arriving `delayMs` later and ready at once. */
function feed(
  clock: PlayoutClock,
  frames: number,
  { fromMs = 0, delayMs = (_frame: number): number => 20 } = {},
): number {
  for (let i = 0; i < frames; i++) {
    const sentMs = fromMs + i * FRAME_MS;
    clock.arrived(sentMs + delayMs(i), sentMs * 1_000);
    clock.ready(sentMs + delayMs(i), sentMs * 1_000);
  }
  return fromMs + frames * FRAME_MS;
}

const newClock = () => new PlayoutClock({ minDelayMs: 60, maxDelayMs: 600 });

describe('playout clock', () => {
  test('knows no time before the first arrival', () => {
    expect(newClock().dueMs(0)).toBeUndefined();
    expect(newClock().delayMs).toBe(60);
  });

  test('on a steady link a picture is due the least delay after the fastest arrival', () => {
    const clock = newClock();
    feed(clock, 300, { delayMs: (i) => 20 + (i % 5) });
    expect(clock.dueMs(10_000_000)).toBeCloseTo(10_000 + 20 + 60, 6);
  });

  test('one late picture makes the delay grow at once, to what it would have needed', () => {
    const clock = newClock();
    const nextMs = feed(clock, 90);
    clock.arrived(nextMs + 220, nextMs * 1_000);
    clock.ready(nextMs + 220, nextMs * 1_000);
    expect(clock.delayMs).toBeCloseTo(200 + 10, 6);
  });

  test('the delay shrinks slowly once the late picture is forgotten', () => {
    const clock = newClock();
    let atMs = feed(clock, 90);
    atMs = feed(clock, 1, { fromMs: atMs, delayMs: () => 220 });
    atMs = feed(clock, 870, { fromMs: atMs });
    expect(clock.delayMs).toBeCloseTo(210, 6);
    atMs = feed(clock, 300, { fromMs: atMs });
    expect(clock.delayMs).toBeGreaterThan(110);
    expect(clock.delayMs).toBeLessThan(180);
    feed(clock, 600, { fromMs: atMs });
    expect(clock.delayMs).toBeCloseTo(60, 6);
  });

  test('what makes pictures late every 20 s makes them late for the delay only once', () => {
    const clock = newClock();
    let atMs = feed(clock, 90);
    for (let time = 0; time < 5; time++) {
      const dueMs = clock.dueMs(atMs * 1_000) ?? 0;
      expect(dueMs < atMs + 220).toBe(time === 0);
      atMs = feed(clock, 1, { fromMs: atMs, delayMs: () => 220 });
      atMs = feed(clock, 600, { fromMs: atMs });
    }
  });

  test('never leaves its bounds', () => {
    const clock = newClock();
    const atMs = feed(clock, 90);
    clock.ready(atMs + 4_000, atMs * 1_000);
    expect(clock.delayMs).toBe(600);
  });

  test('joining with a burst of old messages leaves the least delay', () => {
    const clock = newClock();
    // A second of stream arrives within 30 ms, then it goes on live.
    for (let i = 0; i < 30; i++) {
      clock.arrived(1_000 + i, i * FRAME_MS * 1_000);
      clock.ready(1_040 + i, i * FRAME_MS * 1_000);
    }
    const atMs = feed(clock, 60, { fromMs: 1_000, delayMs: () => 20 });
    expect(clock.delayMs).toBeCloseTo(60, 6);
    expect(clock.dueMs(atMs * 1_000)).toBeCloseTo(atMs + 80, 6);
  });

  test('begins with the first delay, through a burst of old messages, and gives it up slowly', () => {
    const clock = new PlayoutClock({ minDelayMs: 60, maxDelayMs: 600, firstDelayMs: 200 });
    for (let i = 0; i < 30; i++) clock.arrived(1_000 + i, i * FRAME_MS * 1_000);
    expect(clock.delayMs).toBeCloseTo(200, 1);
    const atMs = feed(clock, 60, { fromMs: 1_000 });
    expect(clock.delayMs).toBeGreaterThan(180);
    feed(clock, 600, { fromMs: atMs });
    expect(clock.delayMs).toBeCloseTo(60, 6);
  });

  test('the first delay, too, stays within the bounds', () => {
    const begun = (minDelayMs: number, maxDelayMs: number): number => {
      const clock = new PlayoutClock({ minDelayMs, maxDelayMs, firstDelayMs: 200 });
      clock.arrived(20, 0);
      return clock.delayMs;
    };
    expect(begun(60, 60)).toBe(60);
    expect(begun(300, 600)).toBe(300);
  });

  test('a network that got slower moves the base but not the picture', () => {
    const clock = newClock();
    let atMs = feed(clock, 90);
    atMs = feed(clock, 1, { fromMs: atMs, delayMs: () => 120 });
    const offsetMs = (clock.dueMs(0) ?? 0) - 0;
    feed(clock, 400, { fromMs: atMs, delayMs: () => 120 });
    // The fast arrivals are forgotten; what is due stays where it was, or a little earlier.
    const laterMs = (clock.dueMs(0) ?? 0) - 0;
    expect(laterMs).toBeLessThanOrEqual(offsetMs + 50);
    expect(laterMs).toBeGreaterThanOrEqual(120 + 60 - 0.001);
  });

  test('what was later than the largest delay asks for nothing more when the base rises', () => {
    const clock = newClock();
    let atMs = feed(clock, 90);
    clock.ready(atMs + 1_500, atMs * 1_000);
    let latestMs = clock.dueMs(0) ?? 0;
    expect(latestMs).toBeCloseTo(620, 6);
    for (let second = 0; second < 20; second++) {
      atMs = feed(clock, 30, { fromMs: atMs, delayMs: () => 320 });
      const dueMs = clock.dueMs(0) ?? 0;
      expect(dueMs).toBeLessThanOrEqual(latestMs);
      latestMs = dueMs;
    }
  });

  test('a way that became longer than the largest delay is accepted after a second', () => {
    const clock = newClock();
    const atMs = feed(clock, 90);
    const laterMs = feed(clock, 25, { fromMs: atMs, delayMs: () => 920 });
    expect(clock.dueMs(0)).toBeCloseTo(20 + 600, 6);
    feed(clock, 60, { fromMs: laterMs, delayMs: () => 920 });
    expect(clock.dueMs(0)).toBeCloseTo(920 + 60, 6);
  });

  test('reordered pictures do not disturb the base: the time sent counts', () => {
    const clock = newClock();
    // Shown at 1 4 2 3, sent at 0 1 2 3 (in frames).
    [1, 4, 2, 3].forEach((pts, i) => {
      clock.arrived(i * FRAME_MS + 20, i * FRAME_MS * 1_000);
      expect(clock.dueMs(pts * FRAME_MS * 1_000)).toBeCloseTo(pts * FRAME_MS + 80, 6);
    });
  });

  test('a restarted host, whose times begin anew, is noticed', () => {
    const clock = newClock();
    const atMs = feed(clock, 300);
    expect(clock.arrived(atMs + 20, atMs * 1_000)).toBe(false);
    expect(clock.arrived(atMs + 40, 0)).toBe(true);
    expect(clock.dueMs(0)).toBeCloseTo(atMs + 40 + 60, 6);
    expect(clock.arrived(atMs + 73, 33_000)).toBe(false);
  });

  test('a restart that the caller noticed begins with the next arrival', () => {
    const clock = newClock();
    feed(clock, 60);
    clock.restart();
    expect(clock.dueMs(0)).toBeUndefined();
    expect(clock.arrived(2_100, 0)).toBe(false);
    expect(clock.dueMs(0)).toBeCloseTo(2_160, 6);
  });

  test.each([800, 3_000, 10_000, 60_000])(
    'frozen for %i ms: what had piled up is hurried through, and the delay is as before',
    (frozenMs) => {
      const clock = newClock();
      let atMs = feed(clock, 90);
      atMs = feed(clock, 1, { fromMs: atMs, delayMs: () => 120 });
      const delayMs = clock.delayMs;
      expect(delayMs).toBeGreaterThan(100);
      // Everything that was sent meanwhile comes in at once, and is decoded at 450 pictures a second.
      const backMs = atMs + frozenMs;
      const piled = Math.floor(frozenMs / FRAME_MS);
      for (let i = 0; i < piled; i++) {
        const sentMs = atMs + i * FRAME_MS;
        expect(clock.arrived(backMs + 20, sentMs * 1_000), 'no new timeline').toBe(false);
        clock.ready(Math.min(backMs + 20 + i / 0.45, backMs + 450), sentMs * 1_000);
      }
      expect(clock.delayMs).toBeCloseTo(delayMs, 0);
      // Whatever was due before now is overtaken: the picture of this moment is due within the delay.
      expect(clock.dueMs(backMs * 1_000)).toBeLessThan(backMs + 20 + delayMs + 2 * FRAME_MS + 1);
      feed(clock, 30, { fromMs: backMs });
      expect(clock.delayMs).toBeLessThanOrEqual(delayMs);
    },
  );

  test('a network that stays slow after a silence is learnt all the same', () => {
    const clock = newClock();
    const atMs = feed(clock, 90);
    feed(clock, 60, { fromMs: atMs + 1_000, delayMs: () => 320 });
    expect(clock.delayMs).toBeCloseTo(310, 0);
  });

  test('what was not decoded for a while and then is, late, leaves the delay as it was', () => {
    const clock = newClock();
    const atMs = feed(clock, 90);
    clock.catchUp(atMs);
    for (let i = 0; i < 30; i++) clock.ready(atMs + i, (atMs - 1_000 + i * FRAME_MS) * 1_000);
    feed(clock, 30, { fromMs: atMs });
    expect(clock.delayMs).toBeCloseTo(60, 6);
  });

  test('at the live edge the delay is the least, until something comes late again', () => {
    const clock = newClock();
    let atMs = feed(clock, 90);
    atMs = feed(clock, 1, { fromMs: atMs, delayMs: () => 320 });
    atMs = feed(clock, 30, { fromMs: atMs });
    expect(clock.delayMs).toBeCloseTo(310, 6);
    clock.toLiveEdge(atMs);
    expect(clock.dueMs(atMs * 1_000)).toBeCloseTo(atMs + 80, 6);
    atMs = feed(clock, 30, { fromMs: atMs });
    expect(clock.delayMs).toBeCloseTo(60, 6);
    feed(clock, 1, { fromMs: atMs, delayMs: () => 120 });
    expect(clock.delayMs).toBeCloseTo(110, 6);
  });
});
