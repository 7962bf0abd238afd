import {
  type PeerId,
  peerIdFromBytes,
  type StreamId,
  streamIdFromBytes,
} from '@murmuration/shared/lib/ids.ts';
import { REMEMBERED_MAX } from '@murmuration/shared/node/settings.ts';
import { expect, test } from 'vitest';
import { RememberedPeers } from './remembered-peers.ts';

const stream: StreamId = streamIdFromBytes(new Uint8Array(20).fill(9));
const peer = (number: number): PeerId => peerIdFromBytes(new Uint8Array(20).fill(number));

function storageOf(stored: Record<string, string> = {}): globalThis.Storage {
  const values = new Map(Object.entries(stored));
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => values.set(key, value),
  } as unknown as globalThis.Storage;
}

test('peers of a stream outlive a reload, the latest first, so many at most', () => {
  const storage = storageOf();
  const before = new RememberedPeers(stream, storage);
  for (let number = 1; number <= REMEMBERED_MAX + 3; number++) before.add(peer(number));
  before.add(peer(10));
  const after = new RememberedPeers(stream, storage);
  expect(after.all).toHaveLength(REMEMBERED_MAX);
  expect(after.all.slice(0, 2)).toEqual([peer(10), peer(REMEMBERED_MAX + 3)]);
  expect(new RememberedPeers(streamIdFromBytes(new Uint8Array(20).fill(8)), storage).all).toEqual([]);
});

test('what is damaged is left out, and a storage that refuses changes nothing', () => {
  expect(new RememberedPeers(stream, storageOf({ [`peers ${stream}`]: `x ${peer(1)} <b>` })).all).toEqual([
    peer(1),
  ]);
  const full = storageOf();
  full.setItem = () => {
    throw new Error('quota');
  };
  const peers = new RememberedPeers(stream, full);
  peers.add(peer(1));
  expect(peers.all).toEqual([peer(1)]);
  expect(new RememberedPeers(stream, undefined).all).toEqual([]);
});
