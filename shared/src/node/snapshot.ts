/** A node as numbers: for the page, the simulator's checks and the benchmarks. Plain data, made on request. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { Role } from '../wire/link-messages.ts';

export interface LinkSnapshot {
  readonly peer: PeerId;
  readonly role: Role;
  /** A bridge: it leads to a member of another stream. */
  readonly outside: boolean;
  /** Smoothed round trip of the heartbeat in ms; undefined until measured. */
  readonly rttMs: number | undefined;
  /** This peer sends us stripes / we send it stripes. */
  readonly parentOf: readonly number[];
  readonly childOf: readonly number[];
  readonly standbyOf: readonly number[];
  /** Frame packets received from and sent to this peer, and their payload bytes. */
  readonly framesIn: number;
  readonly framesOut: number;
  readonly payloadBytesIn: number;
  readonly payloadBytesOut: number;
}

export interface RelaySnapshot {
  readonly epoch: number;
  /** Hops from the host in the deepest of its places; undefined while detached. The host is 0. */
  readonly depth: number | undefined;
  /** Trees of the stream. */
  readonly stripes: number;
  /** Copies of the stream that it uploads at most. */
  readonly slots: number;
  /** Children, each in one stripe, that it takes from anybody. */
  readonly freeSlots: number;
  /** The next frame that the application will get. */
  readonly nextSeq: number;
  readonly framesHeld: number;
  readonly bytesHeld: number;
  readonly framesDelivered: number;
  readonly messagesDelivered: number;
  /** Delivered with the votes that were asked for / at the deadline without them. */
  readonly framesConfirmed: number;
  readonly framesUnconfirmed: number;
  readonly framesSkipped: number;
  readonly framesDuplicate: number;
  readonly framesPulled: number;
  readonly votesIn: number;
  readonly votesOut: number;
  /** Votes for another hash than the frame's that we hold. */
  readonly votesConflicting: number;
  readonly payloadBytesIn: number;
  /** Of these, bytes of frames that were new to us. */
  readonly payloadBytesUseful: number;
  readonly payloadBytesOut: number;
  readonly payloadBytesFromHost: number;
}

export interface NodeSnapshot {
  readonly peer: PeerId;
  readonly stream: StreamId | undefined;
  readonly links: readonly LinkSnapshot[];
  readonly supernodesConnected: number;
  readonly relay: RelaySnapshot | undefined;
  /** Members of the network as this node knows them. */
  readonly members: readonly {
    readonly id: PeerId;
    readonly role: Role;
    readonly stream: StreamId | undefined;
  }[];
  /** Packets and frames that were turned away, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Wire bytes of all packets in and out, and of those, control. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly controlBytesOut: number;
}
