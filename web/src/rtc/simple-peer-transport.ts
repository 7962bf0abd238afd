/** The transport port between browsers: WebRTC through simple-peer 9.11.1. */
import type { Clock, Crypto } from '@murmuration/shared/node/ports.ts';
import { WebRtcTransport } from '@murmuration/shared/rtc/webrtc-transport.ts';
import type { IceServer } from '@murmuration/shared/wire/service-messages.ts';
import { SimplePeerLink } from './simple-peer-link.ts';

export interface SimplePeerTransportOptions {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, 'sha256'>;
  /** STUN and TURN servers for a connection made now; default none, which is enough on one machine and in a local network. */
  readonly iceServers?: () => readonly IceServer[];
}

export class SimplePeerTransport extends WebRtcTransport {
  constructor({ clock, crypto, iceServers = () => [] }: SimplePeerTransportOptions) {
    super((initiator, events) => {
      const servers = iceServers().map(({ url, username, credential }) =>
        username === '' ? { urls: url } : { urls: url, username, credential },
      );
      return new SimplePeerLink({ initiator, clock, crypto, iceServers: servers }, events);
    });
  }
}
