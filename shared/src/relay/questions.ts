/**
 * Who was asked for a place in the tree of one stripe and has not answered (PROTOCOL.md R15). One answer at a time is waited for. But who
 * has no parent cannot wait for the dead, whom idle links tell of after seconds only: others are asked beside those who are late.
 */
import type { PeerId } from '../lib/ids.ts';
import { tableBytes } from './held-bytes.ts';
import { relayTimings } from './relay-contract.ts';

/** With so many late answers nobody else is asked. */
const LATE_MAX = 3;

export class Questions {
  #latest: { readonly peer: PeerId; readonly at: number } | undefined;
  /** When they were asked, ms. */
  readonly #late = new Map<PeerId, number>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return tableBytes(this.#late.size);
  }

  ask(peer: PeerId, now: number): void {
    this.#latest = { peer, at: now };
  }

  /** Whether an answer of the peer is awaited. */
  awaits(peer: PeerId): boolean {
    return this.#latest?.peer === peer || this.#late.has(peer);
  }

  isLate(peer: PeerId): boolean {
    return this.#late.has(peer);
  }

  /** Whether answers are awaited before anybody else is asked. */
  get areOpen(): boolean {
    return this.#latest !== undefined || this.#late.size >= LATE_MAX;
  }

  answered(peer: PeerId): void {
    if (this.#latest?.peer === peer) this.#latest = undefined;
    this.#late.delete(peer);
  }

  /** No answer is awaited any more. */
  close(): void {
    this.#latest = undefined;
    this.#late.clear();
  }

  /**
   * Time passed.
   * @returns whose answer is not awaited any more
   */
  expire(hasParent: boolean, now: number): PeerId[] {
    const { askNextAfterMs, subscribeTimeoutMs } = relayTimings;
    if (this.#latest && !hasParent && now - this.#latest.at >= askNextAfterMs) {
      this.#late.set(this.#latest.peer, this.#latest.at);
      this.#latest = undefined;
    }
    const all = this.#latest
      ? [...this.#late, [this.#latest.peer, this.#latest.at] as const]
      : [...this.#late];
    const given = all.filter(([, at]) => now - at >= subscribeTimeoutMs).map(([peer]) => peer);
    for (const peer of given) this.answered(peer);
    return given;
  }

  /** When {@link expire} has something to do, ms. */
  deadline(hasParent: boolean): number {
    const { askNextAfterMs, subscribeTimeoutMs } = relayTimings;
    let deadline = Number.POSITIVE_INFINITY;
    if (this.#latest) deadline = this.#latest.at + (hasParent ? subscribeTimeoutMs : askNextAfterMs);
    for (const at of this.#late.values()) deadline = Math.min(deadline, at + subscribeTimeoutMs);
    return deadline;
  }
}
