import { expect, test } from 'vitest';
import {
  centre,
  flowLine,
  isNamedAbove,
  linkLine,
  type Point,
  pictureSize,
  ROW_LINE_Y,
  rowPoint,
  seatPoint,
} from './picture-geometry.ts';
import { RING_SEATS, ROW_SEATS } from './seating.ts';

/** Of six letters of the size that the style sheet gives them, with a little room, and how far they are from what they name. */
const NAME = { width: 44, height: 11, away: 13 };

const seats = Array.from({ length: RING_SEATS }, (_, seat) => seatPoint(seat));
const row = Array.from({ length: ROW_SEATS }, (_, seat) => rowPoint(seat));

function nameBox(point: Point) {
  const middle = point.y + (isNamedAbove(point) ? -1 : 1) * (NAME.away + NAME.height / 2);
  return {
    left: point.x - NAME.width / 2,
    right: point.x + NAME.width / 2,
    top: middle - NAME.height / 2,
    bottom: middle + NAME.height / 2,
  };
}

test('the host’s seat is at the top', () => {
  expect(seatPoint(0)).toEqual({ x: centre.x, y: Math.min(...seats.map(({ y }) => y)) });
});

test('all names are inside the picture, and no two cover each other or a neighbour', () => {
  const points = [...seats, ...row];
  for (const point of points) {
    const box = nameBox(point);
    expect(box.left).toBeGreaterThanOrEqual(0);
    expect(box.right).toBeLessThanOrEqual(pictureSize.width);
    expect(box.top).toBeGreaterThanOrEqual(0);
    expect(box.bottom).toBeLessThanOrEqual(pictureSize.height);
    for (const other of points) {
      if (other === point) continue;
      const theirs = nameBox(other);
      const apart =
        box.right < theirs.left ||
        theirs.right < box.left ||
        box.bottom < theirs.top ||
        theirs.bottom < box.top;
      expect(apart, `${JSON.stringify(point)} ${JSON.stringify(other)}`).toBe(true);
      const covered =
        box.left < other.x + 7 &&
        other.x - 7 < box.right &&
        box.top < other.y + 7 &&
        other.y - 7 < box.bottom;
      expect(covered, `${JSON.stringify(point)} over ${JSON.stringify(other)}`).toBe(false);
    }
  }
});

test('the row of supernodes is below the ring', () => {
  for (const seat of seats) expect(nameBox(seat).bottom).toBeLessThanOrEqual(ROW_LINE_Y);
  for (const { y } of row) expect(y - 8).toBeGreaterThan(ROW_LINE_Y);
});

const numbers = (path: string): number[] => (path.match(/-?[\d.]+/g) ?? []).map(Number);

test('an arrow points from whoever sends, and one each way lie beside each other', () => {
  const right = seatPoint(4);
  const [tipOut, , tailOut] = numbers(flowLine(right, 'out', 0).arrow);
  expect(tipOut).toBeGreaterThan(tailOut ?? Number.NaN);
  const [tipIn, , tailIn] = numbers(flowLine(right, 'in', 0).arrow);
  expect(tipIn).toBeLessThan(tailIn ?? Number.NaN);
  expect(numbers(flowLine(right, 'out', 4).path)).toEqual([156, 142, 235, 142]);
  expect(numbers(flowLine(right, 'in', 4).path)).toEqual([156, 134, 235, 134]);
  expect(numbers(linkLine(right))).toEqual([156, 138, 235, 138]);
});
