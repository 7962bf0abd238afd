/**
 * Finds frames that others have and this node lacks, and pulls them: from the earliest known holder, one request at a time
 * a frame, after the usual skew between the first vote and the payload has passed. Also serves the pulls of others, at a
 * bounded rate.
 */
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import type { FrameMap } from './frame-map.ts';
import { OBJECT_BYTES, tableBytes } from './held-bytes.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';

interface MissingFrame {
  /** When something first told of it, ms. */
  readonly since: number;
  /** Not before this. */
  notBefore: number;
  asked: PeerId | undefined;
  askedAt: number;
  readonly tried: Set<PeerId>;
}

/** The parent of a frame's stripe, as repair sees it. */
export interface Feeder {
  readonly peer: PeerId | undefined;
  /**
   * True while the parent pushes and has not come to this frame yet: the frame is late, not lost, and pulling it would only
   * add to the load that makes it late.
   */
  readonly pushing: boolean;
  /** Neighbours that are fed by others. */
  readonly others: () => Iterable<PeerId>;
}

export class Repair {
  readonly #frames: FrameMap;
  readonly #holders: (seq: number) => Iterable<PeerId>;
  readonly #stripes: number;
  readonly #missing = new Map<number, MissingFrame>();
  readonly #asked = new Map<PeerId, number>();
  /** Frames served on pulls in the running second, by peer and in all. */
  readonly #served = new Map<PeerId, number>();
  #servedFrames = 0;
  #servedSince = Number.NEGATIVE_INFINITY;
  /** When each peer was last back-filled, by stripe, ms. */
  readonly #backfilledAt = new Map<PeerId, Map<number, number>>();
  /** Usual delay from the first word of a frame (a vote, or a later frame) to its payload, and its deviation, ms (smoothed as RFC 6298 does for round trips). */
  #skewMs = 40;
  #skewDeviationMs = 20;
  #pulled = 0;
  /** Never later than the true one, ms; undefined: to be looked up. Hostile votes come by the thousand, and each would look at all. */
  #deadline: number | undefined;

  /** @param holders those who said otherwise than by a single vote that they hold a frame */
  constructor(frames: FrameMap, holders: (seq: number) => Iterable<PeerId>, stripes: number) {
    this.#frames = frames;
    this.#holders = holders;
    this.#stripes = stripes;
  }

  get pulled(): number {
    return this.#pulled;
  }

  get missing(): number {
    return this.#missing.size;
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    let bytes = tableBytes(this.#missing.size, OBJECT_BYTES) + tableBytes(this.#asked.size);
    for (const { tried } of this.#missing.values()) bytes += tableBytes(tried.size);
    bytes += tableBytes(this.#served.size) + tableBytes(this.#backfilledAt.size);
    for (const times of this.#backfilledAt.values()) bytes += tableBytes(times.size);
    return bytes;
  }

  /** How long a frame may be late before it is pulled, ms. */
  get patienceMs(): number {
    const usual = this.#skewMs + 3 * this.#skewDeviationMs;
    return Math.min(relayTimings.pullAfterMaxMs, Math.max(relayTimings.pullAfterMinMs, usual));
  }

  /**
   * A vote or a later frame shows that `seq` exists.
   * @param waitMs how long it may still be on its way: {@link patienceMs}, or less where it was plainly jumped over
   */
  note(seq: number, now: number, waitMs: number = this.patienceMs): void {
    const known = this.#missing.get(seq);
    if (known) {
      if (known.asked === undefined) {
        known.notBefore = Math.min(known.notBefore, now + waitMs);
        this.#dueBy(known.notBefore);
      }
      return;
    }
    if (this.#missing.size >= relayCaps.missingMax) return;
    const notBefore = now + waitMs;
    this.#missing.set(seq, { since: now, notBefore, asked: undefined, askedAt: 0, tried: new Set() });
    this.#dueBy(notBefore);
  }

  #dueBy(at: number): void {
    if (this.#deadline !== undefined && at < this.#deadline) this.#deadline = at;
  }

  /**
   * A frame came.
   * @returns true if it came from the peer that was asked for it
   */
  arrived(seq: number, from: PeerId, now: number): boolean {
    const entry = this.#missing.get(seq);
    if (!entry) return false;
    const { asked } = entry;
    this.#missing.delete(seq);
    this.#release(entry);
    if (asked === from) {
      this.#pulled++;
      return true;
    }
    const skew = now - entry.since;
    this.#skewDeviationMs += (Math.abs(skew - this.#skewMs) - this.#skewDeviationMs) / 16;
    this.#skewMs += (skew - this.#skewMs) / 16;
    return false;
  }

  /**
   * Whether a frame of this stripe has been missing for so long that the stripe must have dried up here. Only a later frame proves
   * that there is one: votes for what never was would make anybody look dry.
   */
  isDry(stripe: number, now: number): boolean {
    for (const [seq, { since }] of this.#missing) {
      if (seq >= this.#frames.headSeq || seq % this.#stripes !== stripe) continue;
      if (now - since >= relayTimings.dryAfterMs) return true;
    }
    return false;
  }

  /** The application is past this seq; what is below is not looked for any more. */
  forgetBelow(seq: number): void {
    for (const [at, entry] of this.#missing) {
      if (at >= seq) continue;
      this.#missing.delete(at);
      this.#release(entry);
    }
  }

  /** A new parent of a stripe is about to send everything that is missing of it: give it a moment before pulling the same. */
  holdOff(stripe: number, untilMs: number): void {
    for (const [seq, entry] of this.#missing) {
      if (entry.asked === undefined && seq % this.#stripes === stripe)
        entry.notBefore = Math.max(entry.notBefore, untilMs);
    }
  }

  peerDown(peer: PeerId): void {
    this.#asked.delete(peer);
    this.#backfilledAt.delete(peer);
    for (const entry of this.#missing.values()) if (entry.asked === peer) entry.asked = undefined;
    this.#deadline = undefined;
  }

  /** The peer that was asked does not have these. */
  refused(peer: PeerId, seqs: readonly number[]): void {
    for (const seq of seqs) {
      const entry = this.#missing.get(seq);
      if (entry?.asked === peer) this.#release(entry);
    }
  }

  #release(entry: MissingFrame): void {
    if (entry.asked === undefined) return;
    const left = (this.#asked.get(entry.asked) ?? 1) - 1;
    if (left > 0) this.#asked.set(entry.asked, left);
    else this.#asked.delete(entry.asked);
    entry.asked = undefined;
    this.#dueBy(entry.notBefore);
  }

  /** When {@link pulls} may have something to ask, ms. */
  get deadline(): number {
    if (this.#deadline !== undefined) return this.#deadline;
    let deadline = Number.POSITIVE_INFINITY;
    for (const entry of this.#missing.values()) {
      const at = entry.asked === undefined ? entry.notBefore : entry.askedAt + relayTimings.pullTimeoutMs;
      if (at < deadline) deadline = at;
    }
    this.#deadline = deadline;
    return deadline;
  }

  /**
   * What to ask of whom now.
   * @param feeder what the parent of a frame's stripe is doing
   */
  pulls(feeder: (seq: number, missedAt: number) => Feeder, now: number): Map<PeerId, number[]> {
    const asks = new Map<PeerId, number[]>();
    this.#deadline = undefined;
    for (const [seq, entry] of this.#missing) {
      if (entry.asked !== undefined) {
        if (now < entry.askedAt + relayTimings.pullTimeoutMs) continue;
        this.#release(entry);
      }
      if (now < entry.notBefore) continue;
      const { peer, pushing, others } = feeder(seq, entry.since);
      if (pushing) {
        entry.notBefore = now + relayTimings.pullAfterMinMs;
        continue;
      }
      const holder = this.#nextHolder(seq, entry, peer, others);
      if (holder === undefined) {
        entry.tried.clear();
        entry.notBefore = now + relayTimings.pullTimeoutMs;
        continue;
      }
      entry.tried.add(holder);
      entry.asked = holder;
      entry.askedAt = now;
      this.#asked.set(holder, (this.#asked.get(holder) ?? 0) + 1);
      const seqs = asks.get(holder);
      if (seqs) seqs.push(seq);
      else asks.set(holder, [seq]);
    }
    return asks;
  }

  #nextHolder(
    seq: number,
    entry: MissingFrame,
    parent: PeerId | undefined,
    others: () => Iterable<PeerId>,
  ): PeerId | undefined {
    const free = (peer: PeerId): boolean =>
      !entry.tried.has(peer) && (this.#asked.get(peer) ?? 0) < relayCaps.pullsPerPeerMax;
    for (const voter of this.#frames.get(seq)?.votes.keys() ?? []) if (free(voter)) return voter;
    for (const holder of this.#holders(seq)) if (free(holder)) return holder;
    for (const other of others()) if (free(other)) return other;
    return parent !== undefined && free(parent) ? parent : undefined;
  }

  /** Which of the frames that a peer asks for it gets, within its budget and that of all; the others are to be refused. */
  serve(
    peer: PeerId,
    seqs: readonly number[],
    slots: number,
    now: number,
  ): { send: number[]; refuse: number[] } {
    if (now - this.#servedSince >= 1000) {
      this.#servedSince = now;
      this.#served.clear();
      this.#servedFrames = 0;
    }
    const framesMax = relayCaps.pullsServedPerSlotMax;
    let frames = this.#served.get(peer) ?? 0;
    const send: number[] = [];
    const refuse: number[] = [];
    for (const seq of new Set(seqs.slice(0, limits.pullSeqsMax))) {
      const held = this.#frames.frameAt(seq) !== undefined;
      if (held && frames < framesMax && this.#servedFrames < framesMax * slots) {
        frames++;
        this.#servedFrames++;
        send.push(seq);
      } else refuse.push(seq);
    }
    this.#served.set(peer, frames);
    return { send, refuse };
  }

  /** Whether a new child may have the past of a stripe pushed: not more often than an honest one would ask for it. */
  mayBackfill(peer: PeerId, stripe: number, now: number): boolean {
    const times = this.#backfilledAt.get(peer) ?? new Map<number, number>();
    const last = times.get(stripe);
    if (last !== undefined && now - last < relayTimings.subscribeTimeoutMs) return false;
    times.set(stripe, now);
    this.#backfilledAt.set(peer, times);
    return true;
  }
}
