import type { Duplex } from 'node:stream';
import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { transportCases, untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { SocketTransport as ClientTransport } from '../../web/src/rtc/socket-transport.ts';
import {
  client,
  expected,
  HOST,
  listen,
  NONCE,
  rawClient,
  refusal,
  stopListening,
  supernode,
  withLimits,
} from '../test-kit/socket-server.ts';
import { Ending } from './socket-limits.ts';

afterEach(stopListening);

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
    const { port, server } = await supernode();
    const streams: Duplex[] = [];
    server.on('upgrade', (_request, stream) => streams.push(stream));
    const { socket } = await client(port);
    expect(streams.map((stream) => stream.listeners('data').map(({ name }) => name))).toEqual([['onData']]);
    socket.terminate();
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
