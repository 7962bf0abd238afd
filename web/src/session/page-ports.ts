/** Brings a node's doors together for a page: WebRTC and WebSocket links, the page's clock and random source, WebCrypto. */
import type { Crypto, Ports } from '@murmuration/shared/node/ports.ts';
import { PageClock } from '../platform/page-clock.ts';
import { PageRandom } from '../platform/page-random.ts';
import { iceServersFor } from '../rtc/ice-servers.ts';
import { PageTransport } from '../rtc/page-transport.ts';

/** STUN servers that the operator chose when building the page, separated by commas: `VITE_STUN_URLS=stun:… pnpm build`. */
const stunUrls: readonly string[] = String(import.meta.env.VITE_STUN_URLS ?? '').split(',');

export function pagePorts(crypto: Crypto): Ports {
  const clock = new PageClock();
  const iceServers = iceServersFor(location.hostname, stunUrls);
  return {
    transport: new PageTransport({ clock, crypto, iceServers }),
    clock,
    random: new PageRandom(),
    crypto,
  };
}
