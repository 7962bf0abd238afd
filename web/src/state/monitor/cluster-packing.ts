/** Where the flocks of a picture have their places: circles of given sizes, close to each other, the first ones in the middle. */

export interface Circle {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** Pictures are wider than high. */
const WIDTH_TO_HEIGHT = 1.5;
const GAP = 2.2;
const ANGLES = 40;
/** Half a turn of the golden angle, so that equal sizes do not stand in rows. */
const TURN = Math.PI * (3 - Math.sqrt(5));

/** Places each circle as near to the middle as it fits, in the given order. For `n` circles it takes some n² steps. */
export function packCircles(radii: readonly number[]): Circle[] {
  const placed: Circle[] = [];
  let outer = 0;
  for (const [at, radius] of radii.entries()) {
    const circle = placeOf(radius, placed, at, outer);
    placed.push(circle);
    outer = Math.max(outer, Math.hypot(circle.x / WIDTH_TO_HEIGHT, circle.y) + radius);
  }
  return placed;
}

function placeOf(radius: number, placed: readonly Circle[], at: number, outer: number): Circle {
  if (placed.length === 0) return { x: 0, y: 0, radius };
  // Many small ones all have their place at the rim.
  const from = placed.length > 60 ? outer * 0.8 : 0;
  for (let distance = from; ; distance += Math.max(0.5, radius / 4)) {
    for (let turn = 0; turn < ANGLES; turn++) {
      const angle = at * TURN + (turn * 2 * Math.PI) / ANGLES;
      const x = Math.cos(angle) * distance * WIDTH_TO_HEIGHT;
      const y = Math.sin(angle) * distance;
      const fits = placed.every(
        (other) => Math.hypot(other.x - x, other.y - y) >= other.radius + radius + GAP,
      );
      if (fits) return { x, y, radius };
    }
  }
}
