/** What goes wrong in a machine world. All of it can be changed while the world runs. */
import type { WorldNode } from './world-node.ts';

/** Faults of graph messages; everything else that a link carries is reliable and in order, as its channel is. */
interface MessageFaults {
  /** Share of messages that never arrive. */
  loss: number;
  /** Share of messages that arrive twice. */
  duplication: number;
  /** Up to so many ms come on top of the latency, anew for each message: so messages overtake each other. */
  jitterMs: number;
}

export interface WorldFaults {
  readonly messages: MessageFaults;
  /** Whether what `from` sends never gets to `to`: a partition, in one direction or both. */
  cut: (from: WorldNode, to: WorldNode) => boolean;
}

export const noFaults = (): WorldFaults => ({
  messages: { loss: 0, duplication: 0, jitterMs: 0 },
  cut: () => false,
});
