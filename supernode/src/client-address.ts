/**
 * Whom a connection is counted for. One IPv4 address, or one IPv6 /64: a single subscriber commands all of that. If it comes from
 * a reverse proxy that the operator listed, it is the last address in `X-Forwarded-For` that is none of those; what clients wrote
 * before it proves nothing.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { PROXY_NAMES } from './settings/values.ts';

/** Entries of `X-Forwarded-For` that are looked at, from the end. */
const FORWARDED_MAX = 16;

/** The reverse proxies that are believed. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** Addresses, networks such as 10.0.0.0/8, or names of {@link PROXY_NAMES}, checked before. */
  constructor(proxies: readonly string[] = []) {
    for (const range of proxies.flatMap((proxy) => PROXY_NAMES[proxy] ?? [proxy])) {
      const [address = '', bits] = range.split('/');
      const family = isIPv6(address) ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  has(address: string): boolean {
    const plain = plainAddress(address);
    const version = isIP(plain);
    return version !== 0 && this.#list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
  }
}

/** A name for the client of a request, for counting only. */
export function clientAddress(request: IncomingMessage, proxies: TrustedProxies): string {
  let address = request.socket.remoteAddress ?? 'unknown';
  if (!proxies.has(address)) return addressGroup(address);
  // Node joins repeated headers with a comma.
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  for (const entry of forwarded.slice(-FORWARDED_MAX).reverse()) {
    const named = entry.trim();
    if (isIP(plainAddress(named)) === 0) break;
    address = named;
    if (!proxies.has(named)) break;
  }
  return addressGroup(address);
}

/** Without a zone, and IPv4 as it is, also when mapped into IPv6. */
function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? address.split('%')[0] ?? '';
}

/** IPv4 as it is; IPv6 cut to its first 64 bits. */
export function addressGroup(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain.slice(0, 64);
  const [head = '', tail] = plain.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right];
  const first = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(':')}::/64`;
}
