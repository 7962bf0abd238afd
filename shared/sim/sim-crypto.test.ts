import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64url } from '../src/lib/bytes.ts';
import { randomBytes, seededRandom } from '../src/lib/random.ts';
import { KeyRegistry, simHash } from './sim-crypto.ts';

const text = (bytes: unknown): string => {
  if (!(bytes instanceof Uint8Array)) throw new Error('expected bytes, at once');
  return toBase64url(bytes);
};

describe('the simulated hash', () => {
  it('is 32 bytes and depends on nothing but the bytes', () => {
    const bytes = randomBytes(seededRandom(1), 3_000);
    const elsewhere = new Uint8Array(3_100);
    elsewhere.set(bytes, 37);
    expect(simHash(bytes)).toHaveLength(32);
    expect(text(simHash(elsewhere.subarray(37, 3_037)))).toBe(text(simHash(bytes)));
  });

  it('changes with any byte and with the length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 80 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (bytes, at, flip) => {
          const changed = bytes.slice();
          changed[at % bytes.length] = (changed[at % bytes.length] as number) ^ flip;
          expect(text(simHash(changed))).not.toBe(text(simHash(bytes)));
          expect(text(simHash(bytes.subarray(1)))).not.toBe(text(simHash(bytes)));
        },
      ),
    );
  });

  it('scatters: a hundred thousand counters have as many different first words', () => {
    const counter = new DataView(new ArrayBuffer(4));
    const seen = new Set<string>();
    for (let i = 0; i < 100_000; i++) {
      counter.setUint32(0, i);
      seen.add(text(simHash(new Uint8Array(counter.buffer)).subarray(0, 8)));
    }
    expect(seen.size).toBe(100_000);
  });
});

describe('the key registry', () => {
  it('remembers the hash of a long input by identity, and hashes a changed copy anew', () => {
    const keys = new KeyRegistry();
    const bytes = randomBytes(seededRandom(2), 2_900);
    const hash = keys.hash(bytes.subarray(0, 2_836));
    expect(keys.hash(bytes.subarray(0, 2_836))).toBe(hash);
    expect(text(keys.hash(bytes.subarray(0, 2_835)))).toBe(text(simHash(bytes.subarray(0, 2_835))));
    const copy = bytes.slice();
    copy[1_000] = (copy[1_000] as number) ^ 1;
    expect(text(keys.hash(copy.subarray(0, 2_836)))).not.toBe(text(hash));
  });

  it('catches whoever writes to a packet that was hashed', () => {
    const keys = new KeyRegistry();
    const bytes = randomBytes(seededRandom(3), 2_900);
    keys.hash(bytes);
    bytes[7] = (bytes[7] as number) ^ 1;
    expect(() => {
      for (let i = 0; i < 10_000; i++) keys.hash(bytes);
    }).toThrow('written to');
  });

  it("verifies an owner's signature, and no other", () => {
    const keys = new KeyRegistry();
    const [alice, mallory] = [keys.create(seededRandom(4)), keys.create(seededRandom(5))];
    const bytes = randomBytes(seededRandom(6), 100);
    const signed = alice.sign(bytes) as Uint8Array;
    expect(signed).toHaveLength(64);
    expect(mallory.verify(alice.publicKey, signed, bytes)).toBe(true);
    expect(mallory.verify(alice.publicKey, mallory.sign(bytes) as Uint8Array, bytes)).toBe(false);
    expect(mallory.verify(mallory.publicKey, signed, bytes)).toBe(false);
    expect(mallory.verify(alice.publicKey, signed, bytes.subarray(1))).toBe(false);
    for (const at of [0, 31, 32, 63]) {
      const bent = signed.slice();
      bent[at] = (bent[at] as number) ^ 128;
      expect(mallory.verify(alice.publicKey, bent, bytes)).toBe(false);
    }
  });

  it('refuses keys that it did not make', () => {
    const keys = new KeyRegistry();
    const alice = keys.create(seededRandom(7));
    const bytes = Uint8Array.of(1);
    const signed = alice.sign(bytes) as Uint8Array;
    const lookalike = alice.publicKey.slice();
    lookalike[20] = (lookalike[20] as number) ^ 1;
    expect(alice.verify(lookalike, signed, bytes)).toBe(false);
    expect(alice.verify(new Uint8Array(0), signed, bytes)).toBe(false);
    expect(alice.verify(new Uint8Array(32).fill(255), signed, bytes)).toBe(false);
    expect(alice.verify(alice.publicKey, signed.subarray(1), bytes)).toBe(false);
  });
});
