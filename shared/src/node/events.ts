/** What a node tells the application around it. Every step of joining is an event, so that a page can show it in words. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { Supply } from '../relay/relay-contract.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { IceServer } from '../wire/service-messages.ts';

/** Steps of joining (thesis 3.5.1), in order. */
export const JoinStep = {
  /** Opening a socket to a supernode. */
  contacting: 'contacting',
  /** A supernode answered; it named `peers` members of the stream. */
  redirected: 'redirected',
  /** Dialing members of the subnetwork. */
  associating: 'associating',
  /** The first link to a member is open. */
  associated: 'associated',
  /** The host's beacon was checked: the stream exists and is live. */
  validated: 'validated',
  /** A parent sends the stream. */
  attached: 'attached',
  /** The first frame came through. */
  receiving: 'receiving',
} as const;
export type JoinStep = (typeof JoinStep)[keyof typeof JoinStep];

/** Steps of taking the net graph from outside peers (thesis 3.5.1, outside association), each told once. */
export const GraphStep = {
  /** Dialing members of other streams. */
  bridging: 'bridging',
  /** The first link to one is open. */
  bridged: 'bridged',
  /** Several neighbours agree on the graph that this node took from them. */
  checked: 'checked',
} as const;
export type GraphStep = (typeof GraphStep)[keyof typeof GraphStep];

/** What a remote peer did that made this node end the link and name the peer. */
export const Offence = {
  malformed: 'malformed-packet',
  forgedFrame: 'forged-frame',
  forgedProof: 'forged-proof',
  forgedRecord: 'forged-record',
  forgedBeacon: 'forged-beacon',
  forgedLinks: 'forged-links',
  forgedSignal: 'forged-signal',
  wrongIdentity: 'wrong-identity',
  flood: 'flood',
} as const;
export type Offence = (typeof Offence)[keyof typeof Offence];

export type NodeEvent =
  | { readonly type: 'join-step'; readonly step: JoinStep; readonly peers: number }
  /** Redirection failed everywhere, or no member could be reached; the node keeps trying. */
  | { readonly type: 'join-trouble'; readonly reason: 'no-supernode' | 'no-members' | 'no-path' | 'limits' }
  | { readonly type: 'graph-step'; readonly step: GraphStep; readonly peers: number }
  /** A neighbour served a stale or short graph; the link was given up for another. */
  | { readonly type: 'peer-lagging'; readonly peer: PeerId }
  | { readonly type: 'stream'; readonly beacon: Beacon }
  /** No beacon for `silentMs`: the host is gone or unreachable. */
  | { readonly type: 'stream-silent'; readonly silentMs: number }
  /** A whole message, in order, exactly once. `arrivedAt`: when its last frame was authentic (ms). */
  | {
      readonly type: 'message';
      readonly bytes: Uint8Array;
      readonly key: boolean;
      readonly epoch: number;
      readonly arrivedAt: number;
    }
  /** Frames that were given up; the next message is a key message. */
  | { readonly type: 'gap'; readonly fromSeq: number; readonly toSeq: number }
  /** The host was proven to have signed two frames for one seq: this epoch of the stream is over. A later one begins anew. */
  | { readonly type: 'equivocation'; readonly epoch: number; readonly seq: number }
  | { readonly type: 'link-open'; readonly peer: PeerId; readonly role: number }
  | { readonly type: 'link-closed'; readonly peer: PeerId; readonly reason: string }
  /** A peer was cut off for something that it did. */
  | { readonly type: 'peer-cut'; readonly peer: PeerId; readonly offence: Offence }
  /** Hosting: how the swarm can carry the stream, about every second while somebody watches (node/bitrate-policy.ts). */
  | { readonly type: 'supply'; readonly supply: Supply }
  | { readonly type: 'parent-changed'; readonly stripe: number; readonly parent: PeerId | undefined }
  /** A supernode names STUN and TURN servers, for dials from now on; those that it named before are replaced. */
  | {
      readonly type: 'ice-servers';
      readonly supernode: PeerId;
      readonly servers: readonly IceServer[];
      readonly lifetimeSeconds: number;
    }
  /** Hosting: a supernode proposed this nonce for a stream id. */
  | { readonly type: 'nonce-proposed'; readonly nonce: Uint8Array }
  | { readonly type: 'stopped'; readonly stream: StreamId | undefined };
