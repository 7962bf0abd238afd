/** The page's client for supernodes against servers that do not behave. The contract runs in socket-transport.test.ts. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { TransportProbe } from '../../shared/sim/transport-probe.ts';
import { SocketTransport } from '../../web/src/rtc/socket-transport.ts';
import { Ending } from './socket-limits.ts';

const NONCE = new Uint8Array(32).fill(7);
const running: WebSocketServer[] = [];

afterEach(() => {
  for (const server of running.splice(0)) {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});

/** A server that does one thing to everyone who connects; its URL. */
async function speaking(speak: (socket: WebSocket) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  running.push(server);
  server.on('connection', speak);
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/link`;
}

function dial(url: string) {
  const transport = new SocketTransport();
  const probe = new TransportProbe(transport, 1);
  const link = probe.newLink();
  transport.dial(link, { kind: 'supernode', url });
  return { transport, probe, link, record: probe.record(link) };
}

const isClosed = ({ probe, link }: { probe: TransportProbe; link: LinkId }) =>
  untilInRealTime(() => probe.record(link).closings.length > 0);

test('does not dial peers, or what is no address; says nothing once closed', async () => {
  const transport = new SocketTransport();
  const probe = new TransportProbe(transport, 1);
  for (const address of [
    { kind: 'peer', peer: 'somebody' as PeerId },
    { kind: 'supernode', url: 'no address' },
    { kind: 'supernode', url: 'ftp://127.0.0.1/link' },
  ] as const) {
    const [failed, left] = [probe.newLink(), probe.newLink()];
    transport.dial(failed, address);
    transport.dial(left, address);
    transport.close(left);
    await isClosed({ probe, link: failed });
    expect(probe.record(left).closings).toEqual([]);
  }
});

test('gives up on a server that speaks something else, with a reason', async () => {
  for (const first of ['text', new Uint8Array(31), new Uint8Array(20_000)]) {
    const dialed = dial(await speaking((socket) => socket.send(first)));
    await isClosed(dialed);
    expect(dialed.record).toMatchObject({ openings: 0, closings: [expect.stringMatching(/supernode/)] });
  }
});

test('keeps packets that come before it has opened, in order', async () => {
  const url = await speaking((socket) => {
    for (const packet of [NONCE, Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]) socket.send(packet);
  });
  const { probe, record } = dial(url);
  await untilInRealTime(() => record.control.length >= 3);
  expect(record.control.map(([byte]) => byte)).toEqual([1, 2, 3]);
  expect(probe.outOfTurn).toBe(0);
});

test('a text message on an open link ends it', async () => {
  const dialed = dial(
    await speaking((socket) => {
      socket.send(NONCE);
      socket.once('message', () => socket.send('text'));
    }),
  );
  await isClosed(dialed);
  expect(dialed.record.control).toEqual([]);
});

test('reports why the supernode closed', async () => {
  const dialed = dial(await speaking((socket) => socket.close(Ending.noRoom.code, Ending.noRoom.reason)));
  await isClosed(dialed);
  expect(dialed.record.closings).toEqual([Ending.noRoom.reason]);
});
