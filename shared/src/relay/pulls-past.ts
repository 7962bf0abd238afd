/** Frames that were asked for and have come: whoever sends one again says how long answers take, or that it need not have been asked for. */
import type { PeerId } from '../lib/ids.ts';
import { OBJECT_BYTES, tableBytes } from './held-bytes.ts';
import { relayCaps } from './relay-contract.ts';

export interface PastPull {
  /** Who was asked, and when that was, ms; undefined: it has answered. */
  readonly asked: Map<PeerId, number | undefined>;
  /** When it was first asked for, ms. */
  readonly firstAskedAt: number;
  readonly cameAt: number;
  /** Whether its parent pushed it as well. */
  wasPushed: boolean;
}

export class PullsPast {
  /** By seq, the oldest first. */
  readonly #pulls = new Map<number, PastPull>();

  get tableBytes(): number {
    let bytes = tableBytes(this.#pulls.size, OBJECT_BYTES);
    for (const { asked } of this.#pulls.values()) bytes += tableBytes(asked.size);
    return bytes;
  }

  get(seq: number): PastPull | undefined {
    return this.#pulls.get(seq);
  }

  add(seq: number, pull: PastPull): void {
    this.#pulls.delete(seq);
    this.#pulls.set(seq, pull);
  }

  /** Those that came before `cameBefore`, and what is more than may be held: of the latter nothing is said. */
  take(cameBefore: number, each: (seq: number, pull: PastPull) => void): void {
    for (const [seq, pull] of this.#pulls) {
      if (pull.cameAt < cameBefore) each(seq, pull);
      else if (this.#pulls.size <= relayCaps.pullsPastMax) return;
      this.#pulls.delete(seq);
    }
  }
}
