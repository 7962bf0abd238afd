import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';
import { bundledBytes, decodeBundle, encodeBundle } from './message-bundle.ts';
import { DecodeFailure } from './result.ts';

const reasons: string[] = Object.values(DecodeFailure);
const reasonOf = (bundle: Uint8Array, messageBytesMax: number = limits.messageBytesMax): string => {
  const result = decodeBundle(bundle, messageBytesMax);
  return result.ok ? 'ok' : result.reason;
};
const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 40 });

describe('a bundle', () => {
  it('[R9] comes back as it went out', () => {
    fc.assert(
      fc.property(messages, (list) => {
        const bundle = encodeBundle(list);
        expect(bundle.length).toBe(list.reduce((sum, message) => sum + bundledBytes(message), 0));
        expect(decodeBundle(bundle, 300)).toEqual({ ok: true, value: list });
      }),
    );
  });

  it('[R9] that is cut short holds its first messages, or is truncated', () => {
    fc.assert(
      fc.property(messages, fc.nat(99_999), (list, cut) => {
        const bundle = encodeBundle(list);
        const part = bundle.subarray(0, 1 + (cut % bundle.length));
        const result = decodeBundle(part, 300);
        if (!result.ok) expect(result.reason).toBe('truncated');
        else expect(result.value).toEqual(list.slice(0, result.value.length));
        // It is whole only where a message ends.
        const ends = list.map((_, at) => encodeBundle(list.slice(0, at + 1)).length);
        expect(result.ok).toBe(ends.includes(part.length));
      }),
    );
  });

  it('[R9] of any bytes is read to the last one, or names a reason', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(50), (bytes, messageBytesMax) => {
        // Small lengths, so that some can be read.
        const bundle = bytes.map((byte, at) => (at % 3 === 0 ? 0 : byte & 7));
        for (const hostile of [bytes, bundle]) {
          const result = decodeBundle(hostile, messageBytesMax);
          if (!result.ok) expect(reasons).toContain(result.reason);
          else {
            expect(encodeBundle(result.value)).toEqual(hostile);
            for (const { length } of result.value) expect(length).toBeLessThanOrEqual(messageBytesMax);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('[R9] of nothing is empty, and what is left over has no length', () => {
    expect(reasonOf(new Uint8Array(0))).toBe('empty');
    expect(reasonOf(Uint8Array.of(0, 0))).toBe('ok');
    expect(reasonOf(Uint8Array.of(0, 0, 0))).toBe('truncated');
    expect(reasonOf(Uint8Array.of(0, 1, 7, 0xff, 0xff))).toBe('truncated');
  });

  it('[R6] has 1,024 messages at most, however small', () => {
    expect(limits.bundleMessagesMax).toBe(1_024);
    expect(reasonOf(new Uint8Array(2 * limits.bundleMessagesMax))).toBe('ok');
    expect(reasonOf(new Uint8Array(2 * limits.bundleMessagesMax + 2))).toBe('oversized');
    expect(reasonOf(new Uint8Array(limits.framePayloadBytesMax))).toBe('oversized');
  });

  it('[R9] with one message over the stream’s longest is refused as a whole', () => {
    const bundle = encodeBundle([new Uint8Array(9), new Uint8Array(10)]);
    expect(reasonOf(bundle, 10)).toBe('ok');
    expect(reasonOf(bundle, 9)).toBe('oversized');
  });

  it('[R9] of no message, of too many, or too long for a frame is the caller’s bug', () => {
    const fitting = new Uint8Array(limits.framePayloadBytesMax - 2);
    expect(encodeBundle([fitting])).toHaveLength(limits.framePayloadBytesMax);
    const none = new Uint8Array(0);
    for (const list of [[], [fitting, none], Array<Uint8Array>(limits.bundleMessagesMax + 1).fill(none)])
      expect(() => encodeBundle(list)).toThrow('bug');
  });
});
