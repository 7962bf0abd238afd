/**
 * The crypto port over WebCrypto: SHA-256 and Ed25519 (RFC 8032). Private keys cannot be extracted, not even by this page. A viewer
 * gets a new key for every tab; a host keeps one, and only one tab at a time may use it.
 */
import { BoundedMap } from '@murmuration/shared/lib/bounded-map.ts';
import { equalBytes, toBase64url } from '@murmuration/shared/lib/bytes.ts';
import type { Crypto, Storage } from '@murmuration/shared/node/ports.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '@murmuration/shared/wire/link-messages.ts';

const ED25519 = { name: 'Ed25519' } as const;
const HOST_KEY = 'host-key';
const HOST_LOCK = 'murmuration-host';
/** How long to wait for the lock in ms: a page that reloads may meet the lock of its former self. */
const HOST_LOCK_WAIT_MS = 2_000;
/** Public keys of others that are kept ready for verifying. */
const IMPORTED_KEYS_MAX = 256;

/** The browser cannot hold an identity here. The message is for people. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
  readonly reason: 'insecure-context' | 'no-ed25519';

  constructor(reason: 'insecure-context' | 'no-ed25519', options?: ErrorOptions) {
    super(
      reason === 'insecure-context'
        ? 'Keys are only available on secure pages: open this page over https, or on this computer as http://localhost.'
        : 'This browser has no Ed25519 signatures. Use a current version of Chrome, Edge, Firefox or Safari.',
      options,
    );
    this.reason = reason;
  }
}

/** The host's key, and the lock that keeps other tabs off it. */
export interface HostIdentity {
  readonly crypto: Crypto;
  /** False if the key is gone when the page closes, since the browser refuses storage: the next stream gets another id. */
  readonly kept: boolean;
  /** Lets another tab have the key. Safe to call twice. */
  release(): void;
}

/** A key that lives as long as the page. Rejects with {@link IdentityError}. */
export async function createEphemeralIdentity(): Promise<Crypto> {
  return cryptoOf(await generateKeys());
}

/**
 * The host's kept key, made on first use. Rejects with {@link IdentityError}, or with the storage's own error.
 *
 * @param locks for tests; the browser's Web Locks otherwise
 */
export async function openHostIdentity(
  storage: Storage & { durable?(): Promise<boolean> },
  locks: Pick<LockManager, 'request'> | undefined = globalThis.navigator?.locks,
): Promise<HostIdentity | 'held-by-another-tab'> {
  if (!locks) throw new IdentityError('insecure-context');
  const release = await takeLock(locks);
  if (!release) return 'held-by-another-tab';
  try {
    const kept = (await storage.durable?.()) ?? true;
    return { crypto: await cryptoOf(await keptKeys(storage)), kept, release };
  } catch (cause) {
    release();
    throw cause;
  }
}

/** Takes the host's lock; undefined if it stays with another tab. */
function takeLock(locks: Pick<LockManager, 'request'>): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const held = locks.request(
      HOST_LOCK,
      { signal: AbortSignal.timeout(HOST_LOCK_WAIT_MS) },
      () => new Promise<void>((release) => resolve(release)),
    );
    held.catch((cause: unknown) => {
      if (cause instanceof DOMException && cause.name === 'TimeoutError') resolve(undefined);
      else reject(cause);
    });
  });
}

async function keptKeys(storage: Storage): Promise<CryptoKeyPair> {
  const stored = await storage.get(HOST_KEY);
  if (isKeyPair(stored)) return stored;
  const made = await generateKeys();
  await storage.set(HOST_KEY, made);
  return made;
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  const { privateKey, publicKey } = (value ?? {}) as Partial<Record<string, unknown>>;
  return [privateKey, publicKey].every(
    (key) => key instanceof CryptoKey && key.algorithm.name === ED25519.name,
  );
}

async function generateKeys(): Promise<CryptoKeyPair> {
  if (!globalThis.crypto?.subtle) throw new IdentityError('insecure-context');
  try {
    return (await crypto.subtle.generateKey(ED25519, false, ['sign', 'verify'])) as CryptoKeyPair;
  } catch (cause) {
    throw new IdentityError('no-ed25519', { cause });
  }
}

async function cryptoOf({ privateKey, publicKey }: CryptoKeyPair): Promise<Crypto> {
  const { subtle } = globalThis.crypto;
  const importedKeys = new BoundedMap<string, Promise<CryptoKey>>(IMPORTED_KEYS_MAX);

  /** The one that was asked for last: frames come in long runs from one host. */
  let last: { readonly bytes: Uint8Array; readonly key: Promise<CryptoKey> } | undefined;

  const importKey = (key: Uint8Array): Promise<CryptoKey> => {
    if (last && equalBytes(last.bytes, key)) return last.key;
    const name = toBase64url(key);
    const imported =
      importedKeys.get(name) ?? subtle.importKey('raw', source(key), ED25519, false, ['verify']);
    importedKeys.set(name, imported);
    last = { bytes: key.slice(), key: imported };
    return imported;
  };

  return {
    publicKey: new Uint8Array(await subtle.exportKey('raw', publicKey)),
    sha256: async (bytes) => new Uint8Array(await subtle.digest('SHA-256', source(bytes))),
    sign: async (bytes) => new Uint8Array(await subtle.sign(ED25519, privateKey, source(bytes))),
    verify: async (key, signature, bytes) => {
      if (key.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
      try {
        return await subtle.verify(ED25519, await importKey(key), source(signature), source(bytes));
      } catch {
        // Thirty-two bytes that are no point of the curve.
        return false;
      }
    },
  };
}

/** WebCrypto's types rule out shared memory, which the core never uses. */
const source = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;
