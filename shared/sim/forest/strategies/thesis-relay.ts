/**
 * The relay of the thesis (3.5.2) to the letter: whoever was there before is a parent; each parent is polled, and sends the payload of
 * each frame that it has accepted; a frame is accepted, delivered and passed on once half of the parents have sent it.
 */
import type { PeerId } from '../../../src/lib/ids.ts';
import type { SimFrame, StrategyMessage } from '../relay-world-parts.ts';
import { StrategyNode } from './strategy-node.ts';

const POLL_EVERY_MS = 50;
const VOTE_SHARE = 0.5;

export class ThesisRelay extends StrategyNode {
  /** When this node came, as all compare it; known from the first thing that happens to it. */
  #bornAt: number | undefined;
  readonly #parents = new Set<PeerId>();
  readonly #votes = new Map<number, Set<PeerId>>();
  readonly #accepted = new Map<number, SimFrame>();
  /** The accepted frames that each child has not been sent yet. */
  readonly #owed = new Map<PeerId, SimFrame[]>();
  #pollAt = Number.POSITIVE_INFINITY;

  override nextDeadline(): number {
    return this.#pollAt;
  }

  protected override peerUp(peer: PeerId, now: number): void {
    this.#bornAt ??= now;
    this.send(peer, 'hello', [this.#bornAt]);
  }

  protected override peerDown(peer: PeerId): void {
    this.#parents.delete(peer);
    this.#owed.delete(peer);
  }

  protected override messageCame(from: PeerId, { kind, seqs }: StrategyMessage, now: number): void {
    if (kind === 'hello') {
      if ((seqs[0] ?? 0) < (this.#bornAt ?? now)) {
        this.#parents.add(from);
        this.#pollAt = Math.min(this.#pollAt, now);
      } else this.#owed.set(from, []);
    } else if (kind === 'poll') {
      for (const frame of this.#owed.get(from) ?? []) this.push(from, frame);
      this.#owed.set(from, []);
    }
  }

  protected override tick(now: number): void {
    for (const parent of this.#parents) this.send(parent, 'poll');
    this.#pollAt = now + POLL_EVERY_MS;
  }

  protected override frameCame(from: PeerId | undefined, frame: SimFrame, now: number): void {
    this.#bornAt ??= now;
    if (from === undefined) this.#accept(frame);
    else this.#vote(from, frame, now);
  }

  protected override duplicateCame(from: PeerId, frame: SimFrame, now: number): void {
    this.#vote(from, frame, now);
  }

  #vote(from: PeerId, frame: SimFrame, now: number): void {
    const { seq } = frame.header;
    if (this.#accepted.has(seq)) return;
    const votes = this.#votes.get(seq) ?? new Set();
    votes.add(from);
    this.#votes.set(seq, votes);
    if (votes.size < Math.max(1, Math.ceil(VOTE_SHARE * this.#parents.size))) return;
    this.#votes.delete(seq);
    this.#accept(frame);
    this.deliver(frame, now);
  }

  #accept(frame: SimFrame): void {
    this.#accepted.set(frame.header.seq, frame);
    this.#accepted.delete(frame.header.seq - 4_096);
    for (const owed of this.#owed.values()) owed.push(frame);
  }
}
