/**
 * The WebSocket of an instance, for messages larger than a datagram and for readers that must know of gaps: one binary message, one
 * message of the stream. To a host it only takes, from a member it only gives; a text message `{"gap":true}` says that messages are
 * missing before the next one.
 */
import type { WebSocket } from 'ws';
import type { Feed, GatewayInstance, Reading } from './gateway-instance.ts';

/** Nothing more is given to a reader that holds so many bytes. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** Nothing more is read from a feeder while so many bytes wait to go out; looked at so often. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
const WAITING_CHECK_MS = 5;

/** Close codes of our own. */
const SocketClosing = {
  replaced: [4000, 'another reader came'],
  notFor: [4001, 'this instance takes no messages'],
  tooLong: [1009, 'longer than the stream allows'],
  refused: [4002, 'too much waits already'],
  text: [1003, 'messages are binary'],
} as const;

export function serveSocket(socket: WebSocket, instance: GatewayInstance): void {
  // A broken connection ends in `close`, which is all that matters.
  socket.on('error', () => {});
  if (instance.feed !== undefined) feedFrom(socket, instance.feed);
  else if (instance.reading !== undefined) giveTo(socket, instance.reading);
}

function feedFrom(socket: WebSocket, feed: Feed): void {
  let timer: NodeJS.Timeout | undefined;
  const goOn = (): void => {
    if (feed.waitingBytes() <= WAITING_BYTES_MAX) socket.resume();
    else timer = setTimeout(goOn, WAITING_CHECK_MS);
  };
  socket.on('close', () => clearTimeout(timer));
  socket.on('message', (data, binary) => {
    const message = new Uint8Array(data as Buffer);
    if (!binary) socket.close(...SocketClosing.text);
    else if (message.length > feed.messageBytesMax) socket.close(...SocketClosing.tooLong);
    else if (!feed.take(message)) socket.close(...SocketClosing.refused);
    if (feed.waitingBytes() <= WAITING_BYTES_MAX) return;
    socket.pause();
    goOn();
  });
}

/** The reader of each member that is served now. */
const readers = new WeakMap<Reading, WebSocket>();

function giveTo(socket: WebSocket, reading: Reading): void {
  readers.get(reading)?.close(...SocketClosing.replaced);
  readers.set(reading, socket);
  const { inbox } = reading;
  const give = (): void => {
    while (socket.readyState === socket.OPEN && socket.bufferedAmount < UNREAD_BYTES_MAX) {
      const item = inbox.take();
      if (item === undefined) return;
      if (item === 'gap') socket.send('{"gap":true}', { binary: false });
      else socket.send(item, { binary: true }, give);
    }
  };
  socket.on('message', () => socket.close(...SocketClosing.notFor));
  socket.on('close', () => {
    if (readers.get(reading) !== socket) return;
    readers.delete(reading);
    reading.setReader(null);
  });
  reading.setReader(give);
}
