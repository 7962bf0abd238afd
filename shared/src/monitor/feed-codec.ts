/**
 * The monitor's feed as bytes (PROTOCOL.md R46). `v` is a number of 7 bits a byte, low ones first, the top bit set on all but the last.
 *
 *     start      u8 0x50 · u8 version (1) · u48 now · v ms of pictures that follow at most
 *     points     u8 0x51 · names · v n · n × point
 *     picture    u8 0x52 · u48 at · names · links unlinked · v n · n × v handle gone · v n · n × node · links linked
 *     caught up  u8 0x53
 *     names      v n · n × 6 characters
 *     node       v handle · u8 role · 6 characters · v subnetwork (0 none, else 1 + its place in names)
 *     links      v n · n × (v difference of the smaller handle to that of the link before · v greater − smaller − 1), ascending
 *     point      u48 at · v nodes · v supernodes · v connections · v subnetworks · v n · n × subnetwork · v subnetworks not listed · counts
 *     subnetwork v place in names · counts · v n · n × (v place in names · v connections) · v other neighbours · v their connections
 *     counts     v members · v internal · v external · v inner mean × 100 · v inner max · v outer mean × 100 · v outer max
 *
 * Decoding never throws; both ends keep the limits of feed-messages.ts.
 */
import type { PerMember, RelationCounts, SubnetworkStatistics } from '../graph/statistics.ts';
import { assert } from '../lib/assert.ts';
import { ByteWriter } from '../lib/bytes.ts';
import { Role } from '../wire/link-messages.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from '../wire/result.ts';
import {
  FEED_VERSION,
  type FeedMessage,
  FeedType,
  feedLimits,
  HANDLES,
  type LinkKey,
  linkEnds,
  linkKey,
  type MonitorPoint,
  type PictureChange,
  type PicturedNode,
  type ShortName,
} from './feed-messages.ts';
import { FieldReader, writeName, writeVarint } from './fields.ts';

const ROLES: readonly number[] = Object.values(Role);
const MEAN_STEPS = 100;

export function encodeFeedMessage(message: FeedMessage): Uint8Array {
  const writer = new ByteWriter(message.type === FeedType.caughtUp ? 1 : 4_096);
  writer.u8(message.type);
  switch (message.type) {
    case FeedType.start:
      writer.u8(message.version).u48(message.nowMs);
      writeVarint(writer, message.keepsMs);
      break;
    case FeedType.points:
      writePoints(writer, message.points);
      break;
    case FeedType.picture:
      writeChange(writer, message.change);
      break;
    case FeedType.caughtUp:
      break;
  }
  const bytes = writer.finish();
  assert(bytes.length <= feedLimits.messageBytesMax, 'a message of the feed is too long');
  return bytes;
}

export function decodeFeedMessage(bytes: Uint8Array): Decoded<FeedMessage> {
  if (bytes.length === 0) return undecodable(DecodeFailure.empty);
  if (bytes.length > feedLimits.messageBytesMax) return undecodable(DecodeFailure.oversized);
  const reader = new FieldReader(bytes, 1);
  const message = readMessage(bytes[0] ?? 0, reader);
  if (message === undefined) return undecodable(DecodeFailure.unknownType);
  const failure = reader.failure;
  return failure === undefined ? decoded(message) : undecodable(failure);
}

function readMessage(type: number, reader: FieldReader): FeedMessage | undefined {
  switch (type) {
    case FeedType.start: {
      const version = reader.u8();
      reader.expect(version === FEED_VERSION);
      return { type: FeedType.start, version, nowMs: reader.u48(), keepsMs: reader.varint() };
    }
    case FeedType.points:
      return { type: FeedType.points, points: readPoints(reader) };
    case FeedType.picture:
      return { type: FeedType.picture, change: readChange(reader) };
    case FeedType.caughtUp:
      return { type: FeedType.caughtUp };
    default:
      return undefined;
  }
}

// ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function writeChange(writer: ByteWriter, { atMs, unlinked, gone, nodes, linked }: PictureChange): void {
  writer.u48(atMs);
  const places = writeNames(
    writer,
    nodes.flatMap(({ subnetwork }) => subnetwork ?? []),
  );
  writeLinks(writer, unlinked);
  writeVarint(writer, gone.length);
  for (const handle of gone) writeVarint(writer, handle);
  writeVarint(writer, nodes.length);
  for (const { handle, role, name, subnetwork } of nodes) {
    writeVarint(writer, handle);
    writer.u8(role);
    writeName(writer, name);
    writeVarint(writer, subnetwork === undefined ? 0 : 1 + (places.get(subnetwork) ?? 0));
  }
  writeLinks(writer, linked);
}

function readChange(reader: FieldReader): PictureChange {
  const { nodesPerMessageMax } = feedLimits;
  const atMs = reader.u48();
  const names = readNames(reader);
  const unlinked = readLinks(reader);
  const gone = reader.list(nodesPerMessageMax, () => reader.varintBelow(HANDLES));
  const nodes = reader.list(nodesPerMessageMax, (): PicturedNode => {
    const handle = reader.varintBelow(HANDLES);
    const role = reader.u8();
    reader.expect(ROLES.includes(role));
    const name = reader.name();
    const place = reader.varint();
    return {
      handle,
      name,
      role: role as Role,
      subnetwork: place === 0 ? undefined : nameAt(reader, names, place - 1),
    };
  });
  return { atMs, unlinked, gone, nodes, linked: readLinks(reader) };
}

function writeLinks(writer: ByteWriter, links: readonly LinkKey[]): void {
  writeVarint(writer, links.length);
  let before = 0;
  for (const link of links.toSorted((a, b) => a - b)) {
    const [smaller, greater] = linkEnds(link);
    writeVarint(writer, smaller - before);
    writeVarint(writer, greater - smaller - 1);
    before = smaller;
  }
}

function readLinks(reader: FieldReader): LinkKey[] {
  let smaller = 0;
  return reader.list(feedLimits.linksPerMessageMax, () => {
    smaller += reader.varint();
    const greater = smaller + 1 + reader.varint();
    reader.expect(greater < HANDLES);
    return greater < HANDLES ? linkKey(smaller, greater) : 0;
  });
}

// ── statistics ───────────────────────────────────────────────────────────────────────────────────────────────────────

function writePoints(writer: ByteWriter, points: readonly MonitorPoint[]): void {
  const listed = points.flatMap(({ statistics }) => statistics.listed);
  const places = writeNames(
    writer,
    listed.flatMap(({ stream, neighbours }) => [stream, ...neighbours.map((neighbour) => neighbour.stream)]),
  );
  writeVarint(writer, points.length);
  for (const { atMs, statistics } of points) {
    const { activeNodes, supernodes, connections, subnetworks, rest } = statistics;
    writer.u48(atMs);
    for (const count of [activeNodes, supernodes, connections, subnetworks]) writeVarint(writer, count);
    writeVarint(writer, statistics.listed.length);
    for (const subnetwork of statistics.listed) writeSubnetwork(writer, subnetwork, places);
    writeVarint(writer, rest.subnetworks);
    writeCounts(writer, rest);
  }
}

function readPoints(reader: FieldReader): MonitorPoint[] {
  const names = readNames(reader);
  return reader.list(feedLimits.pointsPerMessageMax, () => {
    const atMs = reader.u48();
    const [activeNodes, supernodes] = [reader.varint(), reader.varint()];
    const [connections, subnetworks] = [reader.varint(), reader.varint()];
    const listed = reader.list(feedLimits.listedMax, () => readSubnetwork(reader, names));
    const rest = { subnetworks: reader.varint(), ...readCounts(reader) };
    return { atMs, statistics: { activeNodes, supernodes, connections, subnetworks, listed, rest } };
  });
}

function writeSubnetwork(
  writer: ByteWriter,
  subnetwork: SubnetworkStatistics<ShortName>,
  places: ReadonlyMap<ShortName, number>,
): void {
  const { stream, neighbours, otherNeighbours } = subnetwork;
  writeVarint(writer, places.get(stream) ?? 0);
  writeCounts(writer, subnetwork);
  writeVarint(writer, neighbours.length);
  for (const neighbour of neighbours) {
    writeVarint(writer, places.get(neighbour.stream) ?? 0);
    writeVarint(writer, neighbour.connections);
  }
  writeVarint(writer, otherNeighbours.subnetworks);
  writeVarint(writer, otherNeighbours.connections);
}

function readSubnetwork(reader: FieldReader, names: readonly ShortName[]): SubnetworkStatistics<ShortName> {
  const stream = nameAt(reader, names, reader.varint());
  const counts = readCounts(reader);
  const neighbours = reader.list(feedLimits.neighboursMax, () => ({
    stream: nameAt(reader, names, reader.varint()),
    connections: reader.varint(),
  }));
  const otherNeighbours = { subnetworks: reader.varint(), connections: reader.varint() };
  return { stream, ...counts, neighbours, otherNeighbours };
}

function writeCounts(writer: ByteWriter, counts: RelationCounts): void {
  const { members, internalRelations, externalConnections, innerPerMember, outerPerMember } = counts;
  for (const count of [members, internalRelations, externalConnections]) writeVarint(writer, count);
  for (const { mean, max } of [innerPerMember, outerPerMember]) {
    writeVarint(writer, Math.round(mean * MEAN_STEPS));
    writeVarint(writer, max);
  }
}

function readCounts(reader: FieldReader): RelationCounts {
  const perMember = (): PerMember => ({ mean: reader.varint() / MEAN_STEPS, max: reader.varint() });
  const members = reader.varint();
  const internalRelations = reader.varint();
  const externalConnections = reader.varint();
  const innerPerMember = perMember();
  return { members, internalRelations, externalConnections, innerPerMember, outerPerMember: perMember() };
}

// ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function writeNames(writer: ByteWriter, all: readonly ShortName[]): ReadonlyMap<ShortName, number> {
  const places = new Map<ShortName, number>();
  for (const name of all) if (!places.has(name)) places.set(name, places.size);
  writeVarint(writer, places.size);
  for (const name of places.keys()) writeName(writer, name);
  return places;
}

const readNames = (reader: FieldReader): ShortName[] =>
  reader.list(feedLimits.namesPerMessageMax, () => reader.name());

function nameAt(reader: FieldReader, names: readonly ShortName[], place: number): ShortName {
  reader.expect(place < names.length);
  return names[place] ?? '';
}
