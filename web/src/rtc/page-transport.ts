/** The transport port of a page: WebRTC to peers, WebSocket to supernodes. */
import { LinkRouter } from '@murmuration/shared/rtc/link-router.ts';
import { SimplePeerTransport, type SimplePeerTransportOptions } from './simple-peer-transport.ts';
import { SocketTransport } from './socket-transport.ts';

export class PageTransport extends LinkRouter {
  readonly #webrtc: SimplePeerTransport;

  constructor(options: SimplePeerTransportOptions) {
    const webrtc = new SimplePeerTransport(options);
    super(webrtc, new SocketTransport());
    this.#webrtc = webrtc;
  }

  /** RTCPeerConnections that this transport has made; a page can make about 500 in its life, failed dials included. */
  get connectionsMade(): number {
    return this.#webrtc.connectionsMade;
  }
}
