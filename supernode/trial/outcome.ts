/** How an attempt ended, in the words of OPERATING.md, so that what is expected can be compared with what came. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SOCKET_PATH } from '@murmuration/shared/wire/socket-handshake.ts';
import type { TrialClient } from './trial-client.ts';

/** Longest wait for an ending; what takes longer did not end. */
const END_WITHIN_MS = 20_000;
const ANSWER_BYTES_MAX = 64 * 1024;
const NO_END = 'no end';

const giveUp = async (): Promise<string> => {
  await sleep(END_WITHIN_MS, undefined, { ref: false });
  return NO_END;
};

/** `close 4003`, or `close 1000 goodbye 3` if a goodbye came before. */
export async function endOf(client: TrialClient): Promise<string> {
  const ended = client.closed.then(({ code }) =>
    client.goodbye === undefined ? `close ${code}` : `close ${code} goodbye ${client.goodbye}`,
  );
  return Promise.race([ended, giveUp()]);
}

const HANDSHAKE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': Buffer.alloc(16, 1).toString('base64'),
};

/** The answer to an upgrade, such as `http 429`; 101 leaves a WebSocket open, which `keep` gets. */
export async function upgrade(
  port: number,
  {
    path = SOCKET_PATH,
    headers = {},
    localAddress = '127.0.0.1',
    keep,
  }: {
    path?: string;
    headers?: Record<string, string>;
    localAddress?: string;
    keep?: (socket: Socket) => void;
  } = {},
): Promise<string> {
  const asked = request({
    host: '127.0.0.1',
    port,
    path,
    localAddress,
    headers: { ...HANDSHAKE, ...headers },
  });
  asked.end();
  try {
    const [answer, socket] = (await Promise.race([once(asked, 'response'), once(asked, 'upgrade')])) as [
      IncomingMessage,
      Socket?,
    ];
    answer.resume();
    if (socket !== undefined && keep !== undefined) keep(socket);
    else answer.socket.destroy();
    return `http ${answer.statusCode}`;
  } catch {
    return 'unheard';
  }
}

/** Writes bytes as they are, then what `more` does, and says with which HTTP status it ended; `unheard` without an answer. */
export async function raw(
  port: number,
  text: string | Buffer,
  { localAddress = '127.0.0.1', more }: { localAddress?: string; more?: (socket: Socket) => void } = {},
): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (part) => {
    if (answer.length < ANSWER_BYTES_MAX) answer += String(part);
  });
  const closed = new Promise<string>((resolve) => {
    socket.once('close', () => {
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
      resolve(status === undefined ? 'unheard' : `http ${status}`);
    });
  });
  socket.write(text);
  more?.(socket);
  const outcome = await Promise.race([closed, giveUp()]);
  socket.destroy();
  return outcome;
}

/** A whole WebSocket, byte by byte: for frames that no library writes. The code that the other end closes with. */
export async function rawFrames(port: number, frames: Buffer, localAddress = '127.0.0.2'): Promise<string> {
  let socket: Socket | undefined;
  await upgrade(port, {
    localAddress,
    keep: (open) => {
      socket = open;
    },
  });
  if (socket === undefined) return 'refused';
  const parts: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (part: Buffer) => parts.push(part));
  const closed = once(socket, 'close').then(() => `close ${closeCodeIn(Buffer.concat(parts)) ?? 1006}`);
  socket.write(frames);
  const outcome = await Promise.race([closed, giveUp()]);
  socket.destroy();
  return outcome;
}

/** The code in the close frame among a supernode's (unmasked, short) frames. */
function closeCodeIn(bytes: Buffer): number | undefined {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const [first = 0, length = 0] = bytes.subarray(at, at + 2);
    if ((first & 15) === 8) return length >= 2 ? bytes.readUInt16BE(at + 2) : 1005;
    at += 2 + length;
  }
  return undefined;
}
