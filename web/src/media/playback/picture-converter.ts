/**
 * Makes RGB of pictures in this thread (`yuv-to-rgb.ts`). The planes are copied out first, which waits for nothing but the thread itself; a
 * picture that comes before the one under way is done waits for it, so that some are seen however slow the thread is, and of those that
 * wait only the newest is.
 */
import { type YuvMatrix, yuvMatrix, yuvToRgb } from './yuv-to-rgb.ts';

/** Larger ones take this thread longer than it has. */
const CONVERTED_PIXELS_MAX = 1_280 * 720;

interface Task {
  readonly frame: VideoFrame;
  readonly onDone: (image: ImageData | undefined) => void;
}

export class PictureConverter {
  /** Its planes are being copied. */
  #current: Task | undefined;
  #next: Task | undefined;
  #planes: Uint8Array<ArrayBuffer> | undefined;
  #image: ImageData | undefined;

  /** Whether this thread can: not for pictures that are large, or of another kind than decoders in software give. */
  can({ displayWidth, displayHeight, format, colorSpace }: VideoFrame): boolean {
    const isSmall = displayWidth * displayHeight <= CONVERTED_PIXELS_MAX;
    return isSmall && format === 'I420' && yuvMatrix(colorSpace) !== undefined;
  }

  /**
   * @param frame one that it can convert, in square pixels; is taken over
   * @param onDone gets the picture, which is good until the next one is done, or undefined if the browser would not copy it. Never called for
   * a picture that another one has overtaken; the frame is closed when it returns
   */
  convert(frame: VideoFrame, onDone: Task['onDone']): void {
    this.#next?.frame.close();
    this.#next = { frame, onDone };
    if (!this.#current) this.#begin();
  }

  /** Whatever is under way is not wanted any more. */
  forget(): void {
    this.#next?.frame.close();
    this.#next = undefined;
    // Its planes may still be written to.
    if (this.#current) this.#planes = undefined;
    this.#current = undefined;
  }

  async #begin(): Promise<void> {
    const task = this.#next;
    if (!task) return;
    this.#current = task;
    this.#next = undefined;
    const { frame } = task;
    const bytes = frame.allocationSize();
    if (this.#planes?.length !== bytes) this.#planes = new Uint8Array(bytes);
    const planes = this.#planes;
    const copied = await copyPlanes(frame, planes);
    if (this.#current === task) {
      this.#current = undefined;
      const matrix = copied ? yuvMatrix(frame.colorSpace) : undefined;
      task.onDone(matrix && this.#imageOf(frame, planes, matrix));
    }
    frame.close();
    if (!this.#current) this.#begin();
  }

  #imageOf({ displayWidth, displayHeight }: VideoFrame, planes: Uint8Array, matrix: YuvMatrix): ImageData {
    if (this.#image?.width !== displayWidth || this.#image.height !== displayHeight)
      this.#image = new ImageData(displayWidth, displayHeight);
    yuvToRgb(planes, displayWidth, displayHeight, matrix, this.#image.data);
    return this.#image;
  }
}

/** False if the planes are not one right after the other. */
async function copyPlanes(frame: VideoFrame, planes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const { displayWidth, displayHeight } = frame;
  const chromaWidth = (displayWidth + 1) >> 1;
  const luma = displayWidth * displayHeight;
  const chroma = chromaWidth * ((displayHeight + 1) >> 1);
  const tight = [
    [0, displayWidth],
    [luma, chromaWidth],
    [luma + chroma, chromaWidth],
  ];
  try {
    const layout = await frame.copyTo(planes);
    return tight.every(([from, stride], i) => layout[i]?.offset === from && layout[i]?.stride === stride);
  } catch {
    return false;
  }
}
