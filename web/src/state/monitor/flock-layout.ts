/**
 * Where the nodes of a picture are drawn: each subnetwork is a flock around a place of its own, supernodes in the middle of all. Within
 * a flock linked nodes draw near and all keep their distance. What was drawn once stays where it is: only newcomers and those next
 * to them move. One step costs some microseconds a node. No randomness: the same network always looks the same.
 */
import {
  linkEnds,
  type PictureChange,
  type PicturedNode,
} from '@murmuration/shared/monitor/feed-messages.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { type Circle, packCircles } from './cluster-packing.ts';

export interface Place {
  readonly node: PicturedNode;
  x: number;
  y: number;
  /** How much it may still move, 0 to 1. */
  heat: number;
  flock: Flock;
}

export interface Flock {
  /** Undefined: those in no subnetwork; {@link SUPERNODES}: supernodes. */
  readonly name: string | undefined;
  members: number;
  circle: Circle;
}

export const SUPERNODES = 'supernodes';

/** Nodes keep so far from each other, in units of the picture. */
const DISTANCE = 1;
const SUPERNODE_DISTANCE = 2.6;
const COOLING = 0.96;
const COLD = 0.02;
const NEIGHBOUR_HEAT = 0.25;
const SPRING = 0.0012;
const BRIDGE = 0.0004;
const PUSH = 0.45;
const HOLD = 0.08;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
/** Places of nodes that have gone, so that they are found there again when people look back. */
const REMEMBERED_MAX = 20_000;

export class FlockLayout {
  readonly #places = new Map<number, Place>();
  readonly #links = new Set<number>();
  readonly #flocks = new Map<string | undefined, Flock>();
  readonly #remembered = new Map<string, { readonly x: number; readonly y: number }>();
  /** Sizes as they were packed, roughly: so that not everything moves whenever somebody comes. */
  #packedFor = '';

  get places(): ReadonlyMap<number, Place> {
    return this.#places;
  }

  get links(): ReadonlySet<number> {
    return this.#links;
  }

  get flocks(): Iterable<Flock> {
    return this.#flocks.values();
  }

  /** Whether steps would still move something. */
  get isWarm(): boolean {
    for (const { heat } of this.#places.values()) if (heat > 0) return true;
    return false;
  }

  apply({ unlinked, gone, nodes, linked }: PictureChange): void {
    for (const link of unlinked) this.#links.delete(link);
    for (const handle of gone) this.#remove(handle);
    const newcomers = nodes.map((node) => this.#add(node));
    for (const link of linked) this.#links.add(link);
    this.#pack();
    this.#settle(newcomers, linked);
  }

  /** Another picture altogether; nodes that are in both stay where they are. */
  replace(change: PictureChange): void {
    this.apply({ ...change, unlinked: [...this.#links], gone: [...this.#places.keys()] });
  }

  #remove(handle: number): void {
    const place = this.#places.get(handle);
    if (!place) return;
    this.#places.delete(handle);
    this.#leave(place.flock);
    const { circle } = place.flock;
    this.#remembered.delete(place.node.name);
    this.#remembered.set(place.node.name, { x: place.x - circle.x, y: place.y - circle.y });
    if (this.#remembered.size <= REMEMBERED_MAX) return;
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest);
      break;
    }
  }

  #leave(flock: Flock): void {
    flock.members--;
    if (flock.members === 0) this.#flocks.delete(flock.name);
  }

  #add(node: PicturedNode): Place {
    const before = this.#places.get(node.handle);
    if (before) this.#remove(node.handle);
    const name = node.role === Role.supernode ? SUPERNODES : node.subnetwork;
    const flock = this.#flocks.get(name) ?? { name, members: 0, circle: { x: 0, y: 0, radius: 1 } };
    this.#flocks.set(name, flock);
    flock.members++;
    const place = { node, x: Number.NaN, y: Number.NaN, heat: 1, flock };
    this.#places.set(node.handle, place);
    return place;
  }

  /** Gives every flock its place; its members move along. */
  #pack(): void {
    const flocks = [...this.#flocks.values()].sort(
      (a, b) => Number(b.name === SUPERNODES) - Number(a.name === SUPERNODES) || b.members - a.members,
    );
    const sizes = flocks.map(({ name, members }) => `${name} ${roughly(members)}`);
    const packedFor = sizes.sort().join();
    if (packedFor === this.#packedFor) return;
    this.#packedFor = packedFor;
    const circles = packCircles(flocks.map(radiusOf));
    for (const [at, flock] of flocks.entries()) {
      const circle = circles[at] ?? flock.circle;
      const [dx, dy] = [circle.x - flock.circle.x, circle.y - flock.circle.y];
      flock.circle = circle;
      if (dx === 0 && dy === 0) continue;
      for (const place of this.#places.values()) {
        if (place.flock !== flock) continue;
        place.x += dx;
        place.y += dy;
      }
    }
  }

  /** Newcomers begin beside those that they are linked with, or spread over the flock like seeds of a sunflower. */
  #settle(newcomers: readonly Place[], linked: readonly number[]): void {
    const near = new Map<Place, Place>();
    for (const link of linked) {
      const [one, other] = linkEnds(link).map((handle) => this.#places.get(handle));
      if (!one || !other || one.flock !== other.flock) continue;
      if (Number.isNaN(one.x) && !Number.isNaN(other.x)) near.set(one, other);
      if (Number.isNaN(other.x) && !Number.isNaN(one.x)) near.set(other, one);
    }
    const seeds = new Map<Flock, number>();
    for (const place of newcomers) {
      const { circle } = place.flock;
      const seed = seeds.get(place.flock) ?? 0;
      seeds.set(place.flock, seed + 1);
      const angle = (place.node.handle + seed) * GOLDEN_ANGLE;
      const known = this.#remembered.get(place.node.name);
      const friend = near.get(place);
      if (known) {
        place.heat = 0;
        Object.assign(place, { x: circle.x + known.x, y: circle.y + known.y });
      } else if (friend && !Number.isNaN(friend.x)) {
        friend.heat = Math.max(friend.heat, NEIGHBOUR_HEAT);
        place.x = friend.x + Math.cos(angle);
        place.y = friend.y + Math.sin(angle);
      } else {
        const share = Math.sqrt((seed + 0.5) / place.flock.members);
        place.x = circle.x + Math.cos(angle) * share * circle.radius;
        place.y = circle.y + Math.sin(angle) * share * circle.radius;
      }
    }
  }

  /** Moves what is warm a little. */
  step(): void {
    this.#pull();
    this.#pushApart();
    for (const place of this.#places.values()) {
      if (place.heat === 0) continue;
      const { x, y, radius } = place.flock.circle;
      const [dx, dy] = [place.x - x, place.y - y];
      const distance = Math.hypot(dx, dy);
      if (distance > radius) {
        const back = ((distance - radius) / distance) * HOLD * 4;
        place.x -= dx * back;
        place.y -= dy * back;
      }
      place.heat = place.heat > COLD ? place.heat * COOLING : 0;
    }
  }

  /** Links inside draw together; bridges draw to the side where the other one is. */
  #pull(): void {
    for (const link of this.#links) {
      const [a, b] = linkEnds(link);
      const one = this.#places.get(a);
      const other = this.#places.get(b);
      if (!one || !other || one.heat + other.heat === 0) continue;
      const force = one.flock === other.flock ? SPRING : BRIDGE;
      const [dx, dy] = [(other.x - one.x) * force, (other.y - one.y) * force];
      one.x += dx * one.heat;
      one.y += dy * one.heat;
      other.x -= dx * other.heat;
      other.y -= dy * other.heat;
    }
  }

  /** Nobody stands closer to another than the distance: looked for in a grid of such cells. */
  #pushApart(): void {
    const cells = new Map<number, Place[]>();
    const cellOf = (x: number, y: number): number =>
      (Math.floor(x / DISTANCE) + 50_000) * 100_000 + Math.floor(y / DISTANCE) + 50_000;
    for (const place of this.#places.values()) {
      const cell = cellOf(place.x, place.y);
      const others = cells.get(cell);
      if (others) others.push(place);
      else cells.set(cell, [place]);
    }
    for (const place of this.#places.values()) {
      if (place.heat === 0) continue;
      const reach = place.flock.name === SUPERNODES ? Math.ceil(SUPERNODE_DISTANCE) : 1;
      for (let i = -reach; i <= reach; i++)
        for (let j = -reach; j <= reach; j++)
          for (const other of cells.get(cellOf(place.x + i * DISTANCE, place.y + j * DISTANCE)) ?? [])
            if (other !== place) push(place, other);
    }
  }
}

function push(place: Place, other: Place): void {
  const least =
    place.flock.name === SUPERNODES && other.flock === place.flock ? SUPERNODE_DISTANCE : DISTANCE;
  let [dx, dy] = [place.x - other.x, place.y - other.y];
  let distance = Math.hypot(dx, dy);
  if (distance >= least) return;
  if (distance < 1e-6) {
    // On the same spot: apart in a direction that both agree on.
    const angle = place.node.handle * GOLDEN_ANGLE;
    [dx, dy, distance] = [Math.cos(angle) * 0.01, Math.sin(angle) * 0.01, 0.01];
  }
  const by = (PUSH * (least - distance)) / distance;
  place.x += dx * by;
  place.y += dy * by;
}

/** In steps of a fifth. */
const roughly = (members: number): number => Math.ceil(Math.log(members) / Math.log(1.2));

function radiusOf({ name, members }: Flock): number {
  const distance = name === SUPERNODES ? SUPERNODE_DISTANCE : DISTANCE;
  return distance * (0.5 + 0.57 * Math.sqrt(members));
}
