/** Every frame goes to every neighbour but the one that it came from. */
import type { PeerId } from '../../../src/lib/ids.ts';
import type { SimFrame } from '../relay-world-parts.ts';
import { StrategyNode } from './strategy-node.ts';

export class Flooding extends StrategyNode {
  protected override frameCame(from: PeerId | undefined, frame: SimFrame, now: number): void {
    if (from !== undefined) this.deliver(frame, now);
    for (const peer of this.peers) if (peer !== from) this.push(peer, frame);
  }
}
