// Chance that repeats itself: the same seed, the same numbers. A linear congruential generator (Numerical Recipes), whose upper bits
// are good enough to pick one of a few.

const UINT32 = 2 ** 32;

/** Whole numbers from 0 to `below` − 1. */
export function seededPicks(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / UINT32) * below);
  };
}
