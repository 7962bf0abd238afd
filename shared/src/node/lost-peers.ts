/**
 * Neighbours that were lost at the same time, without a goodbye: a sign that the network was cut in two. They are dialed again for a
 * while, so that its parts find each other when the cut is over. One that was lost alone has most likely crashed.
 */
import type { PeerId } from '../lib/ids.ts';

/** So many within this time, in ms, are a cut. */
const TOGETHER_MIN = 3;
const TOGETHER_MS = 10_000;
/** They are missed for that long, in ms. */
const MISSED_MS = 600_000;
const PEERS_MAX = 16;

export class LostPeers {
  #lost: { readonly peer: PeerId; readonly at: number }[] = [];
  readonly #missed = new Map<PeerId, number>();

  /** A neighbour fell silent until its link was given up. */
  lost(peer: PeerId, now: number): void {
    this.#lost = this.#lost.filter(({ at }) => now - at < TOGETHER_MS).slice(1 - PEERS_MAX);
    this.#lost.push({ peer, at: now });
    if (this.#lost.length < TOGETHER_MIN) return;
    for (const each of this.#lost) if (this.#missed.size < PEERS_MAX) this.#missed.set(each.peer, now);
  }

  /** It is a neighbour again. */
  found(peer: PeerId): void {
    this.#missed.delete(peer);
  }

  /** Whom to dial again. */
  missed(now: number): PeerId[] {
    for (const [peer, at] of this.#missed) if (now - at > MISSED_MS) this.#missed.delete(peer);
    return [...this.#missed.keys()];
  }
}
