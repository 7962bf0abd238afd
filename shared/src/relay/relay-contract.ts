/** What goes into the relay machine and what comes out. Peers are named by id; links, channels and bytes are the node's. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { FrameSeal } from '../wire/frame-head.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import type { UploadOffer } from './upload-offer.ts';

/**
 * A frame whose signature the gate has checked (or that this host has signed). In a stream whose frames are not signed (PROTOCOL.md R39)
 * it is authentic once it is in the frames map: before that it is a candidate.
 */
export interface AuthenticFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
  /** First 16 bytes of the frame's hash, as a vote carries them. */
  readonly hash: string;
  /** The packet as it is forwarded. */
  readonly packet: Uint8Array;
  /** With it the frame can be held against its host; without it no proof can be built. */
  readonly seal?: FrameSeal;
}

export interface RelaySettings extends UploadOffer {
  readonly self: PeerId;
  readonly stream: StreamId;
  readonly isHost: boolean;
  /** Share P of the electorate that must agree, 0 to 1. */
  readonly voteShare: number;
  /** How long an authentic frame waits for votes, ms. */
  readonly confirmWithinMs: number;
  readonly gapPolicy: 'skip-to-key' | 'wait';
  /** How long media waits for a missing frame before it skips, ms. */
  readonly gapWaitMs: number;
  readonly retentionMs: number;
  readonly retentionBytesMax: number;
}

export type RelayInput =
  | { readonly type: 'peer-up'; readonly peer: PeerId }
  | { readonly type: 'peer-down'; readonly peer: PeerId }
  /** The peer has been silent for a while, or speaks again; a smoothed round trip when one is known. */
  | {
      readonly type: 'peer-health';
      readonly peer: PeerId;
      readonly silent: boolean;
      readonly rttMs: number | undefined;
    }
  /** A beacon whose signature and stream id the gate has checked; `host` is the peer id of its key. */
  | { readonly type: 'beacon'; readonly peer: PeerId; readonly beacon: Beacon; readonly host: PeerId }
  /** The signatures of a frame head or an equivocation are those of the stream's host: the gate has checked that. */
  | { readonly type: 'message'; readonly peer: PeerId; readonly message: RelayMessage }
  | { readonly type: 'frame'; readonly peer: PeerId; readonly frame: AuthenticFrame }
  /** Host only: a frame that it signed, in order of seq. */
  | { readonly type: 'own-frame'; readonly frame: AuthenticFrame }
  /** Host only: a beacon that it signed. */
  | { readonly type: 'own-beacon'; readonly beacon: Beacon }
  /** What is pushed to a peer leaves this node later than it should: the oldest frame has waited for so long, ms. */
  | { readonly type: 'backlog'; readonly peer: PeerId; readonly waitedMs: number }
  | ({ readonly type: 'set-offer' } & UploadOffer)
  | { readonly type: 'set-confirm-within'; readonly confirmWithinMs: number }
  | { readonly type: 'tick' };

/** What the host knows of the supply of its swarm. */
export interface Supply {
  /** Viewers that were counted. */
  readonly nodes: number;
  /** Of all places that the viewers need, one for each stripe, the share that nobody fills, 0 to 1. */
  readonly starvingShare: number;
  /** Slots that are left, host's included, as a share of those places. */
  readonly spareShare: number;
}

export type RelayOutput =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: RelayMessage }
  /** Send this frame's packet on the peer's `frames` channel. */
  | { readonly type: 'push'; readonly peer: PeerId; readonly frame: AuthenticFrame }
  | {
      readonly type: 'message';
      readonly bytes: Uint8Array;
      readonly key: boolean;
      readonly epoch: number;
      readonly arrivedAt: number;
    }
  | { readonly type: 'gap'; readonly fromSeq: number; readonly toSeq: number }
  /** A newer beacon of the stream was learnt. */
  | { readonly type: 'beacon'; readonly beacon: Beacon }
  /** The host was proven to have signed two frames for `seq`: its epoch is over here, whatever still comes of it. */
  | { readonly type: 'equivocation'; readonly epoch: number; readonly seq: number }
  | { readonly type: 'parent-changed'; readonly stripe: number; readonly parent: PeerId | undefined }
  /** Host only, about every second while somebody watches. */
  | { readonly type: 'supply'; readonly supply: Supply }
  /**
   * A link with one of these may bring a better place in a stripe's tree. `starving`: there is no place at all, so any other peer is
   * welcome as well.
   */
  | {
      readonly type: 'want-link';
      readonly stripe: number;
      readonly peers: readonly PeerId[];
      readonly starving: boolean;
    };

/** A host says so often that its epoch is alive. */
export const BEACON_EVERY_MS = 2_000;

/** Delays of the relay, all in ms unless the name says otherwise. */
export const relayTimings = {
  /** A window that does not fill is voted for as far as it goes after this. */
  partVoteAfterMs: 400,
  /** Where frames are not signed: votes for those that came to be believed within this time leave together. */
  voteBatchMs: 25,
  /** A voter that was ahead of this node within this time belongs to the electorate of the next frame. */
  electorateMs: 300,
  /** A missing frame is pulled after the usual skew between first vote and payload, kept within these bounds. */
  pullAfterMinMs: 40,
  pullAfterMaxMs: 250,
  /** A pull that brings nothing is given to the next holder after the time that answers take, kept within these bounds. */
  pullTimeoutMs: 200,
  pullTimeoutMaxMs: 1_500,
  /** A frame that was pulled, and that its parent has not pushed within this time after, was rightly pulled. */
  pullsPastMs: 2_000,
  /** Between two pulls of one peer; and after one that it refused, twice as long each further time in a row, up to 16 times that. */
  pullBatchMs: 10,
  pullRefusedPauseMs: 200,
  /** An unanswered subscribe is given up after the time that answers take, kept within these bounds. */
  subscribeTimeoutMs: 1_000,
  subscribeTimeoutMaxMs: 4_000,
  /** Who has no parent asks somebody else beside it after this, or after the time that answers take. */
  askNextAfterMs: 300,
  /** Where answers take that long nobody moves to a place that is merely better. */
  slowAnswersMs: 500,
  /** A peer that refused is not asked again for this long. */
  refusalBackoffMs: 1_000,
  /** One that was not ready may be so soon; twice as long each further time in a row. */
  notReadyBackoffMs: 120,
  /** An orphaned parent keeps its children this long while it looks for a parent. */
  orphanGraceMs: 1_500,
  /** A parent that failed is not asked again for this long, and twice as long each further time in a row. */
  failedParentBackoffMs: 5_000,
  /** It is asked after all others, in every stripe, for this long, and for twice as long each further time. */
  doubtedForMs: 60_000,
  doubtedForMaxMs: 960_000,
  /** A better parent is to push something within this time, if the present one did so long before: that one is left when it has. */
  trialMs: 300,
  trialLagMs: 100,
  /** A frame is waited for, and not pulled, while its parent pushes: until it has been quiet for some of its usual pauses, within these bounds. */
  lateParentMs: 90,
  lateParentMaxMs: 120,
  /** A stripe of which a frame has been missing for this long is dry: nobody new is fed. */
  dryAfterMs: 120,
  /** When no frame newer than that has been missing so long, and the parent pushes, it is dry no more. */
  dryForMs: 100,
  /** But what the parent, pushing, has not come to yet is only late for this long. */
  dryLateMs: 600,
  /** A parent that pushed nothing for this long, while frames came from elsewhere, is replaced. */
  silentParentMs: 150,
  silentParentMsPerHop: 60,
  /** Adverts are coalesced over this time. */
  advertBatchMs: 60,
  /** A re-announcement of adverts, against anything that was lost with an old link. */
  advertRefreshMs: 15_000,
  /** Without a place for this long a node asks for slots that are kept back. */
  starvingAfterMs: 400,
  /** After that one that could feed many others takes the place of one that feeds nobody. */
  takesPlaceAfterMs: 1_000,
  /** And after that any that could feed another. */
  fewTakePlaceAfterMs: 3_000,
  /** While a stripe has no parent, the node is told so after the first time, and then this often. */
  starvingFirstMs: 150,
  starvingEveryMs: 1_000,
  /** A node looks for a place nearer to the host about this often, and while it is new this often; leaves half as often. */
  improveEveryMs: 8_000,
  improveEveryNewMs: 500,
  /** For that long a node counts as new. */
  newForMs: 30_000,
  /** A stream, or a viewer, of that age is settled: near the host nobody makes room for a younger one. */
  settledAfterMs: 60_000,
  /** That is as near as that. */
  nearRootHops: 2,
  /** Who has been there for so long, and knows of nobody further from the host than that, is in a small swarm. */
  knowsSwarmAfterMs: 5_000,
  smallSwarmHops: 3,
  /** A child that was asked to make room looks again this often, and is asked again after this. */
  makeRoomRetryMs: 1_000,
  makeRoomAgainMs: 6_000,
  /** In each tree so many children at most are asked to make room for others within that time. */
  displacedMax: 5,
  displacedWithinMs: 5_000,
  /** Too many children are asked to go, one each time, this often. */
  relieveEveryMs: 2_000,
  /** Where frames wait that long to be sent, and that for so long, a node has a child too many; it gives one up at most that often. */
  backlogMs: 250,
  backlogPauseMs: 700,
  /** After that it has nothing to spare for this long; */
  backlogBusyMs: 2_000,
  /** it tries one more after this, and after twice as long each time that this made frames wait within the proving time. */
  backlogRaiseAfterMs: 3_000,
  backlogRaiseAfterMaxMs: 60_000,
  backlogProvenMs: 6_000,
  /** News of vacant places is coalesced over this time. */
  vacanciesEveryMs: 200,
  /** News of how a branch is supplied is coalesced over this time, and looked at this often without any. */
  censusBatchMs: 200,
  censusEveryMs: 1_000,
  /** A stripe that nobody feeds for that long counts as starving; it takes about half of that to find a parent. */
  countsAsStarvingAfterMs: 2_000,
  /** Who is fed by nobody at all says so to some neighbour this often, and is counted there for that long. */
  strayEveryMs: 2_000,
  strayForMs: 5_000,
  /** A neighbour that votes against frames is told what the host signed, and not again within this time. */
  disputeEveryMs: 1_000,
  /** A newcomer listens this long to its first neighbours before it chooses which stripe it feeds. */
  chooseStripeAfterMs: 40,
} as const;

/** Caps of the relay machine (see wire/limits.ts for the ones on the wire). */
export const relayCaps = {
  /** A vote for a frame this far past the newest authentic one is ignored. */
  votesAheadMax: 512,
  /** Single votes of one peer that are held: an honest one sends them only for windows in which it differs. */
  votesPerPeerMax: 256,
  /**
   * Where frames are not signed: different frames for one seq that wait for votes; bytes of those that one neighbour sent; and votes are
   * kept for so many frames past the application's place, and so many below the newest.
   */
  candidatesPerSeqMax: 3,
  candidateBytesPerPeerMax: 192 * 1024,
  ballotsAheadMax: 256,
  ballotsBehindMax: 512,
  /** Peers that are remembered to have failed as parents. */
  doubtsMax: 128,
  /** Neighbours that a node exchanges votes with. More detect more and cost control traffic. */
  votingPeersMax: 8,
  /** Frames that may be missing, and looked for, at once. */
  missingMax: 2_048,
  /** Frames that were pulled, and may come again. */
  pullsPastMax: 256,
  /** Frames asked of one peer and not yet answered. */
  pullsPerPeerMax: 64,
  /**
   * Frames served on pulls per second: to one peer at most this many, to all together this many times the own slots. Repair
   * must not become a way around a limit that a person has set; who passes nothing on answers no pulls.
   */
  pullsServedPerSlotMax: 60,
  /** Of the past so many frames may be asked for at most. */
  backfillFramesMax: 4_096,
  /**
   * Of each stripe a new child is pushed so many frames of the past for each copy of the stream that the parent may upload, and at most so
   * many in all; it pulls the others, from several neighbours. Where less than two copies leave a node, a burst would fill its line for long.
   */
  backfillPushedPerCopy: 14,
  backfillPushedPerScarceCopy: 5,
  backfillPushedMax: 40,
  /** A parent may begin this far past the last beacon's `nextSeq`: what a host publishes between two beacons, and some. */
  startAheadMax: 1_024,
} as const;
