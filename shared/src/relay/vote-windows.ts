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
import { PullPatience } from './pull-patience.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';

export const VOTE_WINDOW = limits.voteWindowFrames;

/** The first `count` frames from `base` on are held, and this is the digest over their hashes. */
export interface WindowVote {
  readonly base: number;
  readonly count: number;
  readonly digest: string;
}

interface Heard {
  readonly peer: PeerId;
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
  /** What peers said of it, each its longest word, as long as that is not for all of it as it is here. */
  readonly heard: Heard[];
  /** Those who voted for all of it as it is here: soon nearly everybody, and a hundred such windows are held. */
  readonly agreeing: PeerId[];
  /** The own digest over the first `count` frames that was needed last: mostly that of all of them. */
  own: { readonly count: number; readonly digest: string } | undefined;
  /** Peers whom the single votes were sent; few, or none. */
  expandedFor: PeerId[];
}

const NOBODY: PeerId[] = [];

export class VoteWindows {
  readonly #frames: FrameMap;
  readonly #patience: PullPatience;
  readonly #windows = new Map<number, Window>();
  /** Indices of windows that hold something that was not voted for. */
  readonly #open = new Set<number>();
  /** The window that was looked at last. */
  #latest: Window | undefined;
  #latestIndex = -1;
  /** Windows below this index are forgotten. */
  #forgottenTo = 0;
  #votes: WindowVote[] = [];
  #flushAt = Number.POSITIVE_INFINITY;

  constructor(frames: FrameMap, patience = new PullPatience()) {
    this.#frames = frames;
    this.#patience = patience;
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
    for (const { heard, agreeing, expandedFor } of this.#windows.values()) {
      bytes += 2 * OBJECT_BYTES + heard.length * (OBJECT_BYTES + TEXT_BYTES);
      bytes += (agreeing.length + expandedFor.length) * 8;
    }
    return bytes;
  }

  /** Where frames are late a window takes longer to fill, and to vote for it in parts would be more work where there is too much. */
  #partAfterMs(now: number): number {
    return relayTimings.partVoteAfterMs * this.#patience.caution(now);
  }

  #known(seq: number): Window | undefined {
    const index = Math.floor(seq / VOTE_WINDOW);
    if (index !== this.#latestIndex) {
      this.#latestIndex = index;
      this.#latest = this.#windows.get(index);
    }
    return this.#latest;
  }

  #at(seq: number): Window {
    let window = this.#known(seq);
    if (!window) {
      window = {
        held: 0,
        voted: 0,
        since: Number.POSITIVE_INFINITY,
        heard: [],
        agreeing: [],
        own: undefined,
        expandedFor: NOBODY,
      };
      this.#windows.set(this.#latestIndex, window);
      this.#latest = window;
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
      this.#flushAt = Math.min(this.#flushAt, window.since + this.#partAfterMs(now));
    }
    const agreeing: PeerId[] = [];
    const conflicting: PeerId[] = [];
    for (const heard of window.heard) {
      if (heard.agrees !== undefined) continue;
      const agrees = this.#check(window, base, heard);
      if (agrees !== undefined) (agrees ? agreeing : conflicting).push(heard.peer);
    }
    if (window.held === VOTE_WINDOW) settle(window);
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
    const isNew = this.#known(base) === undefined;
    if (headSeq < 0 && isNew && this.#windows.size >= relayCaps.votesAheadMax / VOTE_WINDOW) return undefined;
    const window = this.#at(base);
    if (window.agreeing.includes(peer)) return undefined;
    const place = placeOf(window, peer);
    const before = window.heard[place];
    const words = window.heard.length + window.agreeing.length;
    if ((before && before.count >= count) || words >= limits.linksMax * 2) return undefined;
    const heard: Heard = { peer, count, digest, agrees: undefined };
    window.heard[place] = heard;
    const agrees = this.#check(window, base, heard);
    if (agrees === true && count === VOTE_WINDOW) settle(window);
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
      const dueAt = window.since + this.#partAfterMs(now);
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
    const window = this.#known(seq);
    if (!window) return false;
    if (window.agreeing.includes(peer)) return true;
    const heard = window.heard[placeOf(window, peer)];
    return heard !== undefined && seq % VOTE_WINDOW < heard.count;
  }

  /** Those who have said that they hold a frame. */
  *holders(seq: number): Generator<PeerId> {
    const window = this.#known(seq);
    if (!window) return;
    yield* window.agreeing;
    for (const { peer, count } of window.heard) if (seq % VOTE_WINDOW < count) yield peer;
  }

  /** Whether a peer has voted for a frame as it is here. */
  agrees(seq: number, peer: PeerId): boolean {
    const window = this.#known(seq);
    if (!window) return false;
    if (window.agreeing.includes(peer)) return true;
    const heard = window.heard[placeOf(window, peer)];
    return heard?.agrees === true && seq % VOTE_WINDOW < heard.count;
  }

  /** True once for each peer and window: then the single votes are to be sent. */
  mayExpand(base: number, peer: PeerId): boolean {
    const window = this.#at(base);
    if (window.expandedFor.includes(peer)) return false;
    window.expandedFor = [...window.expandedFor, peer];
    return true;
  }

  peerDown(peer: PeerId): void {
    for (const window of this.#windows.values()) {
      remove(window.agreeing, window.agreeing.indexOf(peer));
      remove(window.heard, placeOf(window, peer));
      if (window.expandedFor.includes(peer))
        window.expandedFor = window.expandedFor.filter((other) => other !== peer);
    }
  }

  forgetBelow(seq: number): void {
    const end = Math.floor(seq / VOTE_WINDOW);
    // One after the other, as the stream goes on, or all that there are after a leap.
    if (end - this.#forgottenTo <= this.#windows.size)
      for (let index = this.#forgottenTo; index < end; index++) this.#forget(index);
    else for (const index of this.#windows.keys()) if (index < end) this.#forget(index);
    this.#forgottenTo = Math.max(this.#forgottenTo, end);
  }

  #forget(index: number): void {
    this.#windows.delete(index);
    this.#open.delete(index);
    if (index === this.#latestIndex) this.#latest = undefined;
  }
}

/** Where a peer's word is among those heard; the end if there is none. */
function placeOf({ heard }: Window, peer: PeerId): number {
  let place = 0;
  while (place < heard.length && heard[place]?.peer !== peer) place++;
  return place;
}

function remove(list: unknown[], place: number): void {
  if (place >= 0 && place < list.length) list.splice(place, 1);
}

/** Of those who agree with all of a window nothing but that is left. */
function settle({ heard, agreeing }: Window): void {
  let left = 0;
  for (const word of heard) {
    if (word.agrees === true && word.count === VOTE_WINDOW) agreeing.push(word.peer);
    else heard[left++] = word;
  }
  heard.length = left;
}
