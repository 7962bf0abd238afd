/**
 * The redirection stage (thesis 3.5.1): the answers of several supernodes are collected and crossed. Candidates are ranked by
 * how many supernodes name them, in random order among equals, and at most ⌈picks ÷ supernodes⌉ may be such that only one and the same supernode knows: so a
 * supernode that lies fills no more than its share. Dead and slow supernodes are not waited for. With a single supernode
 * there is nothing to cross: it decides alone (PROTOCOL.md R33).
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomPick, shuffled } from '../lib/random.ts';

/** After the first answer the others have so long to come in, in ms. */
const OTHERS_WITHIN_MS = 1_000;
/** Supernodes whose answers are kept. */
const ANSWERS_MAX = 32;

export interface RedirectProposal {
  readonly nonce: Uint8Array;
  readonly inside: readonly PeerId[];
  readonly outside: readonly PeerId[];
}

export class Redirection {
  readonly #random: Random;
  readonly #answers = new Map<PeerId, RedirectProposal>();
  /** For each candidate, who named it. */
  readonly #namedBy = { inside: new Map<PeerId, PeerId[]>(), outside: new Map<PeerId, PeerId[]>() };
  #firstAt = Number.POSITIVE_INFINITY;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Takes a supernode's answer in place of an earlier one of the same. */
  answered(supernode: PeerId, proposal: RedirectProposal, now: number): void {
    if (!this.#answers.has(supernode) && this.#answers.size >= ANSWERS_MAX) return;
    this.#answers.set(supernode, proposal);
    this.#namedBy.inside = countNames(this.#answers, 'inside');
    this.#namedBy.outside = countNames(this.#answers, 'outside');
    this.#firstAt = Math.min(this.#firstAt, now);
  }

  get answers(): number {
    return this.#answers.size;
  }

  /** @param expected supernodes that may still answer, or have */
  decided(expected: number, now: number): boolean {
    if (this.#answers.size === 0) return false;
    return this.#answers.size >= expected || now - this.#firstAt >= OTHERS_WITHIN_MS;
  }

  /** When {@link decided} turns true if nothing else happens. */
  get deadline(): number {
    return this.#firstAt + OTHERS_WITHIN_MS;
  }

  /** Members that the supernodes named. */
  named(half: 'inside' | 'outside'): number {
    return this.#namedBy[half].size;
  }

  /** Up to `picks` candidates, best first. */
  cross(half: 'inside' | 'outside', picks: number, exclude: (id: PeerId) => boolean): PeerId[] {
    const ranked = shuffled(this.#random, [...this.#namedBy[half]]).sort(
      ([, a], [, b]) => b.length - a.length,
    );
    const shareMax = Math.ceil(picks / Math.max(1, this.#answers.size));
    const shares = new Map<PeerId, number>();
    const picked: PeerId[] = [];
    for (const [id, by] of ranked) {
      if (picked.length >= picks) break;
      if (exclude(id)) continue;
      const [only] = by;
      if (by.length === 1 && only !== undefined) {
        const share = shares.get(only) ?? 0;
        if (share >= shareMax) continue;
        shares.set(only, share + 1);
      }
      picked.push(id);
    }
    return picked;
  }

  /** The supernode that named a candidate, if any: it can carry signals there. */
  proposer(id: PeerId): PeerId | undefined {
    return (this.#namedBy.inside.get(id) ?? this.#namedBy.outside.get(id))?.[0];
  }

  /** One of the nonces that were proposed, for a new stream. */
  nonce(): Uint8Array | undefined {
    return randomPick(this.#random, [...this.#answers.values()])?.nonce;
  }
}

function countNames(
  answers: ReadonlyMap<PeerId, RedirectProposal>,
  half: 'inside' | 'outside',
): Map<PeerId, PeerId[]> {
  const named = new Map<PeerId, PeerId[]>();
  for (const [supernode, answer] of answers) {
    for (const id of new Set(answer[half])) named.set(id, [...(named.get(id) ?? []), supernode]);
  }
  return named;
}
