/** The WebSocket transport on real sockets: the contract with the page's own client, then hostile clients for every limit. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { Channel, type LinkSink } from '@murmuration/shared/node/ports.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { transportCases, untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { SocketTransport as ClientTransport } from '../../web/src/rtc/socket-transport.ts';
import { TrustedProxies } from './client-address.ts';
import { defaultSocketLimits, Ending, Refusal, type SocketLimits } from './socket-limits.ts';
import { SocketTransport, type SocketTransportSettings } from './socket-transport.ts';

const HOST = '127.0.0.1';
const NONCE = new Uint8Array(32).fill(7);
const running: { server: Server; transport: SocketTransport }[] = [];

async function listen(settings: Partial<SocketTransportSettings> = {}) {
  const transport = new SocketTransport(settings);
  const server = createServer();
  server.on('upgrade', (upgrade, socket, head) => transport.handleUpgrade(upgrade, socket, head));
  server.listen(0, HOST);
  await once(server, 'listening');
  running.push({ server, transport });
  return { transport, port: (server.address() as AddressInfo).port };
}

const withLimits = (changed: Partial<SocketLimits>) => ({ limits: { ...defaultSocketLimits, ...changed } });

/** A supernode whose application writes everything down, and hands out ids from 1. */
async function supernode(settings: Partial<SocketTransportSettings> = {}, takes = true) {
  const { transport, port } = await listen(settings);
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
  return { transport, port, seen };
}

/** A client that says hello as it should, unless told otherwise. */
async function client(port: number, options: ClientOptions & { nonce?: Uint8Array } = {}) {
  const socket = new WebSocket(`ws://${HOST}:${port}/link`, options);
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  await once(socket, 'open');
  const nonce = options.nonce ?? NONCE;
  if (nonce.length > 0) socket.send(nonce);
  return { socket, closed };
}

/** One that writes its own frames. */
async function rawClient(port: number): Promise<Socket> {
  const socket = connect(port, HOST).setNoDelay();
  socket.write(
    `GET /link HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, 1).toString('base64')}\r\n\r\n`,
  );
  await once(socket, 'data');
  return socket;
}

/** The status that an upgrade is refused with. */
async function refusal(port: number, path = '/link', headers: Record<string, string> = {}): Promise<number> {
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

const expected = ({ code, reason }: Ending) => ({ code, reason });

afterEach(async () => {
  for (const { server, transport } of running.splice(0)) {
    await transport.stop();
    server.close();
    server.closeAllConnections();
  }
});

describe('contract of transports', () => {
  for (const { name, run } of transportCases) {
    test(name, async () => {
      // Room for the packets that the suite sends at once.
      const { transport, port } = await listen(withLimits({ bytesBurst: 16 * 1024 * 1024 }));
      await run({
        near: new ClientTransport(),
        far: transport,
        farAddress: { kind: 'supernode', url: `ws://${HOST}:${port}/link` },
        unreachable: { kind: 'supernode', url: `ws://${HOST}:1/link` },
        nearPeer: 'near' as PeerId,
        can: { frames: false, flushOnClose: true },
        until: untilInRealTime,
      });
    });
  }
});

describe('what comes from the network', () => {
  test('in pieces, or many packets at once, is the same to the node', async () => {
    const { port, seen } = await supernode();
    const socket = await rawClient(port);
    const frame = (payload: Uint8Array): Buffer =>
      Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
    socket.write(frame(NONCE));
    for (const byte of frame(new Uint8Array(5))) {
      socket.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    socket.write(Buffer.concat([6, 7, 8].map((length) => frame(new Uint8Array(length)))));
    await untilInRealTime(() => seen.length === 5);
    expect(seen).toEqual(['opened 1', ...[5, 6, 7, 8].map((length) => `received 1 ${length}`)]);
    socket.destroy();
  });

  test('is read past the library as long as that has one listener for it', async () => {
    const { port } = await supernode();
    const streams: Duplex[] = [];
    running.at(-1)?.server.on('upgrade', (_request, stream) => streams.push(stream));
    const { socket } = await client(port);
    expect(streams.map((stream) => stream.listeners('data').map(({ name }) => name))).toEqual([['onData']]);
    socket.terminate();
  });
});

describe('what does not become a connection', () => {
  test('another path', async () => {
    const { transport, port } = await supernode();
    expect(await refusal(port, '/')).toBe(404);
    expect(await refusal(port, '/linked')).toBe(404);
    expect(await refusal(port, '/link?via=1')).toBe(101);
    expect(transport.snapshot().refused).toEqual({ [Refusal.wrongPath.reason]: 2 });
  });

  test('an origin that is not listed; a listed one and a program without one may', async () => {
    const { port } = await supernode({ origins: ['https://good.example'] });
    expect(await refusal(port, '/link', { Origin: 'https://evil.example' })).toBe(403);
    expect(await refusal(port, '/link', { Origin: 'null' })).toBe(403);
    expect(await refusal(port, '/link', { Origin: 'https://GOOD.example' })).toBe(101);
    expect(await refusal(port)).toBe(101);
  });

  test('one connection too many; a freed place is given again', async () => {
    const { transport, port } = await supernode(withLimits({ connectionsMax: 2 }));
    const first = await client(port);
    await client(port);
    expect(await refusal(port)).toBe(503);
    first.socket.close();
    await untilInRealTime(() => transport.connections === 1);
    expect(await refusal(port)).toBe(101);
  });

  test('one connection too many from an address', async () => {
    const proxies = new TrustedProxies(['loopback']);
    const { port } = await supernode({ ...withLimits({ connectionsPerAddressMax: 1 }), proxies });
    await client(port, { headers: { 'X-Forwarded-For': '10.0.0.1' } });
    // What a client claims comes first, what the proxy saw comes last.
    expect(await refusal(port, '/link', { 'X-Forwarded-For': '10.9.9.9, 10.0.0.1' })).toBe(429);
    expect(await refusal(port, '/link', { 'X-Forwarded-For': '10.0.0.2' })).toBe(101);
  });

  test('a place that an address frees is given again, and only that one', async () => {
    const { transport, port } = await supernode(withLimits({ connectionsPerAddressMax: 2 }));
    const first = await client(port);
    await client(port);
    first.socket.close();
    await untilInRealTime(() => transport.connections === 1);
    await client(port);
    expect(await refusal(port)).toBe(429);
  });

  test('a classroom behind one router fits, and the one after it does not', async () => {
    const { port } = await supernode();
    const clients = await Promise.all(
      Array.from({ length: defaultSocketLimits.connectionsPerAddressMax }, () => client(port)),
    );
    expect(await refusal(port)).toBe(429);
    for (const { socket } of clients) socket.terminate();
  });

  test('more new connections than all together may open', async () => {
    const { transport, port } = await supernode(withLimits({ upgradesBurst: 3, upgradesPerSecond: 1 }));
    const statuses: number[] = [];
    for (let at = 0; at < 5; at++) statuses.push(await refusal(port));
    expect(statuses.slice(0, 3)).toEqual([101, 101, 101]);
    expect(statuses.at(-1)).toBe(503);
    expect(transport.snapshot().refused[Refusal.tooManyUpgrades.reason]).toBeGreaterThan(0);
  });

  test('compression is not agreed on', async () => {
    const { port } = await supernode();
    const { socket } = await client(port, { perMessageDeflate: true });
    expect(socket.extensions).toBe('');
  });

  test('X-Forwarded-For counts for nothing without a proxy', async () => {
    const { port } = await supernode(withLimits({ connectionsPerAddressMax: 1 }));
    await client(port);
    expect(await refusal(port, '/link', { 'X-Forwarded-For': '10.0.0.2' })).toBe(429);
  });

  test('a handshake that is no WebSocket', async () => {
    const { transport, port } = await supernode();
    expect(await refusal(port, '/link', { 'Sec-WebSocket-Version': '1' })).toBe(400);
    expect(transport.connections).toBe(0);
  });
});

describe('what ends a connection', () => {
  test('no nonce in time', async () => {
    const { port, seen } = await supernode(withLimits({ firstMessageWithinMs: 30 }));
    const { closed } = await client(port, { nonce: new Uint8Array(0) });
    expect(await closed).toEqual(expected(Ending.nonceMissing));
    expect(seen).toEqual([]);
  });

  test('a nonce, and then no hello in time', async () => {
    const { port, seen } = await supernode(withLimits({ firstMessageWithinMs: 40 }));
    const { closed } = await client(port);
    expect(await closed).toEqual(expected(Ending.helloMissing));
    expect(seen).toEqual(['opened 1', `closed 1 ${Ending.helloMissing.reason}`]);
  });

  test('after the first packet it may be silent, as pings are answered', async () => {
    const { transport, port, seen } = await supernode(
      withLimits({ firstMessageWithinMs: 40, pingEveryMs: 30 }),
    );
    const { socket } = await client(port);
    socket.send(Uint8Array.of(1));
    for (let pings = 0; pings < 4; pings++) await once(socket, 'ping');
    expect(seen).toEqual(['opened 1', 'received 1 1']);
    expect(transport.connections).toBe(1);
  });

  test('a nonce of another length', async () => {
    const { transport, port, seen } = await supernode();
    for (const length of [31, 33]) {
      const { closed } = await client(port, { nonce: new Uint8Array(length) });
      expect(await closed).toEqual(expected(Ending.nonceMalformed));
    }
    expect(seen).toEqual([]);
    expect(transport.snapshot().ended).toEqual({ [Ending.nonceMalformed.reason]: 2 });
  });

  test('a node that takes no more links', async () => {
    const { port, seen } = await supernode({}, false);
    expect(await (await client(port)).closed).toEqual(expected(Ending.noRoom));
    expect(seen).toEqual([]);
  });

  test('a text message', async () => {
    const { port, seen } = await supernode();
    const { socket, closed } = await client(port);
    socket.send('hello');
    expect(await closed).toEqual(expected(Ending.textMessage));
    expect(seen).toEqual(['opened 1', `closed 1 ${Ending.textMessage.reason}`]);
  });

  test('a message over 16 KiB, whole or in parts', async () => {
    const { transport, port } = await supernode();
    const whole = await client(port);
    whole.socket.send(new Uint8Array(16 * 1024 + 1));
    expect((await whole.closed).code).toBe(Ending.oversized.code);
    const parts = await client(port);
    for (let i = 0; i < 3; i++) parts.socket.send(new Uint8Array(8 * 1024), { fin: false });
    expect((await parts.closed).code).toBe(Ending.oversized.code);
    expect(transport.snapshot().ended).toEqual({ [Ending.oversized.reason]: 2 });
  });

  test('a message in too many parts', async () => {
    const { transport, port } = await supernode();
    const { socket, closed } = await client(port);
    for (let i = 0; i < 100; i++) socket.send(new Uint8Array(1), { fin: false });
    expect((await closed).code).toBe(Ending.tooManyParts.code);
    expect(transport.snapshot().ended).toEqual({ [Ending.tooManyParts.reason]: 1 });
  });

  test('bytes that are no WebSocket frame', async () => {
    const { transport, port } = await supernode();
    const socket = await rawClient(port);
    socket.write(Buffer.alloc(64, 0xff));
    await once(socket, 'close');
    expect(transport.snapshot().ended).toEqual({ [Ending.malformed.reason]: 1 });
  });

  test('too many packets', async () => {
    const { port, seen } = await supernode(withLimits({ packetsBurst: 10, packetsPerSecond: 1 }));
    const { socket, closed } = await client(port);
    for (let i = 0; i < 50; i++) socket.send(new Uint8Array(1));
    expect(await closed).toEqual(expected(Ending.tooManyPackets));
    // The nonce was one of the ten.
    expect(seen.filter((line) => line.startsWith('received'))).toHaveLength(9);
    expect(seen.at(-1)).toBe(`closed 1 ${Ending.tooManyPackets.reason}`);
  });

  test('too many bytes', async () => {
    const { port, seen } = await supernode(withLimits({ bytesBurst: 20_000, bytesPerSecond: 1 }));
    const { socket, closed } = await client(port);
    for (let i = 0; i < 5; i++) socket.send(new Uint8Array(8_000));
    expect(await closed).toEqual(expected(Ending.tooManyBytes));
    expect(seen.filter((line) => line.startsWith('received'))).toHaveLength(2);
  });

  test('a client that ignores the close is cut all the same', async () => {
    const { transport, port } = await supernode(withLimits({ closeWithinMs: 30 }));
    const { socket } = await client(port);
    await untilInRealTime(() => transport.snapshot().opened === 1);
    socket.send('text');
    socket.pause();
    await untilInRealTime(() => transport.connections === 0);
    socket.terminate();
  });

  test('a client that answers no ping', async () => {
    const { port, seen } = await supernode(withLimits({ pingEveryMs: 40 }));
    const { closed } = await client(port, { autoPong: false });
    expect((await closed).code).toBe(1006);
    expect(seen).toEqual(['opened 1', `closed 1 ${Ending.deadPeer.reason}`]);
  });

  test('a client that answers pings stays', async () => {
    const { transport, port } = await supernode(withLimits({ pingEveryMs: 40 }));
    const { socket } = await client(port);
    for (let i = 0; i < 4; i++) await once(socket, 'ping');
    expect(transport.connections).toBe(1);
  });

  test('a connection that breaks', async () => {
    const { port, seen } = await supernode();
    const { socket } = await client(port);
    await untilInRealTime(() => seen.length > 0);
    socket.terminate();
    await untilInRealTime(() => seen.length > 1);
    expect(seen).toEqual(['opened 1', 'closed 1 connection-lost']);
  });
});

describe('a receiver that does not read', () => {
  const packet = new Uint8Array(16 * 1024);
  const link = 1 as LinkId;

  async function stalled(limits: Partial<SocketLimits>) {
    const node = await supernode(withLimits(limits));
    const { socket, closed } = await client(node.port);
    await untilInRealTime(() => node.seen.includes('opened 1'));
    socket.pause();
    return { ...node, socket, closed };
  }

  test('has packets dropped beyond the cap, and gets them again once it reads', async () => {
    const bufferedBytesMax = 256 * 1024;
    const { transport, seen, socket } = await stalled({
      bufferedBytesMax,
      backlogBytesMax: Number.MAX_SAFE_INTEGER,
    });
    // The system takes some megabytes before the buffer here begins to fill.
    await untilInRealTime(() => {
      for (let i = 0; i < 16; i++) transport.send(link, Channel.control, packet);
      return transport.snapshot().packetsDropped > 0;
    });
    expect(transport.bufferedBytes(link, Channel.control)).toBeLessThanOrEqual(bufferedBytesMax + 1_024);
    expect(transport.send(link, Channel.control, packet)).toBe(false);
    socket.resume();
    await untilInRealTime(() => seen.includes('drained 1'));
    expect(transport.send(link, Channel.control, packet)).toBe(true);
    expect(transport.connections).toBe(1);
  });

  test('is not cut off for falling behind twice, if it catches up in between', async () => {
    const { transport, seen, socket } = await stalled({
      bufferedBytesMax: 256 * 1024,
      backlogBytesMax: 600 * 1024,
    });
    const drains = () => seen.filter((line) => line === 'drained 1').length;
    for (let round = 1; round <= 3; round++) {
      socket.pause();
      const dropped = transport.snapshot().packetsDropped;
      // Ten packets are dropped each time: 160 KiB, so that three rounds would be over the limit.
      await untilInRealTime(() => {
        while (transport.snapshot().packetsDropped < dropped + 10) {
          transport.send(link, Channel.control, packet);
          if (transport.bufferedBytes(link, Channel.control) === 0) return false;
        }
        return true;
      });
      socket.resume();
      await untilInRealTime(() => drains() >= round);
    }
    expect(seen.filter((line) => line.startsWith('closed'))).toEqual([]);
  });

  test('together with others takes no more than all of them may have waiting', async () => {
    const bufferedTotalBytesMax = 512 * 1024;
    const node = await supernode(
      withLimits({ bufferedTotalBytesMax, backlogBytesMax: Number.MAX_SAFE_INTEGER }),
    );
    const clients = await Promise.all([1, 2, 3, 4].map(() => client(node.port)));
    await untilInRealTime(() => node.seen.filter((line) => line.startsWith('opened')).length === 4);
    for (const { socket } of clients) socket.pause();
    await untilInRealTime(() => {
      for (let i = 0; i < 16; i++) {
        for (const id of [1, 2, 3, 4]) node.transport.send(id as LinkId, Channel.control, packet);
      }
      return node.transport.snapshot().packetsDropped > 100;
    });
    const { bufferedBytes } = node.transport.snapshot();
    expect(bufferedBytes).toBeGreaterThan(0);
    // One that has next to nothing waiting still gets a packet.
    expect(bufferedBytes).toBeLessThan(bufferedTotalBytesMax + 4 * (64 + 17) * 1024);
    for (const { socket } of clients) socket.terminate();
    await untilInRealTime(() => node.transport.connections === 0);
    expect(node.transport.snapshot().bufferedBytes).toBe(0);
  });

  test('is cut off when it stays behind', async () => {
    const { transport, seen, closed } = await stalled({});
    await untilInRealTime(() => {
      for (let i = 0; i < 16; i++) transport.send(link, Channel.control, packet);
      return seen.length > 1;
    });
    expect(seen).toEqual(['opened 1', `closed 1 ${Ending.slowReceiver.reason}`]);
    expect(transport.snapshot().packetsDropped).toBeGreaterThan(100);
    await untilInRealTime(() => transport.connections === 0);
    void closed;
  });
});

test('stopping tells the clients, refuses newcomers and waits until all are gone', async () => {
  const { transport, port, seen } = await supernode();
  const { closed } = await client(port);
  await untilInRealTime(() => seen.length > 0);
  const stopped = transport.stop();
  expect(await refusal(port)).toBe(503);
  await stopped;
  expect(await closed).toEqual(expected(Ending.stopping));
  expect(transport.connections).toBe(0);
});
