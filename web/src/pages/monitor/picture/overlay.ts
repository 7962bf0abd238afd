/** What is drawn over the picture, by the page itself and so at once: names of subnetworks, and a node that stands out with its links. */
import { SUPERNODES } from '../../../state/monitor/flock-layout.ts';
import type { Camera, FlockPlace } from './scene-messages.ts';

export interface OverlayStyle {
  readonly ink: string;
  readonly ground: string;
  readonly accent: string;
  readonly font: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Marked {
  readonly handle: number;
  readonly neighbours: readonly number[];
}

/** Flocks that are smaller on the screen have no name there, px. */
const NAMED_RADIUS_MIN = 20;
const NAMES_MAX = 16;
/** Room for a name. */
const CHARACTER_PX = 9;
const LINE_PX = 16;

export class Overlay {
  readonly canvas = document.createElement('canvas');
  style: OverlayStyle | undefined;
  marked: Marked | undefined;
  readonly #placeOf: (handle: number) => Point | undefined;
  readonly #context = this.canvas.getContext('2d');

  /** `placeOf`: where a node is, in units of the picture. */
  constructor(placeOf: (handle: number) => Point | undefined) {
    this.#placeOf = placeOf;
    this.canvas.className = 'network-overlay';
  }

  /** On so many pixels, as the camera sees it. */
  draw(camera: Camera, { width, height }: Size, flocks: readonly FlockPlace[]): void {
    const context = this.#context;
    const { style } = this;
    if (!context || !style) return;
    const ratio = devicePixelRatio;
    const [deviceWidth, deviceHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== deviceWidth) this.canvas.width = deviceWidth;
    if (this.canvas.height !== deviceHeight) this.canvas.height = deviceHeight;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const screen = ({ x, y }: Point): readonly [number, number] => [
      width / 2 + (x - camera.x) * camera.scale,
      height / 2 + (y - camera.y) * camera.scale,
    ];
    this.#drawMarked(context, style, screen);
    context.font = style.font;
    context.textAlign = 'center';
    context.lineJoin = 'round';
    context.lineWidth = 4;
    const named = flocks.filter(({ name }) => name !== undefined).sort((a, b) => b.members - a.members);
    const taken: (readonly [left: number, top: number, wide: number])[] = [];
    for (const { name = '', radius, x, y } of named.slice(0, NAMES_MAX)) {
      if (radius * camera.scale < NAMED_RADIUS_MIN && name !== SUPERNODES) continue;
      const [left, top] = screen({ x, y: y - radius });
      const wide = name.length * CHARACTER_PX;
      const isCovered = taken.some(
        ([otherLeft, otherTop, otherWide]) =>
          Math.abs(otherTop - top) < LINE_PX && Math.abs(otherLeft - left) < (otherWide + wide) / 2,
      );
      if (isCovered) continue;
      taken.push([left, top, wide]);
      context.strokeStyle = style.ground;
      context.strokeText(name, left, top - 5);
      context.fillStyle = style.ink;
      context.fillText(name, left, top - 5);
    }
  }

  #drawMarked(
    context: CanvasRenderingContext2D,
    { accent, ink, ground }: OverlayStyle,
    screen: (place: Point) => readonly [number, number],
  ): void {
    const place = this.marked && this.#placeOf(this.marked.handle);
    if (!this.marked || !place) return;
    const [left, top] = screen(place);
    context.strokeStyle = accent;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const neighbour of this.marked.neighbours) {
      const other = this.#placeOf(neighbour);
      if (!other) continue;
      context.moveTo(left, top);
      context.lineTo(...screen(other));
    }
    context.stroke();
    for (const [radius, colour, width] of [
      [10, ground, 5],
      [10, ink, 2.5],
    ] as const) {
      context.beginPath();
      context.arc(left, top, radius, 0, 2 * Math.PI);
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
  }
}
