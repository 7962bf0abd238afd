import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PicturePainter } from './picture-painter.ts';

/** Of a thread that is so busy that no copy is done before the next picture is due. */
class SlowFrame {
  readonly format = 'I420';
  readonly displayWidth = 4;
  readonly displayHeight = 2;
  readonly visibleRect = { width: 4, height: 2 };
  readonly colorSpace: { readonly matrix: string | null; readonly fullRange: boolean | null } = {
    matrix: null,
    fullRange: null,
  };
  copied: ((planes: { stride: number }[]) => void) | undefined;
  close(): void {}
  copyTo(): Promise<{ stride: number }[]> {
    return new Promise((resolve) => {
      this.copied = resolve;
    });
  }
}

/** In colours that are known. */
class PlainFrame extends SlowFrame {
  override readonly colorSpace = { matrix: 'smpte170m', fullRange: false };
  allocationSize(): number {
    return 12;
  }
  override async copyTo(planes?: Uint8Array): Promise<{ stride: number; offset: number }[]> {
    planes?.fill(235, 0, 8).fill(128, 8);
    return [
      { offset: 0, stride: 4 },
      { offset: 8, stride: 2 },
      { offset: 10, stride: 2 },
    ];
  }
}

beforeEach(() => {
  const buffer = class {
    readonly data = new Uint8ClampedArray(32);
    readonly width = 4;
  };
  vi.stubGlobal('ImageData', buffer);
});
afterEach(() => vi.unstubAllGlobals());

test('a picture that comes while another is being copied is drawn, so that some are seen however slow copies are', async () => {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const shown: string[] = [];
  const context = {
    drawImage: () => {
      nowMs += 5;
      shown.push('drawn');
    },
    putImageData: () => shown.push('copied'),
  };
  const canvas = { width: 4, height: 2, getContext: () => context };
  const painter = new PicturePainter(canvas as unknown as OffscreenCanvas, false);
  const painted: number[] = [];
  const paint = (picture: number): SlowFrame => {
    const frame = new SlowFrame();
    painter.paint(frame as unknown as VideoFrame, 0, () => painted.push(picture));
    return frame;
  };
  let picture = 0;
  while (picture < 15) paint(picture++);
  expect(painted).toHaveLength(15);
  const late = paint(15);
  paint(16);
  late.copied?.([{ stride: 16 }]);
  await Promise.resolve().then(() => undefined);
  expect(painted.slice(15)).toEqual([16]);
  const intime = paint(17);
  intime.copied?.([{ stride: 16 }]);
  await vi.waitFor(() => expect(painted.slice(15)).toEqual([16, 17]));
  expect(shown.slice(15)).toEqual(['drawn', 'copied']);
});

test('while the page may be busy pictures of known colours are converted here, and later drawn for a trial', async () => {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const shown: (string | number[])[] = [];
  const context = {
    drawImage: () => shown.push('drawn'),
    putImageData: ({ data }: ImageData) => shown.push([...data.subarray(0, 4)]),
  };
  const canvas = { width: 4, height: 2, getContext: () => context };
  const painter = new PicturePainter(canvas as unknown as OffscreenCanvas, true);
  let painted = 0;
  const paint = (frame: SlowFrame): void => painter.paint(frame as unknown as VideoFrame, 0, () => painted++);
  paint(new PlainFrame());
  await vi.waitFor(() => expect(painted).toBe(1));
  nowMs = 4_999;
  paint(new PlainFrame());
  await vi.waitFor(() => expect(painted).toBe(2));
  nowMs = 5_000;
  paint(new PlainFrame());
  expect(painted).toBe(3);
  const white = [255, 255, 255, 255];
  expect(shown).toEqual([white, white, 'drawn']);
});
