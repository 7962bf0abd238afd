/** Pointers, wheel and keys on the picture of the network: they move it, zoom it, point at a node and choose one. */
import type { Scene } from './scene.ts';

const KEY_STEP_PX = 60;
const KEY_ZOOM = 1.4;
const WHEEL_ZOOM_PER_PX = 0.0022;
/** Less than that is a click. */
const DRAG_PX = 5;

interface Spot {
  x: number;
  y: number;
}

export class Hands {
  readonly #box: HTMLElement;
  readonly #scene: Scene;
  readonly #onChoose: (handle: number | undefined) => void;
  readonly #pointers = new Map<number, Spot>();
  readonly #listening = new AbortController();
  #moved = 0;

  constructor(box: HTMLElement, scene: Scene, onChoose: (handle: number | undefined) => void) {
    this.#box = box;
    this.#scene = scene;
    this.#onChoose = onChoose;
    const { signal } = this.#listening;
    box.addEventListener('pointerdown', (event) => this.#down(event), { signal });
    box.addEventListener('pointermove', (event) => this.#move(event), { signal });
    box.addEventListener('pointerup', (event) => this.#up(event), { signal });
    box.addEventListener('pointercancel', (event) => this.#pointers.delete(event.pointerId), { signal });
    box.addEventListener('pointerleave', () => scene.onPoint?.(undefined), { signal });
    box.addEventListener('dblclick', (event) => scene.zoom(1.8, this.#spot(event)), { signal });
    box.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
    box.addEventListener('keydown', (event) => this.#key(event), { signal });
  }

  stop(): void {
    this.#listening.abort();
  }

  #spot({ clientX, clientY }: MouseEvent): Spot {
    const { left, top } = this.#box.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#box.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 0) this.#moved = 0;
    this.#pointers.set(event.pointerId, this.#spot(event));
  }

  #move(event: PointerEvent): void {
    const spot = this.#spot(event);
    const before = this.#pointers.get(event.pointerId);
    if (!before) {
      this.#scene.point(spot.x, spot.y);
      return;
    }
    const [dx, dy] = [spot.x - before.x, spot.y - before.y];
    this.#moved += Math.abs(dx) + Math.abs(dy);
    const [other] = [...this.#pointers].flatMap(([id, at]) => (id === event.pointerId ? [] : [at]));
    if (other) {
      const [now, then] = [
        Math.hypot(spot.x - other.x, spot.y - other.y),
        Math.hypot(before.x - other.x, before.y - other.y),
      ];
      this.#scene.pan(dx / 2, dy / 2);
      if (then > 0) this.#scene.zoom(now / then, { x: (spot.x + other.x) / 2, y: (spot.y + other.y) / 2 });
    } else if (this.#moved >= DRAG_PX) this.#scene.pan(dx, dy);
    this.#pointers.set(event.pointerId, spot);
  }

  #up(event: PointerEvent): void {
    const wasAlone = this.#pointers.size === 1;
    if (!this.#pointers.delete(event.pointerId) || !wasAlone || this.#moved >= DRAG_PX) return;
    const { x, y } = this.#spot(event);
    this.#onChoose(this.#scene.nodeAt(x, y));
  }

  /** A wheel scrolls the page, unless it is meant for the picture. */
  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.#scene.zoom(
      Math.exp(-event.deltaY * WHEEL_ZOOM_PER_PX * (event.deltaMode === 1 ? 16 : 1)),
      this.#spot(event),
    );
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const scene = this.#scene;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => scene.pan(KEY_STEP_PX, 0),
      ArrowRight: () => scene.pan(-KEY_STEP_PX, 0),
      ArrowUp: () => scene.pan(0, KEY_STEP_PX),
      ArrowDown: () => scene.pan(0, -KEY_STEP_PX),
      '+': () => scene.zoom(KEY_ZOOM),
      '=': () => scene.zoom(KEY_ZOOM),
      '-': () => scene.zoom(1 / KEY_ZOOM),
      '0': () => scene.fit(),
      Escape: () => this.#onChoose(undefined),
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}
