/** Supernodes that dial supernodes, on real sockets: the contract between two of them, then servers that do not behave. */
import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { type Address, Channel } from '@murmuration/shared/node/ports.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { transportCases, untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { TransportProbe } from '../../shared/sim/transport-probe.ts';
import { SocketTransport as ClientTransport } from '../../web/src/rtc/socket-transport.ts';
import { defaultSocketLimits, Ending, type SocketLimits } from './socket-limits.ts';
import { SocketTransport, type SocketTransportSettings } from './socket-transport.ts';

const HOST = '127.0.0.1';
const NONCE = new Uint8Array(32).fill(7);
const endings: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** For a WebSocket URL of a server that already listens. */
const urlOf = (server: { address(): unknown }): string =>
  `ws://${HOST}:${(server.address() as AddressInfo).port}/link`;

function newTransport(
  limits: Partial<SocketLimits> = {},
  settings: Partial<SocketTransportSettings> = {},
): SocketTransport {
  const transport = new SocketTransport({ limits: { ...defaultSocketLimits, ...limits }, ...settings });
  endings.push(() => transport.stop());
  return transport;
}

/** A transport that others can dial. */
async function listening(limits: Partial<SocketLimits> = {}) {
  const transport = newTransport(limits);
  const server = createHttpServer();
  server.on('upgrade', (request, socket, head) => transport.handleUpgrade(request, socket, head));
  await listen(server);
  return { transport, url: urlOf(server) };
}

async function listen(server: Server): Promise<void> {
  server.listen(0, HOST);
  await once(server, 'listening');
  endings.push(() => {
    server.close();
    server.closeAllConnections();
  });
}

/** A WebSocket server that does one thing to everyone who connects; its URL. */
async function speaking(speak: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: HOST });
  endings.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    speak(socket);
  });
  await once(server, 'listening');
  return urlOf(server);
}

/** A TCP server that does one thing to everyone who connects; its URL. */
async function speakingTcp(speak: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    speak(socket);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return urlOf(server);
}

function dial(url: string, limits: Partial<SocketLimits> = {}) {
  const failures: string[] = [];
  const transport = newTransport(limits, { dialFailed: (to, reason) => failures.push(`${to} ${reason}`) });
  const probe = new TransportProbe(transport, 1);
  const link = probe.newLink();
  transport.dial(link, { kind: 'supernode', url });
  return { transport, probe, link, record: probe.record(link), failures };
}

const closed = async ({ record }: ReturnType<typeof dial>): Promise<string> => {
  await untilInRealTime(() => record.closings.length > 0);
  expect(record.closings).toHaveLength(1);
  return record.closings[0] ?? '';
};

describe('contract of transports, between two supernodes', () => {
  for (const { name, run } of transportCases) {
    test(name, async () => {
      // Room for the packets that the suite sends at once.
      const { transport, url } = await listening({ bytesBurst: 16 * 1024 * 1024 });
      await run({
        near: newTransport(),
        far: transport,
        farAddress: { kind: 'supernode', url },
        unreachable: { kind: 'supernode', url: `ws://${HOST}:1/link` },
        nearPeer: 'near' as PeerId,
        can: { frames: false, flushOnClose: true },
        until: untilInRealTime,
      });
    });
  }
});

describe('a dial that comes to nothing says why, to the node and to the operator', () => {
  test('peers are not dialed, nor what is no WebSocket address', async () => {
    const transport = newTransport();
    const probe = new TransportProbe(transport, 1);
    for (const address of [
      { kind: 'peer', peer: 'somebody' as PeerId },
      ...['no address', 'http://127.0.0.1/', 'ws+unix:///tmp/socket:/', 'ws://', `ws://${HOST}/#x`].map(
        (url) => ({ kind: 'supernode', url }) as const,
      ),
    ] as Address[]) {
      const [failed, left] = [probe.newLink(), probe.newLink()];
      transport.dial(failed, address);
      transport.dial(left, address);
      transport.close(left);
      await untilInRealTime(() => probe.record(failed).closings.length > 0);
      expect(probe.record(failed)).toMatchObject({ openings: 0, closings: [expect.stringMatching(/not/)] });
      expect(probe.record(left).closings).toEqual([]);
    }
  });

  test('a port where nobody listens', async () => {
    const url = `ws://${HOST}:1/link`;
    const dialed = dial(url);
    expect(await closed(dialed)).toContain('ECONNREFUSED');
    expect(dialed.failures).toEqual([`${url} ${dialed.record.closings[0]}`]);
  });

  test('a web server that is no supernode, a path that is not its own', async () => {
    const server = createHttpServer((_request, response) => response.end('hello'));
    await listen(server);
    expect(await closed(dial(urlOf(server)))).toContain('200');
    const { url } = await listening();
    expect(await closed(dial(url.replace('/link', '/other')))).toContain('404');
  });

  test('a redirect is not followed', async () => {
    const { transport, url } = await listening();
    new TransportProbe(transport, 1_000);
    const server = createHttpServer();
    server.on('upgrade', (_request, socket) =>
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${url}\r\nContent-Length: 0\r\n\r\n`),
    );
    await listen(server);
    expect(await closed(dial(urlOf(server)))).toContain('302');
    expect(transport.connections).toBe(0);
  });

  test('a server that speaks something else than HTTP, or hangs up', async () => {
    const garbage = await speakingTcp((socket) => socket.end(Buffer.alloc(64, 0xff)));
    const hangUp = await speakingTcp((socket) => socket.destroy());
    for (const url of [garbage, hangUp]) {
      const dialed = dial(url);
      await closed(dialed);
      expect(dialed.record.openings).toBe(0);
    }
  });

  test('a handshake that dribbles', async () => {
    const url = await speakingTcp((socket) => {
      // Never silent for long, never done.
      const dribble = setInterval(() => socket.write('H'), 10);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nX-Slow: ');
      socket.on('close', () => clearInterval(dribble));
    });
    expect(await closed(dial(url, { dialWithinMs: 100 }))).toBe('timed-out');
  });

  test('a WebSocket that sends no nonce, a text, or a nonce of another length', async () => {
    const silent = await speaking(() => {});
    expect(await closed(dial(silent, { firstMessageWithinMs: 50 }))).toBe(Ending.nonceMissing.reason);
    for (const [first, reason] of [
      ['text', Ending.textMessage.reason],
      [new Uint8Array(31), Ending.nonceMalformed.reason],
      [new Uint8Array(33), Ending.nonceMalformed.reason],
      [new Uint8Array(16 * 1024 + 1), Ending.oversized.reason],
    ] as const) {
      const dialed = dial(await speaking((socket) => socket.send(first)));
      expect(await closed(dialed)).toBe(reason);
      expect(dialed.record.openings).toBe(0);
      expect(dialed.failures).toHaveLength(1);
    }
  });

  test('a supernode that takes no more, and one that closes with words of its own', async () => {
    const full = await speaking((socket) => socket.close(Ending.noRoom.code, Ending.noRoom.reason));
    expect(await closed(dial(full))).toBe('remote-no-room');
    const chatty = await speaking((socket) => socket.close(4_999, 'words that are counted nowhere'));
    const dialed = dial(chatty);
    expect(await closed(dialed)).toBe('closed-by-remote');
    expect(Object.keys(dialed.transport.snapshot().ended)).toEqual(['closed-by-remote']);
  });
});

describe('an open link to a supernode', () => {
  async function opened(speak: (socket: WebSocket) => void, limits: Partial<SocketLimits> = {}) {
    const sockets: WebSocket[] = [];
    const url = await speaking((socket) => {
      sockets.push(socket);
      socket.send(NONCE);
      speak(socket);
    });
    const dialed = dial(url, limits);
    await untilInRealTime(() => dialed.record.openings > 0);
    return { ...dialed, socket: sockets[0] as WebSocket };
  }

  test('keeps the packets that come right behind the nonce, in order', async () => {
    const { record, probe, failures } = await opened((socket) => {
      for (const byte of [1, 2, 3]) socket.send(Uint8Array.of(byte));
    });
    await untilInRealTime(() => record.control.length >= 3);
    expect(record.control.map(([byte]) => byte)).toEqual([1, 2, 3]);
    expect(probe.outOfTurn).toBe(0);
    expect(failures).toEqual([]);
  });

  test('ends with a text message, or one that is too large', async () => {
    for (const [message, reason] of [
      ['text', Ending.textMessage.reason],
      [new Uint8Array(16 * 1024 + 1), Ending.oversized.reason],
    ] as const) {
      const dialed = await opened((socket) => socket.send(message));
      expect(await closed(dialed)).toBe(reason);
      expect(dialed.failures).toEqual([]);
    }
  });

  test('answers the pings of the other side, as a client does', async () => {
    let pongs = 0;
    const url = await speaking((socket) => {
      socket.send(NONCE);
      for (let pings = 0; pings < 3; pings++) socket.ping();
      socket.on('pong', () => {
        pongs++;
      });
    });
    const { record } = dial(url);
    await untilInRealTime(() => pongs === 3);
    expect(record).toMatchObject({ openings: 1, closings: [] });
  });

  test('ends when the other side breaks off', async () => {
    const dialed = await opened(() => {});
    dialed.socket.terminate();
    expect(await closed(dialed)).toBe('connection-lost');
  });

  test('gives its place back even if the other side never finishes the close', async () => {
    const { transport, link, socket } = await opened(() => {}, { closeWithinMs: 30 });
    socket.pause();
    transport.close(link);
    await untilInRealTime(() => transport.snapshot().dialed === 0);
  });

  test('may bring more than a client, but not any amount', async () => {
    const supernodeRates = { packetsPerSecond: 1, packetsBurst: 500, bytesPerSecond: 1, bytesBurst: 8_000 };
    const many = await opened(
      (socket) => {
        for (let at = 0; at < 600; at++) socket.send(Uint8Array.of(1));
      },
      { supernodeRates, packetsBurst: 1, packetsPerSecond: 1 },
    );
    expect(await closed(many)).toBe(Ending.tooManyPackets.reason);
    expect(many.record.control).toHaveLength(499);
    const large = await opened((socket) => socket.send(new Uint8Array(9_000)), { supernodeRates });
    expect(await closed(large)).toBe(Ending.tooManyBytes.reason);
  });
});

describe('a supernode that dials', () => {
  test('has room to dial when it is full, and is not refused newcomers for what it dialed', async () => {
    const far = await listening();
    const near = await listening({ connectionsMax: 1, connectionsPerAddressMax: 1 });
    const farProbe = new TransportProbe(far.transport, 1_000);
    const nearProbe = new TransportProbe(near.transport, 1);
    const dialed = [nearProbe.newLink(), nearProbe.newLink()];
    for (const link of dialed) near.transport.dial(link, { kind: 'supernode', url: far.url });
    await untilInRealTime(() => dialed.every((link) => nearProbe.record(link).openings > 0));
    expect(near.transport.snapshot()).toMatchObject({ connections: 0, dialed: 2 });
    // One client is let in, and a further dial still works.
    const client = new ClientTransport();
    const clientProbe = new TransportProbe(client, 1);
    const asked = clientProbe.newLink();
    client.dial(asked, { kind: 'supernode', url: near.url });
    await untilInRealTime(() => clientProbe.record(asked).openings > 0);
    const further = nearProbe.newLink();
    near.transport.dial(further, { kind: 'supernode', url: far.url });
    await untilInRealTime(() => nearProbe.record(further).openings > 0);
    expect(near.transport.snapshot()).toMatchObject({ connections: 1, dialed: 3 });
    // A place that a dialed link frees is no client's place.
    near.transport.close(further);
    await untilInRealTime(() => near.transport.snapshot().dialed === 2);
    expect(near.transport.connections).toBe(1);
    client.close(asked);
    await untilInRealTime(() => near.transport.connections === 0);
    expect(farProbe.outOfTurn).toBe(0);
  });

  test('ends its dialed links and its dials when it stops, and dials no more', async () => {
    const far = await listening();
    const farProbe = new TransportProbe(far.transport, 1_000);
    const never = await speakingTcp(() => {});
    const { transport, probe, link, record } = dial(far.url);
    const pending = probe.newLink();
    transport.dial(pending, { kind: 'supernode', url: never });
    await untilInRealTime(() => record.openings > 0);
    await transport.stop();
    const late = probe.newLink();
    transport.dial(late, { kind: 'supernode', url: far.url });
    await untilInRealTime(() => probe.record(late).closings.length > 0);
    for (const ended of [link, pending, late]) {
      expect(probe.record(ended).closings).toEqual([Ending.stopping.reason]);
    }
    expect(transport.snapshot().dialed).toBe(0);
    const [there] = farProbe.records.keys();
    await untilInRealTime(() => farProbe.record(there as LinkId).closings.length > 0);
  });
});

describe('a supernode that was dialed', () => {
  /** A supernode that takes 20 packets of a client, and two dialed links to it. */
  async function dialedTwice() {
    const far = await listening({ packetsBurst: 20, packetsPerSecond: 1, supernodeLinksMax: 1 });
    const farProbe = new TransportProbe(far.transport, 1_000);
    const near = dial(far.url);
    const second = near.probe.newLink();
    near.transport.dial(second, { kind: 'supernode', url: far.url });
    const nearLinks = [near.link, second];
    await untilInRealTime(() => nearLinks.every((link) => near.probe.record(link).openings > 0));
    await untilInRealTime(() => farProbe.records.size === 2);
    const farLinks = [...farProbe.records.keys()] as [LinkId, LinkId];
    const burst = (link: LinkId): void => {
      for (let at = 0; at < 100; at++) near.transport.send(link, Channel.control, Uint8Array.of(at));
    };
    return { far: far.transport, farProbe, farLinks, near, nearLinks, burst };
  }

  test('holds the one who dialed to the limits of a client, unless they are raised', async () => {
    const { far, farProbe, farLinks, nearLinks, burst } = await dialedTwice();
    expect(far.raiseLimits(farLinks[0])).toBe(true);
    for (const link of nearLinks) burst(link);
    const all = () => farLinks.map((link) => farProbe.record(link));
    await untilInRealTime(() => all().some(({ closings }) => closings.length > 0));
    await untilInRealTime(() => all().some(({ control }) => control.length === 100));
    expect(farProbe.record(farLinks[0]).closings).toEqual([]);
    expect(farProbe.record(farLinks[1]).closings).toEqual([Ending.tooManyPackets.reason]);
  });

  test('raises them for so many links at once, and for what was dialed in any case', async () => {
    const { far, farProbe, farLinks, near } = await dialedTwice();
    const [first, second] = farLinks;
    expect([first, first, second].map((link) => far.raiseLimits(link))).toEqual([true, true, false]);
    // Who is a supernode is not waited for when this one stops.
    expect([far.connections, far.clients]).toEqual([2, 1]);
    expect(far.raiseLimits(999 as LinkId)).toBe(false);
    expect(near.transport.raiseLimits(near.link)).toBe(true);
    far.close(first);
    expect(far.raiseLimits(first)).toBe(false);
    expect(far.raiseLimits(second)).toBe(true);
    expect(farProbe.record(second).closings).toEqual([]);
  });
});
