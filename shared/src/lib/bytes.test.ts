import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, concatBytes, equalBytes, fromBase64url, toBase64url } from './bytes.ts';

const widths = [
  ['u8', 1, 0xfe],
  ['u16', 2, 0xfedc],
  ['u32', 4, 0xfedcba98],
  ['u48', 6, 0xfedcba987654],
] as const;

describe('ByteWriter and ByteReader', () => {
  it.each(widths)('[R1] %s survives every place of the growing buffer', (width, bytes, value) => {
    for (let capacity = 0; capacity <= 9; capacity++) {
      for (let before = 0; before <= 9; before++) {
        const writer = new ByteWriter(capacity).bytes(new Uint8Array(before).fill(0xaa));
        const written = writer[width](value)[width](1).u8(0x55).finish();
        const reader = new ByteReader(written, before);
        expect([reader[width](), reader[width](), reader.u8(), reader.complete]).toEqual([
          value,
          1,
          0x55,
          true,
        ]);
        expect(written).toHaveLength(before + bytes * 2 + 1);
        expect(written.subarray(0, before).every((byte) => byte === 0xaa)).toBe(true);
      }
    }
  });

  it('[R1] integers are big-endian', () => {
    const written = new ByteWriter(1).u8(1).u16(0x0203).u32(0x04050607).u48(0x08090a0b0c0d).finish();
    expect([...written]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it('[R1] any mix of values comes back as it went in', () => {
    const value = fc.oneof(
      fc.record({ width: fc.constant('u8' as const), value: fc.nat(0xff) }),
      fc.record({ width: fc.constant('u16' as const), value: fc.nat(0xffff) }),
      fc.record({ width: fc.constant('u32' as const), value: fc.nat(0xffffffff) }),
      fc.record({ width: fc.constant('u48' as const), value: fc.maxSafeNat().map((n) => n % 2 ** 48) }),
    );
    fc.assert(
      fc.property(fc.array(value), fc.nat(8), (values, capacity) => {
        const writer = new ByteWriter(capacity);
        for (const { width, value } of values) writer[width](value);
        const reader = new ByteReader(writer.finish());
        for (const { width, value } of values) expect(reader[width]()).toBe(value);
        expect(reader.complete).toBe(true);
      }),
    );
  });

  it.each(widths)('[R7] a %s past the end is zero, and the reader has failed for good', (width, bytes) => {
    for (let length = 0; length < bytes; length++) {
      const reader = new ByteReader(new Uint8Array(length).fill(0xff));
      expect(reader[width]()).toBe(0);
      expect(reader.failed).toBe(true);
      expect([reader.u8(), reader.rest().length, reader.complete]).toEqual([0, 0, false]);
    }
  });

  it('[R7] a reader over a part of a larger buffer stays inside that part', () => {
    const whole = Uint8Array.of(9, 9, 1, 2, 3, 9, 9);
    const reader = new ByteReader(whole.subarray(2, 5));
    expect(reader.u16()).toBe(0x0102);
    expect([...reader.bytes(2)]).toEqual([]);
    expect(reader.failed).toBe(true);
  });

  it('compares and joins bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalBytes(a, b)).toBe(Buffer.from(a).equals(b));
        expect(Buffer.from(concatBytes(a, b)).equals(Buffer.concat([a, b]))).toBe(true);
      }),
    );
  });
});

describe('base64url', () => {
  it('[R4] writes what Buffer writes, and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = toBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect([...(fromBase64url(text) ?? [-1])]).toEqual([...bytes]);
      }),
    );
  });

  it('[R4] reads only what it would have written', () => {
    const letters = 'AQgw-_Zz09+/= éŁ'.split('');
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 }), (text) => {
        const bytes = fromBase64url(text);
        const canonical = Buffer.from(text, 'base64url').toString('base64url') === text;
        expect(bytes !== undefined).toBe(canonical);
      }),
    );
  });
});
