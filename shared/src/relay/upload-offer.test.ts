import { describe, expect, it } from 'vitest';
import { copiesOf } from './upload-offer.ts';

describe('what an uplink offers', () => {
  it.each([
    [{ slots: 6, uploadBitsPerSecond: 10e6 }, 2.5e6, 4, 3],
    [{ slots: 6, uploadBitsPerSecond: 10e6 }, 1e6, 4, 6],
    [{ slots: 3, uploadBitsPerSecond: Number.POSITIVE_INFINITY }, 2.5e6, 4, 3],
    [{ slots: 6, uploadBitsPerSecond: 1e6 }, 2.5e6, 4, 0.25],
    [{ slots: 6, uploadBitsPerSecond: 1e6 }, 2.5e6, 1, 0],
    [{ slots: 0, uploadBitsPerSecond: 10e6 }, 1e6, 4, 0],
    [{ slots: 2, uploadBitsPerSecond: 10e6 }, 0, 4, 2],
  ])('[R15] %j at %d bit/s in %d stripes is %d copies', (offer, bitsPerSecond, stripes, copies) => {
    expect(copiesOf(offer, bitsPerSecond, stripes)).toBe(copies);
  });
});
