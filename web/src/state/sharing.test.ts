import { defaultPeerSettings } from '@murmuration/shared/node/settings.ts';
import { expect, test } from 'vitest';
import { offerOf, sharingWords, uploadWords } from './sharing.ts';

const wishes = { slots: 3, uploadMbitMax: undefined, shareWhenMetered: false };
const facts = { metered: false, bitsPerSecond: 2_000_000 };

test('without a limit it is what is usual', () => {
  expect(offerOf(wishes, facts)).toEqual({
    slots: 3,
    uploadBitsPerSecond: defaultPeerSettings.uploadBitsPerSecond,
  });
});

test('a limit is told to the node in bits per second', () => {
  expect(offerOf({ ...wishes, uploadMbitMax: 2.5 }, facts)).toEqual({
    slots: 3,
    uploadBitsPerSecond: 2_500_000,
  });
});

test('a metered connection passes nothing on unless that was allowed', () => {
  expect(offerOf(wishes, { ...facts, metered: true }).slots).toBe(0);
  expect(offerOf({ ...wishes, shareWhenMetered: true }, { ...facts, metered: true }).slots).toBe(3);
});

test('each choice is told in words of its own', () => {
  const all = [
    sharingWords({ ...wishes, slots: 0 }, facts),
    sharingWords(wishes, { ...facts, metered: true }),
    sharingWords(wishes, facts),
    sharingWords({ ...wishes, uploadMbitMax: 0.7 }, facts),
    sharingWords({ ...wishes, uploadMbitMax: 3.8 }, facts),
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
