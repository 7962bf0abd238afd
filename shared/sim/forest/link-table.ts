/** The links of a relay world that are open, by number: threads (team.ts) make the same links in the same order, and so mean the same one. */
import type { PeerId } from '../../src/lib/ids.ts';
import { WorldLink, type WorldNode } from './relay-world-parts.ts';

export class LinkTable {
  /** Both directions of each, side by side. */
  readonly #open: (WorldLink | undefined)[] = [];
  #ended: WorldLink | undefined;

  /** Links two nodes. */
  add(a: WorldNode, b: WorldNode, latencyMs: number): void {
    const link = new WorldLink(this.#open.length, a, b, latencyMs);
    this.#open.push(link, link.back);
    a.links.set(b.peer, link);
    b.links.set(a.peer, link.back);
    this.#ended ??= new WorldLink(-1, a, a, 0);
    this.#ended.open = false;
  }

  /** One direction of a link; of one that has ended, something over which nothing is heard. */
  at(number: number): WorldLink {
    return this.#open[number] ?? (this.#ended as WorldLink);
  }

  /** A node ends its side of a link; false if there is none. */
  end(node: WorldNode, peer: PeerId): boolean {
    const link = node.endLink(peer);
    if (link === undefined) return false;
    this.#open[link.number] = undefined;
    return true;
  }

  /** A node goes, and with it all its sides. */
  gone(node: WorldNode): void {
    for (const { number } of node.links.values()) this.#open[number] = undefined;
    node.links.clear();
  }
}
