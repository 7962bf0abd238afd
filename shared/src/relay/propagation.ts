/**
 * Sends frames to others (the thesis' propagation daemon, 3.5.2): each new one to the children of its stripe, the past to a new child,
 * and what neighbours ask for, within what children leave of the uplink.
 */
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { Pull, RelayMessage } from '../wire/relay-messages.ts';
import type { Subscribe } from '../wire/tree-messages.ts';
import type { Delivery } from './delivery.ts';
import type { Forest } from './forest.ts';
import type { FrameMap } from './frame-map.ts';
import { startFor } from './places.ts';
import { type AuthenticFrame, type RelayOutput, relayCaps } from './relay-contract.ts';
import type { RelayCounters } from './relay-counters.ts';
import type { Repair } from './repair.ts';
import type { FrameVotes } from './voting.ts';

/** What pulls of others may take at least, in copies of the stream, and while frames wait for the uplink. */
const SERVED_LEAST = 0.5;
const SERVED_BUSY = 0.1;

export interface PropagationParts {
  readonly isHost: boolean;
  readonly frames: FrameMap;
  readonly voting: FrameVotes;
  readonly delivery: Delivery;
  readonly repair: Repair;
  readonly forest: Forest;
  readonly counters: RelayCounters;
  readonly emit: (output: RelayOutput) => void;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
}

export class Propagation {
  readonly #parts: PropagationParts;

  constructor(parts: PropagationParts) {
    this.#parts = parts;
  }

  /** Pushes a new frame to the stripe's children that lack it. */
  spread({ header: { seq } }: AuthenticFrame): void {
    const { forest, voting } = this.#parts;
    for (const child of forest.childrenOf(seq)) if (!voting.isHeldBy(child, seq)) this.#push(child, seq);
  }

  #push(peer: PeerId, seq: number): void {
    const { frames, counters, emit } = this.#parts;
    const frame = frames.frameAt(seq);
    if (!frame) return;
    counters.frameOut(peer, frame);
    emit({ type: 'push', peer, frame });
  }

  /** A neighbour wants to be a child: if it may, it is fed from where it asks. */
  subscribe(peer: PeerId, message: Subscribe, now: number): void {
    const { isHost, forest, repair, emit } = this.#parts;
    const { stripe } = message;
    const firstSeq = startFor(this.#parts, message.fromSeq);
    const flow = forest.flow(stripe, now);
    if (!flow) return;
    const dry = !isHost && repair.isDry(stripe, flow, now);
    if (!forest.subscribe(peer, message, firstSeq, dry, now)) return;
    // It hears that it is a child before the first frame comes.
    for (const output of forest.takeOutputs()) emit(output);
    if (repair.mayBackfill(peer, stripe, now)) this.#backfill(peer, stripe, firstSeq);
  }

  /** Sends a new child the first frames that are held from `firstSeq` on. The others it pulls, from whomever it likes. */
  #backfill(child: PeerId, stripe: number, firstSeq: number): void {
    const { frames, voting, forest } = this.#parts;
    const { slots, stripes } = forest;
    const { backfillPushedMax, backfillPushedPerCopy, backfillPushedPerScarceCopy } = relayCaps;
    const perCopy = slots < 2 ? backfillPushedPerScarceCopy : backfillPushedPerCopy;
    const most = Math.min(backfillPushedMax, Math.ceil(perCopy * slots));
    let pushed = 0;
    for (let seq = firstSeq; seq <= frames.headSeq && pushed < most; seq++) {
      if (seq % stripes !== stripe || voting.isHeldBy(child, seq) || !frames.frameAt(seq)) continue;
      this.#push(child, seq);
      pushed++;
    }
  }

  /** A neighbour asks for frames. */
  pull(peer: PeerId, { epoch, seqs }: Pull, now: number): void {
    const { send, refuse } = this.#parts.repair.serve(peer, seqs, this.#copiesToServe(now), now);
    for (const seq of send) this.#push(peer, seq);
    if (refuse.length > 0) this.#parts.send(peer, { type: MessageType.pullMissing, epoch, seqs: refuse });
  }

  /** What pulls of others may take, in copies of the stream: what children leave, and a little even where they leave nothing. */
  #copiesToServe(now: number): number {
    const { forest } = this.#parts;
    if (forest.isBusy(now)) return Math.min(SERVED_BUSY, forest.slots);
    return Math.max(Math.min(SERVED_LEAST, forest.slots), forest.slotsLeft);
  }
}
