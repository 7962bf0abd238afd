/** When each message of the measured window reached each viewer: 27 million pairs in a large run, so kept as a histogram. */
import type { MessageSource } from '../message-source.ts';
import type { WorldNode } from './relay-world-parts.ts';
import type { Team } from './team.ts';

/** Delays are told apart to the ms up to that; what is later counts as that late. */
const DELAY_MAX_MS = 30_000;
/** A newcomer takes that long until it counts. */
const SETTLE_MS = 5_000;
/** What was published right before somebody left may have been on its way. */
const FAREWELL_MS = 1_000;

export class DeliveryWatch {
  readonly #source: MessageSource;
  readonly #histogram = new Uint32Array(DELAY_MAX_MS + 1);
  /** By the index of a viewer: the first message that counts for it. */
  readonly #from: number[] = [];
  #fromMs = Number.POSITIVE_INFINITY;
  #until = Number.POSITIVE_INFINITY;
  #delivered = 0;
  #expected = 0;

  constructor(source: MessageSource) {
    this.#source = source;
  }

  /** Messages that are published from now on count. */
  open(nowMs: number): void {
    this.#fromMs = nowMs;
  }

  /** Messages that are published from now on do not count; those before still may arrive. */
  close(): void {
    this.#until = this.#source.count;
  }

  delivered(node: WorldNode, number: number, nowMs: number): void {
    if (this.#fromMs === Number.POSITIVE_INFINITY || number >= this.#until) return;
    this.#from[node.index] ??= this.#firstOf(node);
    if (number < (this.#from[node.index] as number)) return;
    const delayMs = nowMs - this.#source.publishedAtMs(number);
    (this.#histogram[Math.min(DELAY_MAX_MS, Math.ceil(delayMs))] as number)++;
    this.#delivered++;
  }

  #firstOf({ joinedAtMs }: WorldNode): number {
    return this.#source.firstSince(Math.max(this.#fromMs, joinedAtMs + SETTLE_MS));
  }

  /** Counts what each viewer should have been given, and what all members of the team have seen; to be called once, at the end. */
  finish(viewers: readonly WorldNode[], team: Team): void {
    this.#delivered = team.sum(this.#delivered);
    this.#histogram.set(team.sums([...this.#histogram]));
    for (const viewer of viewers) {
      const { goneAtMs } = viewer;
      const end = goneAtMs === undefined ? this.#until : this.#source.firstSince(goneAtMs - FAREWELL_MS);
      this.#expected += Math.max(0, Math.min(end, this.#until) - this.#firstOf(viewer));
    }
  }

  get deliveredRatio(): number {
    return Math.min(1, this.#delivered / this.#expected);
  }

  get lost(): number {
    return Math.max(0, this.#expected - this.#delivered);
  }

  /** Delay in ms that at most that share of all pairs exceeds; a message that was missing is infinitely late. */
  quantileMs(share: number): number {
    const rank = Math.ceil(share * Math.max(this.#expected, this.#delivered));
    let seen = 0;
    for (let delayMs = 0; delayMs <= DELAY_MAX_MS; delayMs++) {
      seen += this.#histogram[delayMs] as number;
      if (seen >= rank) return delayMs;
    }
    return Number.POSITIVE_INFINITY;
  }
}
