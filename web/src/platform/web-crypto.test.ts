import type { Storage } from '@murmuration/shared/node/ports.ts';
import { expect, it } from 'vitest';
import { createEphemeralIdentity, type HostIdentity, openHostIdentity } from './web-crypto.ts';

class MapStorage implements Storage {
  readonly values = new Map<string, unknown>();
  async get(key: string): Promise<unknown> {
    return this.values.get(key);
  }
  async set(key: string, value: unknown): Promise<void> {
    this.values.set(key, value);
  }
}

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

async function opened(storage: Storage): Promise<HostIdentity> {
  const identity = await openHostIdentity(storage);
  if (identity === 'held-by-another-tab') throw new Error(identity);
  return identity;
}

it('signs so that its public key verifies, and nothing else does', async () => {
  const mine = await createEphemeralIdentity();
  const other = await createEphemeralIdentity();
  const signature = await mine.sign(text('hello'));
  expect(mine.publicKey).toHaveLength(32);
  expect(signature).toHaveLength(64);
  expect(await other.verify(mine.publicKey, signature, text('hello'))).toBe(true);
  expect(await other.verify(mine.publicKey, signature, text('hullo'))).toBe(false);
  expect(await other.verify(other.publicKey, signature, text('hello'))).toBe(false);
});

it('answers false, not an error, to keys and signatures that are none', async () => {
  const crypto = await createEphemeralIdentity();
  const signature = await crypto.sign(text('hello'));
  expect(await crypto.verify(new Uint8Array(31), signature, text('hello'))).toBe(false);
  expect(await crypto.verify(new Uint8Array(32).fill(0xff), signature, text('hello'))).toBe(false);
  expect(await crypto.verify(crypto.publicKey, signature.subarray(1), text('hello'))).toBe(false);
  expect(await crypto.verify(crypto.publicKey, new Uint8Array(64), text('hello'))).toBe(false);
});

it('hashes a view of a larger buffer as the view alone', async () => {
  const crypto = await createEphemeralIdentity();
  const whole = text('xabcx');
  const hex = Buffer.from(await crypto.sha256(whole.subarray(1, 4))).toString('hex');
  expect(hex).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('keeps the host one key across visits, which cannot be extracted', async () => {
  const storage = new MapStorage();
  const first = await opened(storage);
  first.release();
  const second = await opened(storage);
  second.release();
  expect(second.crypto.publicKey).toEqual(first.crypto.publicKey);
  expect(second.kept).toBe(true);
  const { privateKey } = storage.values.get('host-key') as CryptoKeyPair;
  await expect(crypto.subtle.exportKey('pkcs8', privateKey)).rejects.toThrow();
});

it('makes a new key where something else was stored', async () => {
  const storage = new MapStorage();
  storage.values.set('host-key', { privateKey: 'gone' });
  const identity = await opened(storage);
  identity.release();
  expect(identity.crypto.publicKey).toHaveLength(32);
});

it('lets one tab at a time have the key', async () => {
  const storage = new MapStorage();
  const first = await opened(storage);
  expect(await openHostIdentity(storage)).toBe('held-by-another-tab');
  first.release();
  first.release();
  (await opened(storage)).release();
});

it('gives the lock back when the storage fails', async () => {
  const storage = new MapStorage();
  const failing = { get: async () => Promise.reject(new Error('disk')), set: async () => {} };
  await expect(openHostIdentity(failing)).rejects.toThrow('disk');
  (await opened(storage)).release();
});
