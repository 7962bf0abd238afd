/** Hostile and broken clients of the WebSocket transport, for every limit that ends a connection. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import {
  client,
  expected,
  rawClient,
  stopListening,
  supernode,
  withLimits,
} from '../test-kit/socket-server.ts';
import { Ending } from './socket-limits.ts';

afterEach(stopListening);

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
