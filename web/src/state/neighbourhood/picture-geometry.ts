/** Where things are in the picture of one's own neighbourhood, in units of about a CSS pixel. Seats are those of `seating.ts`. */
import { RING_SEATS } from './seating.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Of the whole picture: the ring, and below it the row of supernodes. */
export const pictureSize = { width: 272, height: 322 };
/** Where one is oneself. */
export const centre: Point = { x: 136, y: 138 };
/** Where the ring ends and the row begins. */
export const ROW_LINE_Y = 280;
const ROW_Y = 296;
const ROW_STEP = 54;

/** Every other seat is further in: so names have room, and up to eight neighbours still stand on one circle. */
const OUTER_RADIUS = 110;
const INNER_RADIUS = 83;
/** How much of a line is left out at oneself and at a neighbour. */
const GAP_AT_CENTRE = 20;
const GAP_AT_SEAT = 11;
const ARROW_LENGTH = 9;
const ARROW_HALF_WIDTH = 5;

/** Clockwise from the top. */
export function seatPoint(seat: number): Point {
  const turn = (2 * Math.PI * seat) / RING_SEATS;
  const radius = seat % 2 === 0 ? OUTER_RADIUS : INNER_RADIUS;
  return { x: rounded(centre.x + radius * Math.sin(turn)), y: rounded(centre.y - radius * Math.cos(turn)) };
}

/** From the middle outwards, so that nobody moves when another one comes. */
export function rowPoint(seat: number): Point {
  const step = Math.ceil(seat / 2) * (seat % 2 === 1 ? -1 : 1);
  return { x: centre.x + step * ROW_STEP, y: ROW_Y };
}

/** Names stand on the side that lines do not come from. */
export const isNamedAbove = ({ y }: Point): boolean => y < centre.y - 20;

export interface Line {
  /** SVG paths: the line, and a triangle on it that points where the stream goes. */
  readonly path: string;
  readonly arrow: string;
}

/**
 * The line between oneself and a seat.
 * @param aside how far it lies to the right of the straight one, as the stream goes: so one each way do not cover each other
 */
export function flowLine(seat: Point, direction: 'in' | 'out', aside: number): Line {
  const { length, ux, uy } = outwards(seat);
  const sign = direction === 'out' ? 1 : -1;
  const at = (distance: number, right: number): string =>
    `${rounded(centre.x + ux * distance - sign * uy * right)} ${rounded(centre.y + uy * distance + sign * ux * right)}`;
  const far = length - GAP_AT_SEAT;
  const middle = (GAP_AT_CENTRE + far) / 2;
  const tip = middle + (sign * ARROW_LENGTH) / 2;
  const tail = middle - (sign * ARROW_LENGTH) / 2;
  return {
    path: `M${at(GAP_AT_CENTRE, aside)}L${at(far, aside)}`,
    arrow: `M${at(tip, aside)}L${at(tail, aside + ARROW_HALF_WIDTH)}L${at(tail, aside - ARROW_HALF_WIDTH)}Z`,
  };
}

/** A link that carries nothing: its path. */
export const linkLine = (seat: Point): string => flowLine(seat, 'out', 0).path;

/** From the centre to a seat. */
function outwards(seat: Point) {
  const [dx, dy] = [seat.x - centre.x, seat.y - centre.y];
  const length = Math.hypot(dx, dy);
  return { length, ux: dx / length, uy: dy / length };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
