/**
 * Keeps a media element near the live edge of what it was given: at most so far behind that the next data comes in time.
 * Small lags are made up by playing a little faster, larger ones and gaps by a jump. Pure: seconds of the media in, what to do out.
 */

export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

export interface Steps {
  /** Where to jump to, in seconds; undefined: nowhere. */
  readonly seekTo: number | undefined;
  readonly rate: number;
}

/** A lag beyond the target that is made up by a jump, and one that is left alone, in seconds. */
const JUMP_SECONDS = 1;
const SLACK_SECONDS = 0.08;
/** How much faster a small lag is made up: not noticed in sound whose pitch is kept. */
const FASTER = 1.06;
/** Rounding of containers (ms) and of the element's own clock. */
const EDGE_SECONDS = 0.02;

/** @param targetSeconds how far behind the end of the data to play */
export function stepsToLiveEdge(
  ranges: readonly TimeRange[],
  atSeconds: number,
  targetSeconds: number,
): Steps {
  const last = ranges.at(-1);
  if (!last) return { seekTo: undefined, rate: 1 };
  const goal = Math.max(last.start, last.end - targetSeconds);
  const outside = atSeconds < last.start - EDGE_SECONDS || atSeconds > last.end + EDGE_SECONDS;
  const behind = last.end - atSeconds - targetSeconds;
  if (outside || behind > JUMP_SECONDS) return { seekTo: goal, rate: 1 };
  return { seekTo: undefined, rate: behind > SLACK_SECONDS ? FASTER : 1 };
}

/** How far behind the end to play, from how regularly data comes in. */
export class TargetDelay {
  readonly #leastSeconds: number;
  readonly #mostSeconds: number;
  #longestSeconds = 0;
  #lastAtMs: number | undefined;

  constructor(leastSeconds = 0.12, mostSeconds = 4) {
    this.#leastSeconds = leastSeconds;
    this.#mostSeconds = mostSeconds;
  }

  get seconds(): number {
    return Math.min(this.#mostSeconds, this.#leastSeconds + this.#longestSeconds);
  }

  /** Data was appended. A long wait counts at once and is forgotten slowly, by a fiftieth of the time that passes. */
  appended(nowMs: number): void {
    const waited = this.#lastAtMs === undefined ? 0 : (nowMs - this.#lastAtMs) / 1_000;
    this.#lastAtMs = nowMs;
    // Longer than any delay could bridge: a frozen tab, a host that was away.
    if (waited > this.#mostSeconds) return;
    this.#longestSeconds = Math.max(waited, this.#longestSeconds - waited / 50);
  }

  /** Forgets long waits. */
  reset(): void {
    this.#longestSeconds = 0;
    this.#lastAtMs = undefined;
  }
}
