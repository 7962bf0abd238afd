import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PictureConverter } from './picture-converter.ts';

/** Four by two pixels of one grey, whose planes come when it is told so. */
class GreyFrame {
  readonly format: string = 'I420';
  displayWidth = 4;
  readonly displayHeight = 2;
  readonly colorSpace: { matrix: string | null; fullRange: boolean } = {
    matrix: 'smpte170m',
    fullRange: true,
  };
  readonly grey: number;
  isClosed = false;
  #planes: Uint8Array | undefined;
  #copied: ((layout: { offset: number; stride: number }[]) => void) | undefined;

  constructor(grey: number) {
    this.grey = grey;
  }
  close(): void {
    this.isClosed = true;
  }
  allocationSize(): number {
    return 12;
  }
  copyTo(planes: Uint8Array): Promise<{ offset: number; stride: number }[]> {
    this.#planes = planes;
    return new Promise((resolve) => {
      this.#copied = resolve;
    });
  }
  /** @param stride of the first plane */
  async comes(stride = 4): Promise<void> {
    this.#planes?.fill(this.grey, 0, 8).fill(128, 8);
    this.#copied?.([
      { offset: 0, stride },
      { offset: 8, stride: 2 },
      { offset: 10, stride: 2 },
    ]);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

class Image {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.data = new Uint8ClampedArray(4 * width * height);
  }
}

const asFrame = (frame: GreyFrame): VideoFrame => frame as unknown as VideoFrame;

let converter: PictureConverter;
let done: (number | undefined)[];
const convert = (grey: number): GreyFrame => {
  const frame = new GreyFrame(grey);
  converter.convert(asFrame(frame), (image) => done.push(image?.data[0]));
  return frame;
};

beforeEach(() => {
  vi.stubGlobal('ImageData', Image);
  converter = new PictureConverter();
  done = [];
});
afterEach(() => vi.unstubAllGlobals());

test('while one picture is under way the newest waits, and those between are never done', async () => {
  const frames = [10, 20, 30].map(convert);
  expect(frames.map(({ isClosed }) => isClosed)).toEqual([false, true, false]);
  await frames[0]?.comes();
  expect(done).toEqual([10]);
  await frames[2]?.comes();
  expect(done).toEqual([10, 30]);
  expect(frames.map(({ isClosed }) => isClosed)).toEqual([true, true, true]);
});

test('what is forgotten is not done, and does not write into what comes after it', async () => {
  const forgotten = convert(10);
  const waiting = convert(20);
  converter.forget();
  expect(waiting.isClosed).toBe(true);
  const next = convert(30);
  await next.comes();
  await forgotten.comes();
  expect(done).toEqual([30]);
  expect(forgotten.isClosed).toBe(true);
  const last = convert(40);
  await last.comes();
  expect(done).toEqual([30, 40]);
});

test('planes that do not lie one right after the other are left alone', async () => {
  await convert(10).comes(64);
  expect(done).toEqual([undefined]);
});

test('large pictures, other formats and unknown colours are not for it', () => {
  expect(converter.can(asFrame(new GreyFrame(0)))).toBe(true);
  expect(converter.can(asFrame(Object.assign(new GreyFrame(0), { displayWidth: 700_000 })))).toBe(false);
  expect(converter.can(asFrame(Object.assign(new GreyFrame(0), { format: 'NV12' })))).toBe(false);
  const unknown = Object.assign(new GreyFrame(0), { colorSpace: { matrix: null, fullRange: true } });
  expect(converter.can(asFrame(unknown))).toBe(false);
});
