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
const hasVoted = ({ votes, sender }: FrameSlot, peer: PeerId): boolean => sender === peer || votes.has(peer);

/** Most frames are voted for by digest only. */
const NO_VOTES: ReadonlyMap<PeerId, string> = new Map();

/** The objects that a frame consists of, its header and views among them; its packet is counted as it is. */
const FRAME_BYTES = 5 * OBJECT_BYTES;

const PAGE_SEQS = 64;

/**
 * What is known of so many consecutive seqs, by their place in the page. A stream's frames come one after the other, and thousands are
 * held that the application has had: of those nothing is left but this.
 */
interface Page {
  /** Seqs of which anything is known. */
  known: number;
  readonly frames: (AuthenticFrame | undefined)[];
  readonly senders: (PeerId | undefined)[];
  /** When the frame was heard of or came, whichever was later, ms. */
  readonly latestAt: number[];
  /** All that is known, while anything may still be decided. */
  readonly slots: (FrameSlot | undefined)[];
}

const PAGE_BYTES = 5 * OBJECT_BYTES + 4 * 8 * PAGE_SEQS;

const newPage = (): Page => ({
  known: 0,
  frames: new Array(PAGE_SEQS).fill(undefined),
  senders: new Array(PAGE_SEQS).fill(undefined),
  latestAt: new Array(PAGE_SEQS).fill(0.5),
  slots: new Array(PAGE_SEQS).fill(undefined),
});

export class FrameMap {
  readonly #pages = new Map<number, Page>();
  /** The page that was looked at last. */
  #page: Page | undefined;
  #pageIndex = -1;
  /** Seqs of which anything is known, and those of them with a slot. */
  #known = 0;
  #open = 0;
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

  #pageOf(seq: number): Page | undefined {
    const index = Math.floor(seq / PAGE_SEQS);
    if (index !== this.#pageIndex) {
      this.#pageIndex = index;
      this.#page = this.#pages.get(index);
    }
    return this.#page;
  }

  get(seq: number): FrameSlot | undefined {
    const page = this.#pageOf(seq);
    if (page === undefined) return undefined;
    const at = seq % PAGE_SEQS;
    return page.slots[at] ?? (page.frames[at] === undefined ? undefined : this.#reopen(page, seq));
  }

  frameAt(seq: number): AuthenticFrame | undefined {
    return this.#pageOf(seq)?.frames[seq % PAGE_SEQS];
  }

  /** Whether a peer has said, by a single vote or by sending it, which frame this is. */
  isKnownTo(seq: number, peer: PeerId): boolean {
    const page = this.#pageOf(seq);
    if (page === undefined) return false;
    const slot = page.slots[seq % PAGE_SEQS];
    return slot === undefined ? page.senders[seq % PAGE_SEQS] === peer : hasVoted(slot, peer);
  }

  /** True if a frame with this seq would be kept: not there yet, not forgotten, not absurdly far ahead of `anchorSeq`. */
  wants(seq: number, anchorSeq: number): boolean {
    return (
      seq >= this.#lowestSeq && seq <= anchorSeq + limits.framesAheadMax && this.frameAt(seq) === undefined
    );
  }

  /** Keeps an authentic frame; the caller has asked {@link wants}. */
  put(frame: AuthenticFrame, now: number): FrameSlot {
    const slot = this.#slotFor(frame.header.seq, now);
    slot.frame = frame;
    slot.arrivedAt = now;
    (this.#pageOf(slot.seq) as Page).frames[slot.seq % PAGE_SEQS] = frame;
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
    if (this.#headSeq < 0 && this.#known >= relayCaps.votesAheadMax && !this.get(seq)) return undefined;
    if (this.#pageOf(seq) === undefined && !this.#mayOpenPage(seq)) return undefined;
    const votesHeld = this.#votesOf.get(peer) ?? 0;
    if (votesHeld >= relayCaps.votesPerPeerMax) return undefined;
    const slot = this.#slotFor(seq, now);
    if (hasVoted(slot, peer) || slot.votes.size >= limits.linksMax * 2) return undefined;
    slot.votes = new Map(slot.votes).set(peer, hash);
    this.#votesOf.set(peer, votesHeld + 1);
    return slot;
  }

  /** A page for one vote costs as much as for all its seqs: there are none but near the frames, or few, where there is no frame yet. */
  #mayOpenPage(seq: number): boolean {
    return this.#headSeq < 0
      ? this.#pages.size * PAGE_SEQS <= relayCaps.votesAheadMax
      : seq >= this.#headSeq - relayCaps.backfillFramesMax;
  }

  /** A voter has gone: its word counts no more. */
  peerDown(peer: PeerId): void {
    if (!this.#votesOf.delete(peer)) return;
    for (const slot of this.#openSlots())
      if (slot.votes.has(peer)) slot.votes = new Map([...slot.votes].filter(([voter]) => voter !== peer));
  }

  /** Bytes of all that is held, payloads and packets included, about. */
  get tableBytes(): number {
    let bytes = tableBytes(this.#pages.size, PAGE_BYTES) + tableBytes(this.#votesOf.size);
    bytes += this.#open * 2 * OBJECT_BYTES + this.#framesHeld * FRAME_BYTES;
    for (const { frames } of this.#pages.values())
      for (const frame of frames) bytes += frame?.packet.length ?? 0;
    for (const { votes } of this.#openSlots())
      if (votes.size > 0) bytes += tableBytes(votes.size, TEXT_BYTES);
    return bytes;
  }

  *#openSlots(): Generator<FrameSlot> {
    for (const { slots } of this.#pages.values())
      for (const slot of slots) if (slot !== undefined) yield slot;
  }

  #slotFor(seq: number, now: number): FrameSlot {
    const known = this.get(seq);
    if (known) return known;
    let page = this.#pageOf(seq);
    if (!page) {
      page = newPage();
      this.#pages.set(this.#pageIndex, page);
      this.#page = page;
    }
    page.known++;
    this.#known++;
    return this.#openAt(page, seq, now);
  }

  #openAt(page: Page, seq: number, heardAt: number): FrameSlot {
    const slot: FrameSlot = {
      seq,
      heardAt,
      frame: undefined,
      arrivedAt: 0,
      votes: NO_VOTES,
      sender: undefined,
      electorate: undefined,
      confirmed: false,
    };
    page.slots[seq % PAGE_SEQS] = slot;
    this.#open++;
    return slot;
  }

  /** Something is said of a frame that the application has had. */
  #reopen(page: Page, seq: number): FrameSlot {
    const at = seq % PAGE_SEQS;
    const latestAt = page.latestAt[at] as number;
    const slot = this.#openAt(page, seq, latestAt);
    slot.frame = page.frames[at];
    slot.arrivedAt = latestAt;
    slot.sender = page.senders[at];
    slot.confirmed = true;
    return slot;
  }

  /** The application has had this frame: nothing is decided about it any more, it is only kept for others. */
  settle(seq: number): void {
    const page = this.#pageOf(seq);
    const at = seq % PAGE_SEQS;
    const slot = page?.slots[at];
    if (!page || !slot?.frame || slot.votes.size > 0) return;
    page.senders[at] = slot.sender;
    page.latestAt[at] = Math.max(slot.heardAt, slot.arrivedAt);
    page.slots[at] = undefined;
    this.#open--;
  }

  /**
   * Forgets what is older than `retentionMs` or over `bytesMax`, from the low end, but nothing at or above `keepFromSeq`
   * (the application has not had that yet) unless it is over twice the bytes.
   */
  clean(now: number, retentionMs: number, bytesMax: number, keepFromSeq: number): void {
    while (this.#known > 0 && this.#lowestSeq <= this.#headSeq) {
      const tooMuch = this.#bytesHeld > bytesMax;
      const needed = this.#lowestSeq >= keepFromSeq && this.#bytesHeld <= bytesMax * 2;
      const old = now - this.#latestAt(this.#lowestSeq) > retentionMs;
      if (needed || !(old || tooMuch)) return;
      this.#drop(this.#lowestSeq);
      this.#lowestSeq++;
    }
  }

  /** When a seq was heard of or came, whichever was later, ms; long ago if it never was. */
  #latestAt(seq: number): number {
    const page = this.#pageOf(seq);
    const at = seq % PAGE_SEQS;
    const slot = page?.slots[at];
    if (slot) return Math.max(slot.heardAt, slot.arrivedAt);
    return page?.frames[at] === undefined ? Number.NEGATIVE_INFINITY : (page.latestAt[at] as number);
  }

  #drop(seq: number): void {
    const page = this.#pageOf(seq);
    if (!page) return;
    const at = seq % PAGE_SEQS;
    const slot = page.slots[at];
    const frame = page.frames[at];
    if (!slot && !frame) return;
    if (frame) {
      this.#bytesHeld -= frame.payload.length;
      this.#framesHeld--;
    }
    for (const voter of slot?.votes.keys() ?? []) {
      const votes = (this.#votesOf.get(voter) ?? 1) - 1;
      if (votes > 0) this.#votesOf.set(voter, votes);
      else this.#votesOf.delete(voter);
    }
    if (slot) this.#open--;
    page.slots[at] = undefined;
    page.frames[at] = undefined;
    page.senders[at] = undefined;
    page.known--;
    this.#known--;
    if (page.known > 0) return;
    this.#pages.delete(this.#pageIndex);
    this.#page = undefined;
  }

  /** Says that nothing below `seq` will be asked for: the node learns where it starts, or starts anew. */
  startAt(seq: number): void {
    for (const index of [...this.#pages.keys()])
      for (let at = index * PAGE_SEQS; at < Math.min(seq, (index + 1) * PAGE_SEQS); at++) this.#drop(at);
    this.#lowestSeq = Math.max(this.#lowestSeq, seq);
  }
}
