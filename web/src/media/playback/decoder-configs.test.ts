import { unspecifiedColour } from '@murmuration/shared/media/colour-space.ts';
import { expect, test } from 'vitest';
import { videoDecoderConfig } from './decoder-configs.ts';

const config = (codec: string, colour: readonly [number, number, number, number]) =>
  videoDecoderConfig({
    codec,
    colour,
    width: 640,
    height: 360,
    quarterTurns: 0,
    description: new Uint8Array(),
  });

test('a decoder is told what the host says of its colours', () => {
  expect(config('vp8', [1, 13, 1, 1]).colorSpace).toEqual({
    primaries: 'bt709',
    transfer: 'iec61966-2-1',
    matrix: 'bt709',
    fullRange: true,
  });
});

test('where nothing is said VP8 has the colours of its format, and other codecs say themselves', () => {
  expect(config('vp8', unspecifiedColour).colorSpace).toMatchObject({
    matrix: 'smpte170m',
    fullRange: false,
  });
  expect(config('vp09.00.31.08', unspecifiedColour)).not.toHaveProperty('colorSpace');
});
