import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHostStream } from '@murmuration/shared/node/host-stream.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStreamKey, type StreamKey } from './stream-key.ts';

const NONCE = new Uint8Array(16).fill(7);
const OTHER_NONCE = new Uint8Array(16).fill(8);
let folder: string;
let file: string;
const opened: StreamKey[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-'));
  file = join(folder, 'stream.key');
});
afterEach(async () => {
  for (const key of opened.splice(0)) await key.release();
  await rm(folder, { recursive: true });
});

async function openKey(path = file): Promise<StreamKey> {
  const key = await openStreamKey(path);
  opened.push(key);
  return key;
}

/** As a host that is started, and ended. */
async function hostedAt(nowMs: number, nonce = NONCE) {
  const { crypto, storage, release } = await openKey();
  const stream = await openHostStream(crypto, storage, nowMs, nonce);
  await release();
  return stream;
}

test('[R4] [R5] the next host has the same stream, whatever nonce is proposed, in a later epoch', async () => {
  const first = await hostedAt(1_000);
  const second = await hostedAt(2_000, OTHER_NONCE);
  const clockWentBack = await hostedAt(500);
  expect([first.epoch, second.epoch, clockWentBack.epoch]).toEqual([1_000, 2_000, 2_001]);
  expect([second.stream, clockWentBack.stream]).toEqual([first.stream, first.stream]);
});

test('[R5] an epoch is in the file before the host has it, and nothing is left beside the file', async () => {
  const { crypto, storage, release } = await openKey();
  const { epoch } = await openHostStream(crypto, storage, 1_000, NONCE);
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ epoch });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await release();
  await release();
  expect(await readdir(folder)).toEqual(['stream.key']);
});

test('a key is with one host at a time, by whatever name', async () => {
  const { release } = await openKey();
  const alias = join(folder, 'alias.key');
  await symlink(file, alias);
  await expect(openStreamKey(file)).rejects.toMatchObject({ reason: 'in-use' });
  await expect(openStreamKey(alias)).rejects.toMatchObject({ reason: 'in-use' });
  await release();
  await openKey(alias);
});

test('what a host that crashed left does not keep the next one out', async () => {
  await hostedAt(1_000);
  await writeFile(`${file}.new`, 'half');
  const crashed = createServer().listen(`${file}.lock.made`);
  await once(crashed, 'listening');
  // Its name is another by the time it closes, so it is not cleared away.
  const { rename } = await import('node:fs/promises');
  await rename(`${file}.lock.made`, `${file}.lock`);
  crashed.close();
  await once(crashed, 'close');
  expect(await readdir(folder)).toContain('stream.key.lock');
  expect((await hostedAt(2_000)).epoch).toBe(2_000);
});

test('a file that others can read is refused', async () => {
  await hostedAt(1_000);
  await chmod(file, 0o640);
  await expect(openStreamKey(file)).rejects.toMatchObject({ reason: 'open-to-others' });
  await chmod(file, 0o600);
  await openKey();
});

test('a file with anything else in it is refused, and left alone', async () => {
  await hostedAt(1_000);
  const good = JSON.parse(await readFile(file, 'utf8'));
  const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const bad = [
    '',
    'hello',
    '[]',
    'null',
    '7',
    good.key,
    JSON.stringify({ ...good, key: 'hello' }),
    JSON.stringify({ ...good, key: x25519 }),
    JSON.stringify({ ...good, nonce: 'AAAA' }),
    JSON.stringify({ ...good, nonce: 7 }),
    JSON.stringify({ ...good, nonce: null }),
    JSON.stringify({ ...good, epoch: 'now' }),
    JSON.stringify({ ...good, epoch: -1 }),
    JSON.stringify({ ...good, epoch: 2 ** 48 }),
  ];
  for (const text of bad) {
    await writeFile(file, text, { mode: 0o600 });
    await expect(openStreamKey(file), text).rejects.toMatchObject({ reason: 'not-a-key' });
    expect(await readFile(file, 'utf8')).toBe(text);
  }
});

test('what cannot be read or written is told with the reason', async () => {
  const asFolder = join(folder, 'folder.key');
  await mkdir(asFolder, { mode: 0o700 });
  await expect(openStreamKey(asFolder)).rejects.toMatchObject({ reason: 'unreadable' });
  await expect(openStreamKey(join(folder, 'no', 'stream.key'))).rejects.toMatchObject({
    reason: 'not-written',
  });
  const long = join(folder, 'a'.repeat(100));
  await expect(openStreamKey(long)).rejects.toMatchObject({
    reason: 'not-written',
    message: expect.stringContaining('too long'),
  });
  expect(await readdir(folder)).toEqual(['folder.key']);
  await writeFile(`${file}.lock`, 'of somebody else');
  await expect(openStreamKey(file)).rejects.toMatchObject({
    reason: 'not-written',
    message: expect.stringContaining('in the way'),
  });
  expect(await readFile(`${file}.lock`, 'utf8')).toBe('of somebody else');
});

test('a host whose epoch cannot be kept does not begin', async () => {
  const { crypto, storage } = await openKey();
  await mkdir(`${file}.new`);
  await expect(openHostStream(crypto, storage, 1_000, NONCE)).rejects.toMatchObject({
    reason: 'not-written',
  });
});
