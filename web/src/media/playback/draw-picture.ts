/** Draws a frame upright, and makes the canvas as large as it. `quarterTurns`: clockwise, to stand it upright. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D | null,
  frame: VideoFrame,
  quarterTurns: number,
): void {
  const { displayWidth, displayHeight } = frame;
  const turned = quarterTurns % 2 === 1;
  const width = turned ? displayHeight : displayWidth;
  const height = turned ? displayWidth : displayHeight;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  if (!context) return;
  if (quarterTurns === 0) {
    context.drawImage(frame, 0, 0, width, height);
    return;
  }
  context.save();
  context.translate(width / 2, height / 2);
  context.rotate((quarterTurns * Math.PI) / 2);
  context.drawImage(frame, -displayWidth / 2, -displayHeight / 2, displayWidth, displayHeight);
  context.restore();
}
