/**
 * What neighbours vote for, and what this node does: single votes and digests in, digests out, and whether a frame has the votes that it
 * needs (thesis 3.5.2). One for each epoch; who counts as a voter (electorate.ts) outlives it.
 */
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage, Vote, VoteDigest } from '../wire/relay-messages.ts';
import type { Delivery } from './delivery.ts';
import type { Disputes } from './disputes.ts';
import type { Electorate } from './electorate.ts';
import type { FrameMap, FrameSlot } from './frame-map.ts';
import { type AuthenticFrame, relayCaps } from './relay-contract.ts';
import type { RelayCounters } from './relay-counters.ts';
import type { Repair } from './repair.ts';
import { VOTE_WINDOW, type VoteWindows } from './vote-windows.ts';

export interface VotingParts {
  readonly epoch: number;
  readonly frames: FrameMap;
  readonly windows: VoteWindows;
  readonly delivery: Delivery;
  readonly repair: Repair;
  readonly electorate: Electorate;
  readonly counters: RelayCounters;
  readonly disputes: Disputes;
  /** Share of the electorate that must agree, 0 to 1. */
  readonly voteShare: number;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
}

/** What the relay asks of votes, whether frames are signed (here) or not (ballots.ts). */
export interface FrameVotes {
  /** When {@link tell} may have something to say, ms. */
  readonly deadline: number;
  /** @param anchorSeq where the application is, or the host */
  voteIn(peer: PeerId, vote: Vote, anchorSeq: number, now: number): void;
  /** @param anchorSeq where the application is, or the host */
  digestIn(peer: PeerId, vote: VoteDigest, anchorSeq: number, now: number): void;
  /** A frame was kept that a neighbour sent. */
  frameIn(slot: FrameSlot, frame: AuthenticFrame, sender: PeerId, fromHost: boolean, now: number): void;
  /** An own frame was kept. */
  frameKept(seq: number, now: number): void;
  /** Whether a peer is known to hold a frame. */
  isHeldBy(peer: PeerId, seq: number): boolean;
  /** Sends the own votes that are due. */
  tell(peers: Iterable<PeerId>, now: number): void;
}

export class Voting implements FrameVotes {
  readonly #parts: VotingParts;

  constructor(parts: VotingParts) {
    this.#parts = parts;
  }

  get deadline(): number {
    return this.#parts.windows.deadline;
  }

  /** Before the first frame the host's beacon tells where the stream is: votes far past that are not worth a thought. */
  #isAbsurd(seq: number, anchorSeq: number): boolean {
    return this.#parts.frames.headSeq < 0 && seq > anchorSeq + relayCaps.votesAheadMax;
  }

  /** @param anchorSeq where the application is, or the host */
  voteIn(peer: PeerId, vote: Vote, anchorSeq: number, now: number): void {
    const { counters, frames, electorate } = this.#parts;
    counters.votesIn++;
    if (this.#isAbsurd(vote.seq, anchorSeq)) return;
    const slot = frames.vote(peer, vote.seq, vote.hash, now);
    if (!slot) return;
    if (!slot.frame) {
      electorate.wasAhead(peer, now);
      this.#lacks(vote.seq, now);
    } else if (slot.frame.hash !== vote.hash) this.#conflict(peer, slot.frame, now);
    else this.#confirm(slot);
  }

  /** @param anchorSeq where the application is, or the host */
  digestIn(peer: PeerId, vote: VoteDigest, anchorSeq: number, now: number): void {
    const { counters, frames, windows, electorate, delivery } = this.#parts;
    counters.votesIn += vote.count;
    if (this.#isAbsurd(vote.base, anchorSeq)) return;
    const word = windows.heard(peer, vote);
    if (!word) return;
    if (word.isNews) electorate.wasAhead(peer, now);
    if (word.agrees === false) this.#expand(peer, vote.base, vote.count);
    const { openFrom } = delivery;
    if (openFrom === undefined) return;
    for (let seq = Math.max(openFrom, vote.base); seq < vote.base + vote.count; seq++) {
      const slot = frames.get(seq);
      if (slot?.frame) this.#confirm(slot);
      else this.#lacks(seq, now);
    }
  }

  #conflict(peer: PeerId, frame: AuthenticFrame, now: number): void {
    const { counters, disputes } = this.#parts;
    counters.votesConflicting++;
    disputes.disputed(peer, frame, now);
  }

  #lacks(seq: number, now: number): void {
    const { cursor } = this.#parts.delivery;
    if (cursor !== undefined && seq >= cursor) this.#parts.repair.note(seq, now);
  }

  /** A frame was kept that a neighbour sent; its payload is its sender's vote. The host's own word is decisive. */
  frameIn(slot: FrameSlot, frame: AuthenticFrame, sender: PeerId, fromHost: boolean, now: number): void {
    slot.sender = sender;
    for (const [peer, voted] of slot.votes)
      if (voted !== frame.hash && peer !== sender) this.#conflict(peer, frame, now);
    slot.electorate = this.#parts.electorate.freeze(sender, now);
    slot.confirmed = fromHost;
    this.frameKept(slot.seq, now);
    this.#confirm(slot);
  }

  /** A frame was kept, and with it perhaps a window is full. */
  frameKept(seq: number, now: number): void {
    const { windows, delivery, frames } = this.#parts;
    const base = seq - (seq % VOTE_WINDOW);
    const { agreeing, conflicting } = windows.frameKept(seq, now);
    for (const peer of conflicting) this.#expand(peer, base, VOTE_WINDOW);
    if (agreeing.length === 0) return;
    for (let at = Math.max(base, delivery.openFrom ?? 0); at < base + VOTE_WINDOW; at++) {
      const slot = frames.get(at);
      if (slot) this.#confirm(slot);
    }
  }

  #confirm(slot: FrameSlot): void {
    const { electorate, voteShare, windows } = this.#parts;
    if (slot.confirmed) return;
    slot.confirmed = electorate.confirms(slot, voteShare, (peer) => windows.agrees(slot.seq, peer));
    // Who may vote on it matters no more, and thousands of frames are held.
    if (slot.confirmed) slot.electorate = undefined;
  }

  /** A peer's digest differs from this node's: it is told the votes one by one, and does the same. */
  #expand(peer: PeerId, base: number, count: number): void {
    const { windows, frames, epoch, send } = this.#parts;
    if (!windows.mayExpand(base, peer)) return;
    const votes: Vote[] = [];
    for (let seq = base; seq < base + count; seq++) {
      const hash = frames.frameAt(seq)?.hash;
      if (hash !== undefined) votes.push({ seq, hash });
    }
    send(peer, { type: MessageType.votes, epoch, votes });
  }

  /** Whether a peer is known to hold a frame. */
  isHeldBy(peer: PeerId, seq: number): boolean {
    const { frames, windows } = this.#parts;
    return frames.isKnownTo(seq, peer) || windows.isHeldBy(seq, peer);
  }

  /** Sends the digests that are due. */
  tell(voters: Iterable<PeerId>, now: number): void {
    const { windows, counters, epoch, send } = this.#parts;
    const peers = [...voters];
    for (const vote of windows.takeVotes(now)) {
      counters.votesOut += vote.count * peers.length;
      for (const peer of peers) send(peer, { type: MessageType.voteDigest, epoch, ...vote });
    }
  }
}
