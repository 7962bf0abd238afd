/** The monitor over real sockets: who may watch, and what comes of those who misuse it (PROTOCOL.md R45). */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { StatisticsHistory } from '@murmuration/shared/graph/statistics-history.ts';
import { decodeFeedMessage } from '@murmuration/shared/monitor/feed-codec.ts';
import { FEED_PATH, FeedType, monitorTiers } from '@murmuration/shared/monitor/feed-messages.ts';
import { afterEach, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';
import { TrustedProxies } from '../client-address.ts';
import { Feed } from './feed.ts';
import { defaultFeedSocketLimits, type FeedSocketLimits, FeedSockets } from './feed-sockets.ts';

const TOKEN = 'a token of the operator';
const running: { server: Server; sockets: FeedSockets }[] = [];

afterEach(() => {
  for (const { server, sockets } of running.splice(0)) {
    sockets.stop();
    server.close();
    server.closeAllConnections();
  }
});

async function serve(
  limits: Partial<FeedSocketLimits> = {},
  token?: string,
  origins: readonly string[] = [],
) {
  const feed = new Feed(new StatisticsHistory<string>(monitorTiers));
  feed.look({ nodes: [], links: [] }, 1_700_000_000_000);
  const sockets = new FeedSockets(feed, {
    limits: { ...defaultFeedSocketLimits, ...limits },
    origins,
    proxies: new TrustedProxies(),
    token: () => token,
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.push({ server, sockets });
  return { feed, sockets, port: (server.address() as AddressInfo).port };
}

interface Watcher {
  readonly socket: WebSocket;
  /** Types of what came. */
  readonly types: number[];
  readonly ended: Promise<string>;
}

/** Ends as `http 503` or `close 1008 only-listens`. */
function watch(port: number, options: ClientOptions = {}): Watcher {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${FEED_PATH}`, options);
  const types: number[] = [];
  socket.on('message', (data: Buffer) => {
    const message = decodeFeedMessage(new Uint8Array(data));
    types.push(message.ok ? message.value.type : -1);
  });
  const ended = new Promise<string>((resolve) => {
    socket.on('unexpected-response', (_request, response) => {
      resolve(`http ${response.statusCode}`);
      socket.terminate();
    });
    socket.on('error', () => undefined);
    socket.once('close', (code, reason) => resolve(`close ${code} ${reason}`.trim()));
  });
  return { socket, types, ended };
}

const caughtUp = ({ types }: Watcher): Promise<void> =>
  untilInRealTime(() => types.includes(FeedType.caughtUp));

test('[R45] whoever connects is told everything, and then what is new', async () => {
  const { feed, sockets, port } = await serve();
  const watcher = watch(port);
  await caughtUp(watcher);
  expect(watcher.types[0]).toBe(FeedType.start);
  const told = watcher.types.length;
  feed.look({ nodes: [], links: [] }, 1_700_000_002_000);
  sockets.pump();
  await untilInRealTime(() => watcher.types.length > told);
  expect(watcher.types.at(-1)).toBe(FeedType.points);
  sockets.stop();
  expect(await watcher.ended).toBe('close 1001 supernode-stopping');
  expect(await watch(port).ended).toBe('http 503');
});

test.each<[string, (socket: WebSocket) => void, string]>([
  ['a word', (socket) => socket.send('hello'), 'close 1008 only-listens'],
  ['a binary message', (socket) => socket.send(new Uint8Array(20)), 'close 1008 only-listens'],
  ['nothing, as a message', (socket) => socket.send(''), 'close 1008 only-listens'],
  ['a long message', (socket) => socket.send('x'.repeat(5_000)), 'close 1009'],
  [
    'many parts',
    (socket) => {
      for (let part = 0; part < 5; part++) socket.send('x', { fin: false });
    },
    'close 1008',
  ],
  [
    'pings without end',
    (socket) => {
      for (let ping = 0; ping < 50; ping++) socket.ping();
    },
    'close 4003 too-many-packets',
  ],
  [
    'pongs without end',
    (socket) => {
      for (let pong = 0; pong < 50; pong++) socket.pong();
    },
    'close 4003 too-many-packets',
  ],
])('[R45] %s ends the connection', async (_, misuse, ending) => {
  const { sockets, port } = await serve();
  const watcher = watch(port);
  await caughtUp(watcher);
  misuse(watcher.socket);
  expect(await watcher.ended).toBe(ending);
  await untilInRealTime(() => sockets.readers === 0);
});

test('[R45] where the operator wants a token, nothing is told without it', async () => {
  const { port } = await serve({ tokenWithinMs: 200 }, TOKEN);
  const silent = watch(port);
  const wrong = watch(port);
  const binary = watch(port);
  wrong.socket.once('open', () => wrong.socket.send(`${TOKEN} `));
  binary.socket.once('open', () => binary.socket.send(Buffer.from(TOKEN)));
  expect(await silent.ended).toBe('close 4006 token-missing');
  expect(await wrong.ended).toBe('close 4007 token-wrong');
  expect(await binary.ended).toBe('close 4007 token-wrong');
  expect([silent, wrong, binary].flatMap(({ types }) => types)).toEqual([]);

  const right = watch(port);
  right.socket.once('open', () => right.socket.send(TOKEN));
  await caughtUp(right);
  right.socket.send(TOKEN);
  expect(await right.ended).toBe('close 1008 only-listens');
});

test('[R45] there is an end to how many may watch: in all, from one address, and a second', async () => {
  const all = await serve({ readersMax: 2 });
  const [first, second] = [watch(all.port), watch(all.port)];
  await Promise.all([caughtUp(first), caughtUp(second)]);
  expect(await watch(all.port).ended).toBe('http 503');
  first.socket.close();
  await first.ended;
  await untilInRealTime(() => all.sockets.readers === 1);
  await caughtUp(watch(all.port));

  const each = await serve({ readersPerAddressMax: 1 });
  await caughtUp(watch(each.port));
  expect(await watch(each.port).ended).toBe('http 429');
  await caughtUp(watch(each.port, { localAddress: '127.0.0.2' }));

  const often = await serve({ upgradesBurst: 1, upgradesPerSecond: 0.001 });
  await caughtUp(watch(often.port));
  expect(await watch(often.port).ended).toBe('http 503');
});

test('[R45] pages from elsewhere are refused where the operator lists origins', async () => {
  const { port } = await serve({}, undefined, ['https://good.example']);
  expect(await watch(port, { origin: 'https://bad.example' }).ended).toBe('http 403');
  await caughtUp(watch(port, { origin: 'https://good.example' }));
  await caughtUp(watch(port));
});

test('[R45] a reader that takes nothing is cut, and little waits for it', async () => {
  const { feed, sockets, port } = await serve({ pingEveryMs: 50, stallMs: 100, bufferedBytesMax: 16_384 });
  const socket = connect(port, '127.0.0.1');
  const closed = once(socket, 'close');
  socket.write(
    `GET ${FEED_PATH} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa('0123456789abcdef')}\r\n\r\n`,
  );
  await once(socket, 'data');
  socket.pause();
  await untilInRealTime(() => sockets.readers === 1);
  // Or dead: it does not answer pings either.
  for (let at = 1; sockets.readers > 0; at++) {
    feed.look({ nodes: [], links: [] }, 1_700_000_000_000 + at * 2_000);
    sockets.pump();
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.resume();
  await closed;
});
