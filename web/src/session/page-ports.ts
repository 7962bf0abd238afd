/** Brings a node's doors together for a page: WebRTC and WebSocket links, the page's clock and random source, WebCrypto. */
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import type { Crypto, Ports } from '@murmuration/shared/node/ports.ts';
import { IceServerBook } from '@murmuration/shared/rtc/ice-server-book.ts';
import { PageClock } from '../platform/page-clock.ts';
import { PageRandom } from '../platform/page-random.ts';
import { iceServersFor } from '../rtc/ice-servers.ts';
import { PageTransport } from '../rtc/page-transport.ts';

/** STUN servers that the operator chose when building the page, separated by commas: `VITE_STUN_URLS=stun:… pnpm build`. */
const stunUrls: readonly string[] = String(import.meta.env.VITE_STUN_URLS ?? '').split(',');

export interface PagePorts extends Ports {
  /** Takes what supernodes say of STUN and TURN servers. */
  tellIceServers(event: Extract<NodeEvent, { type: 'ice-servers' }>): void;
}

export function pagePorts(crypto: Crypto): PagePorts {
  const clock = new PageClock();
  const book = new IceServerBook(iceServersFor(location.hostname, stunUrls));
  return {
    transport: new PageTransport({ clock, crypto, iceServers: () => book.current(clock.now()) }),
    clock,
    random: new PageRandom(),
    crypto,
    tellIceServers: ({ supernode, servers, lifetimeSeconds }) =>
      book.tell(supernode, servers, lifetimeSeconds, clock.now()),
  };
}
