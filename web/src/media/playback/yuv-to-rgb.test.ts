import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { yuvMatrix, yuvToRgb } from './yuv-to-rgb.ts';

/** A picture of one colour. */
function picture([y, u, v]: readonly [number, number, number], width: number, height: number): Uint8Array {
  const chroma = ((width + 1) >> 1) * ((height + 1) >> 1);
  return new Uint8Array([
    ...Array<number>(width * height).fill(y),
    ...Array<number>(chroma).fill(u),
    ...Array<number>(chroma).fill(v),
  ]);
}

function rgbOf(yuv: readonly [number, number, number], matrix: string, fullRange: boolean): number[] {
  const rgba = new Uint8ClampedArray(4);
  const colours = { matrix, fullRange } as Pick<VideoColorSpace, 'matrix' | 'fullRange'>;
  yuvToRgb(picture(yuv, 1, 1), 1, 1, yuvMatrix(colours) as NonNullable<ReturnType<typeof yuvMatrix>>, rgba);
  return [...rgba];
}

describe('RGB of YUV', () => {
  test('black, white and the primary colours come out as they went in', () => {
    expect(rgbOf([16, 128, 128], 'smpte170m', false)).toEqual([0, 0, 0, 255]);
    expect(rgbOf([235, 128, 128], 'smpte170m', false)).toEqual([255, 255, 255, 255]);
    expect(rgbOf([0, 128, 128], 'bt470bg', true)).toEqual([0, 0, 0, 255]);
    expect(rgbOf([255, 128, 128], 'bt470bg', true)).toEqual([255, 255, 255, 255]);
    const near = (got: number[], wanted: number[]): void => {
      for (const [i, value] of got.entries())
        expect(Math.abs(value - (wanted[i] as number))).toBeLessThanOrEqual(2);
    };
    near(rgbOf([81, 90, 240], 'smpte170m', false), [255, 0, 0, 255]);
    near(rgbOf([145, 54, 34], 'smpte170m', false), [0, 255, 0, 255]);
    near(rgbOf([41, 240, 110], 'smpte170m', false), [0, 0, 255, 255]);
    near(rgbOf([63, 102, 240], 'bt709', false), [255, 0, 0, 255]);
    near(rgbOf([173, 42, 26], 'bt709', false), [0, 255, 0, 255]);
    near(rgbOf([32, 240, 118], 'bt709', false), [0, 0, 255, 255]);
    near(rgbOf([76, 85, 255], 'smpte170m', true), [255, 0, 0, 255]);
  });

  test('whatever the planes hold, every pixel is written, opaque, with the colours of its own place', () => {
    const size = fc.integer({ min: 1, max: 9 });
    const matrix = yuvMatrix({ matrix: 'smpte170m', fullRange: false });
    fc.assert(
      fc.property(size, size, fc.infiniteStream(fc.integer({ min: 0, max: 255 })), (width, height, bytes) => {
        const planes = picture([0, 0, 0], width, height).map(() => bytes.next().value);
        const rgba = new Uint8ClampedArray(4 * width * height);
        if (!matrix) throw new Error('BT.601 is known');
        yuvToRgb(planes, width, height, matrix, rgba);
        const chromaWidth = (width + 1) >> 1;
        const uFrom = width * height;
        const vFrom = uFrom + chromaWidth * ((height + 1) >> 1);
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const chroma = (y >> 1) * chromaWidth + (x >> 1);
            const yuv = [planes[y * width + x], planes[uFrom + chroma], planes[vFrom + chroma]];
            const at = 4 * (y * width + x);
            const alone = rgbOf(yuv as [number, number, number], 'smpte170m', false);
            expect([...rgba.subarray(at, at + 4)]).toEqual(alone);
          }
      }),
      { numRuns: 50 },
    );
  });

  test('colours that are not said, or others, are left to the browser', () => {
    expect(yuvMatrix({ matrix: null, fullRange: false })).toBeUndefined();
    expect(yuvMatrix({ matrix: 'smpte170m', fullRange: null })).toBeUndefined();
    expect(yuvMatrix({ matrix: 'rgb', fullRange: true })).toBeUndefined();
  });
});
