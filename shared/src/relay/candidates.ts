/**
 * Frames that may be the host's and may not: where frames are not signed, they wait here until votes decide (PROTOCOL.md R39). Whatever
 * comes, a seq has few of them and each neighbour a share of its own: nobody can crowd out what another sent. It decides nothing.
 */
import type { PeerId } from '../lib/ids.ts';
import { OBJECT_BYTES, tableBytes } from './held-bytes.ts';
import { type AuthenticFrame, relayCaps } from './relay-contract.ts';

export interface Candidate {
  readonly frame: AuthenticFrame;
  /** Who brought it first: it is held on this neighbour's share. */
  readonly sender: PeerId;
  /** It was asked for. */
  readonly pulled: boolean;
}

/** The objects that a frame consists of, and its place in the table. */
const CANDIDATE_BYTES = 6 * OBJECT_BYTES;

const bytesOf = ({ packet }: AuthenticFrame): number => packet.length + CANDIDATE_BYTES;

export class Candidates {
  readonly #bySeq = new Map<number, Candidate[]>();
  /** Bytes held, by who sent them. */
  readonly #bytesOf = new Map<PeerId, number>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    let bytes = tableBytes(this.#bySeq.size, OBJECT_BYTES) + tableBytes(this.#bytesOf.size);
    for (const held of this.#bytesOf.values()) bytes += held;
    return bytes;
  }

  has(seq: number): boolean {
    return this.#bySeq.has(seq);
  }

  find(seq: number, hash: string): Candidate | undefined {
    return this.#bySeq.get(seq)?.find(({ frame }) => frame.hash === hash);
  }

  /** The hashes that are here for a seq. */
  hashes(seq: number): readonly string[] {
    return (this.#bySeq.get(seq) ?? []).map(({ frame }) => frame.hash);
  }

  /**
   * Whether a frame would be kept.
   * @param support how many votes a hash has: where a seq has too many candidates, one with fewer gives way
   */
  takes(frame: AuthenticFrame, sender: PeerId, support: (hash: string) => number): boolean {
    const { seq } = frame.header;
    const rivals = this.#bySeq.get(seq) ?? [];
    if (rivals.some((rival) => rival.frame.hash === frame.hash || rival.sender === sender)) return false;
    if ((this.#bytesOf.get(sender) ?? 0) + bytesOf(frame) > relayCaps.candidateBytesPerPeerMax) return false;
    if (rivals.length < relayCaps.candidatesPerSeqMax) return true;
    return rivals.some((rival) => support(rival.frame.hash) < support(frame.hash));
  }

  /** Keeps a frame that {@link takes} was asked about. */
  add(candidate: Candidate, support: (hash: string) => number): void {
    const { frame, sender } = candidate;
    const { seq } = frame.header;
    const rivals = this.#bySeq.get(seq) ?? [];
    if (rivals.length >= relayCaps.candidatesPerSeqMax) {
      const [weakest] = [...rivals].sort((a, b) => support(a.frame.hash) - support(b.frame.hash));
      if (weakest) this.#remove(rivals, weakest);
    }
    rivals.push(candidate);
    this.#bySeq.set(seq, rivals);
    this.#bytesOf.set(sender, (this.#bytesOf.get(sender) ?? 0) + bytesOf(frame));
  }

  #remove(rivals: Candidate[], candidate: Candidate): void {
    rivals.splice(rivals.indexOf(candidate), 1);
    const { sender, frame } = candidate;
    const left = (this.#bytesOf.get(sender) ?? 0) - bytesOf(frame);
    if (left > 0) this.#bytesOf.set(sender, left);
    else this.#bytesOf.delete(sender);
    if (rivals.length === 0) this.#bySeq.delete(frame.header.seq);
  }

  /** Forgets all that there is for a seq. */
  drop(seq: number): void {
    const rivals = this.#bySeq.get(seq) ?? [];
    for (const rival of [...rivals]) this.#remove(rivals, rival);
  }

  dropWhere(isOver: (seq: number) => boolean): void {
    for (const seq of [...this.#bySeq.keys()]) if (isOver(seq)) this.drop(seq);
  }

  /** Forgets what a neighbour sent; returns the seqs. */
  peerDown(peer: PeerId): number[] {
    if (!this.#bytesOf.has(peer)) return [];
    const seqs: number[] = [];
    for (const [seq, rivals] of [...this.#bySeq]) {
      const own = rivals.find(({ sender }) => sender === peer);
      if (!own) continue;
      this.#remove(rivals, own);
      seqs.push(seq);
    }
    return seqs;
  }
}
