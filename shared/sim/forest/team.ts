/**
 * Threads that play one relay world together. Every member runs all that concerns several nodes, alike and from the same seed, and plays
 * the machines of its own nodes only; where a decision hangs on the machine of another member's node, all meet and tell each other. So
 * a run is the same whatever the number of threads, as long as all members come to the same meetings in the same order.
 */
import { availableParallelism } from 'node:os';
import { Parcel } from './parcel.ts';

/** More threads than that wait more than they play. */
export const MEMBERS_MAX = 16;
/** From so many viewers on a run is worth several threads. */
const WORTH_THREADS = 2_000;

/** How many threads a run of so many viewers gets if nobody says. */
export const threadsFor = (viewers: number): number =>
  viewers >= WORTH_THREADS ? Math.min(MEMBERS_MAX, availableParallelism()) : 1;

/** Numbers that a member can hand over at once; what is more goes in several turns. */
const TURN_NUMBERS = 1 << 18;
/** In front of them: how many there are in this turn, and how many come later. */
const HEAD_NUMBERS = 2;
const BOX_NUMBERS = HEAD_NUMBERS + TURN_NUMBERS;
/** A member looks so often whether the others have come before it goes to sleep. */
const LOOKS = 4_000;
const ARRIVED = 0;
const MEETINGS = 1;

/** A member's place, as it is handed to its thread. */
export interface Seat {
  readonly member: number;
  readonly size: number;
  readonly meetings: SharedArrayBuffer;
  readonly boxes: SharedArrayBuffer;
}

/** The places of a team. */
export function seatsFor(size: number): Seat[] {
  const meetings = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
  // Two for each: whoever is ahead fills the one while the others still read the other.
  const boxes = new SharedArrayBuffer(2 * size * BOX_NUMBERS * Float64Array.BYTES_PER_ELEMENT);
  return Array.from({ length: size }, (_, member) => ({ member, size, meetings, boxes }));
}

export class Team {
  readonly size: number;
  readonly #member: number;
  readonly #meetings: Int32Array;
  readonly #boxes: Float64Array;
  readonly #inboxes: readonly Parcel[];
  readonly #word = new Parcel();
  #turn = 0;

  constructor({ member, size, meetings, boxes }: Seat) {
    this.#member = member;
    this.size = size;
    this.#meetings = new Int32Array(meetings);
    this.#boxes = new Float64Array(boxes);
    this.#inboxes = Array.from({ length: size }, () => new Parcel());
  }

  /** One that plays everything itself. */
  static alone(): Team {
    const nothing = new SharedArrayBuffer(0);
    return new Team({ member: 0, size: 1, meetings: nothing, boxes: nothing });
  }

  /** Whether a node's machine is played here. */
  owns(node: number): boolean {
    return node % this.size === this.#member;
  }

  /** Whether this member speaks for all where all know the same. */
  get leads(): boolean {
    return this.#member === 0;
  }

  /** Hands a parcel to all others and takes theirs, in the order of the members. The own one is empty then. */
  exchange(own: Parcel, take: (parcel: Parcel) => void): void {
    if (this.size === 1) return;
    for (const inbox of this.#inboxes) inbox.clear();
    let sent = 0;
    let more = true;
    while (more) {
      const turn = this.#turn++ % 2;
      const now = Math.min(TURN_NUMBERS, own.length - sent);
      const box = this.#boxOf(turn, this.#member);
      this.#boxes[box] = now;
      this.#boxes[box + 1] = own.length - sent - now;
      own.copyTo(this.#boxes, box + HEAD_NUMBERS, sent, now);
      sent += now;
      this.#meet();
      more = sent < own.length;
      for (let member = 0; member < this.size; member++) {
        if (member === this.#member) continue;
        const from = this.#boxOf(turn, member);
        const start = from + HEAD_NUMBERS;
        this.#inboxes[member]?.putAll(this.#boxes, start, start + (this.#boxes[from] as number));
        if ((this.#boxes[from + 1] as number) > 0) more = true;
      }
    }
    own.clear();
    for (let member = 0; member < this.size; member++)
      if (member !== this.#member) take(this.#inboxes[member] as Parcel);
  }

  /** All that members say, in the order of the members; each says as many numbers as it likes. */
  gather(numbers: readonly number[]): number[] {
    if (this.size === 1) return [...numbers];
    for (const number of numbers) this.#word.put(number);
    const parts: number[][] = [];
    this.exchange(this.#word, (parcel) => parts.push(parcel.rest()));
    parts.splice(this.#member, 0, [...numbers]);
    return parts.flat();
  }

  /** What members say, added up place by place; all say as many numbers, and either whole ones or zeros for what others know. */
  sums(numbers: readonly number[]): number[] {
    if (this.size === 1 || numbers.length === 0) return [...numbers];
    const all = this.gather(numbers);
    const sums: number[] = new Array(numbers.length).fill(0);
    for (let at = 0; at < all.length; at++) (sums[at % numbers.length] as number) += all[at] as number;
    return sums;
  }

  sum(number: number): number {
    return this.size === 1 ? number : (this.sums([number])[0] as number);
  }

  #boxOf(turn: number, member: number): number {
    return (turn * this.size + member) * BOX_NUMBERS;
  }

  /** Waits until all members have come. */
  #meet(): void {
    const meetings = this.#meetings;
    const meeting = Atomics.load(meetings, MEETINGS);
    if (Atomics.add(meetings, ARRIVED, 1) === this.size - 1) {
      Atomics.store(meetings, ARRIVED, 0);
      Atomics.add(meetings, MEETINGS, 1);
      Atomics.notify(meetings, MEETINGS);
      return;
    }
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(meetings, MEETINGS) !== meeting) return;
    while (Atomics.load(meetings, MEETINGS) === meeting) Atomics.wait(meetings, MEETINGS, meeting);
  }
}
