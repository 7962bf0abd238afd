/** What the relay counts: totals, and per neighbour what came and went. */
import type { PeerId } from '../lib/ids.ts';
import { OBJECT_BYTES, TEXT_BYTES, tableBytes } from './held-bytes.ts';
import type { AuthenticFrame } from './relay-contract.ts';

export interface PeerCounters {
  framesIn: number;
  framesOut: number;
  payloadBytesIn: number;
  payloadBytesOut: number;
}

export class RelayCounters {
  framesDelivered = 0;
  messagesDelivered = 0;
  framesConfirmed = 0;
  framesUnconfirmed = 0;
  framesSkipped = 0;
  framesDuplicate = 0;
  votesIn = 0;
  votesOut = 0;
  votesConflicting = 0;
  payloadBytesIn = 0;
  payloadBytesUseful = 0;
  payloadBytesOut = 0;
  payloadBytesFromHost = 0;
  /** Frames and votes that were turned away, by reason. */
  readonly rejected: Record<string, number> = {};
  readonly #peers = new Map<PeerId, PeerCounters>();

  /** Counters of one present peer. */
  of(peer: PeerId): PeerCounters {
    let counters = this.#peers.get(peer);
    if (!counters) {
      counters = { framesIn: 0, framesOut: 0, payloadBytesIn: 0, payloadBytesOut: 0 };
      this.#peers.set(peer, counters);
    }
    return counters;
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    const reasons = Object.keys(this.rejected).length;
    return tableBytes(this.#peers.size, OBJECT_BYTES) + tableBytes(reasons, TEXT_BYTES);
  }

  forget(peer: PeerId): void {
    this.#peers.delete(peer);
  }

  reject(reason: string): void {
    this.rejected[reason] = (this.rejected[reason] ?? 0) + 1;
  }

  frameIn(peer: PeerId, frame: AuthenticFrame, useful: boolean, fromHost: boolean): void {
    const bytes = frame.payload.length;
    const counters = this.of(peer);
    counters.framesIn++;
    counters.payloadBytesIn += bytes;
    this.payloadBytesIn += bytes;
    if (useful) this.payloadBytesUseful += bytes;
    else this.framesDuplicate++;
    if (fromHost) this.payloadBytesFromHost += bytes;
  }

  /** A frame that is here already was turned away before it was checked. */
  duplicateIn(payloadBytes: number): void {
    this.framesDuplicate++;
    this.payloadBytesIn += payloadBytes;
  }

  frameOut(peer: PeerId, frame: AuthenticFrame): void {
    const counters = this.of(peer);
    counters.framesOut++;
    counters.payloadBytesOut += frame.payload.length;
    this.payloadBytesOut += frame.payload.length;
  }
}
