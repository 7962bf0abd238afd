/**
 * The core's cryptography over Node's: SHA-256 on the spot, Ed25519 (RFC 8032) either through WebCrypto, which works off the main
 * thread, or on the spot as well. A supernode, which checks signatures of thousands of clients, takes the first; a peer the second:
 * for the frames of a stream or two, handing a check to another thread costs as much as making it, and its answer comes later.
 * A supernode may keep its key in a file, so that it stays the same peer over restarts.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
  verify,
  type webcrypto,
} from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { BoundedMap } from '@murmuration/shared/lib/bounded-map.ts';
import { equalBytes, fromBase64url, toBase64url } from '@murmuration/shared/lib/bytes.ts';
import type { Crypto } from '@murmuration/shared/node/ports.ts';

const ALGORITHM = 'Ed25519';
/** Public keys kept ready for verifying. Each holds 2 kB, and making one again takes a fifth of the time of the check itself. */
const KEYS_READY_MAX = 512;
/** The mode of files that hold keys. */
export const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** An identity file that cannot be used. `message` says what to do. */
export class IdentityError extends Error {
  readonly reason: 'unreadable' | 'not-a-key' | 'open-to-others' | 'not-written';

  constructor(reason: IdentityError['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'IdentityError';
    this.reason = reason;
  }
}

/** A new identity that lives as long as the process. */
export function generateNodeIdentity(): Crypto {
  return nodeIdentity(generateKeyPairSync('ed25519').privateKey);
}

/**
 * The identity kept in `file` (PKCS #8, PEM), or a new one that is then written there, readable by its owner alone.
 * Throws {@link IdentityError}.
 */
export async function loadNodeIdentity(file: string): Promise<Crypto> {
  return nodeIdentity((await readKey(file)) ?? (await createKey(file)));
}

/** The same for a peer: it signs and verifies at once. */
export const generatePeerIdentity = (): Crypto => peerIdentity(generateKeyPairSync('ed25519').privateKey);

/** @param key Ed25519 */
export const peerIdentity = (key: KeyObject): Crypto => new InlineCrypto(key, publicHalf(key));

const nodeIdentity = (key: KeyObject): Crypto =>
  new NodeCrypto(key.toCryptoKey(ALGORITHM, false, ['sign']), publicHalf(key));

function publicHalf(key: KeyObject): Uint8Array {
  const publicKey = fromBase64url(createPublicKey(key).export({ format: 'jwk' }).x ?? '');
  if (publicKey === undefined) throw new Error('bug: an Ed25519 key has a public half');
  return publicKey;
}

/** Whether others than its owner may do anything with a file. */
export const isOpenToOthers = ({ mode }: Pick<Stats, 'mode'>): boolean =>
  process.platform !== 'win32' && (mode & OTHERS) !== 0;

/** The key in a file; undefined if there is no such file. */
async function readKey(file: string): Promise<KeyObject | undefined> {
  let pem: string;
  try {
    if (isOpenToOthers(await stat(file))) {
      throw new IdentityError(
        'open-to-others',
        `Others can read the identity in ${file}. Make it yours alone: chmod 600 ${file}`,
      );
    }
    pem = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof IdentityError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new IdentityError('unreadable', `The identity in ${file} cannot be read.`, error);
  }
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (error) {
    throw notAKey(file, error);
  }
  throw notAKey(file);
}

const notAKey = (file: string, cause?: unknown): IdentityError =>
  new IdentityError(
    'not-a-key',
    `${file} holds no Ed25519 key (PKCS #8, PEM). Name another file, or move this one away to get a new identity.`,
    cause,
  );

async function createKey(file: string): Promise<KeyObject> {
  const key = generateKeyPairSync('ed25519').privateKey;
  try {
    // 'wx': whoever comes second must not replace the key of the first.
    const handle = await open(file, 'wx', OWNER_ONLY);
    try {
      await handle.writeFile(key.export({ type: 'pkcs8', format: 'pem' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new IdentityError('not-written', `The identity cannot be written to ${file}.`, error);
  }
  return key;
}

class NodeCrypto implements Crypto {
  readonly publicKey: Uint8Array;
  readonly #privateKey: webcrypto.CryptoKey;
  readonly #ready = new BoundedMap<string, webcrypto.CryptoKey>(KEYS_READY_MAX);
  /** The one that was asked for last: frames come in long runs from one host. */
  #last: { readonly bytes: Uint8Array; readonly key: webcrypto.CryptoKey } | undefined;

  constructor(privateKey: webcrypto.CryptoKey, publicKey: Uint8Array) {
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(hash('sha256', bytes, 'buffer'));
  }

  async sign(bytes: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(
      await crypto.subtle.sign(ALGORITHM, this.#privateKey, bytes as Uint8Array<ArrayBuffer>),
    );
  }

  /** False, too, for bytes that are no key or no signature. */
  async verify(publicKey: Uint8Array, signature: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    try {
      const key = await this.#imported(publicKey);
      return await crypto.subtle.verify(
        ALGORITHM,
        key,
        signature as Uint8Array<ArrayBuffer>,
        bytes as Uint8Array<ArrayBuffer>,
      );
    } catch {
      return false;
    }
  }

  async #imported(publicKey: Uint8Array): Promise<webcrypto.CryptoKey> {
    if (this.#last && equalBytes(this.#last.bytes, publicKey)) return this.#last.key;
    const name = toBase64url(publicKey);
    const key =
      this.#ready.get(name) ??
      (await crypto.subtle.importKey('raw', publicKey as Uint8Array<ArrayBuffer>, ALGORITHM, true, [
        'verify',
      ]));
    this.#ready.set(name, key);
    this.#last = { bytes: publicKey.slice(), key };
    return key;
  }
}

class InlineCrypto implements Crypto {
  readonly publicKey: Uint8Array;
  readonly #privateKey: KeyObject;
  readonly #ready = new BoundedMap<string, KeyObject>(KEYS_READY_MAX);
  /** The one that was asked for last: frames come in long runs from one host. */
  #last: { readonly bytes: Uint8Array; readonly key: KeyObject } | undefined;

  constructor(privateKey: KeyObject, publicKey: Uint8Array) {
    this.#privateKey = privateKey;
    this.publicKey = publicKey;
  }

  sha256(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(hash('sha256', bytes, 'buffer'));
  }

  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, bytes, this.#privateKey));
  }

  /** False, too, for bytes that are no key or no signature. */
  verify(publicKey: Uint8Array, signature: Uint8Array, bytes: Uint8Array): boolean {
    try {
      return verify(null, bytes, this.#imported(publicKey), signature);
    } catch {
      return false;
    }
  }

  #imported(publicKey: Uint8Array): KeyObject {
    if (this.#last && equalBytes(this.#last.bytes, publicKey)) return this.#last.key;
    const name = toBase64url(publicKey);
    const key =
      this.#ready.get(name) ??
      createPublicKey({ key: { kty: 'OKP', crv: ALGORITHM, x: name }, format: 'jwk' });
    this.#ready.set(name, key);
    this.#last = { bytes: publicKey.slice(), key };
    return key;
  }
}
