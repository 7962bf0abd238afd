/** The logo, and the flock behind the home page: birds scattered with a fixed seed along a bent cloud, drawn as three paths. */
import { type Random, randomFloat, seededRandom } from '@murmuration/shared/lib/random.ts';

const WIDTH = 1200;
const HEIGHT = 520;

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 21l3.500 2.300L10 21M9 13l4 2.600L17 13M13.500 23l3.500 2.300 3.500-2.300M18 6l4 2.600L26 6M21 15.500l4 2.600 4-2.600" />
    </svg>
  );
}

export function Flock() {
  return (
    <svg
      class="flock"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="xMaxYMin slice"
      aria-hidden="true"
    >
      {layers.map((birds, depth) => (
        <path key={depth} class={`flock-${depth}`} d={birds} />
      ))}
    </svg>
  );
}

/** Roughly normal: the sum of three uniforms, in [-1.5, 1.5]. */
const spread = (random: Random): number =>
  randomFloat(random) + randomFloat(random) + randomFloat(random) - 1.5;

/** A cloud of birds from far to near. `along` runs through the cloud, which is thick where it turns. */
function flock(random: Random, count: number, wingspan: number): string {
  let path = '';
  for (let bird = 0; bird < count; bird++) {
    const along = Math.min(1, Math.max(0, 0.5 + spread(random) * 0.36));
    const bend = Math.sin(along * 6 + 0.9);
    const thickness = 8 + 52 * Math.sin(along * Math.PI) * (0.3 + 0.7 * Math.abs(bend));
    const x = WIDTH * (0.56 + 0.42 * along) + spread(random) * 22;
    const y = HEIGHT * (0.33 - 0.2 * bend * along) + spread(random) * thickness;
    const wing = wingspan * (0.6 + randomFloat(random) * 0.8);
    const dip = wing * (0.15 + randomFloat(random) * 0.5);
    const point = (value: number) => value.toFixed(1);
    path += `M${point(x - wing)} ${point(y - dip)}L${point(x)} ${point(y)}L${point(x + wing)} ${point(y - dip * 0.8)}`;
  }
  return path;
}

const random = seededRandom(7);
const layers = [flock(random, 420, 1.6), flock(random, 260, 2.6), flock(random, 70, 4.2)];
