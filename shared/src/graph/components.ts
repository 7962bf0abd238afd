/** Which parts of a graph hang together (union–find with path halving), and what that says of its streams. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { GraphShape } from './placement-index.ts';

export interface GraphMember {
  readonly id: PeerId;
  readonly stream: StreamId;
}

/** For each id, the id that stands for its component. */
export function componentsOf(
  ids: Iterable<PeerId>,
  links: Iterable<readonly [PeerId, PeerId]>,
): Map<PeerId, PeerId> {
  const parents = new Map<PeerId, PeerId>();
  for (const id of ids) parents.set(id, id);
  const rootOf = (id: PeerId): PeerId => {
    let at = id;
    for (;;) {
      const parent = parents.get(at) as PeerId;
      if (parent === at) return at;
      const above = parents.get(parent) as PeerId;
      parents.set(at, above);
      at = above;
    }
  };
  for (const [a, b] of links) {
    if (!parents.has(a) || !parents.has(b)) continue;
    const [one, other] = [rootOf(a), rootOf(b)];
    if (one !== other) parents.set(one, other);
  }
  for (const id of parents.keys()) parents.set(id, rootOf(id));
  return parents;
}

/**
 * Members outside the largest component of their stream, and the bridges of each stream. Who has no link yet has only just come; it is
 * not a part that came apart.
 */
export function shapeOf(
  members: Iterable<GraphMember>,
  links: Iterable<readonly [PeerId, PeerId]>,
): GraphShape {
  const streams = new Map<PeerId, StreamId>();
  for (const { id, stream } of members) streams.set(id, stream);
  const bridges = new Map<StreamId, number>();
  const inner: (readonly [PeerId, PeerId])[] = [];
  for (const link of links) {
    const [one, other] = [streams.get(link[0]), streams.get(link[1])];
    if (one === undefined || other === undefined) continue;
    if (one === other) inner.push(link);
    else for (const stream of [one, other]) bridges.set(stream, (bridges.get(stream) ?? 0) + 1);
  }
  const components = componentsOf(streams.keys(), inner);
  const sizes = new Map<PeerId, number>();
  for (const root of components.values()) sizes.set(root, (sizes.get(root) ?? 0) + 1);
  const largest = new Map<StreamId, PeerId>();
  for (const [root, size] of sizes) {
    const stream = streams.get(root) as StreamId;
    const before = largest.get(stream);
    if (before === undefined || size > (sizes.get(before) as number)) largest.set(stream, root);
  }
  const separated = new Set<PeerId>();
  for (const [id, root] of components)
    if (largest.get(streams.get(id) as StreamId) !== root && (sizes.get(root) as number) > 1)
      separated.add(id);
  return { separated, bridges };
}
