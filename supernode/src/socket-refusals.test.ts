/** Upgrades that the WebSocket transport does not turn into connections. */
import { afterEach, describe, expect, test } from 'vitest';
import { untilInRealTime } from '../../shared/sim/transport-contract.ts';
import { client, refusal, stopListening, supernode, withLimits } from '../test-kit/socket-server.ts';
import { TrustedProxies } from './client-address.ts';
import { defaultSocketLimits, Refusal } from './socket-limits.ts';

afterEach(stopListening);

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
