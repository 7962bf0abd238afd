/** Whether the parent of each stripe does its part: when it last pushed, and how far it has come. */
import type { PeerId } from '../lib/ids.ts';
import { relayTimings } from './relay-contract.ts';

interface Watched {
  /** When the parent last pushed a frame, or was taken, ms. */
  spokeAt: number;
  /** The highest seq that it has pushed. */
  pushedSeq: number;
}

export class ParentWatch {
  readonly #stripes: Watched[];

  constructor(stripes: number, now: number) {
    this.#stripes = Array.from({ length: stripes }, () => ({ spokeAt: now, pushedSeq: -1 }));
  }

  /** A stripe has a new parent. */
  taken(stripe: number, now: number): void {
    this.#stripes[stripe] = { spokeAt: now, pushedSeq: -1 };
  }

  pushed(stripe: number, seq: number, now: number): void {
    const watched = this.#stripes[stripe];
    if (!watched) return;
    watched.spokeAt = now;
    watched.pushedSeq = Math.max(watched.pushedSeq, seq);
  }

  /** Whether a parent has pushed nothing for longer than a live one would. */
  isSilent(stripe: number, now: number): boolean {
    return now - (this.#stripes[stripe]?.spokeAt ?? now) > relayTimings.silentParentMs;
  }

  /** Whether the parent pushes and has not come to this frame yet: it is late, then, not lost. */
  isOnItsWay(parent: PeerId | undefined, stripe: number, seq: number, now: number): boolean {
    const pushedSeq = this.#stripes[stripe]?.pushedSeq ?? -1;
    return parent !== undefined && !this.isSilent(stripe, now) && seq > pushedSeq;
  }
}
