/**
 * How many children a node's uplink turns out to carry. What is handed over faster than it leaves waits in ever longer queues, so whoever
 * has frames waiting gives up a child at a time until they wait no more. It tries one more again after a while, and waits for twice as
 * long each time that this was one too many.
 */
import { relayTimings } from './relay-contract.ts';

export class UploadGuard {
  #childrenMax = Number.POSITIVE_INFINITY;
  /** When the number last changed, ms. */
  #changedAt = Number.NEGATIVE_INFINITY;
  #loweredAt = Number.NEGATIVE_INFINITY;
  /** Since when frames have been waiting, and when they were last seen to, ms. */
  #waitingSince = Number.NEGATIVE_INFINITY;
  #waitedAt = Number.NEGATIVE_INFINITY;
  #raisedAt = Number.NEGATIVE_INFINITY;
  #raiseAfterMs: number = relayTimings.backlogRaiseAfterMs;

  /** Children at most, over all stripes; infinite as long as nothing ever waited. */
  get childrenMax(): number {
    return this.#childrenMax;
  }

  /**
   * Frames have waited on this node.
   * @param waitedMs how long the oldest of them
   * @param children how many there are over all stripes
   * @returns whether there is now one too many
   */
  waited(waitedMs: number, children: number, now: number): boolean {
    if (waitedMs < relayTimings.backlogMs) return false;
    // A burst goes by: many new children at once are sent what they lack.
    if (now - this.#waitedAt > relayTimings.backlogPauseMs) this.#waitingSince = now;
    this.#waitedAt = now;
    const since = Math.max(this.#waitingSince, this.#loweredAt);
    if (now - since < relayTimings.backlogPauseMs) return false;
    if (now - this.#raisedAt <= relayTimings.backlogProvenMs)
      this.#raiseAfterMs = Math.min(2 * this.#raiseAfterMs, relayTimings.backlogRaiseAfterMaxMs);
    this.#childrenMax = Math.max(0, Math.min(this.#childrenMax, children) - 1);
    this.#loweredAt = this.#changedAt = now;
    return true;
  }

  /** Whether frames had to wait so lately that the uplink has nothing to spare. */
  isBusy(now: number): boolean {
    return now - this.#waitedAt < relayTimings.backlogBusyMs;
  }

  /**
   * Time passes without a word of waiting frames.
   * @param isFull whether there are as many children as the number allows; otherwise it proves nothing that none wait
   * @returns whether there may be one more now
   */
  mayRaise(isFull: boolean, now: number): boolean {
    if (!isFull || now - this.#changedAt < this.#raiseAfterMs) return false;
    this.#childrenMax++;
    this.#raisedAt = this.#changedAt = now;
    return true;
  }
}
