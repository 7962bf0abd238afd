/**
 * Votes where frames are not signed (PROTOCOL.md R39, after thesis 3.5.2): a frame is believed, relayed and delivered when enough
 * different neighbours have vouched for its hash, or the host itself has. A digest cannot speak for a frame that is not believed yet, so
 * votes go one by one, to every neighbour. They mean "I believe it": whoever has only heard of a frame does not vote. That shows
 * corruption and a few liars; as many liars as votes are asked for have their way.
 */
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage, Vote } from '../wire/relay-messages.ts';
import type { Candidate, Candidates } from './candidates.ts';
import type { Delivery } from './delivery.ts';
import type { FrameMap, FrameSlot } from './frame-map.ts';
import { TEXT_BYTES, tableBytes } from './held-bytes.ts';
import { type AuthenticFrame, relayCaps, relayTimings } from './relay-contract.ts';
import type { RelayCounters } from './relay-counters.ts';
import type { Repair } from './repair.ts';
import type { FrameVotes } from './voting.ts';

export interface BallotParts {
  readonly epoch: number;
  /** Votes of different neighbours that make a frame believed. */
  readonly minVotes: number;
  /** Whether this node is the host: it believes nobody else. */
  readonly isHost: boolean;
  /** The host's peer id: its word alone decides. */
  readonly host: PeerId;
  readonly frames: FrameMap;
  readonly candidates: Candidates;
  readonly delivery: Delivery;
  readonly repair: Repair;
  readonly counters: RelayCounters;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
  /** Takes a frame that is believed now. */
  readonly keep: (candidate: Candidate, now: number) => void;
}

/** Hash by voter, for a seq that is not decided. */
type Ballot = Map<PeerId, string>;

/** A seq's offset in a packet of votes has 16 bits. */
const OFFSET_MAX = 0xffff;

export class Ballots implements FrameVotes {
  readonly #parts: BallotParts;
  readonly #ballots = new Map<number, Ballot>();
  /** Believed frames that neighbours have not been told of, and what these have said. */
  readonly #untold = new Map<number, { readonly hash: string; readonly ballot: Ballot }>();
  #tellAt = Number.POSITIVE_INFINITY;

  constructor(parts: BallotParts) {
    this.#parts = parts;
  }

  /** When {@link tell} has something to say, ms. */
  get deadline(): number {
    return this.#tellAt;
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    let bytes = this.#parts.candidates.tableBytes + tableBytes(this.#ballots.size);
    for (const ballot of this.#ballots.values()) bytes += tableBytes(ballot.size, TEXT_BYTES);
    for (const { ballot } of this.#untold.values()) bytes += tableBytes(ballot.size, TEXT_BYTES);
    return bytes;
  }

  /** Whether a frame is here and waits for votes. */
  isPending(seq: number): boolean {
    return this.#parts.candidates.has(seq);
  }

  /** Votes are kept for what comes next for the application, and around the newest frames. */
  #isOpen(seq: number, anchorSeq: number): boolean {
    const { frames, delivery, isHost } = this.#parts;
    const { cursor } = delivery;
    if (isHost || seq < frames.lowestSeq || (cursor !== undefined && seq < cursor)) return false;
    if (cursor !== undefined && seq < cursor + relayCaps.ballotsAheadMax) return true;
    const live = Math.max(frames.headSeq, anchorSeq);
    return seq >= live - relayCaps.ballotsBehindMax && seq <= live + relayCaps.votesAheadMax;
  }

  /** @param anchorSeq where the application is, or the host */
  voteIn(peer: PeerId, { seq, hash }: Vote, anchorSeq: number, now: number): void {
    const { counters, frames } = this.#parts;
    counters.votesIn++;
    const held = frames.frameAt(seq);
    if (held) {
      if (held.hash !== hash) counters.votesConflicting++;
      const ballot = this.#untold.get(seq)?.ballot;
      if (ballot && !ballot.has(peer)) ballot.set(peer, hash);
      return;
    }
    if (!this.#isOpen(seq, anchorSeq)) return;
    const ballot = this.#ballotFor(seq);
    if (ballot.has(peer)) return;
    ballot.set(peer, hash);
    this.#judge(seq, ballot, hash, now);
  }

  /** A digest speaks for frames that may not be believed here: it says nothing. */
  digestIn(): void {
    this.#parts.counters.reject('digest-in-unsigned-stream');
  }

  #ballotFor(seq: number): Ballot {
    let ballot = this.#ballots.get(seq);
    if (!ballot) {
      ballot = new Map();
      this.#ballots.set(seq, ballot);
    }
    return ballot;
  }

  /**
   * A frame came that is not held. Its payload counts as its sender's vote.
   * @returns whether it is of use
   */
  candidateIn(sender: PeerId, frame: AuthenticFrame, anchorSeq: number, now: number): boolean {
    const { candidates, counters } = this.#parts;
    const { seq } = frame.header;
    if (!this.#isOpen(seq, anchorSeq)) {
      counters.reject('candidate-out-of-window');
      return false;
    }
    const ballot = this.#ballotFor(seq);
    const voted = ballot.get(sender) ?? frame.hash;
    ballot.set(sender, voted);
    if (voted !== frame.hash) {
      counters.reject('candidate-against-own-vote');
      return false;
    }
    const support = (hash: string) => this.#support(ballot, hash);
    const isNew = candidates.takes(frame, sender, support);
    if (isNew) {
      const pulled = this.#parts.repair.arrived(seq, sender, 'other', now);
      candidates.add({ frame, sender, pulled }, support);
    } else if (!candidates.find(seq, frame.hash)) counters.reject('too-many-candidates');
    this.#judge(seq, ballot, frame.hash, now);
    return isNew;
  }

  /** How many vouch for a hash; the host alone outweighs all. */
  #support(ballot: Ballot, hash: string): number {
    const { host } = this.#parts;
    const decided = ballot.get(host);
    if (decided !== undefined) return decided === hash ? Number.POSITIVE_INFINITY : 0;
    let votes = 0;
    for (const voted of ballot.values()) if (voted === hash) votes++;
    return votes;
  }

  /** Somebody has just vouched for a hash. */
  #judge(seq: number, ballot: Ballot, hash: string, now: number): void {
    const { candidates, minVotes } = this.#parts;
    const support = this.#support(ballot, hash);
    const candidate = candidates.find(seq, hash);
    if (candidate) {
      if (support >= minVotes) this.#believe(candidate, ballot, now);
      return;
    }
    const rivals = candidates.hashes(seq);
    if (rivals.length === 0) this.#lacks(seq, now);
    // What is here is not what most vouch for: that one is asked for.
    else if (rivals.every((rival) => this.#support(ballot, rival) < support))
      this.#lacks(seq, now, relayTimings.pullAfterMinMs);
  }

  #lacks(seq: number, now: number, waitMs?: number): void {
    const { cursor } = this.#parts.delivery;
    if (cursor !== undefined && seq >= cursor) this.#parts.repair.note(seq, now, waitMs);
  }

  #believe(candidate: Candidate, ballot: Ballot, now: number): void {
    const { candidates, counters, keep } = this.#parts;
    const { frame } = candidate;
    const { seq } = frame.header;
    for (const voted of ballot.values()) if (voted !== frame.hash) counters.votesConflicting++;
    this.#ballots.delete(seq);
    candidates.drop(seq);
    this.#toTell(seq, frame.hash, ballot, now);
    keep(candidate, now);
  }

  #toTell(seq: number, hash: string, ballot: Ballot, now: number): void {
    this.#untold.set(seq, { hash, ballot });
    this.#tellAt = Math.min(this.#tellAt, now + relayTimings.voteBatchMs);
  }

  /** A frame that is believed was put into the frames map. */
  frameIn(slot: FrameSlot, _frame: AuthenticFrame, sender: PeerId): void {
    slot.sender = sender;
    slot.confirmed = true;
  }

  /** Host only: an own frame. */
  frameKept(seq: number, now: number): void {
    const frame = this.#parts.frames.frameAt(seq);
    if (frame) this.#toTell(seq, frame.hash, new Map(), now);
  }

  /** Whether a peer is known to hold a frame. */
  isHeldBy(peer: PeerId, seq: number): boolean {
    return this.#untold.get(seq)?.ballot.has(peer) ?? false;
  }

  /** Who can be asked for a frame: those who vouch for what most do. */
  *holders(seq: number): Generator<PeerId> {
    const ballot = this.#ballots.get(seq);
    if (!ballot) return;
    const hashes = [...new Set(ballot.values())];
    const leading = hashes.reduce((a, b) => (this.#support(ballot, b) > this.#support(ballot, a) ? b : a));
    for (const [peer, hash] of ballot) if (hash === leading) yield peer;
  }

  /** Says which frames are believed here, to every neighbour that has not vouched for the same itself. */
  tell(peers: Iterable<PeerId>, now: number): void {
    if (now < this.#tellAt) return;
    const untold = [...this.#untold].sort(([a], [b]) => a - b);
    for (const peer of peers) {
      const news = untold.filter(([, { hash, ballot }]) => ballot.get(peer) !== hash);
      this.#sendVotes(
        peer,
        news.map(([seq, { hash }]) => ({ seq, hash })),
      );
    }
    this.#untold.clear();
    this.#tellAt = Number.POSITIVE_INFINITY;
  }

  /** @param votes in order of seq */
  #sendVotes(peer: PeerId, votes: readonly Vote[]): void {
    const { counters, epoch, send } = this.#parts;
    let packet: Vote[] = [];
    const flush = (): void => {
      if (packet.length > 0) send(peer, { type: MessageType.votes, epoch, votes: packet });
      counters.votesOut += packet.length;
      packet = [];
    };
    for (const vote of votes) {
      const base = packet[0]?.seq ?? vote.seq;
      if (packet.length === limits.votesPerPacketMax || vote.seq - base > OFFSET_MAX) flush();
      packet.push(vote);
    }
    flush();
  }

  /** A new neighbour has heard nothing of what is believed here: without that it could not believe the past that it starts from. */
  peerUp(peer: PeerId): void {
    const { frames } = this.#parts;
    const votes: Vote[] = [];
    for (
      let seq = frames.headSeq;
      seq >= frames.lowestSeq && votes.length < relayCaps.ballotsBehindMax;
      seq--
    ) {
      const hash = frames.frameAt(seq)?.hash;
      if (hash !== undefined) votes.push({ seq, hash });
    }
    this.#sendVotes(peer, votes.reverse());
  }

  /** A neighbour has gone: its word counts no more, and what only it brought must come from others. */
  peerDown(peer: PeerId, now: number): void {
    for (const [seq, ballot] of this.#ballots)
      if (ballot.delete(peer) && ballot.size === 0) this.#ballots.delete(seq);
    for (const seq of this.#parts.candidates.peerDown(peer))
      if (this.#ballots.has(seq)) this.#lacks(seq, now);
  }

  /** Forgets what cannot be decided any more. */
  clean(anchorSeq: number): void {
    const isOver = (seq: number): boolean => !this.#isOpen(seq, anchorSeq);
    for (const seq of [...this.#ballots.keys()]) if (isOver(seq)) this.#ballots.delete(seq);
    this.#parts.candidates.dropWhere(isOver);
  }
}
