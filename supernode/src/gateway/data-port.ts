/**
 * The local UDP port of an instance: one datagram, one message (thesis 3.5.2, the user application data transmission daemon).
 *
 * At a host each datagram is fed into the stream. At a member each datagram, whatever is in it, asks for one message, and is answered with
 * the next one that the application has not had, now or as soon as there is one. So the application sets the pace, and nothing is lost
 * in a buffer of the system. It may ask for some in advance.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Inbox } from './inbox.ts';

const LOOPBACK = '127.0.0.1';
/** The largest payload of a UDP datagram over IPv4. */
const DATAGRAM_BYTES_MAX = 65_507;
/** Messages that may be asked for in advance: two of the largest fit the buffer that a system gives a socket. */
const ASKED_MAX = 2;
/** What the system may hold of datagrams to a host, where it allows that: a burst of some dozen of the largest. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

export interface DataPort {
  readonly port: number;
  close(): void;
}

/** @param feed is called with each datagram */
export async function openFeedPort(feed: (message: Uint8Array) => void): Promise<DataPort> {
  const socket = await bound();
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // A system may have less to give; then it is what it is.
  }
  socket.on('message', (bytes) => feed(plain(bytes)));
  return portOf(socket);
}

/** Larger messages than a datagram holds are left out here, and `tooLarge` is called: a WebSocket carries them. */
export async function openReadPort(
  inbox: Inbox,
  mayRead: () => boolean,
  tooLarge: () => void,
): Promise<DataPort & { serve(): void }> {
  const socket = await bound();
  let reader: Pick<RemoteInfo, 'address' | 'port'> | undefined;
  let asked = 0;
  const serve = (): void => {
    while (reader !== undefined && asked > 0 && mayRead() && inbox.length > 0) {
      const item = inbox.take();
      if (item === undefined || item === 'gap') continue;
      if (item.length > DATAGRAM_BYTES_MAX) tooLarge();
      else {
        asked--;
        socket.send(item, reader.port, reader.address);
      }
    }
  };
  socket.on('message', (_bytes, { address, port }) => {
    // Whoever asks last is the reader; what another one had asked for is void.
    if (reader?.port !== port || reader.address !== address) asked = 0;
    reader = { address, port };
    asked = Math.min(ASKED_MAX, asked + 1);
    serve();
  });
  return { ...portOf(socket), serve };
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind({ port: 0, address: LOOPBACK, exclusive: true });
  await once(socket, 'listening');
  // A reader whose port is gone shows as an error of the socket on some systems.
  socket.on('error', () => {});
  return socket;
}

const portOf = (socket: Socket): DataPort => ({
  port: (socket.address() as AddressInfo).port,
  close: () => socket.close(),
});

const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes);
