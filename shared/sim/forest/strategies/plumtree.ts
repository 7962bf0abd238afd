/**
 * One broadcast tree that mends itself (Leitão, Pereira, Rodrigues: Epidemic Broadcast Trees, SRDS 2007): frames are pushed along eager
 * links and announced along lazy ones; a frame that comes twice makes its link lazy, one that is announced and does not come makes the
 * announcing link eager.
 */
import type { PeerId } from '../../../src/lib/ids.ts';
import type { SimFrame, StrategyMessage } from '../relay-world-parts.ts';
import { StrategyNode } from './strategy-node.ts';

/** Announcements are collected that long. */
const ANNOUNCE_AFTER_MS = 50;
/** An announced frame is awaited that long, and then that long from each further announcer. */
const GRAFT_AFTER_MS = 200;
const GRAFT_NEXT_MS = 100;

export class Plumtree extends StrategyNode {
  readonly #eager = new Set<PeerId>();
  readonly #announce = new Map<PeerId, number[]>();
  readonly #awaited = new Map<number, { dueAt: number; readonly from: PeerId[] }>();
  #announceAt = Number.POSITIVE_INFINITY;
  #graftAt = Number.POSITIVE_INFINITY;

  override nextDeadline(): number {
    return Math.min(this.#announceAt, this.#graftAt);
  }

  protected override peerUp(peer: PeerId): void {
    this.#eager.add(peer);
  }

  protected override peerDown(peer: PeerId): void {
    this.#eager.delete(peer);
    this.#announce.delete(peer);
  }

  protected override frameCame(from: PeerId | undefined, frame: SimFrame, now: number): void {
    const { seq } = frame.header;
    this.#awaited.delete(seq);
    if (from !== undefined) {
      this.#eager.add(from);
      this.deliver(frame, now);
    }
    for (const peer of this.peers) {
      if (peer === from) continue;
      if (this.#eager.has(peer)) this.push(peer, frame);
      else {
        const seqs = this.#announce.get(peer) ?? [];
        seqs.push(seq);
        this.#announce.set(peer, seqs);
        this.#announceAt = Math.min(this.#announceAt, now + ANNOUNCE_AFTER_MS);
      }
    }
  }

  protected override duplicateCame(from: PeerId): void {
    if (this.#eager.delete(from)) this.send(from, 'prune');
  }

  protected override messageCame(from: PeerId, { kind, seqs }: StrategyMessage, now: number): void {
    switch (kind) {
      case 'prune':
        this.#eager.delete(from);
        break;
      case 'graft':
        this.#eager.add(from);
        for (const seq of seqs) {
          const frame = this.frames.get(seq);
          if (frame) this.push(from, frame);
        }
        break;
      case 'have':
        for (const seq of seqs) {
          if (this.frames.has(seq)) continue;
          const awaited = this.#awaited.get(seq);
          if (awaited) awaited.from.push(from);
          else this.#awaited.set(seq, { dueAt: now + GRAFT_AFTER_MS, from: [from] });
        }
        this.#graftAt = this.#awaited.size > 0 ? Math.min(this.#graftAt, now + GRAFT_NEXT_MS) : this.#graftAt;
        break;
      default:
    }
  }

  protected override tick(now: number): void {
    if (now >= this.#announceAt) {
      for (const [peer, seqs] of this.#announce) this.send(peer, 'have', seqs);
      this.#announce.clear();
      this.#announceAt = Number.POSITIVE_INFINITY;
    }
    if (now >= this.#graftAt) this.#graftOverdue(now);
  }

  #graftOverdue(now: number): void {
    const wanted = new Map<PeerId, number[]>();
    this.#graftAt = Number.POSITIVE_INFINITY;
    for (const [seq, awaited] of this.#awaited) {
      if (now >= awaited.dueAt) {
        const peer = awaited.from.shift();
        if (peer === undefined) {
          this.#awaited.delete(seq);
          continue;
        }
        awaited.dueAt = now + GRAFT_NEXT_MS;
        wanted.set(peer, [...(wanted.get(peer) ?? []), seq]);
      }
      this.#graftAt = Math.min(this.#graftAt, awaited.dueAt);
    }
    for (const [peer, seqs] of wanted) {
      this.#eager.add(peer);
      this.send(peer, 'graft', seqs);
    }
  }
}
