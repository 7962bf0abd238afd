/** Messages of the monitor's feed, for fast-check. */
import fc from 'fast-check';
import {
  FEED_VERSION,
  type FeedMessage,
  FeedType,
  linkKey,
  type MonitorPoint,
  type PictureChange,
  type PicturedNode,
} from '../src/monitor/feed-messages.ts';
import { Role } from '../src/wire/link-messages.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const arbName = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 6, maxLength: 6 });
const arbTime = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const arbHandle = fc.integer({ min: 0, max: 2 ** 20 - 1 });
const arbCount = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1));

const arbNode: fc.Arbitrary<PicturedNode> = fc.record({
  handle: arbHandle,
  name: arbName,
  role: fc.constantFrom(...Object.values(Role)),
  subnetwork: fc.option(arbName, { nil: undefined }),
});

const arbLinks = fc
  .uniqueArray(fc.tuple(arbHandle, arbHandle), { maxLength: 40 })
  .map((pairs) => [...new Set(pairs.filter(([a, b]) => a !== b).map(([a, b]) => linkKey(a, b)))])
  .map((links) => links.sort((a, b) => a - b));

export const arbChange: fc.Arbitrary<PictureChange> = fc.record({
  atMs: arbTime,
  unlinked: arbLinks,
  gone: fc.array(arbHandle, { maxLength: 20 }),
  nodes: fc.array(arbNode, { maxLength: 20 }),
  linked: arbLinks,
});

const arbPerMember = fc.record({ mean: fc.nat(100_000).map((n) => n / 100), max: arbCount });
const counts = {
  members: arbCount,
  internalRelations: arbCount,
  externalConnections: arbCount,
  innerPerMember: arbPerMember,
  outerPerMember: arbPerMember,
};

export const arbPoint: fc.Arbitrary<MonitorPoint> = fc.record({
  atMs: arbTime,
  statistics: fc.record({
    activeNodes: arbCount,
    supernodes: arbCount,
    connections: arbCount,
    subnetworks: arbCount,
    listed: fc.array(
      fc.record({
        stream: arbName,
        ...counts,
        neighbours: fc.array(fc.record({ stream: arbName, connections: arbCount }), { maxLength: 6 }),
        otherNeighbours: fc.record({ subnetworks: arbCount, connections: arbCount }),
      }),
      { maxLength: 12 },
    ),
    rest: fc.record({ subnetworks: arbCount, ...counts }),
  }),
});

export const arbFeedMessage: fc.Arbitrary<FeedMessage> = fc.oneof(
  fc.record({
    type: fc.constant(FeedType.start),
    version: fc.constant(FEED_VERSION),
    nowMs: arbTime,
    keepsMs: arbCount,
  }),
  fc.record({ type: fc.constant(FeedType.points), points: fc.array(arbPoint, { maxLength: 5 }) }),
  fc.record({ type: fc.constant(FeedType.picture), change: arbChange }),
  fc.constant({ type: FeedType.caughtUp }),
);
