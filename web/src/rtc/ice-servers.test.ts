import { expect, it } from 'vitest';
import { iceServersFor } from './ice-servers.ts';

const STUN = ['stun:stun.example.org:3478'];

it.each([
  'localhost',
  'a.localhost',
  '127.0.0.1',
  '10.1.2.3',
  '192.168.0.7',
  '172.20.0.1',
  '[::1]',
  'fe80::1',
  'fd00::2',
  'attic.local',
  'attic',
])('asks no STUN server from a page at %s', (hostname) => {
  expect(iceServersFor(hostname, STUN)).toEqual([]);
});

it.each(['example.org', '8.8.8.8', '172.32.0.1', '10.example.org', '127.example.org', '2001:db8::1'])(
  'asks the configured STUN servers from a page at %s',
  (hostname) => {
    expect(iceServersFor(hostname, STUN)).toEqual([{ url: STUN[0], username: '', credential: '' }]);
  },
);

it('leaves out what is no STUN server', () => {
  expect(
    iceServersFor('example.org', ['turn:turn.example.org', 'https://example.org', '', 'stuns:a.example']),
  ).toEqual([{ url: 'stuns:a.example', username: '', credential: '' }]);
});
