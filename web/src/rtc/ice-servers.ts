/**
 * Which STUN servers a page asks for its public address. On loopback and in a local network none is needed, and none is told
 * that someone is watching. What supernodes name besides is in shared/src/rtc/ice-server-book.ts.
 */
import type { IceServer } from '@murmuration/shared/wire/service-messages.ts';

const LOCAL_NAME = /^(localhost|.*\.localhost|.*\.local|[^.:]+)$/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const LOCAL_IPV4 = /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\./;
const LOCAL_IPV6 = /^\[?(::1|fe[89ab][0-9a-f]:.*|f[cd][0-9a-f]{2}:.*)\]?$/i;

/** True for a host name that can only be this machine or its neighbours'. */
const isLocalHost = (hostname: string): boolean =>
  LOCAL_NAME.test(hostname) ||
  (IPV4.test(hostname) && LOCAL_IPV4.test(hostname)) ||
  LOCAL_IPV6.test(hostname);

/**
 * @param hostname of the page's own address
 * @param stunUrls what the operator configured, such as `stun:stun.example.org:3478`; anything else is left out
 */
export function iceServersFor(hostname: string, stunUrls: readonly string[]): IceServer[] {
  if (isLocalHost(hostname)) return [];
  return stunUrls
    .filter((url) => /^stuns?:[^\s]+$/.test(url))
    .map((url) => ({ url, username: '', credential: '' }));
}
