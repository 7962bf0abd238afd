/**
 * Hashes and signatures that answer at once. Nothing here is cryptography: the hash only scatters well, and a signature is
 * a hash keyed with a secret which the registry looks up to verify. Inside one simulation that gives what the protocol
 * needs: nobody without a key's secret makes a signature that verifies, and any changed byte changes the hash.
 *
 * Frames are forwarded by reference, so the hash of a long input is kept by the identity of its bytes (buffer, offset,
 * length). That is sound as long as nobody writes to a packet after it was hashed: the core never does, and an attacker of
 * the simulator copies first. One lookup in {@link RECHECK_EVERY} is computed again to catch whoever breaks this rule.
 */
import { assert } from '../src/lib/assert.ts';
import { equalBytes } from '../src/lib/bytes.ts';
import { type Random, randomBytes } from '../src/lib/random.ts';
import type { Crypto } from '../src/node/ports.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../src/wire/link-messages.ts';

const HASH_BYTES = 32;
/** Shorter inputs are hashed faster than looked up. */
const CACHED_BYTES_MIN = 512;
const RECHECK_EVERY = 4_096;

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/** The finaliser of MurmurHash3: one-to-one on 32 bits. */
function scatter(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Where the four lanes start. */
interface LaneKey {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

const NO_KEY: LaneKey = { a: 0, b: 0, c: 0, d: 0 };

/**
 * 32 bytes out of any input: four lanes of 32 bits, each a chain of one-to-one steps (so a change of one word always changes its
 * lane), crossed at the end. Four bytes at a time, little-endian. A key sets where the lanes start.
 */
export function simHash(bytes: Uint8Array, key: LaneKey = NO_KEY): Uint8Array {
  const length = bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let a = 0x9e3779b9 ^ length ^ key.a;
  let b = 0x243f6a88 ^ key.b;
  let c = 0xb7e15162 ^ key.c;
  let d = 0x6a09e667 ^ key.d;
  let at = 0;
  for (; at + 16 <= length; at += 16) {
    a = Math.imul(rotateLeft(a ^ view.getInt32(at, true), 13), 0x9e3779b1);
    b = Math.imul(rotateLeft(b ^ view.getInt32(at + 4, true), 15), 0x85ebca77);
    c = Math.imul(rotateLeft(c ^ view.getInt32(at + 8, true), 17), 0xc2b2ae3d);
    d = Math.imul(rotateLeft(d ^ view.getInt32(at + 12, true), 19), 0x27d4eb2f);
  }
  for (; at < length; at++) {
    a = Math.imul(rotateLeft(a ^ view.getUint8(at), 11), 0x9e3779b1);
    b = (b + rotateLeft(a, 7)) | 0;
  }
  // Two rounds so that every output word depends on every lane.
  for (let round = 0; round < 2; round++) {
    a = scatter(a + d);
    b = scatter(b + a);
    c = scatter(c + b);
    d = scatter(d + c);
  }
  const hash = new Uint8Array(HASH_BYTES);
  const out = new DataView(hash.buffer);
  out.setInt32(0, a);
  out.setInt32(4, b);
  out.setInt32(8, c);
  out.setInt32(12, d);
  out.setInt32(16, scatter(a ^ 0x3c6ef372));
  out.setInt32(20, scatter(b ^ 0x510e527f));
  out.setInt32(24, scatter(c ^ 0x1f83d9ab));
  out.setInt32(28, scatter(d ^ 0x5be0cd19));
  return hash;
}

interface CachedHash {
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly hash: Uint8Array;
}

interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secret: LaneKey;
}

/** All keys of one simulation, and its hash cache. */
export class KeyRegistry {
  readonly #pairs: KeyPair[] = [];
  readonly #hashes = new WeakMap<ArrayBufferLike, CachedHash>();
  #lookups = 0;

  /** Makes a key pair and the port of the node that owns it. */
  create(random: Random): Crypto {
    const publicKey = randomBytes(random, PUBLIC_KEY_BYTES);
    // The first four bytes say where the pair is kept, so that verifying needs no map of keys.
    new DataView(publicKey.buffer).setUint32(0, this.#pairs.length);
    const secret = { a: random.u32(), b: random.u32(), c: random.u32(), d: random.u32() };
    const pair = { publicKey, secret };
    this.#pairs.push(pair);
    return {
      publicKey,
      sha256: (bytes) => this.hash(bytes),
      sign: (bytes) => signature(pair.secret, bytes),
      verify: (key, signed, bytes) => this.#verify(key, signed, bytes),
    };
  }

  /** {@link simHash}, remembered for long inputs. The result is shared: read it, never write to it. */
  hash(bytes: Uint8Array): Uint8Array {
    if (bytes.length < CACHED_BYTES_MIN) return simHash(bytes);
    const known = this.#hashes.get(bytes.buffer);
    if (known?.byteOffset === bytes.byteOffset && known.byteLength === bytes.byteLength) {
      if (++this.#lookups % RECHECK_EVERY === 0) {
        assert(equalBytes(known.hash, simHash(bytes)), 'a packet was written to after it was hashed');
      }
      return known.hash;
    }
    const hash = simHash(bytes);
    this.#hashes.set(bytes.buffer, { byteOffset: bytes.byteOffset, byteLength: bytes.byteLength, hash });
    return hash;
  }

  #verify(publicKey: Uint8Array, signed: Uint8Array, bytes: Uint8Array): boolean {
    if (publicKey.length !== PUBLIC_KEY_BYTES || signed.length !== SIGNATURE_BYTES) return false;
    const place = new DataView(publicKey.buffer, publicKey.byteOffset).getUint32(0);
    const pair = this.#pairs[place];
    if (pair === undefined || !equalBytes(pair.publicKey, publicKey)) return false;
    return isSignature(pair.secret, signed, bytes);
  }
}

/** 64 bytes: the keyed hash, and its complement, so that each of them counts. */
function signature(secret: LaneKey, bytes: Uint8Array): Uint8Array {
  const keyed = simHash(bytes, secret);
  const signed = new Uint8Array(SIGNATURE_BYTES);
  signed.set(keyed);
  for (let at = 0; at < HASH_BYTES; at++) signed[HASH_BYTES + at] = ~(keyed[at] as number);
  return signed;
}

function isSignature(secret: LaneKey, signed: Uint8Array, bytes: Uint8Array): boolean {
  const keyed = simHash(bytes, secret);
  for (let at = 0; at < HASH_BYTES; at++) {
    const byte = keyed[at] as number;
    if (signed[at] !== byte || signed[HASH_BYTES + at] !== (~byte & 255)) return false;
  }
  return true;
}
