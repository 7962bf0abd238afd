/** Draws pictures upright, and makes the canvas as large as they are. `quarterTurns`: clockwise, to stand them upright. */
export type AnyCanvas = HTMLCanvasElement | OffscreenCanvas;
export type AnyContext = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export const contextOf = (canvas: AnyCanvas): AnyContext | null =>
  canvas.getContext('2d', { alpha: false }) as AnyContext | null;

export function drawPicture(
  canvas: AnyCanvas,
  context: AnyContext | null,
  frame: VideoFrame,
  quarterTurns: number,
): void {
  const size = { width: frame.displayWidth, height: frame.displayHeight };
  drawUpright(canvas, context, frame, size, quarterTurns);
}

/** @param size of the picture before it is turned, in pixels */
export function drawUpright(
  canvas: AnyCanvas,
  context: AnyContext | null,
  picture: CanvasImageSource,
  size: { readonly width: number; readonly height: number },
  quarterTurns: number,
): void {
  const turned = quarterTurns % 2 === 1;
  const width = turned ? size.height : size.width;
  const height = turned ? size.width : size.height;
  sizeCanvas(canvas, width, height);
  if (!context) return;
  if (quarterTurns === 0) {
    context.drawImage(picture, 0, 0, width, height);
    return;
  }
  context.save();
  context.translate(width / 2, height / 2);
  context.rotate((quarterTurns * Math.PI) / 2);
  context.drawImage(picture, -size.width / 2, -size.height / 2, size.width, size.height);
  context.restore();
}

/** A canvas that is given a size, even its own, is emptied; this one is only if it has another. */
export function sizeCanvas(canvas: AnyCanvas, width: number, height: number): void {
  if (canvas.width === width && canvas.height === height) return;
  canvas.width = width;
  canvas.height = height;
}
