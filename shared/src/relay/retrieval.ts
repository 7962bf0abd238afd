/**
 * Frames that come in (the thesis' retrieval daemon, 3.5.2): what is known to be the host's is kept and passed on, what was jumped over
 * is missing, and what stays missing is pulled. How that is gone about is repair.ts.
 */
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import type { Ballots } from './ballots.ts';
import type { Candidate } from './candidates.ts';
import type { Delivery } from './delivery.ts';
import type { Forest } from './forest.ts';
import type { FrameMap } from './frame-map.ts';
import type { Propagation } from './propagation.ts';
import type { AuthenticFrame } from './relay-contract.ts';
import type { RelayCounters } from './relay-counters.ts';
import type { Repair } from './repair.ts';
import type { FrameVotes } from './voting.ts';

export interface RetrievalParts {
  readonly epoch: number;
  /** The host's peer id. */
  readonly host: PeerId;
  readonly frames: FrameMap;
  readonly voting: FrameVotes;
  /** The same as `voting`, where frames are not signed. */
  readonly ballots: Ballots | undefined;
  readonly delivery: Delivery;
  readonly repair: Repair;
  readonly forest: Forest;
  readonly propagation: Propagation;
  readonly counters: RelayCounters;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
}

export class Retrieval {
  readonly #parts: RetrievalParts;

  constructor(parts: RetrievalParts) {
    this.#parts = parts;
  }

  /**
   * A neighbour sent a frame.
   * @param anchorSeq where the application is, or the host
   */
  frameIn(peer: PeerId, frame: AuthenticFrame, anchorSeq: number, now: number): void {
    const { host, frames, ballots, repair, counters, forest } = this.#parts;
    const { seq } = frame.header;
    const fromHost = peer === host;
    if (!frames.wants(seq, anchorSeq)) {
      if (frames.frameAt(seq) !== undefined) this.cameAgain(peer, seq, now);
      counters.frameIn(peer, frame, false, fromHost);
      return;
    }
    if (ballots) {
      const isOfUse = ballots.candidateIn(peer, frame, anchorSeq, now);
      counters.frameIn(peer, frame, isOfUse, fromHost);
      return;
    }
    counters.frameIn(peer, frame, true, fromHost);
    this.keep(
      { frame, sender: peer, pulled: repair.arrived(seq, peer, forest.parenthood(peer, seq), now) },
      now,
    );
  }

  /** A neighbour sent a frame that is here already. */
  cameAgain(peer: PeerId, seq: number, now: number): void {
    const { repair, forest } = this.#parts;
    repair.again(seq, peer, forest.parenthood(peer, seq), now);
    forest.duplicateCame(peer, seq);
  }

  /** Takes a frame that is known to be the host's: by its signature, or by votes. */
  keep({ frame, sender, pulled }: Candidate, now: number): void {
    const { host, frames, voting, forest, propagation } = this.#parts;
    const { seq } = frame.header;
    const headBefore = frames.headSeq;
    const slot = frames.put(frame, now);
    voting.frameIn(slot, frame, sender, sender === host, now);
    forest.frameCame(sender, seq, pulled, now);
    this.#noteGap(headBefore, seq, sender, now);
    propagation.spread(frame);
  }

  /** At the host: it made a frame. */
  own(frame: AuthenticFrame, now: number): void {
    const { frames, voting, propagation } = this.#parts;
    frames.put(frame, now).confirmed = true;
    voting.frameKept(frame.header.seq, now);
    propagation.spread(frame);
  }

  /** This node has just learnt where it begins. Frames may have overtaken that word, and some of them may be lost. */
  begun(now: number): void {
    this.#noteGap(-1, this.#parts.frames.headSeq, undefined, now);
  }

  /** Seqs that were jumped over are missing, from the cursor on; those that their own parent jumped over are lost. */
  #noteGap(headBefore: number, seq: number, from: PeerId | undefined, now: number): void {
    const { frames, ballots, delivery, repair, forest } = this.#parts;
    const { cursor } = delivery;
    if (cursor === undefined) return;
    for (let at = Math.max(headBefore + 1, cursor); at < seq; at++) {
      if (frames.frameAt(at) || ballots?.isPending(at)) continue;
      if (from !== undefined && forest.parentOf(at) === from) repair.noteJumped(at, now);
      else repair.note(at, now);
    }
  }

  /** Asks for what is missing, where that is due. */
  pull(now: number): void {
    const { epoch, repair, forest, send } = this.#parts;
    const feeder = (seq: number, missedAt: number) => forest.feeder(seq, missedAt, now);
    for (const [peer, seqs] of repair.pulls(feeder, now)) send(peer, { type: MessageType.pull, epoch, seqs });
  }
}
