/** What one node's snapshot says about its place in the swarm: where bytes come from, where they go, votes, rejections. */
import { type PeerId, shortId } from '@murmuration/shared/lib/ids.ts';
import type { LinkSnapshot, NodeSnapshot, RelaySnapshot } from '@murmuration/shared/node/snapshot.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { counted } from './readable-numbers.ts';

export interface Origin {
  readonly hostBytes: number;
  readonly viewerBytes: number;
  /** Share of the host, 0 to 1; undefined before the first byte. */
  readonly hostShare: number | undefined;
}

/** Payload received, split into what the host sent itself and what other viewers passed on. */
export function originOfBytes(relay: RelaySnapshot | undefined): Origin {
  const all = relay?.payloadBytesIn ?? 0;
  const hostBytes = Math.min(relay?.payloadBytesFromHost ?? 0, all);
  return { hostBytes, viewerBytes: all - hostBytes, hostShare: all > 0 ? hostBytes / all : undefined };
}

/** A neighbour as the page lists it. */
export interface Neighbour {
  readonly peer: PeerId;
  /** Of this stream or of its own. */
  readonly isHost: boolean;
  /** An outsider is a member of another stream. */
  readonly kind: 'host' | 'viewer' | 'supernode' | 'outsider';
  /** Stripes that come from it, and that go to it. */
  readonly partsIn: number;
  readonly partsOut: number;
  readonly rttMs: number | undefined;
  readonly payloadBytesIn: number;
  readonly payloadBytesOut: number;
}

const neighbour = (link: LinkSnapshot): Neighbour => ({
  peer: link.peer,
  isHost: link.role === Role.host,
  kind: kindOf(link),
  partsIn: link.parentOf.length,
  partsOut: link.childOf.length,
  rttMs: link.rttMs,
  payloadBytesIn: link.payloadBytesIn,
  payloadBytesOut: link.payloadBytesOut,
});

function kindOf({ role, outside }: LinkSnapshot): Neighbour['kind'] {
  if (role === Role.supernode) return 'supernode';
  if (outside) return 'outsider';
  return role === Role.host ? 'host' : 'viewer';
}

/** A node's own place in the mesh. */
export interface Mesh {
  readonly self: PeerId;
  readonly isHost: boolean;
  /** Trees of the stream; 0 before its first word. */
  readonly stripes: number;
  /** Hops from the host in the deepest of its places; undefined while detached. */
  readonly depth: number | undefined;
  /** All that it is linked with, supernodes and members of other streams included. */
  readonly neighbours: readonly Neighbour[];
}

export const meshAround = (node: NodeSnapshot, role: 'host' | 'viewer'): Mesh => ({
  self: node.peer,
  isHost: role === 'host',
  stripes: node.relay?.stripes ?? 0,
  depth: node.relay?.depth,
  neighbours: node.links.map(neighbour),
});

/** Peers that this node sends at least one stripe to. */
export const children = (node: NodeSnapshot): Neighbour[] =>
  node.links.filter((link) => link.childOf.length > 0).map(neighbour);

/** How many copies of the stream this node sends: the sum over its children of the part that each gets. */
export function copiesSent(node: NodeSnapshot): number {
  const places = node.links.reduce((sum, link) => sum + link.childOf.length, 0);
  return node.relay ? places / node.relay.stripes : 0;
}

/** Peers that send this node at least one stripe. */
export const parents = (node: NodeSnapshot): Neighbour[] =>
  node.links.filter((link) => link.parentOf.length > 0).map(neighbour);

/** Open connections to members of the own stream, supernodes left out. */
export const peersConnected = (node: NodeSnapshot): number =>
  node.links.filter((link) => link.role !== Role.supernode && !link.outside).length;

/** Members of other streams that this node is linked with. */
export const bridges = (node: NodeSnapshot): Neighbour[] =>
  node.links.filter((link) => link.outside).map(neighbour);

/** `2 bridges to other streams`. */
export const bridgeWords = ({ length }: readonly Neighbour[]): string =>
  `${length === 0 ? 'no bridges' : counted(length, 'bridge')} to other streams`;

/** Members of the node's own stream that watch it, as far as this node knows, itself left out. */
export const viewersKnown = (node: NodeSnapshot): number =>
  node.members.filter(
    (member) => member.role === Role.viewer && member.stream === node.stream && member.id !== node.peer,
  ).length;

/** `abc123, def456 (host)`. */
export const names = (neighbours: readonly Neighbour[]): string =>
  neighbours.length === 0
    ? 'nobody yet'
    : neighbours.map(({ peer, isHost }) => `${shortId(peer)}${isHost ? ' (host)' : ''}`).join(', ');

export interface Rejection {
  readonly words: string;
  readonly count: number;
}

/** What even honest peers send now and then: a second copy, or a frame whose time has passed. */
const unneededReasons: readonly string[] = ['duplicate', 'out-of-window', 'other-epoch'];

/** What was turned away as wrong, most frequent first. Reasons are the core's own kebab-case names. */
export const rejections = (node: NodeSnapshot): Rejection[] =>
  Object.entries(node.rejected)
    .filter(([reason, count]) => count > 0 && !unneededReasons.includes(reason))
    .map(([reason, count]) => ({ words: reason.replaceAll('-', ' '), count }))
    .sort((a, b) => b.count - a.count);

/** Packets that were right but of no use. */
export const unneededPackets = (node: NodeSnapshot): number =>
  unneededReasons.reduce((sum, reason) => sum + (node.rejected[reason] ?? 0), 0);
