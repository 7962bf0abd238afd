/**
 * When to show what: one clock for picture and sound. Pure; all times are the caller's, in milliseconds of one clock.
 *
 * base  = min(arrival − time sent), over a sliding window: the fastest that the network delivered lately
 * due   = presentation time + offset, where offset = base + playout delay
 * delay = what the latest stalls and jitter ask for, within bounds. It grows at once, because a stall is worse than delay, and
 *         shrinks by a hundredth of the time that passes, which neither eye nor ear notices.
 *
 * Joining, a viewer gets everything since the last key picture at once, each message later than its time but none of it
 * jitter: until the base has settled the clock follows it and learns no lateness. The same holds for what had piled up while
 * nothing came in for longer than any delay could bridge (the tab was frozen, a parent was lost), or while nothing was
 * decoded: it is hurried through, and the delay stays what it was. So whoever comes back is at the live edge at once.
 */

export interface PlayoutBounds {
  /** Smallest and largest playout delay, in ms. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** The delay to begin with, as far as the others allow it. Default the smallest. */
  readonly firstDelayMs?: number;
}

/** How long an arrival is remembered. */
const ARRIVALS_MS = 10_000;
/** A late picture: longer, for what disturbs often comes again (a join, a radio that scans for networks), and each time it would stall. */
const LATENESS_MS = 30_000;
const BUCKET_MS = 1_000;
/** Kept between the latest picture expected and its time. */
const MARGIN_MS = 10;
/** How fast the delay shrinks, in ms per ms. */
const SHRINK_RATE = 0.01;
/** The base has settled when it has not fallen for this long, or at last after the longest catch-up. */
const SETTLED_AFTER_MS = 500;
const SETTLED_AT_LAST_MS = 3_000;
/** A smaller fall is jitter that happened to be friendly. */
const FALL_MS = 5;
/** An arrival this far from the base belongs to another timeline (a restarted host) or follows a sleep. */
const JUMP_MS = 5_000;
/** When every arrival for so long came too late for the largest delay, the way has become longer: the base moves now. */
const TOO_LATE_FOR_MS = 1_000;

export class PlayoutClock {
  readonly #bounds: PlayoutBounds;
  #arrivals = new SlidingMinimum(ARRIVALS_MS, BUCKET_MS);
  /** Of the negated readiness, so that its minimum is the latest. */
  #readiness = new SlidingMinimum(LATENESS_MS, BUCKET_MS);
  #baseMs: number | undefined;
  #offsetMs = 0;
  #startedAtMs = 0;
  #fellAtMs = 0;
  #settled = false;
  /** The delay that is kept until the clock has settled. */
  #unsettledDelayMs: number;
  #lastArrivalMs = 0;
  /** How long nothing had come in before what comes in now, until the clock has settled. */
  #silentMs = 0;
  #tooLateSinceMs: number | undefined;

  constructor(bounds: PlayoutBounds) {
    this.#bounds = bounds;
    this.#unsettledDelayMs = this.#firstDelayMs;
  }

  get #firstDelayMs(): number {
    const { minDelayMs, maxDelayMs, firstDelayMs = minDelayMs } = this.#bounds;
    return Math.min(Math.max(firstDelayMs, minDelayMs), maxDelayMs);
  }

  /** The present playout delay in ms: offset − base. */
  get delayMs(): number {
    return this.#baseMs === undefined ? this.#bounds.minDelayMs : this.#offsetMs - this.#baseMs;
  }

  /** What is due is so by its presentation time plus this, in ms; undefined before the first arrival. */
  get offsetMs(): number | undefined {
    return this.#baseMs === undefined ? undefined : this.#offsetMs;
  }

  /** When a picture or sound is due; undefined before the first arrival. */
  dueMs(ptsUs: number): number | undefined {
    return this.#baseMs === undefined ? undefined : ptsUs / 1_000 + this.#offsetMs;
  }

  /**
   * A message came in. `sentUs`: when it was due to be sent, on the presentation timeline.
   * @returns true if the timeline began anew, so that pictures still waiting are of no use.
   */
  arrived(arrivalMs: number, sentUs: number): boolean {
    const sampleMs = arrivalMs - sentUs / 1_000;
    const silentMs = arrivalMs - this.#lastArrivalMs;
    if (silentMs > this.#bounds.maxDelayMs) this.#silentMs = silentMs;
    if (this.#baseMs === undefined || this.#jumped(sampleMs - this.#baseMs)) {
      const again = this.#baseMs !== undefined;
      this.#begin(arrivalMs, sampleMs);
      return again;
    }
    if (silentMs > this.#bounds.maxDelayMs) this.catchUp(arrivalMs);
    if (sampleMs <= this.#baseMs + this.#bounds.maxDelayMs) this.#tooLateSinceMs = undefined;
    else this.#tooLateSinceMs ??= arrivalMs;
    if (arrivalMs - (this.#tooLateSinceMs ?? arrivalMs) > TOO_LATE_FOR_MS) {
      this.#begin(arrivalMs, sampleMs);
      return false;
    }
    if (sampleMs < this.#baseMs - FALL_MS) this.#fellAtMs = arrivalMs;
    this.#arrivals.add(arrivalMs, sampleMs);
    this.#baseMs = this.#arrivals.minimum(arrivalMs) ?? sampleMs;
    if (!this.#settled) {
      this.#settled =
        arrivalMs - this.#fellAtMs >= SETTLED_AFTER_MS || arrivalMs - this.#startedAtMs >= SETTLED_AT_LAST_MS;
      this.#offsetMs = this.#baseMs + this.#unsettledDelayMs;
    }
    if (this.#settled) this.#silentMs = 0;
    const passedMs = Math.max(0, arrivalMs - this.#lastArrivalMs);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs);
    const shrunkMs = this.#offsetMs - passedMs * SHRINK_RATE;
    // What could not be had of the delay before is not made up for when the base rises: nothing is late now.
    const wantedMs = Math.min(this.#offsetMs, this.#wantedOffsetMs(arrivalMs));
    this.#offsetMs = this.#bounded(Math.max(wantedMs, shrunkMs));
    return false;
  }

  /** Another timeline begins with the next arrival. */
  restart(): void {
    this.#baseMs = undefined;
  }

  /** What comes and is decoded now had piled up: for a moment its lateness teaches nothing. */
  catchUp(nowMs: number): void {
    if (this.#baseMs === undefined || !this.#settled) return;
    this.#unsettledDelayMs = this.delayMs;
    this.#settled = false;
    this.#startedAtMs = nowMs;
    this.#fellAtMs = nowMs;
  }

  /** Goes to the live edge: the least delay, as if nothing had ever come late. */
  toLiveEdge(nowMs: number): void {
    if (this.#baseMs === undefined) return;
    this.#readiness = new SlidingMinimum(LATENESS_MS, BUCKET_MS);
    this.#offsetMs = this.#baseMs + this.#bounds.minDelayMs;
    this.#unsettledDelayMs = this.#bounds.minDelayMs;
    this.catchUp(nowMs);
  }

  /** A picture or sound could have been shown at `readyMs`, not earlier. A late one makes the delay grow at once. */
  ready(readyMs: number, ptsUs: number): void {
    if (!this.#settled) return;
    const takesMs = readyMs - ptsUs / 1_000;
    this.#readiness.add(readyMs, -takesMs);
    this.#offsetMs = this.#bounded(Math.max(this.#offsetMs, takesMs + MARGIN_MS));
  }

  /** Whether an arrival so far off the base belongs elsewhere. After a silence it may be as late as that was long. */
  #jumped(offMs: number): boolean {
    return offMs < -JUMP_MS || offMs > Math.max(JUMP_MS, this.#silentMs + this.#bounds.maxDelayMs);
  }

  #wantedOffsetMs(nowMs: number): number {
    const latest = this.#readiness.minimum(nowMs);
    return latest === undefined ? Number.NEGATIVE_INFINITY : MARGIN_MS - latest;
  }

  #bounded(offsetMs: number): number {
    const baseMs = this.#baseMs ?? 0;
    return Math.min(Math.max(offsetMs, baseMs + this.#bounds.minDelayMs), baseMs + this.#bounds.maxDelayMs);
  }

  #begin(arrivalMs: number, sampleMs: number): void {
    this.#arrivals = new SlidingMinimum(ARRIVALS_MS, BUCKET_MS);
    this.#readiness = new SlidingMinimum(LATENESS_MS, BUCKET_MS);
    this.#arrivals.add(arrivalMs, sampleMs);
    this.#baseMs = sampleMs;
    this.#offsetMs = sampleMs + this.#firstDelayMs;
    this.#startedAtMs = arrivalMs;
    this.#fellAtMs = arrivalMs;
    this.#lastArrivalMs = arrivalMs;
    this.#settled = false;
    this.#silentMs = 0;
    this.#unsettledDelayMs = this.#firstDelayMs;
    this.#tooLateSinceMs = undefined;
  }
}

/** The minimum over about the last `windowMs`, kept in buckets, so that it costs no memory per sample. */
class SlidingMinimum {
  readonly #windowMs: number;
  readonly #bucketMs: number;
  #buckets: { bucket: number; minimum: number }[] = [];

  constructor(windowMs: number, bucketMs: number) {
    this.#windowMs = windowMs;
    this.#bucketMs = bucketMs;
  }

  add(nowMs: number, value: number): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    const last = this.#buckets.at(-1);
    // A late stamp goes into the newest bucket: buckets stay in order.
    if (last && bucket <= last.bucket) last.minimum = Math.min(last.minimum, value);
    else this.#buckets.push({ bucket, minimum: value });
    this.#forget(nowMs);
  }

  minimum(nowMs: number): number | undefined {
    this.#forget(nowMs);
    if (this.#buckets.length === 0) return undefined;
    return this.#buckets.reduce((least, { minimum }) => Math.min(least, minimum), Number.POSITIVE_INFINITY);
  }

  #forget(nowMs: number): void {
    const oldest = Math.floor((nowMs - this.#windowMs) / this.#bucketMs);
    while ((this.#buckets[0]?.bucket ?? oldest) < oldest) this.#buckets.shift();
  }
}
