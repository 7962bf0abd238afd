import type { LinkId } from '@murmuration/shared/lib/ids.ts';
import { Channel } from '@murmuration/shared/node/ports.ts';
import { afterEach, describe, expect, test } from 'vitest';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { client, stopListening, supernode, withLimits } from '../test-kit/socket-server.ts';
import { Ending, type SocketLimits } from './socket-limits.ts';

afterEach(stopListening);

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
