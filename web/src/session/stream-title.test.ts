import { encodeUtf8 } from '@murmuration/shared/lib/utf8.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { expect, test } from 'vitest';
import { fitTitle } from './stream-title.ts';

test('an ordinary title stays as it is', () => {
  expect(fitTitle('Starlings over Rome, live – день 2 🐦')).toBe('Starlings over Rome, live – день 2 🐦');
});

test('line breaks, control characters and bidi overrides become single spaces', () => {
  expect(fitTitle('  a\n\nb\tc\u0000\u202ed\u2066e ')).toBe('a b c d e');
});

test('joined emoji stay whole', () => {
  expect(fitTitle('👩‍🚀')).toBe('👩‍🚀');
});

test('a long title is cut between code points within the limit of the wire', () => {
  const title = fitTitle('🐦'.repeat(100));
  expect(title).toBe('🐦'.repeat(limits.titleBytesMax / 4));
  expect(encodeUtf8(fitTitle('ä'.repeat(500))).length).toBeLessThanOrEqual(limits.titleBytesMax);
});
