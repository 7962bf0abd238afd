import { expect, test } from 'vitest';
import { isBt601, withBt601 } from './bt601.ts';

const colours = (format: string | null, matrix: string | null, fullRange: boolean | null = false) => ({
  format,
  colorSpace: { matrix, fullRange },
});

test('only pictures that are in the colours of VP8 go in as they are', () => {
  expect(isBt601(colours('I420', 'smpte170m'))).toBe(true);
  expect(isBt601(colours('NV12', 'bt470bg'))).toBe(true);
  expect(isBt601(colours('I420', null, null)), 'not said').toBe(true);
  expect(isBt601(colours('I420', 'bt709'))).toBe(false);
  expect(isBt601(colours('NV12', 'smpte170m', true))).toBe(false);
  expect(isBt601(colours('I420', null, true))).toBe(false);
  expect(isBt601(colours('BGRX', 'rgb', true)), 'painted, in Chromium').toBe(false);
  expect(isBt601(colours('BGRA', null, null)), 'painted, in Firefox').toBe(false);
  expect(isBt601(colours(null, 'smpte170m')), 'in the graphics card').toBe(false);
});

test('whatever an encoder calls its colours, viewers are told BT.601; what says nothing goes on saying nothing', () => {
  const config = { codec: 'vp8', codedWidth: 640, codedHeight: 360 };
  const called = { ...config, colorSpace: { matrix: 'bt709', fullRange: true } as const };
  for (const decoderConfig of [config, called])
    expect(withBt601({ decoderConfig })?.decoderConfig).toMatchObject({
      ...config,
      colorSpace: { matrix: 'smpte170m', fullRange: false },
    });
  expect(withBt601({})).toBeUndefined();
  expect(withBt601(undefined)).toBeUndefined();
});
