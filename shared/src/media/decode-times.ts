/**
 * Decode times for packets that arrive in decode order with presentation times only. Codecs with B-frames store a picture
 * before others that are shown earlier, so pacing by presentation time would send in bursts. As in MP4, the n-th packet's
 * decode time is the n-th smallest presentation time. It is known once no later packet can be shown earlier: after
 * `reorderDepth` more packets. Pure.
 */
import { assert } from '../lib/assert.ts';

/** H.264 and HEVC hold back at most 16 pictures (max_num_reorder_frames). */
const REORDER_DEPTH_MAX = 16;

export class DecodeTimes<T> {
  readonly #depth: number;
  readonly #waiting: T[] = [];
  /** Presentation times not yet given out, ascending. */
  readonly #times: number[] = [];

  constructor(reorderDepth: number = REORDER_DEPTH_MAX) {
    this.#depth = reorderDepth;
  }

  /** Adds the next packet in decode order; returns the earliest packet whose decode time is now known, if any. */
  push(packet: T, pts: number): { packet: T; decodeTime: number } | undefined {
    this.#waiting.push(packet);
    let at = this.#times.length;
    while (at > 0 && (this.#times[at - 1] ?? 0) > pts) at--;
    this.#times.splice(at, 0, pts);
    return this.#waiting.length > this.#depth ? this.#shift() : undefined;
  }

  /** The packets that still wait, in order: nothing follows them. */
  *drain(): Generator<{ packet: T; decodeTime: number }> {
    while (this.#waiting.length > 0) yield this.#shift();
  }

  #shift(): { packet: T; decodeTime: number } {
    const packet = this.#waiting.shift();
    const decodeTime = this.#times.shift();
    assert(packet !== undefined && decodeTime !== undefined, 'a packet waits for each time');
    return { packet, decodeTime };
  }
}

/** How far presentation times must move back so that no packet is shown before it is decoded; 0 without B-frames. */
export function reorderDelay(ptsInDecodeOrder: readonly number[]): number {
  const sorted = [...ptsInDecodeOrder].sort((a, b) => a - b);
  return sorted.reduce(
    (delay, decodeTime, i) => Math.max(delay, decodeTime - (ptsInDecodeOrder[i] ?? decodeTime)),
    0,
  );
}
