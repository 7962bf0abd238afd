import { describe, expect, it } from 'vitest';
import { libraryServer } from './ice-server-address.ts';

const of = (url: string, username = '', credential = '') => libraryServer({ url, username, credential });

describe('[R37] an ICE server for node-datachannel', () => {
  it('is a STUN server, with or without a port', () => {
    expect(of('stun:stun.example.org')).toEqual({ hostname: 'stun.example.org', port: 3478 });
    expect(of('stun:[2001:db8::1]:5000')).toEqual({ hostname: '2001:db8::1', port: 5000 });
  });

  it('is a TURN server over UDP, with credentials', () => {
    const expected = {
      hostname: 'turn.example.org',
      port: 3479,
      username: '1:u',
      password: 'c',
      relayType: 'TurnUdp',
    };
    expect(of('turn:turn.example.org:3479?transport=udp', '1:u', 'c')).toEqual(expected);
    expect(of('turn:turn.example.org:3479', '1:u', 'c')).toEqual(expected);
  });

  it.each([
    ['TURN without credentials', 'turn:a.example', ''],
    ['TURN over TCP', 'turn:a.example?transport=tcp', 'u'],
    ['TURN over TLS', 'turns:a.example', 'u'],
    ['STUN over TLS', 'stuns:a.example', ''],
    ['a port beyond all ports', 'stun:a.example:70000', ''],
    ['no such URL', 'https://a.example', ''],
    ['words behind', 'stun:a.example/x y', ''],
  ])('is not %s', (_name, url, username) => {
    expect(of(url, username, 'c')).toBeUndefined();
  });
});
