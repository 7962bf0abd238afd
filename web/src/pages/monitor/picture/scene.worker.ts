/** Lays out the network and draws it, off the page's thread: however large it is, the page stays smooth. One frame is under way at a time. */
import { FlockLayout } from '../../../state/monitor/flock-layout.ts';
import { drawNetwork } from './draw-network.ts';
import type { FrameFromScene, Places, SceneStyle, ToScene } from './scene-messages.ts';

type DrawOrder = Extract<ToScene, { type: 'draw' }>;

/** Steps of the layout for each frame, while it moves. */
const STEPS_PER_FRAME = 6;
/** After these it has come to rest. */
const STEPS_MAX = 200;
/** While things move by themselves, a frame this often is enough. */
const FRAME_EVERY_MS = 60;

const layout = new FlockLayout();
const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
let style: SceneStyle | undefined;
let focus: string | undefined;
let order: DrawOrder | undefined;
let isDue = false;
let hasMoved = false;
let isShown = true;
let isWaiting = false;

addEventListener('message', ({ data }: MessageEvent<ToScene>) => {
  take(data);
  if (isDue && isShown) draw();
  else if (layout.isWarm) goOn();
});

function take(message: ToScene): void {
  switch (message.type) {
    case 'change':
      layout.apply(message.change);
      hasMoved = true;
      isDue = true;
      break;
    case 'replace':
      layout.replace(message.change);
      hasMoved = true;
      isDue = true;
      break;
    case 'style':
      style = message.style;
      isDue = true;
      break;
    case 'focus':
      focus = message.name;
      isDue = true;
      break;
    case 'draw':
      order = message;
      isDue = true;
      break;
    case 'shown':
      isShown = true;
      break;
  }
}

/** The layout moves on after a while. */
function goOn(): void {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    if (!isShown) return;
    move();
    draw();
  }, FRAME_EVERY_MS);
}

function move(): void {
  const steps = style?.isStill ? STEPS_MAX : STEPS_PER_FRAME;
  for (let step = 0; step < steps && layout.isWarm; step++) layout.step();
  hasMoved = true;
}

function draw(): void {
  if (!order || !style) return;
  if (style.isStill && layout.isWarm) move();
  const beganMs = performance.now();
  const { camera, width, height, ratio } = order;
  const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== deviceWidth || canvas.height !== deviceHeight) {
    canvas.width = deviceWidth;
    canvas.height = deviceHeight;
  }
  drawNetwork(context, layout, { camera, width: deviceWidth, height: deviceHeight, ratio }, style, focus);
  const places = hasMoved ? placesNow() : undefined;
  const bitmap = canvas.transferToImageBitmap();
  const frame: FrameFromScene = {
    bitmap,
    camera,
    width,
    height,
    places,
    tookMs: performance.now() - beganMs,
  };
  isDue = false;
  hasMoved = false;
  isShown = false;
  const buffers = places ? [places.handles.buffer, places.positions.buffer] : [];
  postMessage(frame, { transfer: [bitmap, ...buffers] });
  if (layout.isWarm) goOn();
}

function placesNow(): Places {
  const handles = new Uint32Array(layout.places.size);
  const positions = new Float32Array(2 * handles.length);
  let at = 0;
  for (const [handle, { x, y }] of layout.places) {
    handles[at] = handle;
    positions[2 * at] = x;
    positions[2 * at + 1] = y;
    at++;
  }
  const flocks = [...layout.flocks].map(({ name, members, circle }) => ({ name, members, ...circle }));
  return { handles, positions, flocks };
}
