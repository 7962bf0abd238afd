/** The net graph as one node sees it at a moment: who is present, and the links that both ends list. What statistics are made of. */
import type { PeerId } from '../lib/ids.ts';
import type { Graph } from './graph.ts';
import { confirmedNeighbours } from './presence.ts';
import type { HeldNode } from './replica.ts';
import type { GraphView, ViewedNode } from './statistics.ts';

/** Looks at a graph. The view is of this moment: it does not follow later changes. */
export function viewOf(graph: Graph, now: number): GraphView {
  const { holdings, replica } = graph;
  holdings.look(now);
  const present = new Map<PeerId, HeldNode>();
  for (const held of replica.nodes()) if (holdings.isPresent(held, now)) present.set(held.record.id, held);
  const nodes: ViewedNode[] = [];
  const links: [PeerId, PeerId][] = [];
  for (const [id, held] of present) {
    nodes.push({ id, role: held.record.role, stream: held.record.stream });
    for (const other of confirmedNeighbours(replica, held)) {
      if (held.tag < other.tag && present.has(other.record.id)) links.push([id, other.record.id]);
    }
  }
  return { nodes, links };
}
