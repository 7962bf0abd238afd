import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const takes = (bucket: TokenBucket, count: number, now: number): number =>
  Array.from({ length: count }, () => bucket.take(now)).filter(Boolean).length;

describe('a token bucket', () => {
  it('[R29] gives its burst at once, then its rate, and saves no more than the burst', () => {
    const bucket = new TokenBucket(10, 5, 1_000);
    expect(takes(bucket, 9, 1_000)).toBe(5);
    expect(takes(bucket, 9, 1_099)).toBe(0);
    expect(takes(bucket, 9, 1_100)).toBe(1);
    expect(takes(bucket, 9, 1_350)).toBe(2);
    expect(takes(bucket, 9, 60_000)).toBe(5);
  });

  it('[R29] lets no more through in any stretch than burst and rate allow', () => {
    const bucket = new TokenBucket(40, 200, 0);
    let taken = 0;
    for (let now = 0; now < 10_000; now += 3) taken += takes(bucket, 2, now);
    expect(taken).toBeLessThanOrEqual(200 + 400);
    expect(taken).toBeGreaterThanOrEqual(598);
  });
});
