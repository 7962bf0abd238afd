/** The transport port of a peer in Node.js: WebRTC to peers through node-datachannel, WebSocket to supernodes. */
import { networkInterfaces } from 'node:os';
import type { Clock, Crypto } from '@murmuration/shared/node/ports.ts';
import { LinkRouter } from '@murmuration/shared/rtc/link-router.ts';
import { WebRtcTransport } from '@murmuration/shared/rtc/webrtc-transport.ts';
import type { IceServer } from '@murmuration/shared/wire/service-messages.ts';
import { SocketTransport } from '../socket-transport.ts';
import { DataChannelLink } from './data-channel-link.ts';
import { libraryServer } from './ice-server-address.ts';
import { loadWebRtc } from './webrtc-library.ts';

/** Closed connections are waited for at most so long, in ms: one flushes for a second. */
const CLOSED_WITHIN_MS = 3_000;
const CLOSED_CHECK_MS = 10;

export interface NodeTransportOptions {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, 'sha256'>;
  /** STUN and TURN servers for a connection made now. Default none. */
  readonly iceServers?: (() => readonly IceServer[]) | undefined;
  /**
   * The address of this machine that peers are linked on. Default: all but loopback; loopback if there is no other, because then the
   * library would find none.
   */
  readonly bindAddress?: string | undefined;
  /** A dial of a supernode came to nothing. */
  readonly dialFailed?: ((url: string, reason: string) => void) | undefined;
}

/** WebRTC alone. `release` closes what is open; the process can end after it. */
export async function openDataChannelTransport(
  options: NodeTransportOptions,
): Promise<{ readonly transport: WebRtcTransport; release(): Promise<void> }> {
  const { PeerConnection } = await loadWebRtc();
  const { clock, crypto, iceServers = () => [], bindAddress = onlyAddress() } = options;
  const transport = new WebRtcTransport((initiator, events) => {
    const network = {
      iceServers: iceServers().flatMap((server) => libraryServer(server) ?? []),
      ...(bindAddress === undefined ? {} : { bindAddress }),
    };
    return new DataChannelLink({ initiator, clock, crypto, Connection: PeerConnection, network }, events);
  });
  return {
    transport,
    release: async () => {
      transport.closeAll();
      await emptied(transport);
    },
  };
}

export class NodeTransport extends LinkRouter {
  readonly #sockets: SocketTransport;
  readonly #webrtc: Awaited<ReturnType<typeof openDataChannelTransport>>;
  #stopped: Promise<void> | undefined;

  /** Throws WebRtcLibraryError where there is no WebRTC. */
  static async open(options: NodeTransportOptions): Promise<NodeTransport> {
    const { dialFailed } = options;
    const sockets = new SocketTransport(dialFailed === undefined ? {} : { dialFailed });
    return new NodeTransport(await openDataChannelTransport(options), sockets);
  }

  private constructor(
    webrtc: Awaited<ReturnType<typeof openDataChannelTransport>>,
    sockets: SocketTransport,
  ) {
    super(webrtc.transport, sockets);
    this.#webrtc = webrtc;
    this.#sockets = sockets;
  }

  /** WebRTC connections made so far, failed dials included. */
  get connectionsMade(): number {
    return this.#webrtc.transport.connectionsMade;
  }

  /** Closes everything, after what was sent before. Resolves when it is closed. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopped ??= Promise.all([this.#webrtc.release(), this.#sockets.stop()]).then(() => undefined);
    return this.#stopped;
  }
}

async function emptied(transport: WebRtcTransport): Promise<void> {
  const untilMs = performance.now() + CLOSED_WITHIN_MS;
  while (transport.connectionsOpen > 0 && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, CLOSED_CHECK_MS));
  }
}

/** Loopback, if this machine has no other address. */
function onlyAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return addresses.every(({ internal }) => internal) ? '127.0.0.1' : undefined;
}
