import { expect, test } from 'vitest';
import { addressGroup } from './client-address.ts';

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
