/**
 * Votes for many frames at once. The seqs are cut into windows of 16; a node that holds a window says so with one digest over the
 * hashes of its frames, which every honest node computes alike. Equal digests are votes for all of them; where two differ, both ends
 * send their votes one by one. A window that does not fill is voted for as far as it goes.
 */
import type { PeerId } from '../lib/ids.ts';
import { sha256 } from '../lib/sha256.ts';
import { VOTE_HASH_BYTES } from '../wire/frame.ts';
import { limits } from '../wire/limits.ts';
import { voteHash } from '../wire/relay-messages.ts';
import type { FrameMap } from './frame-map.ts';
import { OBJECT_BYTES, TEXT_BYTES, tableBytes } from './held-bytes.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';

export const VOTE_WINDOW = limits.voteWindowFrames;

/** The first `count` frames from `base` on are held, and this is the digest over their hashes. */
export interface WindowVote {
  readonly base: number;
  readonly count: number;
  readonly digest: string;
}

interface Heard {
  readonly count: number;
  readonly digest: string;
  /** Undefined: this node does not hold all of it yet. */
  agrees: boolean | undefined;
}

interface Window {
  /** Frames held. */
  held: number;
  /** So many from the base on have been voted for. */
  voted: number;
  /** Since when something is held that was not voted for, ms. */
  since: number;
  readonly heard: Map<PeerId, Heard>;
  /** The own digest over the first `count` frames that was needed last: mostly that of all of them. */
  own: { readonly count: number; readonly digest: string } | undefined;
  /** Peers whom the single votes were sent. */
  readonly expandedFor: Set<PeerId>;
}

export class VoteWindows {
  readonly #frames: FrameMap;
  readonly #windows = new Map<number, Window>();
  /** Indices of windows that hold something that was not voted for. */
  readonly #open = new Set<number>();
  #votes: WindowVote[] = [];
  #flushAt = Number.POSITIVE_INFINITY;

  constructor(frames: FrameMap) {
    this.#frames = frames;
  }

  /** When {@link takeVotes} may have some, ms. */
  get deadline(): number {
    return this.#flushAt;
  }

  get windows(): number {
    return this.#windows.size;
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    let bytes = tableBytes(this.#windows.size, 2 * OBJECT_BYTES + TEXT_BYTES) + tableBytes(this.#open.size);
    for (const { heard, expandedFor } of this.#windows.values())
      bytes += tableBytes(heard.size, OBJECT_BYTES + TEXT_BYTES) + tableBytes(expandedFor.size);
    return bytes;
  }

  #at(seq: number): Window {
    const index = Math.floor(seq / VOTE_WINDOW);
    let window = this.#windows.get(index);
    if (!window) {
      window = {
        held: 0,
        voted: 0,
        since: Number.POSITIVE_INFINITY,
        heard: new Map(),
        own: undefined,
        expandedFor: new Set(),
      };
      this.#windows.set(index, window);
    }
    return window;
  }

  /** A frame was kept. Returns the peers whose earlier word on its window could now be compared, by what came out. */
  frameKept(seq: number, now: number): { readonly agreeing: PeerId[]; readonly conflicting: PeerId[] } {
    const window = this.#at(seq);
    window.held++;
    window.since = Math.min(window.since, now);
    const base = seq - (seq % VOTE_WINDOW);
    if (window.held === VOTE_WINDOW) this.#vote(window, base, VOTE_WINDOW);
    else {
      this.#open.add(base / VOTE_WINDOW);
      this.#flushAt = Math.min(this.#flushAt, window.since + relayTimings.partVoteAfterMs);
    }
    const agreeing: PeerId[] = [];
    const conflicting: PeerId[] = [];
    for (const [peer, heard] of window.heard) {
      if (heard.agrees !== undefined) continue;
      const agrees = this.#check(window, base, heard);
      if (agrees !== undefined) (agrees ? agreeing : conflicting).push(peer);
    }
    return { agreeing, conflicting };
  }

  /** A peer's word. `isNews`: it holds something of the window that this node lacks. Undefined if it cannot be of use. */
  heard(
    peer: PeerId,
    { base, count, digest }: WindowVote,
  ): { isNews: boolean; agrees: boolean | undefined } | undefined {
    const { headSeq, lowestSeq } = this.#frames;
    if (base % VOTE_WINDOW !== 0 || base + count <= lowestSeq) return undefined;
    if (headSeq >= 0 && base > headSeq + relayCaps.votesAheadMax) return undefined;
    const isNew = !this.#windows.has(Math.floor(base / VOTE_WINDOW));
    if (headSeq < 0 && isNew && this.#windows.size >= relayCaps.votesAheadMax / VOTE_WINDOW) return undefined;
    const window = this.#at(base);
    const before = window.heard.get(peer);
    if ((before && before.count >= count) || window.heard.size >= limits.linksMax * 2) return undefined;
    const heard: Heard = { count, digest, agrees: undefined };
    window.heard.set(peer, heard);
    const agrees = this.#check(window, base, heard);
    return { isNews: agrees === undefined, agrees };
  }

  /** Compares as soon as all of it is held here. */
  #check(window: Window, base: number, heard: Heard): boolean | undefined {
    if (window.held < heard.count) return undefined;
    const own = this.#digest(window, base, heard.count);
    if (own !== undefined) heard.agrees = own === heard.digest;
    return heard.agrees;
  }

  /** Undefined if a frame is missing. */
  #digest(window: Window, base: number, count: number): string | undefined {
    if (window.own?.count === count) return window.own.digest;
    const bytes = new Uint8Array(count * VOTE_HASH_BYTES);
    for (let i = 0; i < count; i++) {
      const hash = this.#frames.frameAt(base + i)?.hash;
      if (hash === undefined) return undefined;
      for (let at = 0; at < VOTE_HASH_BYTES; at++)
        bytes[i * VOTE_HASH_BYTES + at] = hash.charCodeAt(at) & 255;
    }
    const digest = voteHash(sha256(bytes));
    window.own = { count, digest };
    return digest;
  }

  #vote(window: Window, base: number, count: number): void {
    const digest = this.#digest(window, base, count);
    if (digest === undefined) return;
    window.voted = count;
    this.#close(window, base / VOTE_WINDOW);
    this.#votes.push({ base, count, digest });
    this.#flushAt = 0;
  }

  #close(window: Window, index: number): void {
    window.since = Number.POSITIVE_INFINITY;
    this.#open.delete(index);
  }

  /** Own votes to be sent now. */
  takeVotes(now: number): WindowVote[] {
    if (now < this.#flushAt) return [];
    let next = Number.POSITIVE_INFINITY;
    for (const index of this.#open) {
      const window = this.#windows.get(index);
      if (!window) continue;
      const dueAt = window.since + relayTimings.partVoteAfterMs;
      if (dueAt > now) {
        next = Math.min(next, dueAt);
        continue;
      }
      const base = index * VOTE_WINDOW;
      let count = window.voted;
      while (count < VOTE_WINDOW && this.#frames.frameAt(base + count)) count++;
      this.#close(window, index);
      if (count > window.voted) this.#vote(window, base, count);
    }
    const votes = this.#votes;
    this.#votes = [];
    this.#flushAt = next;
    return votes;
  }

  /** Whether a peer has said that it holds a frame. */
  isHeldBy(seq: number, peer: PeerId): boolean {
    const heard = this.#windows.get(Math.floor(seq / VOTE_WINDOW))?.heard.get(peer);
    return heard !== undefined && seq % VOTE_WINDOW < heard.count;
  }

  /** Those who have said that they hold a frame. */
  *holders(seq: number): Generator<PeerId> {
    const window = this.#windows.get(Math.floor(seq / VOTE_WINDOW));
    for (const [peer, { count }] of window?.heard ?? []) if (seq % VOTE_WINDOW < count) yield peer;
  }

  /** Whether a peer has voted for a frame as it is here. */
  agrees(seq: number, peer: PeerId): boolean {
    const heard = this.#windows.get(Math.floor(seq / VOTE_WINDOW))?.heard.get(peer);
    return heard?.agrees === true && seq % VOTE_WINDOW < heard.count;
  }

  /** True once for each peer and window: then the single votes are to be sent. */
  mayExpand(base: number, peer: PeerId): boolean {
    const { expandedFor } = this.#at(base);
    if (expandedFor.has(peer)) return false;
    expandedFor.add(peer);
    return true;
  }

  peerDown(peer: PeerId): void {
    for (const { heard, expandedFor } of this.#windows.values()) {
      heard.delete(peer);
      expandedFor.delete(peer);
    }
  }

  forgetBelow(seq: number): void {
    for (const index of this.#windows.keys()) {
      if ((index + 1) * VOTE_WINDOW > seq) continue;
      this.#windows.delete(index);
      this.#open.delete(index);
    }
  }
}
