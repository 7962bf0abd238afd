import { linkKey, type PictureChange } from '@murmuration/shared/monitor/feed-messages.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import { packCircles } from './cluster-packing.ts';
import { FlockLayout } from './flock-layout.ts';

/** So many members of each stream and two supernodes; everybody is linked with the next three of their stream. */
function network(...sizes: readonly number[]): PictureChange {
  const nodes: PictureChange['nodes'][number][] = [0, 1].map((handle) => ({
    ...{ handle, name: `super${handle}`, role: Role.supernode, subnetwork: undefined },
  }));
  const linked: number[] = [linkKey(0, 1)];
  for (const [stream, size] of sizes.entries()) {
    const first = nodes.length;
    for (let n = 0; n < size; n++) {
      const handle = first + n;
      const name = `n${String(handle).padStart(5, '0')}`;
      nodes.push({ handle, name, role: n === 0 ? Role.host : Role.viewer, subnetwork: `stream${stream}` });
      for (let back = 1; back <= Math.min(3, n); back++) linked.push(linkKey(handle, handle - back));
    }
  }
  return { atMs: 0, unlinked: [], gone: [], nodes, linked };
}

function settled(...sizes: readonly number[]): FlockLayout {
  const layout = new FlockLayout();
  layout.apply(network(...sizes));
  for (let steps = 0; layout.isWarm; steps++) {
    expect(steps, 'it comes to rest').toBeLessThan(200);
    layout.step();
  }
  return layout;
}

const distance = (a: { x: number; y: number }, b: { x: number; y: number }) =>
  Math.hypot(a.x - b.x, a.y - b.y);

test('circles are packed without touching each other, the first in the middle', () => {
  const circles = packCircles([3, 20, 15, 10, 10, 5, 5, 5, 2, 1, ...Array.from({ length: 100 }, () => 1)]);
  expect(circles[0]).toMatchObject({ x: 0, y: 0 });
  for (const [at, circle] of circles.entries())
    for (const other of circles.slice(at + 1))
      expect(distance(circle, other)).toBeGreaterThanOrEqual(circle.radius + other.radius);
});

test('each subnetwork is a flock of its own, supernodes apart in the middle, and nobody is lost', () => {
  const layout = settled(120, 60, 30);
  const flocks = [...layout.flocks];
  expect(flocks.map(({ members }) => members).sort((a, b) => b - a)).toEqual([120, 60, 30, 2]);
  for (const place of layout.places.values()) {
    const own = distance(place, place.flock.circle);
    expect(Number.isFinite(own)).toBe(true);
    expect(own).toBeLessThan(place.flock.circle.radius + 2);
    for (const flock of flocks)
      if (flock !== place.flock)
        expect(distance(place, flock.circle)).toBeGreaterThan(flock.circle.radius - 1);
  }
  expect(layout.places.get(0)?.flock.circle).toMatchObject({ x: 0, y: 0 });
});

test('nodes keep their distance', () => {
  const places = [...settled(200).places.values()];
  const nearest = places.map((place) =>
    Math.min(...places.flatMap((other) => (other === place ? [] : [distance(place, other)]))),
  );
  expect(nearest.filter((near) => near < 0.35).length).toBeLessThan(places.length * 0.05);
});

test('when somebody comes or goes, the others stay where they are', () => {
  const layout = settled(100, 50);
  const before = new Map([...layout.places].map(([handle, { x, y }]) => [handle, { x, y }]));
  const newcomer = { handle: 500, name: 'newone', role: Role.viewer, subnetwork: 'stream0' };
  layout.apply({ atMs: 1, unlinked: [], gone: [90], nodes: [newcomer], linked: [linkKey(10, 500)] });
  while (layout.isWarm) layout.step();
  const moved = [...layout.places].filter(([handle, place]) => {
    const old = before.get(handle);
    return old !== undefined && distance(old, place) > 0.01;
  });
  expect(moved.length).toBeLessThan(5);
  expect(distance(layout.places.get(500)!, layout.places.get(10)!)).toBeLessThan(4);
  expect(layout.places.has(90)).toBe(false);
});

test('who comes back, or is seen again in the past, is where it was', () => {
  const layout = settled(100, 50);
  const whole = network(100, 50);
  const before = [...layout.places.values()].map(({ node, x, y }) => [node.name, x.toFixed(3), y.toFixed(3)]);
  layout.replace({ ...whole, nodes: whole.nodes.slice(0, 60), linked: [] });
  expect(layout.places.size).toBe(60);
  layout.replace(whole);
  const after = [...layout.places.values()].map(({ node, x, y }) => [node.name, x.toFixed(3), y.toFixed(3)]);
  expect(after).toEqual(before);
  expect(layout.isWarm).toBe(false);
});
