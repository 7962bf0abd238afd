import { describe, expect, test } from 'vitest';
import { toColourCodes, toColourSpace, unspecifiedColour } from './colour-space.ts';

describe('colour space', () => {
  test('what a canvas is encoded as survives', () => {
    const space = { primaries: 'bt709', transfer: 'iec61966-2-1', matrix: 'bt709', fullRange: true } as const;
    expect(toColourCodes(space)).toEqual([1, 13, 1, 1]);
    expect(toColourSpace([1, 13, 1, 1])).toEqual(space);
  });

  test('what is unknown is left to the decoder', () => {
    expect(toColourCodes(undefined)).toEqual(unspecifiedColour);
    expect(toColourSpace(unspecifiedColour)).toBeUndefined();
    expect(toColourSpace([200, 2, 6, 0])).toEqual({
      primaries: null,
      transfer: null,
      matrix: 'smpte170m',
      fullRange: false,
    });
  });
});
