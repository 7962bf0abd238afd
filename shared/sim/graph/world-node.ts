/** One node of a machine world: a real peer or supernode machine, its timer, and its ends of links. */
import type { LinkId, PeerId, StreamId } from '../../src/lib/ids.ts';
import type { NodeEvent } from '../../src/node/events.ts';
import type { NodeInput, NodeOutput } from '../../src/node/node-contract.ts';
import type { PeerNode } from '../../src/node/peer-node.ts';
import type { SupernodeNode } from '../../src/node/supernode-node.ts';
import type { SupernodeEvent } from '../../src/node/supernode-settings.ts';
import type { GraphTraffic } from './graph-traffic.ts';

export type Machine = PeerNode | SupernodeNode;
export type WorldEvent = NodeEvent | SupernodeEvent;
export type WorldOutput = NodeOutput<WorldEvent>;

/** One end of a link. */
export class WorldEnd {
  readonly node: WorldNode;
  readonly link: LinkId;
  /** Names this end in the tokens that stand for SDP. */
  readonly number: number;
  remote: WorldEnd | undefined;
  latencyMs = 0;
  /** Nothing sent later arrives at the other end before this instant. */
  arrivesAtMs = 0;
  open = false;

  constructor(node: WorldNode, link: LinkId, number: number) {
    this.node = node;
    this.link = link;
    this.number = number;
  }
}

export interface WorldNode {
  readonly index: number;
  readonly peer: PeerId;
  readonly kind: 'host' | 'viewer' | 'supernode';
  readonly url: string | undefined;
  /** The stream that it joins; a host's once it is live. */
  stream: StreamId | undefined;
  readonly machine: Machine;
  readonly publicKey: Uint8Array;
  /** Its clock is off by so many ms. */
  readonly offsetMs: number;
  readonly joinedAtMs: number;
  goneAtMs: number | undefined;
  readonly ends: Map<LinkId, WorldEnd>;
  readonly inputs: NodeInput[];
  running: boolean;
  readonly traffic: GraphTraffic;
  /** Events of the machine, counted by type. */
  readonly events: Record<string, number>;
}
