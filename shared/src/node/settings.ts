/** What the program around a node decides. Every field states its unit, its default and what changing it does. */
import type { GraphSettings } from '../graph/graph-contract.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';

export interface PeerSettings {
  readonly role: 'host' | 'viewer';
  /** WebSocket URLs of supernodes, the first being the one that served the page. */
  readonly supernodes: readonly string[];
  /** The stream to watch; undefined for a host, which gets its stream with `goLive`. */
  readonly stream: StreamId | undefined;
  /** Copies of the stream that this node uploads at most, over all stripes. Default 3. 0: consume only. It rarely comes to more than 1.25. */
  readonly slots: number;
  /**
   * What the uplink carries, or may be used, in bits per second: of 80% of that as many copies are offered as the stream's bitrate makes
   * it. Default infinite: only `slots` counts. What it really carries is found out by the frames that wait.
   */
  readonly uploadBitsPerSecond: number;
  /** Subnetwork links to aim for. Default 8 (host 16). More links heal faster and cost control traffic. */
  readonly linksTarget: number;
  /** Share P of the voters ahead that must agree before a frame counts as confirmed. Default 0.5. */
  readonly voteShare: number;
  /** How long after it came an authentic frame has to be confirmed, in ms, or it counts as unconfirmed; it is delivered after 35 ms at the latest. Default 35. */
  readonly confirmWithinMs: number;
  /** What a missing frame does: media skips to the next key message after `gapWaitMs`, data waits until retention gives it up. */
  readonly gapPolicy: 'skip-to-key' | 'wait';
  /** How long media waits for a missing frame before it skips, in ms. Default 700. */
  readonly gapWaitMs: number;
  /** How long frames are kept for others, in ms. Default 12,000: some key intervals. */
  readonly retentionMs: number;
  /** How many bytes of frames are kept at most. Default 32 MiB. */
  readonly retentionBytesMax: number;
  /**
   * Members that this node was linked with before a restart, at most 16. Default none. They are dialed while no supernode names
   * anybody: one that knows nothing of the stream, or keeps silent about it, can still carry signals to them.
   */
  readonly remembered: readonly PeerId[];
  /** What the net graph may hold and spend; what is left out has its default. */
  readonly graph: Partial<GraphSettings>;
  /** Payload bytes of one frame. Default 2,800; at most 16,256. Small frames travel a deep tree faster. */
  readonly frameBytes: number;
}

export const defaultPeerSettings = {
  slots: 3,
  uploadBitsPerSecond: Number.POSITIVE_INFINITY,
  linksTarget: 8,
  voteShare: 0.5,
  confirmWithinMs: 35,
  gapPolicy: 'skip-to-key',
  gapWaitMs: 700,
  retentionMs: 12_000,
  retentionBytesMax: 32 * 1024 * 1024,
  remembered: [],
  graph: {},
  frameBytes: 2_800,
} as const;

/** Supernodes that a node keeps a socket to; of a longer list the first ones. */
export const SUPERNODES_MAX = 8;

/** Remembered peers that are taken of a longer list. */
export const REMEMBERED_MAX = 16;

/**
 * Links that a node dials only to come nearer to the host in some tree: so many at once, and then one in so many seconds. A page can
 * make about 500 connections in its life, and each costs a handshake.
 */
export const CLIMBS_AT_ONCE = 20;
export const CLIMB_EVERY_SECONDS = 3;

/** Links that a host aims for: enough to feed two children a stripe and keep reserves. */
export const HOST_LINKS_TARGET = 16;

/** What a host must say before it may publish. */
export interface LiveStream {
  readonly stream: StreamId;
  /** The nonce that makes the stream id out of the host's key, 16 bytes. */
  readonly nonce: Uint8Array;
  /** max(stored + 1, unix ms), stored before this call (PROTOCOL.md R5). */
  readonly epoch: number;
  readonly title: string;
  readonly bitsPerSecond: number;
  /** Trees of the stream, 1 to 16; each carries every so many-th frame. Default 4. One makes every viewer depend on one parent. */
  readonly stripes?: number | undefined;
  /**
   * Votes of different neighbours that make a frame believed where frames are not signed, 1 to 16 (PROTOCOL.md R39). Default 0: frames
   * are signed. Votes show corruption and a few liars, not a crowd. With 3 some 300 viewers are reached; more stand more liars, and reach fewer.
   */
  readonly minVotes?: number | undefined;
  /** Bytes of the largest message, 1 to 4 MiB (limits.messageBytesMax, the default). Viewers hear it, and drop what is longer. */
  readonly messageBytesMax?: number | undefined;
}
