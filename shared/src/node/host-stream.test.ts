import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { START } from '../../test-kit/frames.ts';
import { counting } from '../../test-kit/ids.ts';
import { openHostStream } from './host-stream.ts';
import type { Storage } from './ports.ts';

class MemoryStorage implements Storage {
  readonly values = new Map<string, unknown>();
  get(key: string): Promise<unknown> {
    return Promise.resolve(this.values.get(key));
  }
  set(key: string, value: unknown): Promise<void> {
    this.values.set(key, value);
    return Promise.resolve();
  }
}

const host = new Signer(1);

describe('opening a host’s stream', () => {
  it('[R4] the stream is made of key and nonce, and stays the same over restarts', async () => {
    const storage = new MemoryStorage();
    const first = await openHostStream(host.crypto, storage, START, host.nonce);
    expect(first).toEqual({ stream: host.stream, nonce: host.nonce, epoch: START });
    const second = await openHostStream(host.crypto, storage, START + 9, counting(200, 16));
    expect(second).toEqual({ stream: host.stream, nonce: host.nonce, epoch: START + 9 });
  });

  it('[R5] an epoch never repeats, even when the clock stands still or goes back', async () => {
    const storage = new MemoryStorage();
    const epochs: number[] = [];
    for (const nowMs of [START + 0.7, START, START - 60_000, 0, START + 500]) {
      epochs.push((await openHostStream(host.crypto, storage, nowMs, host.nonce)).epoch);
    }
    expect(epochs).toEqual([START, START + 1, START + 2, START + 3, START + 500]);
  });

  it('[R5] the epoch is stored before anybody learns it', async () => {
    const storage = new MemoryStorage();
    let stored: (() => void) | undefined;
    const slow: Storage = {
      get: (key) => storage.get(key),
      set: (key, value) =>
        new Promise((resolve) => {
          stored = () => {
            storage.values.set(key, value);
            resolve();
          };
        }),
    };
    let opened = false;
    const opening = openHostStream(host.crypto, slow, START, host.nonce).then((stream) => {
      opened = true;
      return stream;
    });
    while (storage.values.size < 2) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      expect(opened).toBe(false);
      stored?.();
    }
    expect((await opening).epoch).toBe(START);
    expect([...storage.values.values()]).toContain(START);
  });

  it('[R5] where nothing can be stored there is no stream', async () => {
    const broken: Storage = {
      get: () => Promise.resolve(undefined),
      set: () => Promise.reject(new Error('full')),
    };
    await expect(openHostStream(host.crypto, broken, START, host.nonce)).rejects.toThrow('full');
  });

  it('[R4] a stored nonce of another size is replaced', async () => {
    const storage = new MemoryStorage();
    storage.values.set('host-stream-nonce', counting(0, 15));
    expect((await openHostStream(host.crypto, storage, START, host.nonce)).nonce).toEqual(host.nonce);
  });
});
