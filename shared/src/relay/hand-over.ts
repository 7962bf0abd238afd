/**
 * Gives the application its messages (the thesis' hand-over daemon, 3.5.2), counts what it gets, and says what it will never get. Which
 * frame goes when is delivery.ts.
 */
import type { Delivery } from './delivery.ts';
import type { FrameMap } from './frame-map.ts';
import type { MessageAssembler } from './message-assembler.ts';
import { type RelayOutput, relayCaps } from './relay-contract.ts';
import type { RelayCounters } from './relay-counters.ts';
import type { Repair } from './repair.ts';

export interface HandOverParts {
  readonly isHost: boolean;
  readonly frames: FrameMap;
  readonly delivery: Delivery;
  readonly repair: Repair;
  readonly assembler: MessageAssembler;
  readonly counters: RelayCounters;
  readonly emit: (output: RelayOutput) => void;
}

export class HandOver {
  readonly #parts: HandOverParts;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /**
   * A parent begins at `firstSeq`: so does this node, if it has no place in the stream yet, or one so far back that nobody can
   * fill the gap. The parent's word is taken only near to where the host's beacon says that the stream is.
   * @param nextSeq of the newest beacon
   * @returns whether this was the first place that this node has
   */
  startWhere(firstSeq: number, nextSeq: number): boolean {
    const { frames, delivery, repair } = this.#parts;
    const { cursor } = delivery;
    const earliest = nextSeq - relayCaps.backfillFramesMax - relayCaps.votesAheadMax;
    const start = Math.min(Math.max(firstSeq, earliest, 0), nextSeq + relayCaps.startAheadMax);
    if (cursor !== undefined && start <= cursor + relayCaps.backfillFramesMax) return false;
    delivery.startAt(start);
    frames.startAt(start);
    if (cursor === undefined) return true;
    repair.forgetBelow(start);
    this.#skipped(cursor, start - 1);
    return false;
  }

  #skipped(fromSeq: number, toSeq: number): void {
    const { assembler, counters, emit } = this.#parts;
    counters.framesSkipped += toSeq - fromSeq + 1;
    assembler.gap();
    emit({ type: 'gap', fromSeq, toSeq });
  }

  /** All that can be delivered now. */
  deliver(now: number): void {
    const { isHost, delivery, repair, assembler, counters, emit } = this.#parts;
    if (isHost) return;
    const steps = delivery.advance(now);
    for (const step of steps) {
      if (step.type === 'gap') {
        this.#skipped(step.fromSeq, step.toSeq);
        continue;
      }
      if (step.type === 'verdict') {
        if (step.confirmed) counters.framesConfirmed++;
        else counters.framesUnconfirmed++;
        continue;
      }
      counters.framesDelivered++;
      const messages = assembler.push(step.frame, step.arrivedAt);
      if (!messages) {
        const { seq } = step.frame.header;
        counters.reject('unreadable-bundle');
        emit({ type: 'gap', fromSeq: seq, toSeq: seq });
        continue;
      }
      counters.messagesDelivered += messages.length;
      for (const message of messages) emit({ type: 'message', ...message });
    }
    if (steps.length > 0 && delivery.cursor !== undefined) repair.forgetBelow(delivery.cursor);
  }
}
