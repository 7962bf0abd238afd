import { describe, expect, it } from 'vitest';
import { seededRandom } from '../src/lib/random.ts';
import { defaultStreamShape, MessageSource } from './message-source.ts';

/** A source that has published for so many seconds. */
function published(seconds: number, seed = 1): { source: MessageSource; keys: number; bytes: number } {
  const source = new MessageSource(seededRandom(seed), defaultStreamShape);
  let keys = 0;
  let bytes = 0;
  while (source.nextAtMs < seconds * 1_000) {
    const message = source.next(source.nextAtMs);
    if (message.key) keys++;
    bytes += message.bytes.length;
  }
  return { source, keys, bytes };
}

describe('the synthetic stream', () => {
  it('has the rate that was asked for, a key message each second, and starts with one', () => {
    const { source, keys, bytes } = published(60);
    expect((bytes * 8) / 60).toBeGreaterThan(2_500_000 * 0.98);
    expect((bytes * 8) / 60).toBeLessThan(2_500_000 * 1.02);
    expect(keys).toBe(60);
    expect(source.count).toBe(60 * 30 + 1_000);
    const fresh = new MessageSource(seededRandom(1), defaultStreamShape);
    expect(fresh.next(0).key).toBe(true);
  });

  it('makes key messages about 4.5 times as large as the others', () => {
    const source = new MessageSource(seededRandom(3), defaultStreamShape);
    const sizes = { key: [] as number[], delta: [] as number[] };
    while (source.nextAtMs < 30_000) {
      const { bytes, key } = source.next(source.nextAtMs);
      if (bytes.length !== defaultStreamShape.soundBytes) sizes[key ? 'key' : 'delta'].push(bytes.length);
    }
    const mean = (all: number[]): number => all.reduce((sum, size) => sum + size, 0) / all.length;
    expect(mean(sizes.key) / mean(sizes.delta)).toBeGreaterThan(4);
    expect(mean(sizes.key) / mean(sizes.delta)).toBeLessThan(5);
  });

  it('knows its messages again, and nothing else', () => {
    const source = new MessageSource(seededRandom(4), defaultStreamShape);
    const messages = Array.from({ length: 50 }, () => source.next(0).bytes);
    expect(messages.map((bytes) => source.identify(bytes.slice()))).toEqual(messages.map((_, i) => i));
    for (const bytes of messages) {
      for (const at of [0, 3, 4, bytes.length >> 1, bytes.length - 1]) {
        const bent = bytes.slice();
        bent[at] = (bent[at] as number) ^ 1;
        expect(source.identify(bent)).toBeUndefined();
      }
      expect(source.identify(bytes.subarray(0, -1))).toBeUndefined();
    }
    expect(source.identify(new Uint8Array(0))).toBeUndefined();
    expect(source.identify(new Uint8Array(4).fill(255))).toBeUndefined();
  });

  it('finds the first message since an instant', () => {
    const { source } = published(2);
    expect(source.firstSince(-1)).toBe(0);
    expect(source.firstSince(10_000)).toBe(source.count);
    const middle = source.firstSince(1_000);
    expect(source.publishedAtMs(middle)).toBeGreaterThanOrEqual(1_000);
    expect(source.publishedAtMs(middle - 1)).toBeLessThan(1_000);
  });
});
