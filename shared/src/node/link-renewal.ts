/**
 * A newcomer's first links are of its supernodes' choosing. Within a minute half of them are replaced by links to peers that the
 * graph itself told of, so that no supernode keeps a newcomer in a bubble (design section 5).
 */
import type { PeerId } from '../lib/ids.ts';
import type { Link } from './links.ts';

/** Renewals are spread over this time after the first link, in ms. */
const WITHIN_MS = 55_000;
const SHARE = 0.5;
/** A renewal whose dial did not open by then is tried with another. */
const TRY_AGAIN_MS = 8_000;

export interface RenewalView {
  /** Open links that a supernode proposed, those that the relay can spare first. */
  readonly proposed: readonly Link[];
  /** Dials a peer that the graph told of; undefined if it knows none. */
  readonly dialAnother: () => PeerId | undefined;
}

export class LinkRenewal {
  #beganAt = Number.NEGATIVE_INFINITY;
  #nextAt = Number.POSITIVE_INFINITY;
  #replaced = 0;
  #dialed: PeerId | undefined;

  get deadline(): number {
    return this.#nextAt;
  }

  /** A link that a supernode proposed is open. The first opens a window of time in which half of all such links are replaced. */
  begin(now: number): void {
    if (now - this.#beganAt <= 2 * WITHIN_MS) return;
    this.#beganAt = now;
    this.#replaced = 0;
    this.#nextAt = now + WITHIN_MS / 6;
  }

  /** A link to this peer is open: the link to close in its place, if it was dialed for that. */
  opened(peer: PeerId, view: Pick<RenewalView, 'proposed'>, now: number): Link | undefined {
    if (peer !== this.#dialed) return undefined;
    this.#dialed = undefined;
    this.#nextAt = now + this.#pauseMs(view);
    const [spare] = view.proposed;
    if (spare) this.#replaced++;
    return spare;
  }

  proceed(view: RenewalView, now: number): void {
    if (now < this.#nextAt) return;
    this.#nextAt = Number.POSITIVE_INFINITY;
    if (now - this.#beganAt > 2 * WITHIN_MS) return;
    this.#nextAt = now + Math.min(TRY_AGAIN_MS, this.#pauseMs(view));
    // Links come and go: how many are due is asked each time.
    this.#dialed = this.#due(view) > 0 ? view.dialAnother() : undefined;
  }

  #due({ proposed }: Pick<RenewalView, 'proposed'>): number {
    return Math.ceil((proposed.length + this.#replaced) * SHARE) - this.#replaced;
  }

  /** Between two renewals. */
  #pauseMs(view: Pick<RenewalView, 'proposed'>): number {
    return Math.max(1_000, (WITHIN_MS * 0.7) / Math.max(1, this.#due(view) + this.#replaced));
  }
}
