/**
 * What a supernode tells a monitor (PROTOCOL.md R45, R46): statistics over time, and the picture of the network as changes. Of people it says
 * the least that a picture needs: six characters of an id, a role, and with whom somebody is linked. No address, no title, no whole
 * stream id, with which anybody could watch.
 */
import { defaultHistoryTiers, type HistoryPoint, type HistoryTier } from '../graph/statistics-history.ts';
import type { Role } from '../wire/link-messages.ts';

/** Path of the WebSocket at the supernode's origin. */
export const FEED_PATH = '/monitor/feed';
export const FEED_VERSION = 1;

/** Types go on where the protocol between peers leaves room; the two never share a socket. */
export const FeedType = { start: 0x50, points: 0x51, picture: 0x52, caughtUp: 0x53 } as const;

/** The first {@link NAME_CHARACTERS} characters of a peer's or a stream's id: tells them apart, and addresses none. */
export type ShortName = string;
export const NAME_CHARACTERS = 6;

export type MonitorPoint = HistoryPoint<ShortName>;

/** A node as the monitor draws it. */
export interface PicturedNode {
  /** Names it in the feed, as long as it is there; then the number may be given to another. Below 2²⁰. */
  readonly handle: number;
  readonly name: ShortName;
  readonly role: Role;
  readonly subnetwork: ShortName | undefined;
}

/** Two handles, the smaller first, as {@link linkKey} makes them: whole numbers below 2⁴⁰. */
export type LinkKey = number;

/** How a picture becomes the next one: what goes, then what comes. A node that comes again under its handle replaces the old one. */
export interface PictureChange {
  readonly atMs: number;
  readonly unlinked: readonly LinkKey[];
  readonly gone: readonly number[];
  readonly nodes: readonly PicturedNode[];
  readonly linked: readonly LinkKey[];
}

export type FeedMessage =
  /** Everything is told anew from here on. `keepsMs`: how far back the pictures go that follow, at most. */
  | {
      readonly type: typeof FeedType.start;
      readonly version: number;
      readonly nowMs: number;
      readonly keepsMs: number;
    }
  /** Oldest first. */
  | { readonly type: typeof FeedType.points; readonly points: readonly MonitorPoint[] }
  /** One change, or a part of it: parts of one moment follow each other. */
  | { readonly type: typeof FeedType.picture; readonly change: PictureChange }
  /** All that was known has been told; what comes now is live. */
  | { readonly type: typeof FeedType.caughtUp };

/** What one message, and a picture, may hold. */
export const feedLimits = {
  messageBytesMax: 96 * 1024,
  /** Nodes of a picture; as many as a supernode holds records. */
  nodesMax: 20_000,
  /** Links of a picture: 20 of each node. */
  linksMax: 200_000,
  namesPerMessageMax: 6_144,
  pointsPerMessageMax: 64,
  nodesPerMessageMax: 2_048,
  linksPerMessageMax: 8_192,
  /** Subnetworks in a point, and neighbours of each. */
  listedMax: 12,
  neighboursMax: 6,
} as const;

/** Statistics as a monitor keeps and tells them: the largest subnetworks only. Some 3,000 points. */
export const monitorTiers: readonly HistoryTier[] = defaultHistoryTiers.map((tier) => ({
  ...tier,
  subnetworksMax: Math.min(tier.subnetworksMax, feedLimits.listedMax),
  neighboursMax: Math.min(tier.neighboursMax, feedLimits.neighboursMax),
}));

/** How far back pictures are kept, by time and by changes (nodes and links that came or went), whichever is less. */
export const pictureKept = { ageMaxMs: 10 * 60_000, changesMax: 100_000 } as const;

/** Handles are below this. */
export const HANDLES = 2 ** 20;

export const linkKey = (a: number, b: number): LinkKey => (a < b ? a * HANDLES + b : b * HANDLES + a);

/** The two ends of a link, the smaller handle first. */
export const linkEnds = (key: LinkKey): readonly [number, number] => [
  Math.floor(key / HANDLES),
  key % HANDLES,
];
