/** Brings a node's doors together for Node.js: WebRTC and WebSocket links, the system's clock and random source, a key. */
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import type { Crypto, Ports } from '@murmuration/shared/node/ports.ts';
import { IceServerBook } from '@murmuration/shared/rtc/ice-server-book.ts';
import { NodeClock } from '../node-clock.ts';
import { generatePeerIdentity } from '../node-crypto.ts';
import { NodeRandom } from '../node-random.ts';
import { NodeTransport } from '../node-rtc/node-transport.ts';

export interface NodePorts extends Ports {
  readonly transport: NodeTransport;
  /** Takes what supernodes say of STUN and TURN servers. */
  tellIceServers(event: Extract<NodeEvent, { type: 'ice-servers' }>): void;
}

/**
 * @param bindAddress see NodeTransportOptions
 * @param crypto a new key if left out. Throws WebRtcLibraryError where there is no WebRTC.
 */
export async function openNodePorts(
  bindAddress: string | undefined,
  crypto: Crypto = generatePeerIdentity(),
): Promise<NodePorts> {
  const clock = new NodeClock();
  const book = new IceServerBook([]);
  const transport = await NodeTransport.open({
    clock,
    crypto,
    bindAddress,
    iceServers: () => book.current(clock.now()),
  });
  return {
    transport,
    clock,
    random: new NodeRandom(),
    crypto,
    tellIceServers: ({ supernode, servers, lifetimeSeconds }) =>
      book.tell(supernode, servers, lifetimeSeconds, clock.now()),
  };
}
