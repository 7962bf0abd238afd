/** Turns a counter that only grows into a rate over the last few seconds. */

/** How far back a rate looks, in ms: long enough to be calm, short enough to follow. */
const WINDOW_MS = 5_000;

export class RateMeter {
  readonly #samples: { atMs: number; count: number }[] = [];

  /** Notes the counter at `nowMs` and returns its growth per second over the window; 0 until there are two samples. */
  rate(count: number, nowMs: number): number {
    const last = this.#samples.at(-1);
    // A counter that fell belongs to a new epoch or a new node.
    if (last && count < last.count) this.#samples.length = 0;
    this.#samples.push({ atMs: nowMs, count });
    while (this.#samples.length > 2 && (this.#samples[0]?.atMs ?? 0) < nowMs - WINDOW_MS)
      this.#samples.shift();
    const first = this.#samples[0];
    if (!first || nowMs <= first.atMs) return 0;
    return ((count - first.count) * 1000) / (nowMs - first.atMs);
  }
}
