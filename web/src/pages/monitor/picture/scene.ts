/**
 * The picture of the network on the page. A worker draws it a little larger than the window; moving and zooming only move that image,
 * which costs the same for ten nodes and for ten thousand, and a sharper one follows. Names, and what is pointed at, are drawn on top by
 * the page itself, and move along.
 */
import type { PictureChange, ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import { Overlay, type OverlayStyle } from './overlay.ts';
import type { Camera, FrameFromScene, Places, SceneStyle, ToScene } from './scene-messages.ts';

/** The image is so much wider and higher than the window. */
const MARGIN = 1.5;
const SCALE_MIN = 0.5;
const SCALE_MAX = 60;
/** After so long without a movement a sharp image is drawn. */
const REST_MS = 90;
/** Pixels within which something is pointed at. */
const REACH = 14;
const FIT_PADDING = 0.95;
/** Names stand above their flocks. */
const NAME_PX = 22;

export class Scene {
  readonly #box: HTMLElement;
  /** What is moved: the image, and names and marks on it. */
  readonly #sheet = document.createElement('div');
  readonly #image = document.createElement('canvas');
  readonly #worker = new Worker(new URL('./scene.worker.ts', import.meta.url), { type: 'module' });
  readonly #overlay: Overlay;
  #context: ImageBitmapRenderingContext | null;
  #camera: Camera = { x: 0, y: 0, scale: 6 };
  #drawn: Camera | undefined;
  #drawnSize = { width: 0, height: 0 };
  #size = { width: 0, height: 0 };
  #places: Places = { handles: new Uint32Array(), positions: new Float32Array(), flocks: [] };
  readonly #indexes = new Map<number, number>();
  #isOrdered = false;
  #isFitted = true;
  /** Runs as long as the picture is being moved. */
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  /** The worker waits for word that its last image is shown. */
  #isAwaited = false;
  #frameRequest = 0;
  /** Whoever is pointed at changed; undefined: nobody. */
  onPoint: ((handle: number | undefined) => void) | undefined;

  constructor(box: HTMLElement) {
    this.#box = box;
    this.#image.className = 'network-image';
    this.#context = this.#image.getContext('bitmaprenderer');
    this.#overlay = new Overlay((handle) => this.#placeOf(handle));
    this.#sheet.className = 'network-sheet';
    this.#sheet.append(this.#image, this.#overlay.canvas);
    box.prepend(this.#sheet);
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FrameFromScene>) => this.#frame(data));
  }

  #tell(message: ToScene): void {
    this.#worker.postMessage(message);
  }

  stop(): void {
    clearTimeout(this.#restTimer);
    cancelAnimationFrame(this.#frameRequest);
    this.#worker.terminate();
    this.#sheet.remove();
  }

  change(change: PictureChange): void {
    this.#tell({ type: 'change', change });
  }

  replace(change: PictureChange): void {
    this.#tell({ type: 'replace', change });
  }

  style(style: SceneStyle, overlay: OverlayStyle): void {
    this.#overlay.style = overlay;
    this.#tell({ type: 'style', style });
    this.#drawOverlay();
  }

  focus(name: ShortName | undefined): void {
    this.#tell({ type: 'focus', name });
  }

  /** One node and its neighbours stand out; undefined: none. */
  mark(handle: number | undefined, neighbours: readonly number[]): void {
    this.#overlay.marked = handle === undefined ? undefined : { handle, neighbours };
    this.#drawOverlay();
  }

  resize(width: number, height: number): void {
    this.#size = { width, height };
    if (this.#isFitted) this.#fitNow();
    this.#order();
    this.#later();
  }

  /** Moves by pixels. */
  pan(dx: number, dy: number): void {
    const { x, y, scale } = this.#camera;
    this.#look({ x: x - dx / scale, y: y - dy / scale, scale });
  }

  /** Zooms, with a point of the box staying where it is; its middle, if none is given. */
  zoom(factor: number, at = { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    const { x, y, scale } = this.#camera;
    const next = Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale * factor));
    const [dx, dy] = [at.x - this.#size.width / 2, at.y - this.#size.height / 2];
    this.#look({ x: x + dx / scale - dx / next, y: y + dy / scale - dy / next, scale: next });
  }

  /** Shows all of it, and goes on doing so until somebody moves it. */
  fit(): void {
    this.#isFitted = true;
    this.#fitNow();
    this.#order();
    this.#later();
  }

  /** Brings a node into the middle. */
  goTo(handle: number): void {
    const place = this.#placeOf(handle);
    if (place) this.#look({ ...place, scale: Math.max(this.#camera.scale, 14) });
  }

  /** The node nearest to a point of the box, if one is near. */
  nodeAt(left: number, top: number): number | undefined {
    const { x, y, scale } = this.#camera;
    const wantedX = x + (left - this.#size.width / 2) / scale;
    const wantedY = y + (top - this.#size.height / 2) / scale;
    const { handles, positions } = this.#places;
    let nearest: number | undefined;
    let least = (REACH / scale) ** 2;
    for (let at = 0; at < handles.length; at++) {
      const distance =
        ((positions[2 * at] ?? 0) - wantedX) ** 2 + ((positions[2 * at + 1] ?? 0) - wantedY) ** 2;
      if (distance >= least) continue;
      least = distance;
      nearest = handles[at];
    }
    return nearest;
  }

  point(left: number, top: number): void {
    const handle = this.nodeAt(left, top);
    this.#box.style.cursor = handle === undefined ? '' : 'pointer';
    this.onPoint?.(handle);
  }

  #look(camera: Camera): void {
    this.#camera = camera;
    this.#isFitted = false;
    this.#later();
    if (this.#needsImage()) this.#order();
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => {
      this.#restTimer = undefined;
      this.#order();
    }, REST_MS);
  }

  /** Whether the window has come near the rim of the image, or the image is much too coarse. */
  #needsImage(): boolean {
    const drawn = this.#drawn;
    if (!drawn) return true;
    const zoomed = this.#camera.scale / drawn.scale;
    if (zoomed > 1.6 || zoomed < 0.8) return true;
    const spare = (length: number, drawnLength: number): number =>
      drawnLength / drawn.scale / 2 - length / this.#camera.scale / 2;
    return (
      Math.abs(this.#camera.x - drawn.x) > spare(this.#size.width, this.#drawnSize.width) * 0.7 ||
      Math.abs(this.#camera.y - drawn.y) > spare(this.#size.height, this.#drawnSize.height) * 0.7
    );
  }

  /** The worker may draw the next image, for which it waits: who comes and goes shows as it happens, but not under a hand that moves. */
  #goOn(): void {
    if (this.#isAwaited) this.#tell({ type: 'shown' });
    this.#isAwaited = false;
  }

  #order(): void {
    this.#goOn();
    const { width, height } = this.#size;
    if (this.#isOrdered || width === 0) return;
    this.#isOrdered = true;
    const size = { width: Math.ceil(width * MARGIN), height: Math.ceil(height * MARGIN) };
    this.#tell({ type: 'draw', camera: this.#camera, ...size, ratio: Math.min(devicePixelRatio, 2) });
  }

  #frame({ bitmap, camera, width, height, places }: FrameFromScene): void {
    this.#isOrdered = false;
    if (this.#image.width !== bitmap.width) this.#image.width = bitmap.width;
    if (this.#image.height !== bitmap.height) this.#image.height = bitmap.height;
    this.#context?.transferFromImageBitmap(bitmap);
    this.#sheet.style.width = `${width}px`;
    this.#sheet.style.height = `${height}px`;
    this.#drawn = camera;
    this.#drawnSize = { width, height };
    if (places) this.#takePlaces(places);
    this.#drawOverlay();
    this.#place();
    this.#isAwaited = true;
    if (this.#restTimer === undefined) this.#goOn();
    if (this.#needsImage() || (places && this.#isFitted && !isSame(camera, this.#camera))) this.#order();
  }

  #takePlaces(places: Places): void {
    this.#places = places;
    this.#indexes.clear();
    for (const [at, handle] of places.handles.entries()) this.#indexes.set(handle, at);
    this.#box.dataset.placed = String(places.handles.length);
    if (this.#isFitted) this.#fitNow();
  }

  #fitNow(): void {
    const { flocks } = this.#places;
    const { width, height } = this.#size;
    if (flocks.length === 0 || width === 0) return;
    const left = Math.min(...flocks.map(({ x, radius }) => x - radius));
    const right = Math.max(...flocks.map(({ x, radius }) => x + radius));
    const top = Math.min(...flocks.map(({ y, radius }) => y - radius));
    const bottom = Math.max(...flocks.map(({ y, radius }) => y + radius));
    const room = height - NAME_PX;
    const scale = Math.min(16, FIT_PADDING * Math.min(width / (right - left), room / (bottom - top)));
    this.#camera = { x: (left + right) / 2, y: (top + bottom) / 2 - NAME_PX / 2 / scale, scale };
  }

  #placeOf(handle: number): { readonly x: number; readonly y: number } | undefined {
    const at = this.#indexes.get(handle);
    if (at === undefined) return undefined;
    return { x: this.#places.positions[2 * at] ?? 0, y: this.#places.positions[2 * at + 1] ?? 0 };
  }

  #later(): void {
    this.#frameRequest ||= requestAnimationFrame(() => this.#place());
  }

  /** Puts the image where the camera wants it. */
  #place(): void {
    cancelAnimationFrame(this.#frameRequest);
    this.#frameRequest = 0;
    const drawn = this.#drawn;
    if (!drawn) return;
    const { x, y, scale } = this.#camera;
    const zoomed = scale / drawn.scale;
    const left = this.#size.width / 2 + (drawn.x - x) * scale - (this.#drawnSize.width / 2) * zoomed;
    const top = this.#size.height / 2 + (drawn.y - y) * scale - (this.#drawnSize.height / 2) * zoomed;
    this.#sheet.style.transform = `translate(${left}px, ${top}px) scale(${zoomed})`;
  }

  #drawOverlay(): void {
    if (this.#drawn) this.#overlay.draw(this.#drawn, this.#drawnSize, this.#places.flocks);
  }
}

const isSame = (a: Camera, b: Camera): boolean => a.x === b.x && a.y === b.y && a.scale === b.scale;
