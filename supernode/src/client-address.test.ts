import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { addressGroup, clientAddress, TrustedProxies } from './client-address.ts';

test('IPv4 counts as it is, also when mapped into IPv6', () => {
  expect(addressGroup('192.0.2.7')).toBe('192.0.2.7');
  expect(addressGroup('::ffff:192.0.2.7')).toBe('192.0.2.7');
});

test('IPv6 counts by its first 64 bits, however it is written', () => {
  const group = '2001:db8:1:2::/64';
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(group);
  expect(addressGroup('2001:0DB8:1:2::9')).toBe(group);
  expect(addressGroup('2001:db8:1:3::9')).not.toBe(group);
  expect(addressGroup('2001:db8::9')).toBe('2001:db8:0:0::/64');
  expect(addressGroup('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(addressGroup('::1')).toBe('0:0:0:0::/64');
});

test('what is no address stays short', () => {
  expect(addressGroup('x'.repeat(1_000))).toHaveLength(64);
});

describe('behind proxies', () => {
  function address(remoteAddress: string, forwarded: string | undefined, proxies: readonly string[]): string {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    const request = { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
    return clientAddress(request, new TrustedProxies(proxies));
  }

  test('the header of anybody else is not looked at', () => {
    expect(address('192.0.2.7', '10.0.0.1', ['192.0.2.8'])).toBe('192.0.2.7');
    expect(address('192.0.2.7', '10.0.0.1', [])).toBe('192.0.2.7');
  });

  test('the last address that is no proxy counts, whatever clients wrote before it', () => {
    expect(address('127.0.0.1', '1.1.1.1, 192.0.2.7', ['loopback'])).toBe('192.0.2.7');
    expect(address('::1', '1.1.1.1, 192.0.2.7, 10.1.2.3', ['loopback', 'private'])).toBe('192.0.2.7');
    expect(address('::ffff:127.0.0.1', '2001:db8:1:2::9', ['127.0.0.1'])).toBe('2001:db8:1:2::/64');
    expect(address('10.9.0.1', '192.0.2.7', ['10.0.0.0/8'])).toBe('192.0.2.7');
  });

  test('without the header, or with nonsense in it, it is the proxy that counts', () => {
    expect(address('127.0.0.1', undefined, ['loopback'])).toBe('127.0.0.1');
    expect(address('127.0.0.1', '192.0.2.7, unknown', ['loopback'])).toBe('127.0.0.1');
    expect(address('127.0.0.1', `${'1.1.1.1,'.repeat(1_000)}`, ['loopback'])).toBe('127.0.0.1');
  });
});
