import { describe, expect, it } from 'vitest';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { toBase64url } from './bytes.ts';
import { idBytes, parsePeerId, parseStreamId, peerIdAt, peerIdFromBytes, shortId } from './ids.ts';

describe('ids', () => {
  it('[R4] are the first 20 bytes of a hash, 27 characters of base64url', () => {
    const id = peerIdFromBytes(counting(1, 32));
    expect(id).toBe(Buffer.from(counting(1, 20)).toString('base64url'));
    expect(id).toHaveLength(27);
    expect([...idBytes(id)]).toEqual([...counting(1, 20)]);
    expect(shortId(id)).toBe(id.slice(0, 6));
  });

  it('[R4] are read where they stand, with zeros past the end', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => (i * 167) & 255);
    for (let at = 0; at < bytes.length; at++) {
      const id = new Uint8Array(20);
      id.set(bytes.subarray(at, at + 20));
      expect(peerIdAt(bytes, at)).toBe(toBase64url(id));
    }
  });

  it('[R4] a stream id that was typed is taken only in its one canonical form', () => {
    const good = peerOf(7);
    expect([parseStreamId(good), parsePeerId(good)]).toEqual([good, good]);
    for (const bad of [
      '',
      good.slice(1),
      `${good}A`,
      `${good.slice(0, -1)}B`,
      `${good}=`,
      good.replace('A', '+'),
    ]) {
      expect([parseStreamId(bad), parsePeerId(bad)]).toEqual([undefined, undefined]);
    }
  });

  it('an id that is none is a bug of the caller', () => {
    expect(() => idBytes('short' as never)).toThrow('bug');
  });
});
