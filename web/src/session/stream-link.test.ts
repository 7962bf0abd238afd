import { parseStreamId, type StreamId } from '@murmuration/shared/lib/ids.ts';
import { expect, test } from 'vitest';
import {
  parseLinkOptions,
  parsePasted,
  SLOTS_MAX,
  supernodeUrls,
  VIA_MAX,
  watchFragment,
  watchLink,
} from './stream-link.ts';

const origin = 'https://birds.example';
const stream = 'AAECAwQFBgcICQoLDA0ODxAREhM' as StreamId;

test('the example is a stream id', () => {
  expect(parseStreamId(stream)).toBe(stream);
});

test('a link survives being pasted: alone, with spaces around it, as a fragment, as a bare id', () => {
  const plain = { ok: true, target: { stream, via: [], slots: undefined } };
  expect(parsePasted(watchLink(origin, stream, []), origin)).toEqual(plain);
  expect(parsePasted(`  ${watchLink(origin, stream, [])}\n`, origin)).toEqual(plain);
  expect(parsePasted(`#/watch/${stream}`, origin)).toEqual(plain);
  expect(parsePasted(stream, origin)).toEqual(plain);
});

test('the supernodes of a link survive being pasted', () => {
  const via = ['wss://one.example/link', 'ws://127.0.0.1:9000/link?a=1'];
  const pasted = parsePasted(watchLink(origin, stream, via), origin);
  expect(pasted).toEqual({ ok: true, target: { stream, via, slots: undefined } });
});

test('a link to another origin brings that origin’s supernode along', () => {
  const pasted = parsePasted(`http://other.example:81/#/watch/${stream}?via=ws://third.example/link`, origin);
  const via = ['ws://other.example:81/link', 'ws://third.example/link'];
  expect(pasted).toMatchObject({ ok: true, target: { via } });
});

test.each([
  ['', /Paste the link/],
  ['https://birds.example/', /neither a link/],
  ['hello', /neither a link/],
  [`https://birds.example/#/watch/${stream.slice(1)}`, /damaged/],
  [`#/watch/${stream}x`, /damaged/],
  ['javascript:alert(1)', /neither a link/],
])('%j is refused with words', (text, words) => {
  const pasted = parsePasted(text, origin);
  expect(pasted.ok ? '' : pasted.message).toMatch(words);
});

test('only WebSocket URLs without credentials are supernodes, each once, four at most', () => {
  const bad = [
    'http://a.example',
    'wss://user:pass@a.example',
    'nonsense',
    'wss://a.example/#x',
    'javascript:1',
  ];
  expect(parseLinkOptions(`via=${bad.map(encodeURIComponent).join(',')}`).via).toEqual([]);
  expect(parseLinkOptions('via=ws://a.example/link,ws://a.example/link').via).toHaveLength(1);
  const many = Array.from({ length: 9 }, (_, i) => `ws://n${i}.example/link`).join(',');
  expect(parseLinkOptions(`via=${many}`).via).toHaveLength(VIA_MAX);
});

test('slots are a whole number within bounds, or not given', () => {
  expect(parseLinkOptions('slots=0').slots).toBe(0);
  expect(parseLinkOptions('slots=2').slots).toBe(2);
  expect(parseLinkOptions('slots=99').slots).toBe(SLOTS_MAX);
  for (const text of ['', 'slots=', 'slots=-1', 'slots=1.5', 'slots=1e1', 'slots=100000']) {
    expect(parseLinkOptions(text).slots).toBeUndefined();
  }
});

test('the fragment says only what differs from the usual', () => {
  expect(watchFragment({ stream, via: [], slots: undefined })).toBe(`#/watch/${stream}`);
  expect(watchFragment({ stream, via: [], slots: 0 })).toBe(`#/watch/${stream}?slots=0`);
});

test('the page’s own supernode comes first and only once', () => {
  expect(supernodeUrls(origin, ['wss://birds.example/link', 'ws://b.example/link'])).toEqual([
    'wss://birds.example/link',
    'ws://b.example/link',
  ]);
  expect(supernodeUrls('http://localhost:8080', [])).toEqual(['ws://localhost:8080/link']);
});

test('a delay is kept within what the player can do, and survives being pasted', () => {
  expect(parseLinkOptions('delay=60').delayMaxMs).toBe(60);
  expect(parseLinkOptions('delay=5').delayMaxMs).toBe(60);
  expect(parseLinkOptions('delay=999').delayMaxMs).toBe(600);
  for (const text of ['', 'delay=', 'delay=x', 'delay=-1']) {
    expect(parseLinkOptions(text)).not.toHaveProperty('delayMaxMs');
  }
  const pasted = parsePasted(`#/watch/${stream}?delay=80`, origin);
  expect(pasted.ok && watchFragment(pasted.target)).toBe(`#/watch/${stream}?delay=80`);
});
