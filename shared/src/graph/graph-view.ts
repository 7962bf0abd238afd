/** The net graph as one node sees it at a moment: who is present, and the links that both ends list. What statistics are made of. */
import type { PeerId } from '../lib/ids.ts';
import { finished } from '../lib/steps.ts';
import type { Graph } from './graph.ts';
import { lists } from './presence.ts';
import type { HeldNode } from './replica.ts';
import type { GraphView, ViewedNode } from './statistics.ts';

/** Looks at a graph, all at once. The view is of this moment: it does not follow later changes. */
export const viewOf = (graph: Graph, now: number): GraphView => finished(viewInSteps(graph, now));

/** The same in steps that are all equally small; who comes or goes between them may be in it or not. */
export function* viewInSteps(graph: Graph, now: number): Generator<void, GraphView> {
  const { holdings, replica } = graph;
  holdings.look(now);
  const present = new Map<PeerId, HeldNode>();
  for (const held of [...replica.nodes()]) {
    if (holdings.isPresent(held, now)) present.set(held.record.id, held);
    yield;
  }
  const nodes: ViewedNode[] = [];
  const links: [PeerId, PeerId][] = [];
  for (const [id, held] of present) {
    nodes.push({ id, role: held.record.role, stream: held.record.stream });
    for (const tag of held.links?.tags ?? []) {
      yield;
      if (held.tag >= tag) continue;
      const other = replica.byTag(tag);
      if (other !== undefined && present.has(other.record.id) && lists(other, held.tag))
        links.push([id, other.record.id]);
    }
    yield;
  }
  return { nodes, links };
}
