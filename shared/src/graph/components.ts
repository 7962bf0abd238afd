/** Which parts of a graph hang together (union–find with path halving), and what that says of its streams. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { GraphShape } from './placement-index.ts';

export interface GraphMember {
  readonly id: PeerId;
  readonly stream: StreamId;
}

class Parts {
  readonly parents = new Map<PeerId, PeerId>();

  add(id: PeerId): void {
    this.parents.set(id, id);
  }

  rootOf(id: PeerId): PeerId {
    let at = id;
    for (;;) {
      const parent = this.parents.get(at) as PeerId;
      if (parent === at) return at;
      const above = this.parents.get(parent) as PeerId;
      this.parents.set(at, above);
      at = above;
    }
  }

  join(a: PeerId, b: PeerId): void {
    const [one, other] = [this.rootOf(a), this.rootOf(b)];
    if (one !== other) this.parents.set(one, other);
  }
}

/** For each id, the id that stands for its component. */
export function componentsOf(
  ids: Iterable<PeerId>,
  links: Iterable<readonly [PeerId, PeerId]>,
): Map<PeerId, PeerId> {
  const parts = new Parts();
  for (const id of ids) parts.add(id);
  const { parents } = parts;
  for (const [a, b] of links) if (parents.has(a) && parents.has(b)) parts.join(a, b);
  for (const id of parents.keys()) parents.set(id, parts.rootOf(id));
  return parents;
}

/**
 * Members outside the largest component of their stream, and the bridges of each stream. Who has no link yet has only just come; it is
 * not a part that came apart. In steps that are all equally small, so that whoever asks may pause between any two of them.
 * Undefined in place of a member or a link is a step in which none was found.
 */
export function* shapeInSteps(
  members: Iterable<GraphMember | undefined>,
  links: Iterable<readonly [PeerId, PeerId] | undefined>,
): Generator<void, GraphShape> {
  const streams = new Map<PeerId, StreamId>();
  const parts = new Parts();
  for (const member of members) {
    yield;
    if (member === undefined) continue;
    streams.set(member.id, member.stream);
    parts.add(member.id);
  }
  const bridges = new Map<StreamId, number>();
  for (const link of links) {
    yield;
    if (link === undefined) continue;
    const [one, other] = [streams.get(link[0]), streams.get(link[1])];
    if (one === undefined || other === undefined) continue;
    if (one === other) parts.join(link[0], link[1]);
    else for (const stream of [one, other]) bridges.set(stream, (bridges.get(stream) ?? 0) + 1);
  }
  const sizes = new Map<PeerId, number>();
  for (const id of streams.keys()) {
    const root = parts.rootOf(id);
    sizes.set(root, (sizes.get(root) ?? 0) + 1);
    yield;
  }
  const largest = new Map<StreamId, PeerId>();
  for (const [root, size] of sizes) {
    const stream = streams.get(root) as StreamId;
    const before = largest.get(stream);
    if (before === undefined || size > (sizes.get(before) as number)) largest.set(stream, root);
    yield;
  }
  const separated = new Set<PeerId>();
  for (const [id, stream] of streams) {
    const root = parts.rootOf(id);
    if (largest.get(stream) !== root && (sizes.get(root) as number) > 1) separated.add(id);
    yield;
  }
  return { separated, bridges };
}

/** The same without a pause. */
export function shapeOf(
  members: Iterable<GraphMember>,
  links: Iterable<readonly [PeerId, PeerId]>,
): GraphShape {
  const steps = shapeInSteps(members, links);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
