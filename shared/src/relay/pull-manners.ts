/** How a node treats those whom it asks for frames: not too many questions at once, one after the other, and a rest for who has nothing to give. */
import type { PeerId } from '../lib/ids.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';

interface Asked {
  /** Frames asked for and not yet answered. */
  open: number;
  /** Not to be asked before this, ms. */
  restsUntil: number;
  /** How often in a row it had nothing to give. */
  refusals: number;
  /** Frames in a row that it did not send in time. */
  unanswered: number;
}

/** A rest is doubled so often at most. */
const DOUBLINGS_MAX = 4;
/** So many frames in a row may be lost. */
const UNANSWERED_BORNE = 3;

export class PullManners {
  readonly #peers = new Map<PeerId, Asked>();

  get size(): number {
    return this.#peers.size;
  }

  #of(peer: PeerId): Asked {
    let asked = this.#peers.get(peer);
    if (!asked) {
      asked = { open: 0, restsUntil: 0, refusals: 0, unanswered: 0 };
      this.#peers.set(peer, asked);
    }
    return asked;
  }

  /** When a peer may be asked for another frame, ms: now or before, soon, or never as long as it owes too many. */
  freeAt(peer: PeerId): number {
    const asked = this.#peers.get(peer);
    if (!asked) return 0;
    return asked.open >= relayCaps.pullsPerPeerMax ? Number.POSITIVE_INFINITY : asked.restsUntil;
  }

  /** It is asked for one frame more. */
  asks(peer: PeerId): void {
    this.#of(peer).open++;
  }

  /** It was just sent what it is asked for: frames are missed one after the other, and asked for together. */
  sent(peer: PeerId, now: number): void {
    this.#of(peer).restsUntil = now + relayTimings.pullBatchMs;
  }

  /** A frame is not expected from it any more. */
  released(peer: PeerId): void {
    const asked = this.#peers.get(peer);
    if (asked && asked.open > 0) asked.open--;
  }

  /** It sent what it was asked for. */
  gave(peer: PeerId): void {
    const asked = this.#peers.get(peer);
    if (!asked) return;
    asked.refusals = 0;
    asked.unanswered = 0;
  }

  /** It did not send in time what it was asked for. Once that may be a loss; after that it is gone or busy, and asking on would make it busier. */
  tooLate(peer: PeerId, now: number): void {
    const asked = this.#of(peer);
    asked.unanswered++;
    if (asked.unanswered < UNANSWERED_BORNE) return;
    const pauseMs =
      relayTimings.pullRefusedPauseMs * 2 ** Math.min(asked.unanswered - UNANSWERED_BORNE, DOUBLINGS_MAX);
    asked.restsUntil = Math.max(asked.restsUntil, now + pauseMs);
  }

  /** It does not have what it was asked for, or nothing to spare: it is left alone, each time for twice as long. */
  refused(peer: PeerId, now: number): void {
    const asked = this.#of(peer);
    asked.restsUntil = now + relayTimings.pullRefusedPauseMs * 2 ** Math.min(asked.refusals, DOUBLINGS_MAX);
    asked.refusals++;
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer);
  }
}
