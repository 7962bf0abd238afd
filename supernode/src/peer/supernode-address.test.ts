import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import { describe, expect, it } from 'vitest';
import { parseStreamTarget, streamLink, supernodeUrl } from './supernode-address.ts';

const stream = 'AAECAwQFBgcICQoLDA0ODxAREhM' as StreamId;

describe('a supernode', () => {
  it.each([
    ['127.0.0.1:8080', 'ws://127.0.0.1:8080/link'],
    ['birds.example:9000', 'ws://birds.example:9000/link'],
    ['birds.example', 'ws://birds.example/link'],
    ['[::1]:8080', 'ws://[::1]:8080/link'],
    [' http://birds.example ', 'ws://birds.example/link'],
    ['https://birds.example/', 'wss://birds.example/link'],
    ['ws://birds.example:9/link', 'ws://birds.example:9/link'],
    ['wss://birds.example/behind/link', 'wss://birds.example/behind/link'],
    ['https://birds.example/#/watch/x', 'wss://birds.example/link'],
  ])('named %s is at %s', (text, url) => {
    expect(supernodeUrl(text)).toBe(url);
  });

  it.each([
    '',
    ' ',
    'a b',
    'ftp://birds.example',
    'http://',
    'host:port',
    'x:99999',
    'https://u:p@birds.example',
    'a,b',
  ])('is not %j', (text) => {
    expect(supernodeUrl(text)).toBeUndefined();
  });
});

describe('a stream', () => {
  it('is named by its id, or by a link with supernodes', () => {
    expect(parseStreamTarget(stream)).toEqual({ stream, supernodes: [] });
    expect(
      parseStreamTarget(`https://a.example/#/watch/${stream}?via=ws%3A%2F%2Fb.example%2Flink&slots=0`),
    ).toEqual({
      stream,
      supernodes: ['wss://a.example/link', 'ws://b.example/link'],
    });
  });

  it('comes back from the link that was made for it', () => {
    const target = { stream, supernodes: ['ws://127.0.0.1:8080/link', 'wss://b.example/link'] };
    expect(parseStreamTarget(streamLink(stream, target.supernodes))).toEqual(target);
    expect(streamLink(stream, ['ws://127.0.0.1:8080/link'])).toBe(`http://127.0.0.1:8080/#/watch/${stream}`);
  });

  it.each([
    '',
    'x',
    `https://a.example/${stream}`,
    `https://a.example/#/watch/${stream}x`,
    `#/watch/${stream}`,
  ])('is not named by %j', (text) => {
    expect(parseStreamTarget(text)).toBeUndefined();
  });
});
