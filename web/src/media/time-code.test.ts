import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc16, readTimeCode, type TimeCode, timeCodeCells } from './time-code.ts';

const CODE: TimeCode = { ms: 1_790_000_123_456, frame: 201 };

/** Paints the strip with the given levels for black and white into a picture. */
function picture(code: TimeCode, width: number, height: number, black = 0, white = 255): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const cells = timeCodeCells(code);
  const side = width / 40;
  for (let y = 0; y < Math.min(height, Math.round(2 * side)); y++) {
    for (let x = 0; x < width; x++) {
      const level = cells[Math.floor(y / side) * 40 + Math.floor(x / side)] ? white : black;
      pixels.fill(level, (y * width + x) * 4, (y * width + x) * 4 + 4);
    }
  }
  return pixels;
}

describe('time code', () => {
  test('the checksum is CRC-16/CCITT-FALSE', () => {
    expect(crc16(new TextEncoder().encode('123456789'))).toBe(0x29b1);
  });

  test('the cells are those of the layout', () => {
    const bits = timeCodeCells({ ms: 0x0123_4567_89ab, frame: 0xcd }).map(Number).join('');
    expect(bits.slice(0, 4)).toBe('1010');
    expect(bits.slice(40, 44)).toBe('0101');
    const word = BigInt(`0b${bits.slice(4, 40)}${bits.slice(44)}`);
    expect((word >> 16n).toString(16)).toBe('123456789abcd');
    const checked = Uint8Array.of(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd);
    expect(Number(word & 0xffffn)).toBe(crc16(checked));
  });

  test('a painted time is read back, at any size', () => {
    const times = fc.record({ ms: fc.nat({ max: 2 ** 48 - 1 }), frame: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(times, fc.constantFrom(640, 160, 426, 1280), (code, width) => {
        const height = Math.ceil(width / 20);
        expect(readTimeCode(picture(code, width, height), width, height)).toEqual(code);
      }),
    );
  });

  test('it survives weak contrast and noise', () => {
    const pixels = picture(CODE, 640, 360, 40, 200);
    for (let i = 0; i < pixels.length; i++) pixels[i] = (pixels[i] ?? 0) + ((i * 7919) % 61) - 30;
    expect(readTimeCode(pixels, 640, 360)).toEqual(CODE);
  });

  test('a flipped cell is noticed', () => {
    for (let cell = 0; cell < 80; cell++) {
      const pixels = picture(CODE, 640, 32);
      const left = (cell % 40) * 16;
      const top = Math.floor(cell / 40) * 16;
      for (let y = top; y < top + 16; y++)
        for (let x = left; x < left + 16; x++) {
          const at = (y * 640 + x) * 4;
          pixels.fill(255 - (pixels[at] ?? 0), at, at + 4);
        }
      expect(readTimeCode(pixels, 640, 32)).toBeUndefined();
    }
  });

  test('other pictures carry no time', () => {
    expect(readTimeCode(new Uint8Array(640 * 360 * 4), 640, 360)).toBeUndefined();
    expect(readTimeCode(new Uint8Array(640 * 360 * 4).fill(255), 640, 360)).toBeUndefined();
    expect(readTimeCode(picture(CODE, 640, 32), 640, 360)).toBeUndefined(); // fewer pixels than promised
    expect(readTimeCode(new Uint8Array(0), 0, 0)).toBeUndefined();
    expect(readTimeCode(picture(CODE, 80, 4), 80, 4)).toBeUndefined(); // too small to tell
  });
});
