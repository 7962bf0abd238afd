/**
 * The frames map (thesis 3.5.2): every frame of the epoch that this node holds or has heard of, by seq. It keeps frames
 * for others by time and bytes, remembers who voted for what, and never grows past its caps. It decides nothing.
 */
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { OBJECT_BYTES, TEXT_BYTES, tableBytes } from './held-bytes.ts';
import { type AuthenticFrame, relayCaps } from './relay-contract.ts';

/** What is known about one seq. */
export interface FrameSlot {
  readonly seq: number;
  /** When a vote or a frame first told of it, ms. */
  readonly heardAt: number;
  frame: AuthenticFrame | undefined;
  /** When the frame became authentic here, ms. */
  arrivedAt: number;
  /** Hash by voter. */
  votes: ReadonlyMap<PeerId, string>;
  /** Who sent the frame: its payload counts as this peer's vote. */
  sender: PeerId | undefined;
  /** Voters that were ahead at first sight, frozen; undefined until the frame is here. */
  electorate: readonly PeerId[] | undefined;
  confirmed: boolean;
}

/** Whether a peer has said, by a single vote or by sending it, which frame this is. */
export const hasVoted = ({ votes, sender }: FrameSlot, peer: PeerId): boolean =>
  sender === peer || votes.has(peer);

/** Most frames are voted for by digest only. */
const NO_VOTES: ReadonlyMap<PeerId, string> = new Map();

/** The objects that a frame consists of, its header and views among them; its packet is counted as it is. */
const FRAME_BYTES = 5 * OBJECT_BYTES;

export class FrameMap {
  readonly #slots = new Map<number, FrameSlot>();
  /** Votes held, by voter. */
  readonly #votesOf = new Map<PeerId, number>();
  #bytesHeld = 0;
  #framesHeld = 0;
  #headSeq = -1;
  #keySeq = -1;
  #lowestSeq = 0;

  /** Payload bytes held. */
  get bytesHeld(): number {
    return this.#bytesHeld;
  }

  get framesHeld(): number {
    return this.#framesHeld;
  }

  /** Highest seq held; −1 when empty. */
  get headSeq(): number {
    return this.#headSeq;
  }

  /** First seq of the newest key message that any held frame names; −1 when empty. */
  get keySeq(): number {
    return this.#keySeq;
  }

  /** Nothing below this is held any more. */
  get lowestSeq(): number {
    return this.#lowestSeq;
  }

  get(seq: number): FrameSlot | undefined {
    return this.#slots.get(seq);
  }

  frameAt(seq: number): AuthenticFrame | undefined {
    return this.#slots.get(seq)?.frame;
  }

  /** True if a frame with this seq would be kept: not there yet, not forgotten, not absurdly far ahead of `anchorSeq`. */
  wants(seq: number, anchorSeq: number): boolean {
    return (
      seq >= this.#lowestSeq &&
      seq <= anchorSeq + limits.framesAheadMax &&
      this.#slots.get(seq)?.frame === undefined
    );
  }

  /** Keeps an authentic frame; the caller has asked {@link wants}. */
  put(frame: AuthenticFrame, now: number): FrameSlot {
    const slot = this.#slotFor(frame.header.seq, now);
    slot.frame = frame;
    slot.arrivedAt = now;
    this.#bytesHeld += frame.payload.length;
    this.#framesHeld++;
    if (frame.header.seq > this.#headSeq) this.#headSeq = frame.header.seq;
    if (frame.header.keySeq > this.#keySeq) this.#keySeq = frame.header.keySeq;
    return slot;
  }

  /**
   * Notes a vote; undefined if the seq is out of bounds, the voter has voted before (the first vote stands), or for too many frames.
   */
  vote(peer: PeerId, seq: number, hash: string, now: number): FrameSlot | undefined {
    if (seq < this.#lowestSeq) return undefined;
    if (this.#headSeq >= 0 && seq > this.#headSeq + relayCaps.votesAheadMax) return undefined;
    if (this.#headSeq < 0 && this.#slots.size >= relayCaps.votesAheadMax && !this.#slots.has(seq))
      return undefined;
    const votesHeld = this.#votesOf.get(peer) ?? 0;
    if (votesHeld >= relayCaps.votesPerPeerMax) return undefined;
    const slot = this.#slotFor(seq, now);
    if (hasVoted(slot, peer) || slot.votes.size >= limits.linksMax * 2) return undefined;
    slot.votes = new Map(slot.votes).set(peer, hash);
    this.#votesOf.set(peer, votesHeld + 1);
    return slot;
  }

  /** A voter has gone: its word counts no more. */
  peerDown(peer: PeerId): void {
    if (!this.#votesOf.delete(peer)) return;
    for (const slot of this.#slots.values())
      if (slot.votes.has(peer)) slot.votes = new Map([...slot.votes].filter(([voter]) => voter !== peer));
  }

  /** Bytes of all that is held, payloads and packets included, about. */
  get tableBytes(): number {
    let bytes = tableBytes(this.#slots.size, 2 * OBJECT_BYTES) + tableBytes(this.#votesOf.size);
    for (const { frame, votes } of this.#slots.values()) {
      if (frame) bytes += FRAME_BYTES + frame.packet.length;
      if (votes.size > 0) bytes += tableBytes(votes.size, TEXT_BYTES);
    }
    return bytes;
  }

  #slotFor(seq: number, now: number): FrameSlot {
    let slot = this.#slots.get(seq);
    if (!slot) {
      slot = {
        seq,
        heardAt: now,
        frame: undefined,
        arrivedAt: 0,
        votes: NO_VOTES,
        sender: undefined,
        electorate: undefined,
        confirmed: false,
      };
      this.#slots.set(seq, slot);
    }
    return slot;
  }

  /**
   * Forgets what is older than `retentionMs` or over `bytesMax`, from the low end, but nothing at or above `keepFromSeq`
   * (the application has not had that yet) unless it is over twice the bytes.
   */
  clean(now: number, retentionMs: number, bytesMax: number, keepFromSeq: number): void {
    while (this.#slots.size > 0 && this.#lowestSeq <= this.#headSeq) {
      const slot = this.#slots.get(this.#lowestSeq);
      const tooMuch = this.#bytesHeld > bytesMax;
      const needed = this.#lowestSeq >= keepFromSeq && this.#bytesHeld <= bytesMax * 2;
      const old = slot === undefined || now - Math.max(slot.heardAt, slot.arrivedAt) > retentionMs;
      if (needed || !(old || tooMuch)) return;
      this.#drop(this.#lowestSeq);
      this.#lowestSeq++;
    }
  }

  #drop(seq: number): void {
    const slot = this.#slots.get(seq);
    if (!slot) return;
    if (slot.frame) {
      this.#bytesHeld -= slot.frame.payload.length;
      this.#framesHeld--;
    }
    for (const voter of slot.votes.keys()) {
      const votes = (this.#votesOf.get(voter) ?? 1) - 1;
      if (votes > 0) this.#votesOf.set(voter, votes);
      else this.#votesOf.delete(voter);
    }
    this.#slots.delete(seq);
  }

  /** Says that nothing below `seq` will be asked for: the node learns where it starts, or starts anew. */
  startAt(seq: number): void {
    for (const held of this.#slots.keys()) if (held < seq) this.#drop(held);
    this.#lowestSeq = Math.max(this.#lowestSeq, seq);
  }
}
