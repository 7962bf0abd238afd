import { expect, test } from 'vitest';
import { PictureStamps } from './picture-stamps.ts';

test('uneven arrival does not show in the stamps of an even camera', () => {
  const stamps = new PictureStamps(25);
  const late = [5, 0, 9, 3, 0, 20];
  const taken = late.map((lateMs, i) => stamps.taken(10_000 + i * 40 + lateMs, 7 + i * 40));
  // The second picture shows that the first was 5 ms late.
  expect(taken).toEqual([10_005, 10_040, 10_080, 10_120, 10_160, 10_200]);
});

test('a camera whose clock jumps is followed, and stamps never go back', () => {
  const stamps = new PictureStamps(25);
  expect(stamps.taken(1_000, 0)).toBe(1_000);
  expect(stamps.taken(1_040, 40)).toBe(1_040);
  expect(stamps.taken(1_080, 5_000)).toBe(1_080);
  expect(stamps.taken(1_120, 0)).toBe(1_120);
  expect(stamps.taken(1_121, 0)).toBeGreaterThan(1_120);
});

test('a picture that stands still is sent again at about its frame rate', () => {
  const stamps = new PictureStamps(30);
  stamps.taken(0, 0);
  let sent = 0;
  let last = 0;
  for (let nowMs = 5; nowMs <= 10_000; nowMs += 5) {
    const stamp = stamps.again(nowMs);
    if (stamp === undefined) continue;
    expect(stamp).toBeGreaterThan(last);
    last = stamp;
    sent++;
  }
  expect(sent).toBeGreaterThan(280);
  expect(sent).toBeLessThan(320);
});

test('a picture that moves is not sent twice', () => {
  const stamps = new PictureStamps(30);
  for (let nowMs = 0; nowMs < 5_000; nowMs += 5) {
    if (nowMs % 35 === 0) stamps.taken(nowMs, nowMs);
    else expect(stamps.again(nowMs)).toBeUndefined();
  }
});
