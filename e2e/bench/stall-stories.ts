// What happened around each stall: at the viewer, at the host, at the other viewers, in this process, and who came and went. This
// process has next to nothing to do, so a timer of its own that is late tells of the machine.

import type { Hiccup, HiccupKind } from '../support/hiccups.ts';

/** What ended so long before a stall may be its cause. */
const BEFORE_MS = 500;
/** Who comes loads a page, and is given a stream, for so long. */
const CHANGE_BEFORE_MS = 3_000;
const TICK_MS = 50;
const LATE_FROM_MS = 50;

export interface Noted {
  /** `host`, `machine`, or the number of a viewer. */
  readonly where: string;
  readonly hiccups: readonly Hiccup[];
}

/** Somebody came or went. */
export interface Change {
  readonly atMs: number;
  readonly what: string;
}

/** A timer of this process, which notes when it is late. */
export class OwnTimer {
  #hiccups: Hiccup[] = [];
  #longestMs = 0;
  #lastMs = Date.now();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  take(): Noted {
    return { where: 'machine', hiccups: this.#hiccups.splice(0) };
  }

  /** For how long the machine stood still at the most, as far as a timer can tell, ms. */
  get longestMs(): number {
    return this.#longestMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = Date.now();
    const forMs = nowMs - this.#lastMs;
    this.#longestMs = Math.max(this.#longestMs, forMs - TICK_MS);
    if (forMs > TICK_MS + LATE_FROM_MS)
      this.#hiccups.push({ kind: 'timer', fromMs: this.#lastMs, forMs, lateMs: 0, delayMs: 0 });
    this.#lastMs = nowMs;
  }
}

/** A line for each stall, in order of time. */
export function stallStories(noted: readonly Noted[], changes: readonly Change[]): string[] {
  const stalls = noted
    .flatMap(({ where, hiccups }) => hiccups.map((hiccup) => ({ where, hiccup })))
    .filter(({ hiccup }) => hiccup.kind === 'painted')
    .sort((a, b) => a.hiccup.fromMs - b.hiccup.fromMs);
  return stalls.map(({ where, hiccup: stall }) => {
    const around = (place: string): string =>
      worst(
        noted.filter((one) => one.where === place),
        stall,
      );
    const others = new Set(
      stalls
        .filter((other) => other.where !== where && touches(other.hiccup, stall))
        .map((other) => other.where),
    );
    const moves = changes
      .filter(({ atMs }) => atMs > stall.fromMs - CHANGE_BEFORE_MS && atMs < stall.fromMs + stall.forMs)
      .map(({ atMs, what }) => `${what} ${sinceStall(atMs, stall)}`);
    return [
      `${new Date(stall.fromMs).toISOString().slice(11, 22)} viewer ${where} stood still for ${Math.round(stall.forMs)} ms, with pictures up to ${Math.round(stall.lateMs)} ms late for a delay of ${Math.round(stall.delayMs)}`,
      `there ${around(where)}`,
      `host ${around('host')}`,
      `machine ${around('machine')}`,
      `${others.size} others stood still`,
      ...moves,
    ].join('; ');
  });
}

/** The longest of each kind. */
function worst(noted: readonly Noted[], stall: Hiccup): string {
  const longest = new Map<HiccupKind, Hiccup>();
  for (const hiccup of noted.flatMap(({ hiccups }) => hiccups)) {
    if (hiccup === stall || !touches(hiccup, stall)) continue;
    if (hiccup.forMs > (longest.get(hiccup.kind)?.forMs ?? 0)) longest.set(hiccup.kind, hiccup);
  }
  const words = [...longest.values()].map(
    ({ kind, fromMs, forMs }) => `${kind} ${Math.round(forMs)} from ${sinceStall(fromMs, stall)}`,
  );
  return words.join(', ') || 'fine';
}

const touches = ({ fromMs, forMs }: Hiccup, stall: Hiccup): boolean =>
  fromMs + forMs > stall.fromMs - BEFORE_MS && fromMs < stall.fromMs + stall.forMs;

const sinceStall = (atMs: number, { fromMs }: Hiccup): string => {
  const ms = Math.round(atMs - fromMs);
  return ms < 0 ? `−${-ms}` : `+${ms}`;
};
