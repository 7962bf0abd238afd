import { describe, expect, it } from 'vitest';
import type { IceServer } from '../wire/service-messages.ts';
import { IceServerBook } from './ice-server-book.ts';

const STUN = { url: 'stun:s', username: '', credential: '' };
const OWN = { url: 'stun:own', username: '', credential: '' };
const turn = (name: string, username = 'u') => ({ url: `turn:${name}`, username, credential: 'c' });
const urls = (servers: readonly IceServer[]) => servers.map(({ url }) => url);

describe('[R37] ICE servers', () => {
  it('of a supernode come before those that the program was given', () => {
    const book = new IceServerBook([OWN]);
    book.tell('a', [STUN, turn('t')], 60, 0);
    expect(book.current(0)).toEqual([STUN, turn('t'), OWN]);
  });

  it('are replaced by what the same supernode says next, and forgotten when they expire', () => {
    const book = new IceServerBook([]);
    book.tell('a', [turn('old')], 60, 0);
    book.tell('a', [turn('new')], 60, 30_000);
    expect(urls(book.current(30_000))).toEqual(['turn:new']);
    expect(urls(book.current(89_999))).toEqual(['turn:new']);
    expect(book.current(90_000)).toEqual([]);
  });

  it('of several supernodes count together: the newest word on one server, and eight in all', () => {
    const book = new IceServerBook([]);
    book.tell('a', [turn('same', 'first'), turn('a')], 60, 0);
    book.tell('b', [turn('same', 'second')], 60, 0);
    expect(book.current(0).map(({ username }) => username)).toEqual(['second', 'u']);
    for (let at = 0; at < 20; at++) book.tell(String(at), [turn(String(at))], 60, 0);
    expect(urls(book.current(0))).toEqual([19, 18, 17, 16, 15, 14, 13, 12].map((at) => `turn:${at}`));
  });

  it('for TURN count only with a name', () => {
    const book = new IceServerBook([]);
    book.tell('a', [turn('t', '')], 60, 0);
    expect(book.current(0)).toEqual([]);
  });
});
