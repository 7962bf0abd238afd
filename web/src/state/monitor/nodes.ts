/** Nodes of a picture, as people look for them and read about them. */
import { linkEnds, type PicturedNode, type ShortName } from '@murmuration/shared/monitor/feed-messages.ts';
import type { Picture } from '@murmuration/shared/monitor/picture.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';

export const roleWords: Readonly<Record<Role, string>> = {
  [Role.supernode]: 'supernode',
  [Role.host]: 'host',
  [Role.viewer]: 'viewer',
};

/** Nodes whose name begins so, hosts and supernodes first; upper and lower case count only if both are written. */
export function findNodes(picture: Picture, text: string, most: number): PicturedNode[] {
  const wanted = text.trim();
  if (wanted === '') return [];
  const lower = wanted.toLowerCase();
  const exact = (name: ShortName): boolean => name.startsWith(wanted);
  const found = [...picture.nodes.values()].filter(({ name }) => name.toLowerCase().startsWith(lower));
  return found
    .sort(
      (a, b) =>
        Number(exact(b.name)) - Number(exact(a.name)) || rank(a) - rank(b) || (a.name < b.name ? -1 : 1),
    )
    .slice(0, most);
}

/** In the order of a table: supernodes, hosts, viewers by name. */
export function membersOf(picture: Picture, subnetwork: ShortName | undefined): PicturedNode[] {
  const all = [...picture.nodes.values()];
  return (subnetwork === undefined ? all : all.filter((node) => node.subnetwork === subnetwork)).sort(
    (a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1),
  );
}

const rank = ({ role }: PicturedNode): number => (role === Role.viewer ? 2 : role === Role.host ? 1 : 0);

export interface NodeFacts {
  readonly node: PicturedNode;
  readonly inner: readonly PicturedNode[];
  readonly outer: readonly PicturedNode[];
  readonly supernodes: readonly PicturedNode[];
}

/** What is known of a node; undefined if it is not in the picture. */
export function factsOf(picture: Picture, handle: number): NodeFacts | undefined {
  const node = picture.nodes.get(handle);
  if (node === undefined) return undefined;
  const neighbours: PicturedNode[] = [];
  for (const link of picture.links) {
    const [one, other] = linkEnds(link);
    if (one !== handle && other !== handle) continue;
    const neighbour = picture.nodes.get(one === handle ? other : one);
    if (neighbour) neighbours.push(neighbour);
  }
  const isSupernode = ({ role }: PicturedNode): boolean => role === Role.supernode;
  const members = neighbours.filter((neighbour) => !isSupernode(neighbour));
  const isInner = ({ subnetwork }: PicturedNode): boolean =>
    subnetwork !== undefined && subnetwork === node.subnetwork;
  return {
    node,
    inner: members.filter(isInner),
    outer: members.filter((member) => !isInner(member)),
    supernodes: neighbours.filter(isSupernode),
  };
}

/** How many links each node has. */
export function degreesOf(picture: Picture): ReadonlyMap<number, number> {
  const degrees = new Map<number, number>();
  for (const link of picture.links)
    for (const end of linkEnds(link)) degrees.set(end, (degrees.get(end) ?? 0) + 1);
  return degrees;
}
