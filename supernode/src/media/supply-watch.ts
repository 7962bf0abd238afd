/**
 * Whether a swarm carries what its host sends and cannot lower, as a file that is passed on as it is. Says that upload is short as soon as a
 * page would lower its bitrate (node/bitrate-policy.ts), and that it is not any more when nobody starved for a while.
 */
import { bitrateTimings, isStarving, missingShare } from '@murmuration/shared/node/bitrate-policy.ts';
import type { Supply } from '@murmuration/shared/relay/relay-contract.ts';

export class SupplyWatch {
  #supply: Supply | undefined;
  #short = false;
  /** Since when it is otherwise than was said, ms. */
  #otherwiseSince: number | undefined;

  /** Whether viewers lack upload, as was said last. */
  get isShort(): boolean {
    return this.#short;
  }

  /** Of what is sent, the share that the swarm can carry, 0 to 1. */
  get carriedShare(): number {
    return this.#supply ? 1 - Math.min(1, Math.max(0, missingShare(this.#supply))) : 1;
  }

  /** Viewers that were counted. */
  get viewers(): number {
    return this.#supply?.nodes ?? 0;
  }

  /** News of the swarm, about once a second. True if `isShort` is another now. */
  heard(supply: Supply, now: number): boolean {
    this.#supply = supply;
    if (isStarving(supply) === this.#short) {
      this.#otherwiseSince = undefined;
      return false;
    }
    this.#otherwiseSince ??= now;
    if (now - this.#otherwiseSince < this.#patienceMs(supply)) return false;
    this.#short = !this.#short;
    this.#otherwiseSince = undefined;
    return true;
  }

  #patienceMs(supply: Supply): number {
    if (this.#short) return bitrateTimings.settleMs;
    return missingShare(supply) > 0 ? bitrateTimings.starvingForMs : bitrateTimings.seekingForMs;
  }
}
