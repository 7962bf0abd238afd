/** The network as a monitor draws it: nodes and links, and how one moment becomes the next. */
import {
  feedLimits,
  type LinkKey,
  linkEnds,
  type PictureChange,
  type PicturedNode,
} from './feed-messages.ts';

export class Picture {
  readonly #nodes = new Map<number, PicturedNode>();
  readonly #links = new Set<LinkKey>();

  get nodes(): ReadonlyMap<number, PicturedNode> {
    return this.#nodes;
  }

  get links(): ReadonlySet<LinkKey> {
    return this.#links;
  }

  /**
   * Takes a change. What makes no sense is passed over: links of nodes that are not there, and whatever is beyond the limits. Links of a node
   * that goes are expected to go with it, in the same change.
   */
  apply({ unlinked, gone, nodes, linked }: PictureChange): void {
    for (const link of unlinked) this.#links.delete(link);
    for (const handle of gone) this.#nodes.delete(handle);
    for (const node of nodes) {
      if (this.#nodes.size < feedLimits.nodesMax || this.#nodes.has(node.handle))
        this.#nodes.set(node.handle, node);
    }
    for (const link of linked) {
      const [a, b] = linkEnds(link);
      const isSound = a !== b && this.#nodes.has(a) && this.#nodes.has(b);
      if (isSound && this.#links.size < feedLimits.linksMax) this.#links.add(link);
    }
  }

  /** All of it as one change of nothing. */
  asChange(atMs: number): PictureChange {
    return { atMs, unlinked: [], gone: [], nodes: [...this.#nodes.values()], linked: [...this.#links] };
  }

  copy(): Picture {
    const copy = new Picture();
    copy.apply(this.asChange(0));
    return copy;
  }
}

/** How many nodes and links a change is about. */
export const sizeOf = ({ unlinked, gone, nodes, linked }: PictureChange): number =>
  unlinked.length + gone.length + nodes.length + linked.length;
