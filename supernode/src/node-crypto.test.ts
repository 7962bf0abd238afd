import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateNodeIdentity, generatePeerIdentity, loadNodeIdentity } from './node-crypto.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const MESSAGE = new Uint8Array([1, 2, 3]);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ['off the main thread', generateNodeIdentity],
  ['on the spot', generatePeerIdentity],
])('Ed25519 and SHA-256 %s', (_where, generate) => {
  test('SHA-256 of “abc” is the published one', async () => {
    const hash = await generate().sha256(Buffer.from('abc'));
    expect(hex(hash)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(Object.getPrototypeOf(hash)).toBe(Uint8Array.prototype);
  });

  test('the first Ed25519 test of RFC 8032 verifies, and nothing near it', async () => {
    const key = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
    const signature = Buffer.from(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      'hex',
    );
    const { verify } = bound(generate());
    expect(await verify(key, signature, new Uint8Array())).toBe(true);
    expect(await verify(key, signature, new Uint8Array(1))).toBe(false);
  });

  test('signatures verify with the own key, and with no other', async () => {
    const [own, other] = [generate(), generate()];
    const signature = await own.sign(MESSAGE);
    expect([own.publicKey.length, signature.length]).toEqual([32, 64]);
    expect(await other.verify(own.publicKey, signature, MESSAGE)).toBe(true);
    expect(await other.verify(other.publicKey, signature, MESSAGE)).toBe(false);
  });

  test('bytes that are no key or no signature verify nothing and throw nothing', async () => {
    const own = generate();
    const signature = await own.sign(MESSAGE);
    for (const length of [0, 31, 33, 64]) {
      expect(await own.verify(new Uint8Array(length), signature, MESSAGE)).toBe(false);
      expect(await own.verify(own.publicKey, new Uint8Array(length), MESSAGE)).toBe(false);
    }
    expect(await own.verify(new Uint8Array(32).fill(255), signature, MESSAGE)).toBe(false);
  });
});

describe('an identity file', () => {
  test('is made once, for its owner alone, and gives the same key again', async () => {
    const file = join(folder, 'new.pem');
    const made = await loadNodeIdentity(file);
    const loaded = await loadNodeIdentity(file);
    expect(hex(loaded.publicKey)).toBe(hex(made.publicKey));
    expect(await made.verify(made.publicKey, await loaded.sign(MESSAGE), MESSAGE)).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  test('that others can read is refused', async () => {
    const file = join(folder, 'open.pem');
    await loadNodeIdentity(file);
    await chmod(file, 0o640);
    await expect(loadNodeIdentity(file)).rejects.toMatchObject({ reason: 'open-to-others' });
  });

  test('with anything else in it is refused and left alone', async () => {
    const file = join(folder, 'other.pem');
    const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
    for (const content of ['', 'hello', x25519]) {
      await writeFile(file, content, { mode: 0o600 });
      await expect(loadNodeIdentity(file)).rejects.toMatchObject({ reason: 'not-a-key' });
      expect(await readFile(file, 'utf8')).toBe(content);
    }
  });

  test('that cannot be written or read is an error with a reason', async () => {
    await expect(loadNodeIdentity(join(folder, 'no', 'folder.pem'))).rejects.toMatchObject({
      reason: 'not-written',
    });
    await chmod(folder, 0o700);
    await expect(loadNodeIdentity(folder)).rejects.toMatchObject({ reason: 'unreadable' });
  });
});

function bound(crypto: ReturnType<typeof generateNodeIdentity>) {
  return { verify: crypto.verify.bind(crypto) };
}
