/**
 * Puts decoded pictures onto a canvas, in whichever way is better here (`paint-choice.ts`). A copy is made into one buffer that is used
 * again and again. Browsers that cannot copy into RGB say so with the first copy, and that picture is drawn as all others are.
 */
import { type AnyCanvas, type AnyContext, contextOf, drawPicture, sizeCanvas } from './draw-picture.ts';
import { PaintChoice } from './paint-choice.ts';
import { PictureConverter } from './picture-converter.ts';

/** What it copies: pictures of 8 bits as decoders in software give them, whose colours both ways treat alike. */
const COPIED_FORMATS: readonly (string | null)[] = ['I420', 'NV12'];

/** `format` and `colorSpace` are not yet in TypeScript's own types. https://www.w3.org/TR/webcodecs/#dictdef-videoframecopytooptions */
interface CopyToRgb extends VideoFrameCopyToOptions {
  readonly format: VideoPixelFormat;
  readonly colorSpace: PredefinedColorSpace;
}

const toRgb: CopyToRgb = { format: 'RGBA', colorSpace: 'srgb' };

interface Size {
  readonly width: number;
  readonly height: number;
}

export class PicturePainter {
  readonly #canvas: AnyCanvas;
  readonly #context: AnyContext | null;
  readonly #inWorker: boolean;
  readonly #choice = new PaintChoice();
  /** As large as the pictures that are measured. */
  #measured: Size = { width: 0, height: 0 };
  #image: ImageData | undefined;
  readonly #converter = new PictureConverter();
  /** The picture whose copy is under way, until another one comes. */
  #copying: VideoFrame | undefined;

  /** @param inWorker whether what the browser does with pictures may have to wait for the page's own thread, which is another one */
  constructor(canvas: AnyCanvas, inWorker: boolean) {
    this.#canvas = canvas;
    this.#inWorker = inWorker;
    this.#context = contextOf(canvas);
  }

  /**
   * @param frame is taken over
   * @param quarterTurns clockwise, to stand it upright
   * @param onPainted it is on the canvas: mostly at once, never if another one came before that
   */
  paint(frame: VideoFrame, quarterTurns: number, onPainted: () => void): void {
    const measured = canBeCopied(frame, quarterTurns);
    if (measured) this.#measure({ width: frame.displayWidth, height: frame.displayHeight });
    const fromMs = performance.now();
    const way = this.#choice.way(measured && this.#inWorker && this.#converter.can(frame), fromMs);
    const isBehind = this.#copying !== undefined;
    // It may still be written to.
    if (isBehind) this.#image = undefined;
    this.#copying = undefined;
    if (way === 'convert') {
      this.#convert(frame, onPainted);
      return;
    }
    this.#converter.forget();
    // To copy this one, too, might end with none that is ever seen.
    if (measured && !isBehind && way === 'copy') this.#copy(frame, fromMs, onPainted);
    else {
      drawPicture(this.#canvas, this.#context, frame, quarterTurns);
      if (measured) this.#choice.took('draw', performance.now() - fromMs);
      frame.close();
      onPainted();
    }
  }

  #convert(frame: VideoFrame, onPainted: () => void): void {
    this.#converter.convert(frame, (image) => {
      if (image) {
        sizeCanvas(this.#canvas, image.width, image.height);
        this.#context?.putImageData(image, 0, 0);
      } else drawPicture(this.#canvas, this.#context, frame, 0);
      onPainted();
    });
  }

  /** Within 1 ms where nothing has to be waited for. */
  async #copy(frame: VideoFrame, fromMs: number, onPainted: () => void): Promise<void> {
    const { width, height } = this.#measured;
    this.#copying = frame;
    this.#image ??= new ImageData(width, height);
    const image = this.#image;
    const copied = await copyToRgb(frame, image);
    if (!copied) this.#choice.refuse();
    const isNewest = this.#copying === frame;
    if (isNewest) {
      this.#copying = undefined;
      sizeCanvas(this.#canvas, width, height);
      if (copied) this.#context?.putImageData(image, 0, 0);
      else drawPicture(this.#canvas, this.#context, frame, 0);
    }
    this.#choice.took('copy', performance.now() - fromMs);
    if (isNewest) onPainted();
    frame.close();
  }

  #measure(size: Size): void {
    if (size.width === this.#measured.width && size.height === this.#measured.height) return;
    this.#measured = size;
    this.#image = undefined;
    this.#choice.again();
  }
}

/** False if this browser cannot: then it says so, or, older than such copies, makes one in the planes that the picture has. */
async function copyToRgb(frame: VideoFrame, { data, width }: ImageData): Promise<boolean> {
  try {
    const planes = await frame.copyTo(data, toRgb);
    return planes.length === 1 && planes[0]?.stride === 4 * width;
  } catch {
    return false;
  }
}

/** Upright, with square pixels, and of a kind that both ways show in the same colours. */
function canBeCopied(frame: VideoFrame, quarterTurns: number): boolean {
  const { visibleRect, displayWidth, displayHeight, format } = frame;
  const isSquare = visibleRect?.width === displayWidth && visibleRect.height === displayHeight;
  return quarterTurns === 0 && isSquare && COPIED_FORMATS.includes(format);
}
