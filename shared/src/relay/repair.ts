/**
 * Finds frames that others have and this node lacks, and pulls them: from the earliest known holder, one request at a time
 * a frame, after the usual skew between the first vote and the payload has passed. Also serves the pulls of others, at a
 * bounded rate.
 */
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { AnswerTimes } from './answer-times.ts';
import type { FrameMap } from './frame-map.ts';
import { OBJECT_BYTES, tableBytes } from './held-bytes.ts';
import { PullManners } from './pull-manners.ts';
import { PullPatience } from './pull-patience.ts';
import { PullsPast } from './pulls-past.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';

interface MissingFrame {
  /** When something first told of it, ms. */
  readonly since: number;
  /** Not before this. */
  notBefore: number;
  asked: PeerId | undefined;
  /** Until then its answer is waited for. */
  answerBy: number;
  /** Who was asked in this round, and when, ms. */
  readonly tried: Map<PeerId, number>;
}

/** When it is to be asked for, again if it was before, ms. */
const dueAt = ({ asked, notBefore, answerBy }: MissingFrame): number =>
  asked === undefined ? notBefore : answerBy;

/** What the sender of a frame is in the frame's tree: the parent, one that feeds this node in all trees, or somebody else. */
export type Parenthood = 'parent' | 'only parent' | 'other';

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

/** What the parent of a stripe does. */
export interface Flow {
  /** It has pushed nothing lately. */
  readonly isQuiet: boolean;
  /** The highest seq that it has pushed. */
  readonly reachedSeq: number;
}

export class Repair {
  readonly #frames: FrameMap;
  readonly #holders: (seq: number) => Iterable<PeerId>;
  readonly #stripes: number;
  readonly #missing = new Map<number, MissingFrame>();
  readonly #manners = new PullManners();
  /** Frames served on pulls in the running second, by peer and in all. */
  readonly #served = new Map<PeerId, number>();
  #servedFrames = 0;
  #servedSince = Number.NEGATIVE_INFINITY;
  /** When each peer was last back-filled, by stripe, ms. */
  readonly #backfilledAt = new Map<PeerId, Map<number, number>>();
  readonly #answers: AnswerTimes;
  readonly #patience: PullPatience;
  readonly #past = new PullsPast();
  #pulled = 0;
  /** Never later than the true one, ms; undefined: to be looked up. Hostile votes come by the thousand, and each would look at all. */
  #deadline: number | undefined;

  /**
   * @param holders those who said otherwise than by a single vote that they hold a frame
   * @param patience what is learnt of late frames, and
   * @param answers of late answers: others go by it as well
   */
  constructor(
    frames: FrameMap,
    holders: (seq: number) => Iterable<PeerId>,
    stripes: number,
    patience = new PullPatience(),
    answers = new AnswerTimes(),
  ) {
    this.#patience = patience;
    this.#answers = answers;
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
    let bytes = tableBytes(this.#missing.size, OBJECT_BYTES) + tableBytes(this.#manners.size, OBJECT_BYTES);
    for (const { tried } of this.#missing.values()) bytes += tableBytes(tried.size);
    bytes += this.#past.tableBytes + tableBytes(this.#patience.size + this.#answers.size, OBJECT_BYTES);
    bytes += tableBytes(this.#served.size) + tableBytes(this.#backfilledAt.size);
    for (const times of this.#backfilledAt.values()) bytes += tableBytes(times.size);
    return bytes;
  }

  /** How long a frame may be late before it is pulled, ms. */
  patienceMs(now: number): number {
    return this.#patience.lateAfterMs(now);
  }

  #answerWithinMs(now: number): number {
    const { pullTimeoutMs, pullTimeoutMaxMs } = relayTimings;
    return Math.min(pullTimeoutMaxMs, Math.max(pullTimeoutMs, this.#answers.usualMs(now)));
  }

  /** A frame's own parent has pushed a later one: it is lost, or far behind. */
  noteJumped(seq: number, now: number): void {
    this.note(seq, now, this.#patience.jumpedAfterMs(now));
  }

  /**
   * A vote or a later frame shows that `seq` exists.
   * @param waitMs how long it may still be on its way: {@link patienceMs}, or less where it was plainly jumped over
   */
  note(seq: number, now: number, waitMs: number = this.patienceMs(now)): void {
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
    this.#missing.set(seq, { since: now, notBefore, asked: undefined, answerBy: 0, tried: new Map() });
    this.#dueBy(notBefore);
  }

  #dueBy(at: number): void {
    if (this.#deadline !== undefined && at < this.#deadline) this.#deadline = at;
  }

  /**
   * A frame came.
   * @param parenthood who should push it, and whether `from` does
   * @returns true if it came from a peer that was asked for it
   */
  arrived(seq: number, from: PeerId, parenthood: Parenthood, now: number): boolean {
    const entry = this.#missing.get(seq);
    if (!entry) return false;
    const { tried } = entry;
    this.#drop(seq, entry);
    if (tried.size === 0) {
      this.#patience.skewed(now - entry.since);
      return false;
    }
    this.#past.add(seq, {
      asked: new Map(tried),
      firstAskedAt: Math.min(...tried.values()),
      cameAt: now,
      wasPushed: false,
    });
    const isAnswer = tried.has(from);
    if (isAnswer) this.#pulled++;
    this.again(seq, from, parenthood, now);
    return isAnswer;
  }

  /** A frame came that is here already, or just now: if it was asked for, that tells how long answers take, or that it need not have been. */
  again(seq: number, from: PeerId, parenthood: Parenthood, now: number): void {
    const pull = this.#past.get(seq);
    const stripe = seq % this.#stripes;
    if (pull) {
      const askedAt = pull.asked.get(from);
      if (askedAt !== undefined) {
        pull.asked.set(from, undefined);
        this.#manners.gave(from);
        this.#answers.took(from, now - askedAt, now);
      } else if (parenthood !== 'other' && !pull.asked.has(from)) {
        pull.wasPushed = true;
        this.#patience.premature(stripe, from, parenthood === 'only parent', pull.firstAskedAt, now);
      }
    }
    this.#past.take(now - relayTimings.pullsPastMs, (at, { wasPushed }) => {
      if (!wasPushed) this.#patience.right(at % this.#stripes, now);
    });
  }

  /**
   * Whether this stripe has dried up here: a frame of it has been missing for long, and either that is not over or the parent is quiet. An
   * old gap, below which frames come again, is filled while others are fed; and what a parent that pushes has not come to is late for a
   * while, as everything is below a host that fills many gaps at once. Only a later frame proves that one is missing: votes for what never
   * was would make anybody look dry.
   * @param flow what the parent has pushed lately
   */
  isDry(stripe: number, { isQuiet, reachedSeq }: Flow, now: number): boolean {
    const { dryAfterMs, dryForMs, dryLateMs } = relayTimings;
    for (const [seq, { since }] of this.#missing) {
      if (seq >= this.#frames.headSeq || seq % this.#stripes !== stripe) continue;
      const missedMs = now - since;
      if (missedMs < dryAfterMs) continue;
      if (isQuiet) return true;
      if (seq > reachedSeq ? missedMs >= dryLateMs : missedMs < dryAfterMs + dryForMs) return true;
    }
    return false;
  }

  /** The application is past this seq; what is below is not looked for any more. */
  forgetBelow(seq: number): void {
    for (const [at, entry] of this.#missing) {
      if (at < seq) this.#drop(at, entry);
    }
  }

  /** A frame is not looked for any more. If it was the next to be seen to, another is now, later: nothing is due in vain. */
  #drop(seq: number, entry: MissingFrame): void {
    this.#missing.delete(seq);
    if (this.#deadline !== undefined && dueAt(entry) <= this.#deadline) this.#deadline = undefined;
    this.#release(entry);
  }

  /** A new parent of a stripe is about to send the first frames that are missing of it: give it a moment before pulling the same. */
  holdOff(stripe: number, untilMs: number): void {
    const seqs = [...this.#missing.keys()].filter((seq) => seq % this.#stripes === stripe);
    for (const seq of seqs.sort((a, b) => a - b).slice(0, relayCaps.backfillPushedMax)) {
      const entry = this.#missing.get(seq);
      if (entry?.asked === undefined && entry) entry.notBefore = Math.max(entry.notBefore, untilMs);
    }
  }

  peerDown(peer: PeerId): void {
    this.#manners.forget(peer);
    this.#backfilledAt.delete(peer);
    for (const entry of this.#missing.values()) if (entry.asked === peer) entry.asked = undefined;
    this.#deadline = undefined;
  }

  /** The peer that was asked does not have these, or nothing to spare: it is left alone for a while, each time for longer. */
  refused(peer: PeerId, seqs: readonly number[], now: number): void {
    let isAnswer = false;
    for (const seq of seqs) {
      const entry = this.#missing.get(seq);
      if (entry?.asked !== peer) continue;
      this.#release(entry);
      isAnswer = true;
    }
    if (isAnswer) this.#manners.refused(peer, now);
  }

  #release(entry: MissingFrame): void {
    if (entry.asked === undefined) return;
    this.#manners.released(entry.asked);
    entry.asked = undefined;
    this.#dueBy(entry.notBefore);
  }

  /** When {@link pulls} may have something to ask, ms. */
  get deadline(): number {
    if (this.#deadline !== undefined) return this.#deadline;
    let deadline = Number.POSITIVE_INFINITY;
    for (const entry of this.#missing.values()) deadline = Math.min(deadline, dueAt(entry));
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
        if (now < entry.answerBy) continue;
        this.#manners.tooLate(entry.asked, now);
        this.#release(entry);
      }
      if (now < entry.notBefore) continue;
      const { peer, pushing, others } = feeder(seq, entry.since);
      if (pushing) {
        entry.notBefore = now + relayTimings.pullAfterMinMs;
        continue;
      }
      const { holder, freeAt } = this.#nextHolder(seq, entry, peer, others, now);
      if (freeAt > now || holder === undefined) {
        // Somebody may be free soon; where nobody is left who was not asked, all are asked again.
        if (holder === undefined && entry.tried.size === 0 && !this.#isProven(seq)) {
          this.#missing.delete(seq);
          continue;
        }
        if (holder === undefined) entry.tried.clear();
        entry.notBefore = Math.min(freeAt, now + relayTimings.pullTimeoutMs);
        continue;
      }
      entry.tried.set(holder, now);
      entry.asked = holder;
      entry.answerBy = now + this.#answerWithinMs(now);
      this.#manners.asks(holder);
      const seqs = asks.get(holder);
      if (seqs) seqs.push(seq);
      else asks.set(holder, [seq]);
    }
    for (const peer of asks.keys()) this.#manners.sent(peer, now);
    return asks;
  }

  /** A later frame proves that there is one. What only votes tell of nobody but the voters is asked for. */
  #isProven(seq: number): boolean {
    return seq < this.#frames.headSeq;
  }

  /** The first who may be asked now, else who may be asked soonest; undefined if all were asked. */
  #nextHolder(
    seq: number,
    entry: MissingFrame,
    parent: PeerId | undefined,
    others: () => Iterable<PeerId>,
    now: number,
  ): { holder: PeerId | undefined; freeAt: number } {
    let holder: PeerId | undefined;
    let freeAt = Number.POSITIVE_INFINITY;
    const isFree = (peer: PeerId): boolean => {
      if (entry.tried.has(peer)) return false;
      const at = this.#manners.freeAt(peer);
      if (holder === undefined || at < freeAt) {
        holder = peer;
        freeAt = at;
      }
      return at <= now;
    };
    for (const voter of this.#frames.get(seq)?.votes.keys() ?? [])
      if (isFree(voter)) return { holder: voter, freeAt };
    for (const other of this.#holders(seq)) if (isFree(other)) return { holder: other, freeAt };
    if (!this.#isProven(seq)) return { holder, freeAt };
    for (const other of others()) if (isFree(other)) return { holder: other, freeAt };
    if (parent !== undefined) isFree(parent);
    return { holder, freeAt };
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
