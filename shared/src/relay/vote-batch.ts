/** Own votes on their way out: collected for a short time, then one packet a neighbour. */
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import type { Vote } from '../wire/relay-messages.ts';
import { relayTimings } from './relay-contract.ts';

interface PendingVote extends Vote {
  /** Who has had the payload from us or gave it to us: a vote tells them nothing. */
  readonly except: ReadonlySet<PeerId>;
}

export class VoteBatch {
  #pending: PendingVote[] = [];
  #flushAt = Number.POSITIVE_INFINITY;

  /** When {@link flush} is due, ms; infinity when nothing waits. */
  get deadline(): number {
    return this.#flushAt;
  }

  add(seq: number, hash: string, except: ReadonlySet<PeerId>, now: number): void {
    if (this.#pending.length === 0) this.#flushAt = now + relayTimings.voteBatchMs;
    this.#pending.push({ seq, hash, except });
    if (this.#pending.length >= limits.votesPerPacketMax) this.#flushAt = now;
  }

  /** The votes for each of the peers; peers that need none are left out. */
  flush(peers: Iterable<PeerId>): [PeerId, Vote[]][] {
    const batch: [PeerId, Vote[]][] = [];
    for (const peer of peers) {
      const votes = this.#pending.filter((vote) => !vote.except.has(peer)).slice(-limits.votesPerPacketMax);
      if (votes.length > 0) batch.push([peer, votes]);
    }
    this.clear();
    return batch;
  }

  clear(): void {
    this.#pending = [];
    this.#flushAt = Number.POSITIVE_INFINITY;
  }
}
