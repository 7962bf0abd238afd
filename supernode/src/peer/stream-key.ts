/**
 * The key of a stream that is hosted from Node.js, kept in a file with the stream's nonce and its last epoch (PROTOCOL.md R4, R5), so that a
 * host that is started again has the same link. One process at a time has it.
 *
 *     { "about": text, "key": PKCS #8 as PEM, "nonce": 16 bytes as base64url, "epoch": unix ms }
 *
 * Nonce and epoch are missing until the stream was live once.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fromBase64url, toBase64url } from '@murmuration/shared/lib/bytes.ts';
import { hostStreamKeys } from '@murmuration/shared/node/host-stream.ts';
import type { Crypto, Storage } from '@murmuration/shared/node/ports.ts';
import { STREAM_NONCE_BYTES } from '@murmuration/shared/wire/beacon.ts';
import { isOpenToOthers, OWNER_ONLY, peerIdentity } from '../node-crypto.ts';
import { type FileLock, takeFileLock } from './file-lock.ts';

const ABOUT = 'The key of a stream of Murmuration. Whoever has it can host the stream: keep it to yourself.';
const EPOCH_MAX = 2 ** 48 - 1;

type StreamKeyFailure = 'in-use' | 'unreadable' | 'not-a-key' | 'open-to-others' | 'not-written';

/** A key file that cannot be used. `message` says what to do. */
class StreamKeyError extends Error {
  override readonly name = 'StreamKeyError';
  readonly reason: StreamKeyFailure;

  constructor(reason: StreamKeyFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

export interface StreamKey {
  readonly crypto: Crypto;
  /** For `openHostStream`. `set` rejects with {@link StreamKeyError}. */
  readonly storage: Storage;
  /** Lets another process have it. Safe to call twice. */
  release(): Promise<void>;
}

interface KeptStream {
  readonly key: KeyObject;
  readonly nonce: Uint8Array | undefined;
  readonly epoch: number | undefined;
}

/** The key in `path`, or a new one, which is then kept there for its owner alone. Rejects with {@link StreamKeyError}. */
export async function openStreamKey(path: string): Promise<StreamKey> {
  const file = await realPathOf(path);
  const lock = await locked(file);
  try {
    const kept = (await readKept(file)) ?? (await newKept(file));
    return {
      crypto: peerIdentity(kept.key),
      storage: new KeyFileStorage(file, kept),
      release: () => lock.release(),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Two names of one file are one key. */
async function realPathOf(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, error);
  }
  const folder = await realpath(dirname(absolute)).catch((error: unknown) => {
    throw notWritten(path, error);
  });
  return join(folder, basename(absolute));
}

async function locked(file: string): Promise<FileLock> {
  let lock: FileLock | undefined;
  try {
    lock = await takeFileLock(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') {
      throw new StreamKeyError(
        'not-written',
        `The path of ${file} is too long. Go to its folder first, or keep the key elsewhere.`,
        error,
      );
    }
    throw notWritten(file, error);
  }
  if (lock) return lock;
  throw new StreamKeyError(
    'in-use',
    `A running host has the key in ${file} already, and a stream has one host. Stop that one first, or name another file for another stream.`,
  );
}

/** Undefined if there is no such file. */
async function readKept(file: string): Promise<KeptStream | undefined> {
  let text: string;
  try {
    if (isOpenToOthers(await stat(file))) {
      throw new StreamKeyError(
        'open-to-others',
        `Others can read the key in ${file}. Make it yours alone: chmod 600 ${file}`,
      );
    }
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof StreamKeyError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(file, error);
  }
  try {
    const kept = parsed(text);
    if (kept) return kept;
  } catch (error) {
    throw notAKey(file, error);
  }
  throw notAKey(file);
}

/** Undefined, or an error of the parsers, for what is no such file. */
function parsed(text: string): KeptStream | undefined {
  const { key: pem, nonce: nonceText, epoch } = JSON.parse(text) as Record<string, unknown>;
  if (typeof pem !== 'string') return undefined;
  const key = createPrivateKey(pem);
  const nonce = typeof nonceText === 'string' ? fromBase64url(nonceText) : undefined;
  if (nonceText !== undefined && nonce?.length !== STREAM_NONCE_BYTES) return undefined;
  if (epoch !== undefined && !isEpoch(epoch)) return undefined;
  return key.asymmetricKeyType === 'ed25519' ? { key, nonce, epoch } : undefined;
}

const isEpoch = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < EPOCH_MAX;

async function newKept(file: string): Promise<KeptStream> {
  const kept = { key: generateKeyPairSync('ed25519').privateKey, nonce: undefined, epoch: undefined };
  await write(file, kept);
  return kept;
}

class KeyFileStorage implements Storage {
  readonly #file: string;
  #kept: KeptStream;

  constructor(file: string, kept: KeptStream) {
    this.#file = file;
    this.#kept = kept;
  }

  async get(name: string): Promise<unknown> {
    if (name === hostStreamKeys.nonce) return this.#kept.nonce;
    return name === hostStreamKeys.epoch ? this.#kept.epoch : undefined;
  }

  async set(name: string, value: unknown): Promise<void> {
    if (name === hostStreamKeys.nonce) this.#kept = { ...this.#kept, nonce: value as Uint8Array };
    if (name === hostStreamKeys.epoch) this.#kept = { ...this.#kept, epoch: value as number };
    await write(this.#file, this.#kept);
  }
}

/** A second file takes the place of the first, so that a crash leaves one of the two. */
async function write(file: string, { key, nonce, epoch }: KeptStream): Promise<void> {
  const content = {
    about: ABOUT,
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    nonce: nonce && toBase64url(nonce),
    epoch,
  };
  const fresh = `${file}.new`;
  try {
    await rm(fresh, { force: true });
    // 'wx': what somebody else put there meanwhile is not written into.
    const options = { mode: OWNER_ONLY, flag: 'wx', flush: true };
    await writeFile(fresh, `${JSON.stringify(content, undefined, 2)}\n`, options);
    await rename(fresh, file);
    await syncFolder(dirname(file));
  } catch (error) {
    throw notWritten(file, error);
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  await handle.sync().finally(() => handle.close());
}

const unreadable = (file: string, cause: unknown): StreamKeyError =>
  new StreamKeyError('unreadable', `The key in ${file} cannot be read: ${(cause as Error).message}.`, cause);

const notWritten = (file: string, cause: unknown): StreamKeyError =>
  new StreamKeyError(
    'not-written',
    `The key cannot be kept in ${file}: ${(cause as Error).message}. Name another file.`,
    cause,
  );

const notAKey = (file: string, cause?: unknown): StreamKeyError =>
  new StreamKeyError(
    'not-a-key',
    `${file} holds no stream key, or it is damaged. Name another file, or move this one away for a new key, and with it a new link.`,
    cause,
  );
