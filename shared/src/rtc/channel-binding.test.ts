import { describe, expect, it } from 'vitest';
import { randomBelow, randomBytes, seededRandom } from '../lib/random.ts';
import { bindingBytes, FINGERPRINT_BYTES, parseFingerprint } from './channel-binding.ts';

const HEX = Array.from({ length: FINGERPRINT_BYTES }, (_, i) => (i * 7).toString(16).padStart(2, '0')).join(
  ':',
);
const sdp = (...lines: string[]): string => ['v=0', 's=-', ...lines, 'a=setup:actpass', ''].join('\r\n');
const random = seededRandom(1);
const fingerprint = (): Uint8Array => randomBytes(random, FINGERPRINT_BYTES);

describe('the fingerprint of a description', () => {
  it('is read as 32 bytes, in upper or lower case, with either line ending', () => {
    const expected = Uint8Array.from({ length: FINGERPRINT_BYTES }, (_, i) => i * 7);
    expect(parseFingerprint(sdp(`a=fingerprint:sha-256 ${HEX}`))).toEqual(expected);
    expect(parseFingerprint(sdp(`a=fingerprint:SHA-256 ${HEX.toUpperCase()}`))).toEqual(expected);
    expect(parseFingerprint(`v=0\na=fingerprint:sha-256 ${HEX}\n`)).toEqual(expected);
  });

  it('may be said twice, if both say the same', () => {
    const line = `a=fingerprint:sha-256 ${HEX}`;
    expect(parseFingerprint(sdp(line, line))).toBeDefined();
  });

  it.each([
    ['none', []],
    ['another hash', [`a=fingerprint:sha-1 ${HEX.slice(0, 59)}`]],
    ['another hash beside it', [`a=fingerprint:sha-256 ${HEX}`, `a=fingerprint:sha-512 ${HEX}:${HEX}`]],
    ['two that differ', [`a=fingerprint:sha-256 ${HEX}`, `a=fingerprint:sha-256 ff${HEX.slice(2)}`]],
    ['one that is short', [`a=fingerprint:sha-256 ${HEX.slice(3)}`]],
    ['one that is long', [`a=fingerprint:sha-256 ${HEX}:00`]],
    ['one in odd spelling', [`a= fingerprint:sha-256 ${HEX}`, `a=fingerprint:sha-256 ${HEX}`]],
    ['one with an odd space', [`a=fingerprint:sha-256  ${HEX}`]],
  ])('is refused for %s', (_name, lines) => {
    expect(parseFingerprint(sdp(...lines))).toBeUndefined();
  });
});

describe('the binding', () => {
  it('is the same at both ends, whichever byte tells them apart', () => {
    const a = fingerprint();
    for (let at = 0; at < FINGERPRINT_BYTES; at++) {
      const b = Uint8Array.from(a);
      b[at] = randomBelow(random, 256);
      expect(bindingBytes(a, b)).toEqual(bindingBytes(b, a));
    }
  });

  it('differs as soon as one fingerprint differs', () => {
    for (let at = 0; at < FINGERPRINT_BYTES; at++) {
      const [a, b] = [fingerprint(), fingerprint()];
      const swapped = Uint8Array.from(b);
      swapped[at] = (swapped[at] ?? 0) ^ 1;
      expect(bindingBytes(a, b)).not.toEqual(bindingBytes(a, swapped));
    }
  });

  it('[golden] is the context, then the smaller fingerprint, then the larger', () => {
    const small = new Uint8Array(FINGERPRINT_BYTES).fill(1);
    const large = new Uint8Array(FINGERPRINT_BYTES).fill(0xfe);
    const text = new TextEncoder().encode('murmuration webrtc');
    expect([...bindingBytes(large, small)]).toEqual([...text, ...small, ...large]);
  });
});
