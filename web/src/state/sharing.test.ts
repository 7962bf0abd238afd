import { expect, test } from 'vitest';
import { sharingWords, slotsAllowed, uploadWords } from './sharing.ts';

const wishes = { slots: 3, uploadMbitMax: undefined, shareWhenMetered: false };
const facts = { metered: false, bitsPerSecond: 2_000_000 };

test('without a limit it is what was wished', () => {
  expect(slotsAllowed(wishes, facts)).toBe(3);
});

test('a limit in Mbit/s is turned into copies of this stream, its overhead included', () => {
  expect(slotsAllowed({ ...wishes, uploadMbitMax: 2.2 }, facts)).toBeCloseTo(1);
  expect(slotsAllowed({ ...wishes, uploadMbitMax: 0.55 }, facts)).toBeCloseTo(0.25);
  expect(slotsAllowed({ ...wishes, uploadMbitMax: 100 }, facts)).toBe(3);
  expect(slotsAllowed({ ...wishes, uploadMbitMax: 1 }, { ...facts, bitsPerSecond: undefined })).toBe(3);
});

test('a metered connection passes nothing on unless that was allowed', () => {
  expect(slotsAllowed(wishes, { ...facts, metered: true })).toBe(0);
  expect(slotsAllowed({ ...wishes, shareWhenMetered: true }, { ...facts, metered: true })).toBe(3);
});

test('each choice is told in words of its own', () => {
  const all = [
    sharingWords({ ...wishes, slots: 0 }, facts),
    sharingWords(wishes, { ...facts, metered: true }),
    sharingWords(wishes, facts),
    sharingWords({ ...wishes, uploadMbitMax: 0.55 }, facts),
    sharingWords({ ...wishes, uploadMbitMax: 3.3 }, facts),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(all[3]).toContain('25% of a copy');
  expect(all[4]).toContain('1.5 copies');
});

test('the notice says how much goes to how many', () => {
  expect(uploadWords(undefined)).toBe('to nobody yet');
  expect(uploadWords({ uploadBitsPerSecond: 5_000, children: [] })).toBe('to nobody yet');
  expect(uploadWords({ uploadBitsPerSecond: 1_200_000, children: [1, 2] })).toBe(
    'now 1.20 Mbit/s to 2 viewers',
  );
});
