/**
 * The transport of a supernode: links are WebSockets that others open at {@link SOCKET_PATH}, and some that it opens to other
 * supernodes. Decides who may connect; what a connection may do is in socket-connection.ts, dialing in socket-dialer.ts.
 *
 * Who dialed may send what a client may: before the hello nobody knows that it is a supernode. Its node then raises the
 * limits of that link ({@link SocketTransport.raiseLimits}). A dialed supernode has the higher limits from the start.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { assert } from '@murmuration/shared/lib/assert.ts';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { TokenBucket } from '@murmuration/shared/lib/token-bucket.ts';
import { type Address, Channel, type LinkSink, type LinkTransport } from '@murmuration/shared/node/ports.ts';
import { limits as protocolLimits } from '@murmuration/shared/wire/limits.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { SOCKET_PATH } from '@murmuration/shared/wire/socket-handshake.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import { clientAddress, TrustedProxies } from './client-address.ts';
import { type ConnectionOwner, SocketConnection } from './socket-connection.ts';
import { type DialOwner, SocketDialer, socketOptions } from './socket-dialer.ts';
import { defaultSocketLimits, Ending, Refusal, type SocketLimits } from './socket-limits.ts';

export interface SocketTransportSettings {
  readonly limits: SocketLimits;
  /** Origins whose pages may connect, as browsers write them. Empty (the default): all. Programs without an origin may always. */
  readonly origins: readonly string[];
  /** Reverse proxies that add the client's address to X-Forwarded-For, and are believed. Default none. */
  readonly proxies: TrustedProxies;
  /** A dial came to nothing: the node only learns that it has to try again, the operator wants to know why. Default: nothing. */
  readonly dialFailed: (url: string, reason: string) => void;
  /** A redirect was answered so many ms after its request was read from the socket; the answer is written by then. Default: nothing. */
  readonly redirected: (tookMs: number) => void;
}

export interface SocketTransportSnapshot {
  /** Opened by others. */
  readonly connections: number;
  /** Opened by us. */
  readonly dialed: number;
  /** Links that opened so far, both ways. */
  readonly opened: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly packetsDropped: number;
  /** What waits for all slow receivers together. */
  readonly bufferedBytes: number;
  /** Requests that did not become connections, and connections that ended, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly ended: Readonly<Record<string, number>>;
}

export class SocketTransport implements LinkTransport, ConnectionOwner, DialOwner {
  readonly #settings: SocketTransportSettings;
  readonly #server: WebSocketServer;
  readonly #dialer: SocketDialer;
  readonly #connections = new Set<SocketConnection>();
  readonly #perAddress = new Map<string, number>();
  readonly #links = new Map<LinkId, SocketConnection>();
  /** Where dialed links go, until they are open. */
  readonly #dialing = new Map<LinkId, string>();
  /** Opened by others, and with the limits of a supernode. */
  readonly #raised = new Set<SocketConnection>();
  readonly #pings: NodeJS.Timeout;
  readonly #upgrades: TokenBucket;
  readonly #refused: Record<string, number> = {};
  readonly #ended: Record<string, number> = {};
  #connectionsIn = 0;
  #opened = 0;
  #packetsIn = 0;
  #packetsOut = 0;
  #packetsDropped = 0;
  #bufferedBytes = 0;
  #refusing = false;
  inHand: Uint8Array | undefined;
  #sink: LinkSink | undefined;
  /** Set once stopping; called when the last connection is gone. */
  #whenEmpty: (() => void) | undefined;

  constructor(settings: Partial<SocketTransportSettings> = {}) {
    this.#settings = {
      limits: defaultSocketLimits,
      origins: [],
      proxies: new TrustedProxies(),
      dialFailed: () => undefined,
      redirected: () => undefined,
      ...settings,
    };
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      ...socketOptions(this.#settings.limits),
    });
    const { upgradesPerSecond, upgradesBurst } = this.#settings.limits;
    this.#upgrades = new TokenBucket(upgradesPerSecond, upgradesBurst, performance.now());
    this.#dialer = new SocketDialer(this.#settings.limits, this);
    this.#pings = setInterval(() => {
      for (const connection of this.#connections) connection.checkAlive();
    }, this.#settings.limits.pingEveryMs / 2);
    this.#pings.unref();
  }

  /** WebSockets that others opened. */
  get connections(): number {
    return this.#connectionsIn;
  }

  /** Of these, those that are not known to be other supernodes. */
  get clients(): number {
    return this.#connectionsIn - this.#raised.size;
  }

  snapshot(): SocketTransportSnapshot {
    let packetsDropped = this.#packetsDropped;
    for (const connection of this.#connections) packetsDropped += connection.packetsDropped;
    return {
      connections: this.connections,
      dialed: this.#connections.size - this.connections,
      opened: this.#opened,
      packetsIn: this.#packetsIn,
      packetsOut: this.#packetsOut,
      packetsDropped,
      bufferedBytes: this.#bufferedBytes,
      refused: { ...this.#refused },
      ended: { ...this.#ended },
    };
  }

  /** Takes an HTTP request to upgrade, or refuses it. For the `upgrade` event of an HTTP server. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const address = clientAddress(request, this.#settings.proxies);
    const refusal = this.#refusalOf(request, address);
    if (refusal !== undefined) {
      count(this.#refused, refusal.reason);
      refuse(socket, refusal);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new SocketConnection(webSocket, socket, address, this.#settings.limits, this);
      this.#connections.add(connection);
      this.#connectionsIn++;
      this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    });
  }

  #refusalOf(request: IncomingMessage, address: string): Refusal | undefined {
    const { limits, origins } = this.#settings;
    if (this.#refusing) return Refusal.stopping;
    if (request.url?.split('?')[0] !== SOCKET_PATH) return Refusal.wrongPath;
    const origin = request.headers.origin?.toLowerCase();
    if (origin !== undefined && origins.length > 0 && !origins.includes(origin)) return Refusal.wrongOrigin;
    if (this.connections >= limits.connectionsMax) return Refusal.tooManyConnections;
    if ((this.#perAddress.get(address) ?? 0) >= limits.connectionsPerAddressMax)
      return Refusal.tooManyFromAddress;
    return this.#upgrades.take(performance.now()) ? undefined : Refusal.tooManyUpgrades;
  }

  /** From now on newcomers are refused; those who are here stay. */
  refuseNewcomers(): void {
    this.#refusing = true;
  }

  /** Refuses newcomers, dials no more, ends all connections, and resolves when they are gone: within `closeWithinMs`. */
  stop(): Promise<void> {
    clearInterval(this.#pings);
    this.#refusing = true;
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      this.#dialer.stop();
      if (this.#connections.size === 0) resolve();
      for (const connection of this.#connections) connection.end(Ending.stopping);
    });
  }

  attach(sink: LinkSink): void {
    assert(this.#sink === undefined, 'a transport has one sink');
    this.#sink = sink;
  }

  get #attached(): LinkSink {
    assert(this.#sink !== undefined, 'attach comes first');
    return this.#sink;
  }

  dial(link: LinkId, address: Address): void {
    assert(!this.#links.has(link), 'a link id is used once');
    if (address.kind !== 'supernode') {
      this.#dialer.fail(link, 'peers are not dialed by WebSocket');
      return;
    }
    this.#dialing.set(link, address.url);
    this.#dialer.dial(link, address.url);
  }

  accept(link: LinkId, _remote: PeerId, _firstSignal: Uint8Array): void {
    this.#dialer.fail(link, 'signaling is not supported');
  }

  /**
   * Lets the other end of a link send what a supernode may, because it said in its hello that it is one. False if the link
   * is gone, or as many others already have those limits: then it stays with a client's.
   */
  raiseLimits(link: LinkId): boolean {
    const connection = this.#links.get(link);
    if (connection === undefined) return false;
    if (connection.dialed || this.#raised.has(connection)) return true;
    if (this.#raised.size >= this.#settings.limits.supernodeLinksMax) return false;
    this.#raised.add(connection);
    connection.raiseRates();
    return true;
  }

  signal(_link: LinkId, _payload: Uint8Array): void {}

  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    assert(packet.length <= protocolLimits.packetBytesMax, 'a packet is at most 16 KiB');
    if (channel !== Channel.control || !this.#links.get(link)?.send(packet)) return false;
    this.#packetsOut++;
    return true;
  }

  bufferedBytes(link: LinkId, channel: Channel): number {
    return channel === Channel.control ? (this.#links.get(link)?.bufferedBytes ?? 0) : 0;
  }

  close(link: LinkId): void {
    this.#dialing.delete(link);
    this.#dialer.cancel(link);
    const connection = this.#links.get(link);
    if (connection === undefined) return;
    // Forgotten first, so that the end is not reported to the one who asked for it.
    this.#forget(link, connection);
    connection.end(Ending.closedHere);
  }

  #forget(link: LinkId, connection: SocketConnection): void {
    this.#links.delete(link);
    connection.link = undefined;
    this.#raised.delete(connection);
  }

  #remember(link: LinkId, connection: SocketConnection): void {
    assert(!this.#links.has(link), 'a link id is used once');
    this.#links.set(link, connection);
    connection.link = link;
  }

  #reportClosed(link: LinkId, reason: string): void {
    const url = this.#dialing.get(link);
    this.#dialing.delete(link);
    if (url !== undefined) this.#settings.dialFailed(url, reason);
    this.#attached.closed(link, reason);
  }

  // What follows is for the dialer (DialOwner).

  dialOpened(link: LinkId, socket: WebSocket): void {
    const connection = new SocketConnection(socket, undefined, undefined, this.#settings.limits, this);
    this.#connections.add(connection);
    this.#remember(link, connection);
  }

  dialFailed(link: LinkId, reason: string): void {
    this.#reportClosed(link, reason);
  }

  // What follows is for the connections (ConnectionOwner).

  connectionOpened(connection: SocketConnection, binding: Uint8Array): void {
    // A dialed one has had its link from the start.
    const link = connection.link ?? this.#attached.incoming();
    if (link === undefined) {
      connection.end(Ending.noRoom);
      return;
    }
    if (!connection.dialed) this.#remember(link, connection);
    this.#dialing.delete(link);
    this.#opened++;
    this.#attached.opened(link, binding);
  }

  connectionReceived(connection: SocketConnection, packet: Uint8Array): void {
    const link = connection.link;
    if (link === undefined) return;
    this.#packetsIn++;
    if (packet[0] === MessageType.redirectRequest) this.#redirect(link, packet);
    else this.#attached.received(link, Channel.control, packet);
  }

  /** One that is refused, or has to wait behind a signature, is not measured. */
  #redirect(link: LinkId, packet: Uint8Array): void {
    const [beganMs, packetsOut] = [performance.now(), this.#packetsOut];
    this.#attached.received(link, Channel.control, packet);
    if (this.#packetsOut > packetsOut) this.#settings.redirected(performance.now() - beganMs);
  }

  connectionDrained(connection: SocketConnection): void {
    const link = connection.link;
    if (link !== undefined) this.#attached.drained(link, Channel.control);
  }

  connectionEnded(connection: SocketConnection, reason: string): void {
    count(this.#ended, reason);
    const link = connection.link;
    if (link === undefined) return;
    this.#forget(link, connection);
    this.#reportClosed(link, reason);
  }

  connectionGone(connection: SocketConnection): void {
    this.#connections.delete(connection);
    this.#packetsDropped += connection.packetsDropped;
    if (connection.address !== undefined) {
      this.#connectionsIn--;
      const left = (this.#perAddress.get(connection.address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(connection.address);
      else this.#perAddress.set(connection.address, left);
    }
    if (this.#connections.size === 0) this.#whenEmpty?.();
  }

  bufferedChanged(byBytes: number): void {
    this.#bufferedBytes += byBytes;
  }

  get crowded(): boolean {
    return this.#bufferedBytes >= this.#settings.limits.bufferedTotalBytesMax;
  }
}

function count(counts: Record<string, number>, reason: string): void {
  counts[reason] = (counts[reason] ?? 0) + 1;
}

/** Answers an upgrade that is not taken, and ends the socket. */
export function refuse(socket: Duplex, { status, reason }: Refusal): void {
  socket.once('finish', () => socket.destroy());
  // The client may be gone; then there is nobody to tell.
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nRetry-After: 5\r\nContent-Type: text/plain\r\nContent-Length: ${reason.length}\r\n\r\n${reason}`,
  );
}
