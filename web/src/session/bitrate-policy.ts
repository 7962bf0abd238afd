/**
 * The bitrate to encode at, where the swarm may carry less than the host chose. It falls at once, because what is not carried is
 * lost; it rises slowly and in small steps, and waits longer each time that a rise turned out to be too much. Pure; ms and bit/s.
 */

/** What is left free of what the swarm says it carries: figures come late, and pictures vary. */
const MARGIN = 0.9;
/** Below this no picture is worth sending. */
export const BITRATE_FLOOR = 250_000;
const RISE = 1.25;
/** Quiet before the first rise, and before each one after it. */
const RISE_AFTER_MS = 20_000;
const RISE_AGAIN_AFTER_MS = 10_000;
/** A shortage this soon after a rise was caused by it: the next rise waits twice as long, up to the longest. */
const BLAMED_MS = 15_000;
const RISE_AFTER_MS_MAX = 320_000;

export class BitratePolicy {
  #chosen: number;
  #target: number;
  /** What the swarm carries, as told last; undefined: there is room. */
  #carried: number | undefined;
  #riseAfterMs = RISE_AFTER_MS;
  #riseAt: number | undefined;
  #rosenAt = Number.NEGATIVE_INFINITY;

  /** @param chosen what the host would send with room for all. */
  constructor(chosen: number) {
    this.#chosen = chosen;
    this.#target = chosen;
  }

  /** What the host would send with room for all. */
  get chosen(): number {
    return this.#chosen;
  }

  /** What to encode at now. */
  get target(): number {
    return this.#target;
  }

  /** What the swarm carries, as told last; undefined: there is room. */
  get carried(): number | undefined {
    return this.#carried;
  }

  /** When `tick` is due; undefined if nothing is going to change by itself. */
  get nextDeadline(): number | undefined {
    return this.#riseAt;
  }

  /** The host chose another rate. What the swarm carries stays as it is known. */
  choose(chosen: number, nowMs: number): void {
    this.#chosen = chosen;
    // A higher choice begins at what goes out now, if that is all that was known to be carried.
    const most = this.#carried === undefined ? chosen : Math.min(chosen, this.#within(this.#carried));
    this.#target = this.#carried === undefined ? most : Math.min(most, Math.max(this.#target, BITRATE_FLOOR));
    this.#plan(nowMs, this.#riseAfterMs);
  }

  /** The swarm says what it carries at most, of one stream; undefined: there is room again. */
  report(carried: number | undefined, nowMs: number): void {
    this.#carried = carried;
    const most = carried === undefined ? this.#chosen : this.#within(carried);
    if (carried !== undefined && carried < this.#target) {
      const blamed = nowMs - this.#rosenAt < BLAMED_MS;
      this.#riseAfterMs = blamed ? Math.min(2 * this.#riseAfterMs, RISE_AFTER_MS_MAX) : this.#riseAfterMs;
      this.#target = Math.min(this.#target, most);
      this.#riseAt = undefined;
      this.#plan(nowMs, this.#riseAfterMs);
    } else if (this.#riseAt === undefined) this.#plan(nowMs, this.#riseAfterMs);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    if (this.#riseAt === undefined || nowMs < this.#riseAt) return;
    this.#target = Math.min(this.#ceiling(), Math.round(this.#target * RISE));
    this.#rosenAt = nowMs;
    this.#riseAt = undefined;
    this.#plan(nowMs, RISE_AGAIN_AFTER_MS);
    // All of it was carried for long: what was learnt of failed rises is out of date.
    if (this.#target >= this.#chosen) this.#riseAfterMs = RISE_AFTER_MS;
  }

  #plan(nowMs: number, afterMs: number): void {
    this.#riseAt = this.#target < this.#ceiling() ? (this.#riseAt ?? nowMs + afterMs) : undefined;
  }

  #ceiling(): number {
    return this.#carried === undefined ? this.#chosen : Math.min(this.#chosen, this.#within(this.#carried));
  }

  #within(carried: number): number {
    return Math.min(this.#chosen, Math.max(BITRATE_FLOOR, Math.floor(MARGIN * carried)));
  }
}
