/**
 * The net graph on the wire. What a membership record and a link list are made of stands in their own files.
 *
 *   records   u8 type · u8 n (≤ 64) · n × record
 *   links     u8 type · u8 n (≤ 64) · n × link list, whole or change
 *   digest    u8 type · u8 level · 20 stream (zeros: everything) · u16 count · u16 nodes · 2 × u32 fingerprint ·
 *             u48 epoch · u32 seq · u32 links seq (what is held of the receiver; zeros: nothing)
 *   branches  u8 type · 20 stream · 64 × u32 fingerprint of a leaf
 *   summary   u8 type · 20 stream · u8 l · l × u8 leaf, ascending · u16 n (≤ 500) · n × version
 *   news      u8 type · u16 n (≤ 256) · n × version
 *   wanted    u8 type · u16 n (≤ 256) · n × (9 tag · u8 what · u32 links seq held (0: none))
 *   version   9 tag · u48 epoch · u32 seq · u32 links seq (0: none)
 */
import { type ByteReader, ByteWriter } from '../lib/bytes.ts';
import {
  ID_BYTES,
  idBytes,
  LEAVES,
  type PeerTag,
  type StreamId,
  streamIdFromBytes,
  TAG_BYTES,
  tagBytes,
  tagFromBytes,
} from '../lib/ids.ts';
import { limits } from './limits.ts';
import { type LinkListForm, linkListFormBytes, readLinkList, writeLinkList } from './link-list.ts';
import { type MembershipRecord, readRecord, recordBytes, writeRecord } from './membership-record.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

/** How much of the graph a node is meant to hold exactly. */
export const GraphLevel = {
  /** Its neighbours, and a random sample. */
  sample: 0,
  /** All memberships of its own stream. */
  stream: 1,
  /** Those, and their link lists. */
  streamLinks: 2,
  /** Everything. */
  whole: 3,
} as const;
export type GraphLevel = (typeof GraphLevel)[keyof typeof GraphLevel];

export interface Records {
  readonly type: typeof MessageType.records;
  readonly records: readonly MembershipRecord[];
}

export interface LinkLists {
  readonly type: typeof MessageType.links;
  readonly lists: readonly LinkListForm[];
}

/** Versions of one node's word. */
export interface HeldVersion {
  readonly epoch: number;
  readonly seq: number;
  readonly linksSeq: number;
}

/** A fingerprint of what the sender holds of a stream, or of everything: equal replicas have equal digests. */
export interface Digest {
  readonly type: typeof MessageType.digest;
  /** What the sender is meant to hold. */
  readonly level: GraphLevel;
  readonly stream: StreamId | undefined;
  /** Nodes that the sender counts in that. 65,535: so many or more. */
  readonly count: number;
  /** Nodes that it counts in all, as far as it knows. 65,535: so many or more. */
  readonly nodes: number;
  readonly fingerprint: readonly [number, number];
  /** What the sender holds of the receiver: what was lost of its word on the way is said again. Zeros: nothing. */
  readonly yours: HeldVersion;
}

export interface Branches {
  readonly type: typeof MessageType.branches;
  readonly stream: StreamId | undefined;
  /** One for each leaf. */
  readonly fingerprints: readonly number[];
}

/** The versions of what is known of one node. */
export interface SummaryEntry extends HeldVersion {
  readonly tag: PeerTag;
}

/** All that the sender holds in some leaves. */
export interface Summary {
  readonly type: typeof MessageType.summary;
  readonly stream: StreamId | undefined;
  readonly leaves: readonly number[];
  readonly entries: readonly SummaryEntry[];
}

export interface News {
  readonly type: typeof MessageType.news;
  readonly entries: readonly SummaryEntry[];
}

/** Bits: a record, a link list. */
export const WantedWhat = { record: 1, links: 2, both: 3 } as const;
export type WantedWhat = (typeof WantedWhat)[keyof typeof WantedWhat];

export interface WantedEntry {
  readonly tag: PeerTag;
  readonly what: WantedWhat;
  /** The list that the sender has, so that a change may do; 0: none. */
  readonly linksSeqHeld: number;
}

export interface Wanted {
  readonly type: typeof MessageType.wanted;
  readonly entries: readonly WantedEntry[];
}

export type GraphMessage = Records | LinkLists | Digest | Branches | Summary | News | Wanted;

const NO_STREAM = new Uint8Array(ID_BYTES);
const VERSION_BYTES = TAG_BYTES + 6 + 4 + 4;
const WANTED_BYTES = TAG_BYTES + 1 + 4;

/** Bytes of a message on the wire, without encoding it. */
export function graphMessageBytes(message: GraphMessage): number {
  switch (message.type) {
    case MessageType.records:
      return message.records.reduce((bytes, record) => bytes + recordBytes(record), 2);
    case MessageType.links:
      return message.lists.reduce((bytes, form) => bytes + linkListFormBytes(form), 2);
    case MessageType.digest:
      return 1 + 1 + ID_BYTES + 2 + 2 + 8 + 14;
    case MessageType.branches:
      return 1 + ID_BYTES + 4 * LEAVES;
    case MessageType.summary:
      return 1 + ID_BYTES + 1 + message.leaves.length + 2 + message.entries.length * VERSION_BYTES;
    case MessageType.news:
      return 3 + message.entries.length * VERSION_BYTES;
    case MessageType.wanted:
      return 3 + message.entries.length * WANTED_BYTES;
  }
}

const streamBytes = (stream: StreamId | undefined): Uint8Array =>
  stream === undefined ? NO_STREAM : idBytes(stream);

function writeVersions(writer: ByteWriter, entries: readonly SummaryEntry[]): ByteWriter {
  writer.u16(entries.length);
  for (const { tag, epoch, seq, linksSeq } of entries)
    writer.bytes(tagBytes(tag)).u48(epoch).u32(seq).u32(linksSeq);
  return writer;
}

export function encodeGraphMessage(message: GraphMessage): Uint8Array {
  const writer = new ByteWriter(graphMessageBytes(message)).u8(message.type);
  switch (message.type) {
    case MessageType.records:
      writer.u8(message.records.length);
      for (const record of message.records) writeRecord(writer, record);
      break;
    case MessageType.links:
      writer.u8(message.lists.length);
      for (const form of message.lists) writeLinkList(writer, form);
      break;
    case MessageType.digest: {
      const [first, second] = message.fingerprint;
      writer.u8(message.level).bytes(streamBytes(message.stream));
      writer.u16(message.count).u16(message.nodes).u32(first).u32(second);
      writer.u48(message.yours.epoch).u32(message.yours.seq).u32(message.yours.linksSeq);
      break;
    }
    case MessageType.branches:
      writer.bytes(streamBytes(message.stream));
      for (const word of message.fingerprints) writer.u32(word);
      break;
    case MessageType.summary:
      writer.bytes(streamBytes(message.stream)).u8(message.leaves.length);
      for (const leaf of message.leaves) writer.u8(leaf);
      writeVersions(writer, message.entries);
      break;
    case MessageType.news:
      writeVersions(writer, message.entries);
      break;
    case MessageType.wanted:
      writer.u16(message.entries.length);
      for (const { tag, what, linksSeqHeld } of message.entries)
        writer.bytes(tagBytes(tag)).u8(what).u32(linksSeqHeld);
      break;
  }
  return writer.finish();
}

function readStream(reader: ByteReader): StreamId | undefined {
  const bytes = reader.bytes(ID_BYTES);
  return bytes.every((byte) => byte === 0) ? undefined : streamIdFromBytes(bytes);
}

function readVersions(reader: ByteReader, entriesMax: number): SummaryEntry[] | undefined {
  const count = reader.u16();
  if (count > entriesMax) return undefined;
  const entries: SummaryEntry[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const tag = tagFromBytes(reader.bytes(TAG_BYTES));
    entries.push({ tag, epoch: reader.u48(), seq: reader.u32(), linksSeq: reader.u32() });
  }
  return entries;
}

/** Reads a packet whose first byte was one of this file's types. */
export function decodeGraphMessage(type: GraphMessage['type'], reader: ByteReader): Decoded<GraphMessage> {
  switch (type) {
    case MessageType.records:
      return decodeList(reader, limits.recordsPerPacketMax, readRecord, (records) => ({ type, records }));
    case MessageType.links:
      return decodeList(reader, limits.linkListsPerPacketMax, readLinkList, (lists) => ({ type, lists }));
    case MessageType.digest: {
      const level = reader.u8();
      if (level > GraphLevel.whole) return undecodable(DecodeFailure.badField);
      const stream = readStream(reader);
      const count = reader.u16();
      const nodes = reader.u16();
      const fingerprint = [reader.u32(), reader.u32()] as const;
      const yours = { epoch: reader.u48(), seq: reader.u32(), linksSeq: reader.u32() };
      return decoded({ type, level: level as GraphLevel, stream, count, nodes, fingerprint, yours });
    }
    case MessageType.branches: {
      const stream = readStream(reader);
      const fingerprints = Array.from({ length: LEAVES }, () => reader.u32());
      return decoded({ type, stream, fingerprints });
    }
    case MessageType.summary:
      return decodeSummary(reader);
    case MessageType.news: {
      const entries = readVersions(reader, limits.newsPerPacketMax);
      return entries ? decoded({ type, entries }) : undecodable(DecodeFailure.oversized);
    }
    case MessageType.wanted:
      return decodeWanted(reader);
  }
}

function decodeList<T>(
  reader: ByteReader,
  itemsMax: number,
  read: (reader: ByteReader) => T | undefined,
  make: (items: T[]) => GraphMessage,
): Decoded<GraphMessage> {
  const count = reader.u8();
  if (count > itemsMax) return undecodable(DecodeFailure.oversized);
  const items: T[] = [];
  for (let i = 0; i < count; i++) {
    const item = read(reader);
    if (item === undefined)
      return undecodable(reader.failed ? DecodeFailure.truncated : DecodeFailure.badField);
    items.push(item);
  }
  return decoded(make(items));
}

function decodeSummary(reader: ByteReader): Decoded<GraphMessage> {
  const stream = readStream(reader);
  const count = reader.u8();
  const leaves: number[] = [];
  for (let i = 0; i < count && !reader.failed; i++) leaves.push(reader.u8());
  if (leaves.some((leaf, i) => leaf >= LEAVES || (i > 0 && leaf <= (leaves[i - 1] as number))))
    return undecodable(DecodeFailure.badField);
  const entries = readVersions(reader, limits.summaryEntriesMax);
  if (!entries) return undecodable(DecodeFailure.oversized);
  return decoded({ type: MessageType.summary, stream, leaves, entries });
}

function decodeWanted(reader: ByteReader): Decoded<GraphMessage> {
  const count = reader.u16();
  if (count > limits.wantedEntriesMax) return undecodable(DecodeFailure.oversized);
  const entries: WantedEntry[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const tag = tagFromBytes(reader.bytes(TAG_BYTES));
    const what = reader.u8();
    if (what < WantedWhat.record || what > WantedWhat.both) return undecodable(DecodeFailure.badField);
    entries.push({ tag, what: what as WantedWhat, linksSeqHeld: reader.u32() });
  }
  return decoded({ type: MessageType.wanted, entries });
}
