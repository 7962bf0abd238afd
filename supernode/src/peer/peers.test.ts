/** Peers in Node.js with each other, over a real supernode and real WebRTC. */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import { afterEach, expect, test } from 'vitest';
import { untilInRealTime } from '../../../shared/sim/transport-contract.ts';
import { createLog } from '../log.ts';
import { defaultSettings } from '../settings/options.ts';
import { startSupernode } from '../supernode-program.ts';
import { HostPeer, type HostPeerOptions } from './host-peer.ts';
import { ViewerPeer, type ViewerPeerOptions } from './viewer-peer.ts';

const bindAddress = '127.0.0.1';
const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.stop();
});

function keep<Part extends { stop(): Promise<void> }>(part: Part): Part {
  running.push(part);
  return part;
}

async function newSupernode(): Promise<string> {
  const settings = { ...defaultSettings, port: 0, host: bindAddress, metricsPort: 0, drainMs: 0 };
  const { port, stop } = keep(await startSupernode(settings, createLog({ format: 'text', level: 'error' })));
  expect(stop).toBeDefined();
  return `ws://127.0.0.1:${port}/link`;
}

const newHost = async (supernode: string, more: Partial<HostPeerOptions> = {}) =>
  keep(
    await HostPeer.open({
      supernodes: [supernode],
      title: 'numbers',
      bitsPerSecond: 1_000_000,
      bindAddress,
      ...more,
    }),
  );

async function newViewer(supernode: string, stream: StreamId, more: Partial<ViewerPeerOptions> = {}) {
  const heard: Uint8Array[] = [];
  const viewer = keep(
    await ViewerPeer.open({
      stream,
      supernodes: [supernode],
      delivery: 'data',
      bindAddress,
      onMessage: (message) => heard.push(message),
      ...more,
    }),
  );
  return { viewer, heard };
}

const numbered = (number: number, bytes: number): Uint8Array => {
  const message = new Uint8Array(bytes).fill(number & 255);
  new DataView(message.buffer).setUint32(0, number);
  return message;
};
const numberOf = (message: Uint8Array): number =>
  new DataView(message.buffer, message.byteOffset).getUint32(0);

test('[R9] messages of all sizes reach two viewers, in order and once each, from the first on', async () => {
  const supernode = await newSupernode();
  const host = await newHost(supernode);
  const viewers = [await newViewer(supernode, host.stream), await newViewer(supernode, host.stream)];
  const sizes = [4, 1_000, 65_000, 262_144, 5, 100_000];
  for (let number = 0; number < 60; number++) {
    host.publish(numbered(number, sizes[number % sizes.length] as number));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await untilInRealTime(() => viewers.every(({ heard }) => heard.length >= 60));
  for (const { heard, viewer } of viewers) {
    expect(heard.map(numberOf)).toEqual(Array.from({ length: 60 }, (_, at) => at));
    expect(heard.map(({ length }) => length)).toEqual(
      Array.from({ length: 60 }, (_, at) => sizes[at % sizes.length]),
    );
    expect(viewer.beacon.title).toBe('numbers');
  }
});

test('[R9] 2,000 small messages at once come in order and once each, bundled, to one who joins late as well', async () => {
  const supernode = await newSupernode();
  const host = await newHost(supernode, { messageBytesMax: 100 });
  const first = await newViewer(supernode, host.stream);
  const feed = (from: number) => {
    for (let number = from; number < from + 2_000; number++) host.publish(numbered(number, 100));
  };
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
  feed(0);
  await untilInRealTime(() => first.heard.length >= 2_000);
  // Some went alone at once; the others had to wait, and 117 fit into a frame.
  expect(first.viewer.snapshot()?.relay?.framesDelivered).toBeLessThan(100);
  const late = await newViewer(supernode, host.stream);
  feed(2_000);
  await untilInRealTime(() =>
    [first, late].every(({ heard }) => numberOf(heard.at(-1) ?? numbered(0, 4)) === 3_999),
  );
  expect(first.heard.map(numberOf)).toEqual(range(0, 4_000));
  expect(first.heard.every(({ length }) => length === 100)).toBe(true);
  // It starts with the newest bundle that there was.
  const began = numberOf(late.heard[0] as Uint8Array);
  expect(late.heard.map(numberOf)).toEqual(range(began, 4_000));
  expect(began).toBeLessThanOrEqual(2_000);
  expect(began).toBeGreaterThan(1_880);
});

test('[R9] a host that names a smaller largest message says so to viewers, and sends nothing larger', async () => {
  const supernode = await newSupernode();
  const host = await newHost(supernode, { messageBytesMax: 1_000 });
  const { viewer, heard } = await newViewer(supernode, host.stream);
  expect(viewer.beacon.messageBytesMax).toBe(1_000);
  expect(() => host.publish(new Uint8Array(1_001))).toThrow(RangeError);
  host.publish(numbered(1, 1_000));
  await untilInRealTime(() => heard.length === 1);
});

test.each([0, 4 * 1024 * 1024 + 1, 1.5])(
  'a host cannot have a largest message of %d bytes',
  async (messageBytesMax) => {
    const supernode = await newSupernode();
    await expect(newHost(supernode, { messageBytesMax })).rejects.toMatchObject({ reason: 'bad-options' });
  },
);

test('a stream that nobody hosts is told from supernodes that do not answer', async () => {
  const nobodys = 'AAECAwQFBgcICQoLDA0ODxAREhM' as StreamId;
  const supernode = await newSupernode();
  await expect(newViewer(supernode, nobodys, { withinMs: 1_500 })).rejects.toMatchObject({
    reason: 'no-stream',
  });
  const nowhere = 'ws://127.0.0.1:9/link';
  await expect(newViewer(nowhere, nobodys, { withinMs: 500 })).rejects.toMatchObject({
    reason: 'no-supernode',
  });
});

test('a search that is ended says so, and leaves nothing behind', async () => {
  const supernode = await newSupernode();
  const ending = new AbortController();
  const search = ViewerPeer.open(
    {
      stream: 'AAECAwQFBgcICQoLDA0ODxAREhM' as StreamId,
      supernodes: [supernode],
      delivery: 'data',
      bindAddress,
      onMessage: () => {},
    },
    ending.signal,
  );
  ending.abort();
  await expect(search).rejects.toMatchObject({ reason: 'stopped' });
});
