/** Draws a network on a 2D canvas: links below, nodes above. Made for thousands of them without a graphics card. */
import { linkEnds, type PicturedNode, type ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import type { FlockLayout, Place } from '../../../state/monitor/flock-layout.ts';
import type { Camera, SceneStyle } from './scene-messages.ts';

export interface View {
  readonly camera: Camera;
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** Lines in one path: long paths cost more than many. */
const LINES_PER_PATH = 256;
const FADED = 0.15;

export function drawNetwork(
  context: OffscreenCanvasRenderingContext2D,
  layout: FlockLayout,
  view: View,
  style: SceneStyle,
  focus: ShortName | undefined,
): void {
  const { width, height } = view;
  context.clearRect(0, 0, width, height);
  drawLinks(context, layout, view, style, focus);
  drawNodes(context, layout, view, style, focus);
  context.globalAlpha = 1;
}

function drawLinks(
  context: OffscreenCanvasRenderingContext2D,
  { places, links }: FlockLayout,
  view: View,
  style: SceneStyle,
  focus: ShortName | undefined,
): void {
  const { scale, offsetX, offsetY } = projection(view);
  const { width, height } = view;
  /** Four coordinates a line, by colour. */
  const lines = new Map<string, number[]>();
  for (const link of links) {
    const [a, b] = linkEnds(link);
    const one = places.get(a);
    const other = places.get(b);
    if (!one || !other) continue;
    const x1 = one.x * scale + offsetX;
    const y1 = one.y * scale + offsetY;
    const x2 = other.x * scale + offsetX;
    const y2 = other.y * scale + offsetY;
    const isOutside =
      (x1 < 0 && x2 < 0) || (y1 < 0 && y2 < 0) || (x1 > width && x2 > width) || (y1 > height && y2 > height);
    if (isOutside) continue;
    const key = lineKey(one, other, style, focus);
    const batch = lines.get(key);
    if (batch) batch.push(x1, y1, x2, y2);
    else lines.set(key, [x1, y1, x2, y2]);
  }
  // Up to a pixel wide, lines are drawn the fast way.
  context.lineWidth = 1;
  for (const [key, coordinates] of lines) {
    const [colour = '', opacity] = key.split('|');
    context.strokeStyle = colour;
    context.globalAlpha = Number(opacity);
    for (let from = 0; from < coordinates.length; from += 4 * LINES_PER_PATH) {
      context.beginPath();
      const to = Math.min(coordinates.length, from + 4 * LINES_PER_PATH);
      for (let at = from; at < to; at += 4) {
        context.moveTo(coordinates[at] ?? 0, coordinates[at + 1] ?? 0);
        context.lineTo(coordinates[at + 2] ?? 0, coordinates[at + 3] ?? 0);
      }
      context.stroke();
    }
  }
}

function lineKey(one: Place, other: Place, style: SceneStyle, focus: ShortName | undefined): string {
  const inside = one.flock === other.flock;
  const colour = inside ? colourOf(one.node, style) : style.bridge;
  const opacity = inside ? style.linkOpacity : style.linkOpacity * 0.8;
  const touches = focus === undefined || one.node.subnetwork === focus || other.node.subnetwork === focus;
  return `${colour}|${touches ? opacity : opacity * FADED}`;
}

function drawNodes(
  context: OffscreenCanvasRenderingContext2D,
  { places }: FlockLayout,
  view: View,
  style: SceneStyle,
  focus: ShortName | undefined,
): void {
  const { scale, offsetX, offsetY } = projection(view);
  const { width, height, ratio } = view;
  const sprites = new Map<string, OffscreenCanvas>();
  const radius = Math.min(10, Math.max(1.8, view.camera.scale * 0.36)) * ratio;
  const draw = ({ node, x, y }: Place): void => {
    const [left, top] = [x * scale + offsetX, y * scale + offsetY];
    if (left < -40 || top < -40 || left > width + 40 || top > height + 40) return;
    const colour = colourOf(node, style);
    const key = `${node.role} ${colour}`;
    let sprite = sprites.get(key);
    if (!sprite) {
      sprite = spriteOf(node.role, colour, style.ground, radius, ratio);
      sprites.set(key, sprite);
    }
    context.globalAlpha = focus === undefined || node.subnetwork === focus ? 1 : FADED;
    context.drawImage(sprite, Math.round(left - sprite.width / 2), Math.round(top - sprite.height / 2));
  };
  for (const place of places.values()) if (place.node.role === Role.viewer) draw(place);
  for (const place of places.values()) if (place.node.role !== Role.viewer) draw(place);
}

/** Viewers are dots, hosts dots with a ring, supernodes squares on a corner: told apart without their colours, too. */
function spriteOf(role: Role, colour: string, ground: string, dot: number, ratio: number): OffscreenCanvas {
  const radius = role === Role.viewer ? dot : Math.max(dot * 1.9, 4.5 * ratio);
  const size = Math.ceil(2 * radius + 6 * ratio);
  const sprite = new OffscreenCanvas(size, size);
  const context = sprite.getContext('2d') as OffscreenCanvasRenderingContext2D;
  const middle = size / 2;
  const shape = (reach: number): void => {
    context.beginPath();
    if (role === Role.supernode) {
      context.moveTo(middle, middle - reach * 1.2);
      context.lineTo(middle + reach * 1.2, middle);
      context.lineTo(middle, middle + reach * 1.2);
      context.lineTo(middle - reach * 1.2, middle);
      context.closePath();
    } else context.arc(middle, middle, reach, 0, 2 * Math.PI);
    context.fill();
  };
  if (role !== Role.viewer) {
    context.fillStyle = ground;
    shape(radius + 1.5 * ratio);
  }
  context.fillStyle = colour;
  shape(radius);
  if (role === Role.host) {
    context.fillStyle = ground;
    shape(radius * 0.45);
  }
  return sprite;
}

function colourOf({ role, subnetwork }: PicturedNode, { colours, ink, other }: SceneStyle): string {
  if (role === Role.supernode) return ink;
  return subnetwork === undefined ? other : (colours.get(subnetwork) ?? other);
}

/** From units of the picture to device pixels. */
function projection({ camera, width, height, ratio }: View) {
  const scale = camera.scale * ratio;
  return { scale, offsetX: width / 2 - camera.x * scale, offsetY: height / 2 - camera.y * scale };
}
