/** What goes into the net graph machine and what comes out. Records and link lists have been verified by the gate. */
import type { PeerId, PeerTag, StreamId } from '../lib/ids.ts';
import type { GraphMessage, LinkLists } from '../wire/graph-messages.ts';
import type { LinkList, LinkListBody } from '../wire/link-list.ts';
import type { Role } from '../wire/link-messages.ts';
import type { MembershipRecord, RecordBody } from '../wire/membership-record.ts';
import type { MessageType } from '../wire/message-type.ts';

/** What a node says of itself; the machine adds version and time to live. */
export interface SelfDescription {
  readonly role: Role;
  readonly stream: StreamId | undefined;
  readonly freeSlots: number;
  /** Hops from the host; 255: none. */
  readonly depth: number;
  /** Open links to members. */
  readonly links: number;
  /** Supernodes to which it has a socket, at most 4. */
  readonly supernodes: readonly PeerTag[];
}

/** A neighbour as the graph needs to know it. */
export interface GraphPeer {
  readonly peer: PeerId;
  readonly role: Role;
  readonly stream: StreamId | undefined;
}

/** Link lists as the gate passes them on: whole, whatever form they had on the wire. */
export interface CheckedLinkLists {
  readonly type: typeof MessageType.links;
  readonly lists: readonly LinkList[];
}

export type CheckedGraphMessage = Exclude<GraphMessage, LinkLists> | CheckedLinkLists;

export type GraphInput =
  | ({ readonly type: 'peer-up' } & GraphPeer)
  | { readonly type: 'peer-down'; readonly peer: PeerId }
  | { readonly type: 'message'; readonly peer: PeerId; readonly message: CheckedGraphMessage }
  /** Describe this node anew; answered with `sign-record`. */
  | { readonly type: 'describe'; readonly self: SelfDescription }
  /** The signed forms of what `sign-record` and `sign-links` asked for. */
  | { readonly type: 'own-record'; readonly record: MembershipRecord }
  | { readonly type: 'own-links'; readonly list: LinkList }
  /** Tell all neighbours that this node leaves: its leave record was signed ahead, so this needs no time. */
  | { readonly type: 'leave' }
  | { readonly type: 'tick' };

export type GraphOutput =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: GraphMessage }
  | { readonly type: 'sign-record'; readonly body: RecordBody }
  | { readonly type: 'sign-links'; readonly body: LinkListBody }
  /** So many neighbours have been found to hold what this node holds; told when one more has. */
  | { readonly type: 'agreed'; readonly peers: number }
  /** A neighbour serves stale or short answers, or none: better to have another in its place. */
  | { readonly type: 'lagging-peer'; readonly peer: PeerId }
  /** A neighbour asks for far more than anybody needs. */
  | { readonly type: 'flooding-peer'; readonly peer: PeerId };

/** Sizes at which a node holds less, and what it may spend. Every node of a network should have the same. */
export interface GraphSettings {
  /** Records held at most. Default 2,000; a supernode's is 20,000. Beyond, those who introduced most lose first. */
  readonly recordsMax: number;
  /** Up to so many nodes in all, a member holds everything. Default 200: what the byte budget carries at 10 min sessions. */
  readonly wholeNodesMax: number;
  /** Up to so many members of the own stream, it holds their link lists too. Default 200. */
  readonly streamLinksNodesMax: number;
  /** Up to so many, it holds all memberships of the own stream. Default 500. */
  readonly streamNodesMax: number;
  /** Beyond that it holds its neighbours and a random sample of so many. Default 256. */
  readonly sampleNodes: number;
  /** Members of each other stream that are held where the graph is not held whole. Default 8. */
  readonly contactsPerStream: number;
  /** Bytes per second, headers included, that may be spent on the graph. Default 4,000 (32 kbit/s). */
  readonly bytesPerSecond: number;
}

export const defaultGraphSettings: GraphSettings = {
  recordsMax: 2_000,
  wholeNodesMax: 200,
  streamLinksNodesMax: 200,
  streamNodesMax: 500,
  sampleNodes: 256,
  contactsPerStream: 8,
  bytesPerSecond: 4_000,
};

/** Delays in ms unless the name says otherwise. */
export const graphTimings = {
  /** Life of a record without a refresh, s. Longer costs less traffic; a node that crashed stays longer where links are not known. */
  recordTtlSeconds: 300,
  /** Life of a leave record, s. After that its version is remembered. */
  leaveTtlSeconds: 120,
  /** A node refreshes its own record this often. */
  refreshMs: 120_000,
  /** and so much apart at most, drawn at random each time. */
  refreshSpreadMs: 60_000,
  /** The first record waits that long for the first sockets and links, so that it can name them. */
  firstRecordMs: 150,
  /** What changes where newcomers can find a place (a free slot where there was none, or the reverse) is announced that soon, */
  describeSoonMs: 500,
  /** so many times at once and per second; */
  hurriesBurst: 2,
  hurriesPerSecond: 0.05,
  /** and everything else (whether it has links and a way from the host, its supernodes) that soon. */
  describeMs: 30_000,
  /** The first links of a node are announced that soon, */
  firstLinksMs: 1_000,
  /** and later changes are collected that long. */
  linksMs: 10_000,
  /** A node that no chain of links leads to is still listed that long: two periods of link lists. */
  presenceGraceMs: 20_000,
  /** A name that no chain of links has led to for so long is dropped. */
  unprovenMs: 60_000,
  /** The chains are looked at again at most this often. */
  presenceEveryMs: 2_000,
  /** News of who came and who left are collected this long, */
  urgentNewsMs: 60,
  /** and all other news that long. */
  lazyNewsMs: 1_000,
  /** News that the budget kept back for so long are left to anti-entropy. */
  newsPatienceMs: 10_000,
  /** A record that was asked for and did not come is asked of another after that. */
  pullPatienceMs: 1_500,
  /** A neighbour that has answered nothing for so long, though asked, is struck. */
  answerPatienceMs: 10_000,
  /** Digests go to random neighbours this often, */
  antiEntropyMs: 5_000,
  /** one for each so many. */
  antiEntropyNeighbours: 20,
  /** Of neighbours whose words are not compared with others, so many more in turn. */
  antiEntropyApart: 2,
  /** A supernode answers a digest with its own, which says how large the stream is, if its last one is that old. */
  sizeEveryMs: 10_000,
  /** Samples of records go to one random neighbour this often, where not everybody holds everything. */
  shuffleMs: 5_000,
  expireEveryMs: 2_000,
  /** A newcomer believes supernodes about the size of the network for so long; then it counts for itself what it holds. */
  newcomerMs: 30_000,
  /** Whoever had to hold less waits that long before it holds more again, and twice as long each time, */
  raiseBackOffMs: 60_000,
  /** up to that. */
  raiseBackOffMaxMs: 960_000,
} as const;

/** What remote peers can make a graph spend or hold. */
export const graphCaps = {
  /** New ids that one link may introduce in news: at once, and per second, */
  introducedBurst: 128,
  introducedPerSecond: 2,
  /** and in comparisons, of nodes that count with the neighbour. */
  vouchedBurst: 640,
  vouchedPerSecond: 10,
  /** The same for a link between supernodes. */
  supernodeIntroducedBurst: 20_000,
  supernodeIntroducedPerSecond: 500,
  /** Names that no chain of links has led to yet: so many are held, or as many as nodes that count, if that is more. */
  unprovenMin: 64,
  supernodeUnprovenMin: 4_000,
  /** Comparisons (branches, summaries) with one neighbour: at once, and per second. */
  repairsBurst: 4,
  repairsPerSecond: 0.25,
  /** Bytes of records and link lists served to one neighbour: at once, and per second. */
  servedBytesBurst: 96 * 1024,
  servedBytesPerSecond: 1024,
  /** Who asks for more than so many bytes beyond that, at once and per second, floods. */
  deniedBytesBurst: 512 * 1024,
  deniedBytesPerSecond: 1024,
  /** The same for a link between supernodes. */
  supernodeServedBytesBurst: 8 * 1024 * 1024,
  supernodeServedBytesPerSecond: 1024 * 1024,
  /** Records and link lists that are awaited at a time. */
  pullsMax: 1_000,
  supernodePullsMax: 20_000,
  /** Ids of which news wait to be passed on. */
  newsMax: 2_000,
  supernodeNewsMax: 20_000,
  /** Other streams of which members are held, where the graph is not held whole. */
  otherStreamsMax: 64,
  /** Records in one shuffle. */
  shuffleRecords: 8,
  /** Members of one stream to whom a supernode passes on news; they tell the others. */
  supernodeTells: 16,
  /** Peers whose budgets are remembered. */
  budgetsMax: 256,
  supernodeBudgetsMax: 20_000,
  /** Strikes (answers that were stale, short or missing) before a neighbour counts as lagging. */
  strikesMax: 3,
} as const;
