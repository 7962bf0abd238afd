/** Makes pictures of a net graph, look by look: gives handles, and finds what has changed. */
import type { GraphView } from '../graph/statistics.ts';
import { type PeerId, shortId } from '../lib/ids.ts';
import { finished } from '../lib/steps.ts';
import { feedLimits, type LinkKey, linkKey, type PictureChange, type PicturedNode } from './feed-messages.ts';

export class PictureSource {
  readonly #handles = new Map<PeerId, number>();
  readonly #nodes = new Map<number, PicturedNode>();
  #links = new Set<LinkKey>();
  /** Handles to be given again, the last that was given back first. */
  readonly #free: number[] = [];

  /** What has changed since the last look. Nodes and links beyond the limits of a picture are left out. */
  look(view: GraphView, atMs: number): PictureChange {
    return finished(this.lookInSteps(view, atMs));
  }

  /** The same in steps that are all equally small. There is one look at a time. */
  *lookInSteps(view: GraphView, atMs: number): Generator<void, PictureChange> {
    const nodes: PicturedNode[] = [];
    const seen = new Set<PeerId>();
    for (const { id, role, stream } of view.nodes) {
      yield;
      if (seen.size >= feedLimits.nodesMax || seen.has(id)) continue;
      seen.add(id);
      const subnetwork = stream === undefined ? undefined : shortId(stream);
      const known = this.#nodes.get(this.#handles.get(id) ?? -1);
      if (known !== undefined && known.role === role && known.subnetwork === subnetwork) continue;
      nodes.push({ handle: known?.handle ?? this.#handleFor(id), name: shortId(id), role, subnetwork });
    }
    const links = new Set<LinkKey>();
    for (const [a, b] of view.links) {
      yield;
      const [one, other] = [this.#handles.get(a), this.#handles.get(b)];
      const isPictured = a !== b && seen.has(a) && seen.has(b) && links.size < feedLimits.linksMax;
      if (isPictured && one !== undefined && other !== undefined) links.add(linkKey(one, other));
    }
    const unlinked = yield* missingIn(links, this.#links);
    const linked = yield* missingIn(this.#links, links);
    const gone: [PeerId, number][] = [];
    for (const [id, handle] of this.#handles) {
      yield;
      if (!seen.has(id)) gone.push([id, handle]);
    }
    for (const node of nodes) this.#nodes.set(node.handle, node);
    for (const [id, handle] of gone) {
      this.#handles.delete(id);
      this.#nodes.delete(handle);
      // Given again from the next look on: within one change a handle means one node.
      this.#free.push(handle);
    }
    this.#links = links;
    return { atMs, unlinked, gone: gone.map(([, handle]) => handle), nodes, linked };
  }

  #handleFor(id: PeerId): number {
    // While some go and others come there may be more than a picture holds, twice as many at most.
    const handle = this.#free.pop() ?? this.#handles.size;
    this.#handles.set(id, handle);
    return handle;
  }
}

function* missingIn(there: ReadonlySet<LinkKey>, links: Iterable<LinkKey>): Generator<void, LinkKey[]> {
  const missing: LinkKey[] = [];
  for (const link of links) {
    yield;
    if (!there.has(link)) missing.push(link);
  }
  return missing;
}

/** Whether nothing has changed. */
export const isEmpty = ({ unlinked, gone, nodes, linked }: PictureChange): boolean =>
  unlinked.length === 0 && gone.length === 0 && nodes.length === 0 && linked.length === 0;

/** A change in parts that each fit into a message; one, empty, if nothing has changed. What goes stands in the first ones. */
export function* inParts(change: PictureChange): Generator<PictureChange> {
  const { nodesPerMessageMax: nodesMax, linksPerMessageMax: linksMax } = feedLimits;
  const { atMs, unlinked, gone, nodes, linked } = change;
  const nothing = { atMs, unlinked: [], gone: [], nodes: [], linked: [] };
  if (isEmpty(change)) yield nothing;
  const going = Math.max(Math.ceil(unlinked.length / linksMax), Math.ceil(gone.length / nodesMax));
  for (let part = 0; part < going; part++) {
    yield { ...nothing, unlinked: cut(unlinked, linksMax, part), gone: cut(gone, nodesMax, part) };
  }
  for (let part = 0; part * nodesMax < nodes.length; part++)
    yield { ...nothing, nodes: cut(nodes, nodesMax, part) };
  for (let part = 0; part * linksMax < linked.length; part++)
    yield { ...nothing, linked: cut(linked, linksMax, part) };
}

const cut = <T>(all: readonly T[], size: number, part: number): readonly T[] =>
  all.slice(part * size, (part + 1) * size);
