/**
 * Whom a connection is counted for. One IPv4 address, or one IPv6 /64: a single subscriber commands all of that. Behind a
 * reverse proxy it is what the proxy wrote last into `X-Forwarded-For`; what clients wrote before it proves nothing.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

/** A name for the client of a request, for counting only. `trustProxy`: a reverse proxy of ours stands in front. */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const direct = request.socket.remoteAddress ?? 'unknown';
  if (!trustProxy) return addressGroup(direct);
  // Node joins repeated headers with a comma.
  const forwarded = String(request.headers['x-forwarded-for'] ?? '');
  return addressGroup(forwarded.split(',').at(-1)?.trim() || direct);
}

/** IPv4 as it is, also when mapped into IPv6; IPv6 cut to its first 64 bits. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const plain = address.split('%')[0] ?? '';
  if (!isIPv6(plain)) return plain.slice(0, 64);
  const [head = '', tail] = plain.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right];
  const first = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(':')}::/64`;
}
