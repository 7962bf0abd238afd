/** Makes a {@link NodeSnapshot} out of a peer machine. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { Relay } from '../relay/relay.ts';
import { Role } from '../wire/link-messages.ts';
import type { DriverTotals } from './driver.ts';
import type { Link } from './links.ts';
import type { PeerNode } from './peer-node.ts';
import type { LinkSnapshot, NodeSnapshot, RelaySnapshot } from './snapshot.ts';

export function peerSnapshot(self: PeerId, node: PeerNode, totals: DriverTotals, now: number): NodeSnapshot {
  const links: LinkSnapshot[] = [];
  for (const link of node.links.open()) links.push(linkSnapshot(link, node, now));
  return {
    peer: self,
    stream: node.stream,
    links,
    supernodesConnected: node.supernodesConnected,
    relay: relaySnapshot(node.relay),
    members: membersOf(node, now),
    rejected: node.rejected,
    ...totals,
  };
}

/** Who is there, as far as the node knows. */
function membersOf({ graph }: PeerNode, now: number): NodeSnapshot['members'] {
  graph.holdings.look(now);
  const members: { id: PeerId; role: Role; stream: StreamId | undefined }[] = [];
  for (const held of graph.replica.nodes()) {
    const { id, role, stream } = held.record;
    if (graph.holdings.isPresent(held, now)) members.push({ id, role, stream });
  }
  return members;
}

function linkSnapshot(link: Link, { stream, relay }: PeerNode, now: number): LinkSnapshot {
  const peer = link.peer as PeerId;
  const trees = relay?.forest?.trees ?? [];
  const stripesWhere = (holds: (tree: (typeof trees)[number]) => boolean): number[] =>
    trees.filter(holds).map((tree) => tree.stripe);
  return {
    peer,
    role: link.role ?? Role.viewer,
    outside: link.kind === 'peer' && link.role !== Role.supernode && link.stream !== stream,
    rttMs: link.rttMs,
    parentOf: stripesWhere((tree) => tree.parent === peer),
    childOf: stripesWhere((tree) => tree.children.has(peer)),
    standbyOf: stripesWhere((tree) => tree.standby(now) === peer),
    ...(relay?.counters.of(peer) ?? { framesIn: 0, framesOut: 0, payloadBytesIn: 0, payloadBytesOut: 0 }),
  };
}

function relaySnapshot(relay: Relay | undefined): RelaySnapshot | undefined {
  const { beacon, state, forest } = relay ?? {};
  if (!relay || !beacon || !state || !forest) return undefined;
  const { counters } = relay;
  return {
    epoch: beacon.epoch,
    depth: forest.depth,
    stripes: forest.stripes,
    slots: forest.slots,
    freeSlots: forest.freeSlots,
    nextSeq: state.delivery.cursor ?? state.frames.headSeq + 1,
    framesHeld: state.frames.framesHeld,
    bytesHeld: state.frames.bytesHeld,
    framesDelivered: counters.framesDelivered,
    messagesDelivered: counters.messagesDelivered,
    framesConfirmed: counters.framesConfirmed,
    framesUnconfirmed: counters.framesUnconfirmed,
    framesSkipped: counters.framesSkipped,
    framesDuplicate: counters.framesDuplicate,
    framesPulled: state.repair.pulled,
    votesIn: counters.votesIn,
    votesOut: counters.votesOut,
    votesConflicting: counters.votesConflicting,
    payloadBytesIn: counters.payloadBytesIn,
    payloadBytesUseful: counters.payloadBytesUseful,
    payloadBytesOut: counters.payloadBytesOut,
    payloadBytesFromHost: counters.payloadBytesFromHost,
  };
}
