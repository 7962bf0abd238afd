/**
 * Gossip in the way of gossipsub v1.2 (libp2p specs, pubsub/gossipsub): a mesh of about six neighbours that frames are pushed to; each
 * second the ids of late frames to six others, who ask for what they lack; and whoever has a large frame tells its mesh not to send it.
 */
import type { PeerId } from '../../../src/lib/ids.ts';
import { type Random, shuffled } from '../../../src/lib/random.ts';
import type { SimFrame, StrategyMessage } from '../relay-world-parts.ts';
import { StrategyNode } from './strategy-node.ts';

const DEGREE = 6;
const DEGREE_LOW = 5;
const DEGREE_LAZY = 6;
const HEARTBEAT_MS = 1_000;
/** Heartbeats through which a frame's id is gossiped. */
const GOSSIPED = 3;
const LARGE_BYTES = 1_024;

export class Gossip extends StrategyNode {
  readonly #random: Random;
  readonly #mesh = new Set<PeerId>();
  /** By frame: who said that it has it. */
  readonly #held = new Map<number, Set<PeerId>>();
  #late: number[][] = [[]];
  readonly #asked = new Set<number>();
  #beatAt = 0;

  constructor(random: Random) {
    super();
    this.#random = random;
  }

  override nextDeadline(): number {
    return this.#beatAt;
  }

  protected override peerUp(peer: PeerId): void {
    if (this.#mesh.size < DEGREE) this.#graft(peer);
  }

  #graft(peer: PeerId): void {
    this.#mesh.add(peer);
    this.send(peer, 'graft');
  }

  protected override peerDown(peer: PeerId): void {
    this.#mesh.delete(peer);
  }

  protected override frameCame(from: PeerId | undefined, frame: SimFrame, now: number): void {
    const { seq } = frame.header;
    this.#late[0]?.push(seq);
    this.#asked.delete(seq);
    if (from !== undefined) this.deliver(frame, now);
    const held = this.#held.get(seq);
    for (const peer of this.#mesh) {
      if (peer === from || held?.has(peer) === true) continue;
      if (frame.packetBytes >= LARGE_BYTES && from !== undefined) this.send(peer, 'stop', [seq]);
      this.push(peer, frame);
    }
    this.#held.delete(seq - 2_048);
  }

  protected override messageCame(from: PeerId, { kind, seqs }: StrategyMessage): void {
    switch (kind) {
      case 'graft':
        // Stricter than the specification, which lets it grow to 12: measured meshes of js-libp2p stay at six.
        if (this.#mesh.size < DEGREE || this.#mesh.has(from)) this.#mesh.add(from);
        else this.send(from, 'prune');
        break;
      case 'prune':
        this.#mesh.delete(from);
        break;
      case 'stop':
        for (const seq of seqs) {
          const held = this.#held.get(seq) ?? new Set();
          held.add(from);
          this.#held.set(seq, held);
        }
        break;
      case 'have': {
        const wanted = seqs.filter((seq) => !this.frames.has(seq) && !this.#asked.has(seq));
        for (const seq of wanted) this.#asked.add(seq);
        if (wanted.length > 0) this.send(from, 'want', wanted);
        break;
      }
      case 'want':
        for (const seq of seqs) {
          const frame = this.frames.get(seq);
          if (frame) this.push(from, frame);
        }
        break;
      default:
    }
  }

  protected override tick(now: number): void {
    this.#beatAt = now + HEARTBEAT_MS;
    const others = shuffled(this.#random, this.peers).filter((peer) => !this.#mesh.has(peer));
    if (this.#mesh.size < DEGREE_LOW)
      for (const peer of others.slice(0, DEGREE - this.#mesh.size)) this.#graft(peer);
    const seqs = this.#late.flat();
    if (seqs.length > 0) {
      const lazy = others.filter((peer) => !this.#mesh.has(peer)).slice(0, DEGREE_LAZY);
      for (const peer of lazy) this.send(peer, 'have', seqs);
    }
    this.#asked.clear();
    this.#late = [[], ...this.#late.slice(0, GOSSIPED - 1)];
  }
}
