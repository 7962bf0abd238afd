/**
 * What is on its way to the nodes of a relay world, by the slice of time in which it arrives and then by node. A slice is as short as the
 * fastest link, so nothing that a node does within one can reach another node before the next: each node's events of a slice can be
 * played one after the other, while its memory is at hand: what a run mostly waits for is memory. The events lie in columns, so that none of them is an object to be collected.
 */
import { START_UNIX_MS } from '../virtual-clock.ts';

/** Length of a slice, ms. No link may be faster. */
export const SLICE_MS = 10;
const COLUMNS_FIRST = 64;
const NONE = -1;

/** What arrives: of the link's sender, or about it. */
export type Cargo = object;

/** All events of one slice of time. */
class Slice<Link> {
  size = 0;
  at = new Float64Array(COLUMNS_FIRST);
  to = new Int32Array(COLUMNS_FIRST);
  from = new Int32Array(COLUMNS_FIRST);
  /** The next event of the same node, once the slice has begun. */
  next = new Int32Array(COLUMNS_FIRST);
  /** What the cargo is, in the words of the world. */
  kind = new Uint8Array(COLUMNS_FIRST);
  readonly links: (Link | undefined)[] = [];
  readonly cargoes: (Cargo | undefined)[] = [];

  push(at: number, to: number, from: number, link: Link, kind: number, cargo: Cargo): void {
    const i = this.size++;
    if (i === this.at.length) this.#grow();
    this.at[i] = at;
    this.to[i] = to;
    this.from[i] = from;
    this.kind[i] = kind;
    this.links[i] = link;
    this.cargoes[i] = cargo;
  }

  #grow(): void {
    const { at, to, from, kind } = this;
    const length = this.at.length * 2;
    this.at = new Float64Array(length);
    this.at.set(at);
    this.to = new Int32Array(length);
    this.to.set(to);
    this.from = new Int32Array(length);
    this.from.set(from);
    this.kind = new Uint8Array(length);
    this.kind.set(kind);
    this.next = new Int32Array(length);
  }

  clear(): void {
    // Not by their length: an array that is cut gives its room back, and would grow anew for every slice.
    this.links.fill(undefined, 0, this.size);
    this.cargoes.fill(undefined, 0, this.size);
    this.size = 0;
  }
}

export class NodeEvents<Link> {
  readonly #sliceMs: number;
  readonly #slices = new Map<number, Slice<Link>>();
  readonly #spare: Slice<Link>[] = [];
  #current: Slice<Link> = new Slice();
  #currentIndex = NONE;
  /** By node: its first event of the current slice, in no order. */
  #heads = new Int32Array(COLUMNS_FIRST).fill(NONE);
  /** Events of the node that is played, in order. */
  #order = new Int32Array(COLUMNS_FIRST);

  /** @param sliceMs shorter ones play the same, and slower */
  constructor(sliceMs: number = SLICE_MS) {
    this.#sliceMs = sliceMs;
  }

  #indexOf(atMs: number): number {
    return Math.floor((atMs - START_UNIX_MS) / this.#sliceMs);
  }

  /** When the slice that holds an instant ends, ms. */
  endOf(atMs: number): number {
    return START_UNIX_MS + (this.#indexOf(atMs) + 1) * this.#sliceMs;
  }

  /** Something will reach a node, at the earliest in the next slice. Of those at the same instant the one of the lower sender comes first. */
  add(atMs: number, to: number, from: number, link: Link, kind: number, cargo: Cargo): void {
    const index = this.#indexOf(atMs);
    if (index <= this.#currentIndex) throw new Error('bug: an event for the past');
    let slice = this.#slices.get(index);
    if (slice === undefined) {
      slice = this.#spare.pop() ?? new Slice();
      this.#slices.set(index, slice);
    }
    slice.push(atMs, to, from, link, kind, cargo);
  }

  /** Begins the slice that holds an instant, if it is not under way: its events are dealt out to the nodes. */
  begin(atMs: number, nodes: number): void {
    const index = this.#indexOf(atMs);
    if (nodes > this.#heads.length) {
      const heads = new Int32Array(Math.max(nodes, this.#heads.length * 2)).fill(NONE);
      heads.set(this.#heads);
      this.#heads = heads;
    }
    if (index === this.#currentIndex) return;
    this.#current.clear();
    this.#spare.push(this.#current);
    const slice = this.#slices.get(index) ?? new Slice<Link>();
    this.#slices.delete(index);
    this.#current = slice;
    this.#currentIndex = index;
    const heads = this.#heads;
    for (let i = 0; i < slice.size; i++) {
      const to = slice.to[i] as number;
      slice.next[i] = heads[to] as number;
      heads[to] = i;
    }
  }

  /** Whether anything of the current slice is left for a node. */
  has(node: number): boolean {
    return this.#heads[node] !== NONE;
  }

  /** Takes the events that are left for a node; answers how many. The n-th of them is then at {@link atMs} and so on. */
  take(node: number): number {
    const { at, from, next } = this.#current;
    let count = 0;
    for (let event = this.#heads[node] as number; event !== NONE; event = next[event] as number) {
      if (count === this.#order.length) {
        const order = new Int32Array(count * 2);
        order.set(this.#order);
        this.#order = order;
      }
      // They are few: each is put where it belongs.
      const order = this.#order;
      let place = count++;
      for (; place > 0; place--) {
        const before = order[place - 1] as number;
        const sooner =
          (at[before] as number) - (at[event] as number) ||
          (from[before] as number) - (from[event] as number) ||
          before - event;
        if (sooner < 0) break;
        order[place] = before;
      }
      order[place] = event;
    }
    this.#heads[node] = NONE;
    return count;
  }

  atMs(n: number): number {
    return this.#current.at[this.#order[n] as number] as number;
  }

  link(n: number): Link {
    return this.#current.links[this.#order[n] as number] as Link;
  }

  kind(n: number): number {
    return this.#current.kind[this.#order[n] as number] as number;
  }

  cargo(n: number): Cargo {
    return this.#current.cargoes[this.#order[n] as number] as Cargo;
  }

  /** The events from the n-th on are for later in the slice. */
  putBack(node: number, n: number, count: number): void {
    for (let i = count - 1; i >= n; i--) {
      const event = this.#order[i] as number;
      this.#current.next[event] = this.#heads[node] as number;
      this.#heads[node] = event;
    }
  }
}
