/** A supernode's WebSocket transport on real sockets of loopback, and clients that behave or do not. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import type { LinkSink } from '@murmuration/shared/node/ports.ts';
import { type ClientOptions, WebSocket } from 'ws';
import { defaultSocketLimits, type Ending, type SocketLimits } from '../src/socket-limits.ts';
import { SocketTransport, type SocketTransportSettings } from '../src/socket-transport.ts';

export const HOST = '127.0.0.1';
export const NONCE = new Uint8Array(32).fill(7);
const running: { server: Server; transport: SocketTransport }[] = [];

export async function listen(settings: Partial<SocketTransportSettings> = {}) {
  const transport = new SocketTransport(settings);
  const server = createServer();
  server.on('upgrade', (upgrade, socket, head) => transport.handleUpgrade(upgrade, socket, head));
  server.listen(0, HOST);
  await once(server, 'listening');
  running.push({ server, transport });
  return { transport, server, port: (server.address() as AddressInfo).port };
}

export const withLimits = (changed: Partial<SocketLimits>) => ({
  limits: { ...defaultSocketLimits, ...changed },
});

/** A supernode whose application writes everything down, and hands out ids from 1. */
export async function supernode(settings: Partial<SocketTransportSettings> = {}, takes = true) {
  const { transport, server, port } = await listen(settings);
  const seen: string[] = [];
  let last = 0;
  const sink: LinkSink = {
    incoming: () => (takes ? (++last as LinkId) : undefined),
    opened: (link) => seen.push(`opened ${link}`),
    signal: () => {},
    received: (link, _channel, packet) => seen.push(`received ${link} ${packet.length}`),
    drained: (link) => seen.push(`drained ${link}`),
    closed: (link, reason) => seen.push(`closed ${link} ${reason}`),
  };
  transport.attach(sink);
  return { transport, server, port, seen };
}

/** A client that says hello as it should, unless told otherwise. */
export async function client(port: number, options: ClientOptions & { nonce?: Uint8Array } = {}) {
  const socket = new WebSocket(`ws://${HOST}:${port}/link`, options);
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  await once(socket, 'open');
  const nonce = options.nonce ?? NONCE;
  if (nonce.length > 0) socket.send(nonce);
  return { socket, closed };
}

/** One that writes its own frames. */
export async function rawClient(port: number): Promise<Socket> {
  const socket = connect(port, HOST).setNoDelay();
  socket.write(
    `GET /link HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}\r\n\r\n`,
  );
  await once(socket, 'data');
  return socket;
}

/** The status that an upgrade is refused with. */
export async function refusal(
  port: number,
  path = '/link',
  headers: Record<string, string> = {},
): Promise<number> {
  const upgrade = request({
    host: HOST,
    port,
    path,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': Buffer.alloc(16, 1).toString('base64'),
      ...headers,
    },
  });
  upgrade.end();
  const [first] = (await Promise.race([once(upgrade, 'response'), once(upgrade, 'upgrade')])) as [
    IncomingMessage,
  ];
  first.socket.destroy();
  return first.statusCode ?? 0;
}

/** What a client sees of an ending. */
export const expected = ({ code, reason }: Ending) => ({ code, reason });

/** Ends all that listens; to be called after each test. */
export async function stopListening(): Promise<void> {
  for (const { server, transport } of running.splice(0)) {
    await transport.stop();
    server.close();
    server.closeAllConnections();
  }
}
