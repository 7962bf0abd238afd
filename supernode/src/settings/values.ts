/** Checks of single values that options are made of: origins, addresses of supernodes, proxies, ICE servers. */
import { isIP } from 'node:net';
import { parsePeerId } from '@murmuration/shared/lib/ids.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { SOCKET_PATH } from '@murmuration/shared/wire/socket-handshake.ts';
import { ValueError } from './option.ts';

/** As browsers write it: scheme, host and a port that is not the usual one. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash) {
    return url.origin;
  }
  throw new ValueError(`takes an origin such as https://example.org, not “${text}”.`);
}

/** The WebSocket URL of a supernode, from that or from the address of its page. */
export function supernodeUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(https?|wss?):$/.test(url.protocol)) {
    throw new ValueError(
      `takes the address of a supernode such as https://other.example or wss://other.example${SOCKET_PATH}, not “${text}”.`,
    );
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new ValueError(`takes an address without name, password, “?” and “#”, not “${text}”.`);
  }
  url.protocol = url.protocol.replace('http', 'ws');
  if (url.pathname === '/') url.pathname = SOCKET_PATH;
  return url.href;
}

/** A supernode's id, as its operator sees it with the command “id”. */
export function supernodeIdOf(text: string): string {
  const id = parsePeerId(text);
  if (id !== undefined) return id;
  throw new ValueError(
    `takes the id of a supernode, 27 letters, digits, “-” and “_”: its operator sees it with the command “id”. It is not “${text}”.`,
  );
}

/** The WebSocket URL of a supernode, “#” and its id. */
export function peerOf(text: string): string {
  const [address = '', id, ...more] = text.split('#');
  if (id === undefined || more.length > 0) {
    throw new ValueError(
      `takes the address and the id of a supernode, such as https://other.example#0123456789abcdefghijklmnopq (its operator sees the id with the command “id”), not “${text}”.`,
    );
  }
  return `${supernodeUrlOf(address)}#${supernodeIdOf(id)}`;
}

/** Names for what proxies usually are: on this machine, or in a private network (RFC 1918, RFC 4193). */
export const PROXY_NAMES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** An address, a network such as 10.0.0.0/8, or one of {@link PROXY_NAMES}. */
export function proxyOf(text: string): string {
  if (Object.hasOwn(PROXY_NAMES, text)) return text;
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  const bitsMax = version === 6 ? 128 : 32;
  const bitsFit = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  if (version !== 0 && bitsFit && more.length === 0) return text;
  throw new ValueError(
    `takes the addresses of your proxies, such as 192.0.2.7, 10.0.0.0/8, loopback or private, not “${text}”.`,
  );
}

/** `stun:`, `turn:` or `turns:` with a host (RFC 7064, RFC 7065). */
export function iceServerOf(text: string): string {
  const fits = /^(stun|turn|turns):[\w.[\]:-]+(\?transport=(udp|tcp))?$/.test(text);
  if (fits && text.length <= limits.urlBytesMax) return text;
  throw new ValueError(
    `takes a server such as stun:stun.example.org:3478 or turn:turn.example.org?transport=tcp, not “${text}”.`,
  );
}
