/**
 * Virtual time: an event queue that jumps from one event to the next. Events at the same instant run in the order in which
 * they were put in, so that a run depends on nothing but its seed.
 *
 * Time is in milliseconds since 1970 and starts at {@link START_UNIX_MS}. At that size a double resolves 2⁻¹² ms, and
 * adding a whole number of milliseconds (a node's clock offset) is exact: a timer never fires before its own clock says so.
 */
import { Heap } from '../src/lib/heap.ts';
import type { Clock } from '../src/node/ports.ts';

/** When every simulation begins: 2026-11-01, 00:00 UTC. */
export const START_UNIX_MS = Date.UTC(2026, 10, 1);

/** Cancelled timers are swept out once they are that many and the larger half of the queue. */
const SWEEP_CANCELLED_MIN = 8_192;

/** Something that happens at an instant. Subclasses hold their data in fields, so that no event needs a closure. */
export abstract class SimEvent {
  /** Set by the queue. */
  atMs = 0;
  order = 0;
  cancelled = false;

  abstract fire(): void;
}

const earlier = (a: SimEvent, b: SimEvent): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** The one queue of a simulation. */
export class VirtualClock {
  #queue = new Heap<SimEvent>(earlier);
  #nowMs = START_UNIX_MS;
  #orderNext = 0;
  #cancelledWaiting = 0;
  #eventsRun = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Milliseconds since the simulation began. */
  get elapsedMs(): number {
    return this.#nowMs - START_UNIX_MS;
  }

  /** How many events have run. */
  get eventsRun(): number {
    return this.#eventsRun;
  }

  /** How many events wait, cancelled ones included. */
  get eventsWaiting(): number {
    return this.#queue.size;
  }

  /** When the next event is due; infinite where none waits. */
  get nextAtMs(): number {
    return this.#queue.peek()?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Puts an event in; one for the past runs now, after those already due. */
  add(event: SimEvent, atMs: number): void {
    event.atMs = Math.max(atMs, this.#nowMs);
    event.order = this.#orderNext++;
    event.cancelled = false;
    this.#queue.push(event);
  }

  /** Calls back once, at `atMs`. For the rare things; the hot path has events of its own. */
  call(atMs: number, callback: () => void): Callback {
    const event = new Callback(callback);
    this.add(event, atMs);
    return event;
  }

  /** Takes an event that waits out of the run. */
  cancel(event: SimEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#cancelledWaiting++;
    if (this.#cancelledWaiting > SWEEP_CANCELLED_MIN && this.#cancelledWaiting * 2 > this.#queue.size) {
      this.#sweep();
    }
  }

  /** Runs everything up to and including `untilMs`, and leaves the time there. */
  runUntil(untilMs: number): void {
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || next.atMs > untilMs) break;
      this.#queue.pop();
      if (next.cancelled) {
        this.#cancelledWaiting--;
        continue;
      }
      this.#nowMs = next.atMs;
      this.#eventsRun++;
      // A timer that is cancelled while or after it runs must not be counted as waiting.
      next.cancelled = true;
      next.fire();
    }
    if (untilMs > this.#nowMs) this.#nowMs = untilMs;
  }

  /** Leaves the cancelled events behind. They come out of the old heap in order, so every push is cheap. */
  #sweep(): void {
    const kept = new Heap<SimEvent>(earlier);
    for (let event = this.#queue.pop(); event !== undefined; event = this.#queue.pop()) {
      if (!event.cancelled) kept.push(event);
    }
    this.#queue = kept;
    this.#cancelledWaiting = 0;
  }
}

/** An event that calls a function. */
export class Callback extends SimEvent {
  readonly #callback: () => void;

  constructor(callback: () => void) {
    super();
    this.#callback = callback;
  }

  override fire(): void {
    this.#callback();
  }
}

/** One node's view of time: off by a whole number of milliseconds, and silent once the node is gone. */
export class NodeClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #offsetMs: number;
  #stopped = false;

  constructor(clock: VirtualClock, offsetMs: number) {
    this.#clock = clock;
    this.#offsetMs = Math.round(offsetMs);
  }

  now(): number {
    return this.#clock.nowMs + this.#offsetMs;
  }

  schedule(atMs: number, callback: () => void): () => void {
    const timer = new NodeTimer(this, callback);
    this.#clock.add(timer, atMs - this.#offsetMs);
    return () => this.#clock.cancel(timer);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** From now on no timer of this node fires. */
  stop(): void {
    this.#stopped = true;
  }
}

class NodeTimer extends SimEvent {
  readonly #owner: NodeClock;
  readonly #callback: () => void;

  constructor(owner: NodeClock, callback: () => void) {
    super();
    this.#owner = owner;
    this.#callback = callback;
  }

  override fire(): void {
    if (!this.#owner.stopped) this.#callback();
  }
}
