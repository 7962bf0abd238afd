import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SessionError } from '../session/session-error.ts';
import { VIA_MAX } from '../session/stream-link.ts';
import { embedTarget, pageOfSocket, supernodeSocket } from './embed-target.ts';

const ID = 'abcdefghijklmnopqrstuvwxy_A';
const own = 'wss://live.example/link';

test('a whole link says where its stream is known, and what else it wants', () => {
  const target = embedTarget(
    `https://live.example/#/watch/${ID}?via=wss://other.example/link&slots=0&delay=60`,
  );
  expect(target).toMatchObject({
    stream: ID,
    supernodes: [own, 'wss://other.example/link'],
    slots: 0,
    delayMaxMs: 60,
  });
});

test('an id or a fragment alone needs a supernode: the page around it is none', () => {
  for (const link of [ID, `#/watch/${ID}`]) {
    expect(() => embedTarget(link)).toThrow(/no supernode/);
    expect(embedTarget(link, ['https://live.example']).supernodes).toEqual([own]);
  }
});

test('a supernode that is named twice is dialed once', () => {
  expect(
    embedTarget(`https://live.example/#/watch/${ID}`, ['https://live.example/', own]).supernodes,
  ).toEqual([own]);
});

test('the address of a page or of a WebSocket names a supernode, nothing else does', () => {
  expect(supernodeSocket('http://localhost:8080')).toBe('ws://localhost:8080/link');
  expect(supernodeSocket('wss://live.example')).toBe(own);
  expect(supernodeSocket(own)).toBe(own);
  expect(pageOfSocket('ws://localhost:8080/link')).toBe('http://localhost:8080');
  for (const wrong of [
    '',
    'live.example',
    'javascript:alert(1)',
    'https://me:secret@live.example',
    'file:///x',
  ])
    expect(() => supernodeSocket(wrong)).toThrow(SessionError);
});

test('whatever is given as a link, it is a target with few supernodes or an error in words', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc
      .tuple(fc.string(), fc.string())
      .map(([a, b]) => `https://live.example/#/watch/${ID}?via=${a}&slots=${b}`),
    fc.array(fc.webUrl()).map((urls) => `${ID.slice(1)}?via=${urls.join()}`),
  );
  fc.assert(
    fc.property(hostile, (link) => {
      try {
        const { supernodes } = embedTarget(link);
        expect(supernodes.length).toBeGreaterThan(0);
        expect(supernodes.length).toBeLessThanOrEqual(VIA_MAX);
        for (const url of supernodes) expect(url).toMatch(/^wss?:/i);
      } catch (error) {
        expect(error).toMatchObject({ reason: 'bad-link' });
        expect((error as SessionError).message).toMatch(/\.$/);
      }
    }),
    { numRuns: 500, seed: 7 },
  );
});
