/**
 * Proofs of equivocation (PROTOCOL.md R38). A neighbour that votes against a frame holds another one, or lies: it is told what the host
 * signed for the frame here, and so are we by it. Two signed words for one seq make the proof; a lie comes to nothing.
 */
import type { PeerId } from '../lib/ids.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import { headHash } from '../wire/frame-head.ts';
import { MessageType } from '../wire/message-type.ts';
import { voteHash } from '../wire/relay-messages.ts';
import { tableBytes } from './held-bytes.ts';
import { type AuthenticFrame, relayTimings } from './relay-contract.ts';

/** What the host signed for a frame; undefined where frames are not signed. */
function headOf({ header, seal }: AuthenticFrame): FrameHead | undefined {
  if (!seal) return undefined;
  const { stream, epoch, seq, key, bundle, index, count, keySeq } = header;
  return {
    type: MessageType.frameHead,
    stream,
    epoch,
    seq,
    head: { key, bundle, index, count, keySeq, ...seal },
  };
}

/** Whether a head tells of another frame than the one that is held. */
export const contradicts = (message: FrameHead, held: AuthenticFrame): boolean =>
  voteHash(headHash(message, message.head)) !== held.hash;

/** The proof against a host that signed both; undefined if they are the same frame, or one is not signed. */
export function proofOf(message: FrameHead, held: AuthenticFrame): Equivocation | undefined {
  const own = headOf(held);
  if (!own || !contradicts(message, held)) return undefined;
  const { stream, epoch, seq } = message;
  return { type: MessageType.equivocation, stream, epoch, seq, heads: [own.head, message.head] };
}

/** Whom the own word has been told lately. */
export class Disputes {
  readonly #send: (peer: PeerId, message: FrameHead) => void;
  readonly #toldAt = new Map<PeerId, number>();

  constructor(send: (peer: PeerId, message: FrameHead) => void) {
    this.#send = send;
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    return tableBytes(this.#toldAt.size);
  }

  /** A neighbour voted for another hash than this frame has. */
  disputed(peer: PeerId, frame: AuthenticFrame, now: number): void {
    const toldAt = this.#toldAt.get(peer);
    if (toldAt !== undefined && now - toldAt < relayTimings.disputeEveryMs) return;
    const head = headOf(frame);
    if (!head) return;
    this.#toldAt.set(peer, now);
    this.#send(peer, head);
  }

  peerDown(peer: PeerId): void {
    this.#toldAt.delete(peer);
  }
}
