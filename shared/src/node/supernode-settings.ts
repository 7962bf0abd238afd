/** What the operator of a supernode decides about the machine; sockets and HTTP have settings of their own. */
import type { GraphSettings } from '../graph/graph-contract.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import type { IceServers } from '../wire/service-messages.ts';
import type { Offence } from './events.ts';

/** Another supernode that the operator trusts to speak for its own members. */
export interface ListedSupernode {
  readonly id: PeerId;
  /** Its WebSocket URL; without one it is waited for. */
  readonly url?: string | undefined;
}

export interface SupernodeSettings {
  /** Links at once. Default 20,000: a member has a socket to each of its supernodes, and one that crashed keeps its place for a while. */
  readonly linksMax: number;
  /** Other supernodes that it links with (PROTOCOL.md R40), and no others. Default none. */
  readonly listed: readonly ListedSupernode[];
  /** What the net graph may hold and spend; what is left out has a supernode's default. */
  readonly graph: Partial<GraphSettings>;
  /** Members of a stream proposed to a newcomer. Default 24, at most 32. More help in bad networks and cost bytes. */
  readonly proposals: number;
  /** Links that one identity opens per minute, and in a burst. Defaults 12 and 30: reloads, and a network that comes and goes. */
  readonly joinsPerMinute: number;
  readonly joinsBurst: number;
  /** Signals per second from one identity, and in a burst. Defaults 40 and 200: a browser that dials 8 peers sends about 50. */
  readonly signalsPerSecond: number;
  readonly signalsBurst: number;
  /** Of these, to one other. Defaults 10 and 60: a dial with all its candidates, some times. */
  readonly pairSignalsPerSecond: number;
  readonly pairSignalsBurst: number;
  /** Others that one identity signals without having been signaled, per minute, and in a burst. Defaults 60 and 64: a node dials at most 60 at once. */
  readonly fanOutPerMinute: number;
  readonly fanOutBurst: number;
  /** STUN and TURN servers for a client that has said who it is, and how long its credentials are good for. Default none. */
  readonly iceServersFor: ((peer: PeerId, now: number) => Omit<IceServers, 'type'>) | undefined;
  /** Redirect requests per second from one identity, and in a burst. Defaults 1 and 10. */
  readonly redirectsPerSecond: number;
  readonly redirectsBurst: number;
}

export const defaultSupernodeSettings: SupernodeSettings = {
  linksMax: 20_000,
  listed: [],
  graph: { recordsMax: 20_000, bytesPerSecond: 2_000_000 },
  proposals: 24,
  joinsPerMinute: 12,
  joinsBurst: 30,
  signalsPerSecond: 40,
  signalsBurst: 200,
  pairSignalsPerSecond: 10,
  pairSignalsBurst: 60,
  fanOutPerMinute: 60,
  fanOutBurst: 64,
  iceServersFor: undefined,
  redirectsPerSecond: 1,
  redirectsBurst: 10,
};

export const TrunkFailure = {
  notListedThere: 'not-listed-there',
  itself: 'this-supernode-itself',
  another: 'another-supernode',
  none: 'no-supernode',
} as const;
export type TrunkFailure = (typeof TrunkFailure)[keyof typeof TrunkFailure];

export type SupernodeEvent =
  | { readonly type: 'link-open'; readonly link: LinkId; readonly peer: PeerId; readonly role: number }
  | { readonly type: 'link-closed'; readonly peer: PeerId; readonly reason: string }
  /** Somebody says that it is a supernode, and is turned away: not listed, or listed and cut off for a while. */
  | { readonly type: 'trunk-refused'; readonly peer: PeerId; readonly reason: 'not-listed' | 'cut-off' }
  /** A listed supernode was dialed, and there is no link with it: it does not list this one, or somebody else answered. */
  | {
      readonly type: 'trunk-failed';
      readonly peer: PeerId;
      readonly url: string;
      readonly reason: TrunkFailure;
      /** Who is there instead. */
      readonly found: PeerId | undefined;
    }
  | { readonly type: 'peer-cut'; readonly peer: PeerId | undefined; readonly offence: Offence };

export interface SupernodeSnapshot {
  readonly peer: PeerId;
  /** Links whose other end has said hello. */
  readonly connections: number;
  /** Open links to other supernodes. */
  readonly supernodes: number;
  /** Those that the operator listed, and whether there is a link with each. */
  readonly listed: readonly { readonly id: PeerId; readonly url: string | undefined; readonly up: boolean }[];
  /** Membership records held. */
  readonly records: number;
  readonly streams: number;
  readonly signalsForwarded: number;
  /** Of the signals passed on, those that went to another supernode, and those that came from one. */
  readonly trunkSignalsOut: number;
  readonly trunkSignalsIn: number;
  readonly signalsFailed: number;
  readonly redirects: number;
  /** What was turned away, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}
