/**
 * The net graph on the wire.
 *
 *   record   32 public key · u8 role · u8 status · 20 stream (zeros: none) · u8 free slots · u48 epoch · u32 seq ·
 *            u16 seconds to live at most · 64 signature over "murmuration record" ‖ the bytes before it ·
 *            u16 seconds to live that are left (not signed; it only ever falls)                       = 133 bytes
 *   records  u8 type · u8 n · n × record
 *   digest   u8 type · u16 count · u32 · u32 fingerprint
 *   summary  u8 type · u16 n · n × (20 id · u48 epoch · u32 seq)
 *   wanted   u8 type · u16 n · n × 20 id
 */
import { type ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import {
  ID_BYTES,
  idBytes,
  type PeerId,
  peerIdFromBytes,
  type StreamId,
  streamIdFromBytes,
} from '../lib/ids.ts';
import { encodeUtf8 } from '../lib/utf8.ts';
import { limits } from './limits.ts';
import { isRole, PUBLIC_KEY_BYTES, type Role, SIGNATURE_BYTES } from './link-messages.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

export const RecordStatus = { present: 0, leaving: 1 } as const;
export type RecordStatus = (typeof RecordStatus)[keyof typeof RecordStatus];

/** (epoch, seq) in lexical order; the larger is the newer. */
export interface RecordVersion {
  readonly epoch: number;
  readonly seq: number;
}

/** What a node says of itself before it is signed. */
export interface RecordBody {
  readonly publicKey: Uint8Array;
  readonly role: Role;
  readonly status: RecordStatus;
  readonly stream: StreamId | undefined;
  readonly freeSlots: number;
  readonly version: RecordVersion;
  /** How long the record lives after its owner made it, in seconds. */
  readonly ttlMaxSeconds: number;
}

/** One node's membership record. */
export interface MembershipRecord extends RecordBody {
  /** First 20 bytes of SHA-256(public key), filled in at the gate; empty string straight from the decoder. */
  readonly id: PeerId;
  readonly signature: Uint8Array;
  /** What is left of its life in seconds, as the sender sees it. */
  readonly ttlSeconds: number;
}

export interface Records {
  readonly type: typeof MessageType.records;
  readonly records: readonly MembershipRecord[];
}

/** How many records a replica holds and a fingerprint of their versions: equal replicas have equal digests. */
export interface Digest {
  readonly type: typeof MessageType.digest;
  readonly count: number;
  readonly fingerprint: readonly [number, number];
}

export interface SummaryEntry {
  readonly id: PeerId;
  readonly version: RecordVersion;
}

export interface Summary {
  readonly type: typeof MessageType.summary;
  readonly entries: readonly SummaryEntry[];
}

export interface Wanted {
  readonly type: typeof MessageType.wanted;
  readonly ids: readonly PeerId[];
}

export type GraphMessage = Records | Digest | Summary | Wanted;

const RECORD_CONTEXT = encodeUtf8('murmuration record');
const NO_STREAM = new Uint8Array(ID_BYTES);

function writeBody(writer: ByteWriter, body: RecordBody): ByteWriter {
  return writer
    .bytes(body.publicKey)
    .u8(body.role)
    .u8(body.status)
    .bytes(body.stream === undefined ? NO_STREAM : idBytes(body.stream))
    .u8(body.freeSlots)
    .u48(body.version.epoch)
    .u32(body.version.seq)
    .u16(body.ttlMaxSeconds);
}

/** The bytes that a record's signature covers. */
export const recordSigningBytes = (body: RecordBody): Uint8Array =>
  concatBytes(RECORD_CONTEXT, writeBody(new ByteWriter(80), body).finish());

/** Appends one record; also used by the redirect answer. */
export function writeRecord(writer: ByteWriter, record: MembershipRecord): ByteWriter {
  return writeBody(writer, record).bytes(record.signature).u16(record.ttlSeconds);
}

/** Reads one record; undefined if a field is out of range. Its id is still empty: the gate computes and checks it. */
export function readRecord(reader: ByteReader): MembershipRecord | undefined {
  const publicKey = reader.bytes(PUBLIC_KEY_BYTES);
  const role = reader.u8();
  const status = reader.u8();
  const stream = reader.bytes(ID_BYTES);
  const freeSlots = reader.u8();
  const version = { epoch: reader.u48(), seq: reader.u32() };
  const ttlMaxSeconds = reader.u16();
  const signature = reader.bytes(SIGNATURE_BYTES);
  const ttlSeconds = Math.min(reader.u16(), ttlMaxSeconds);
  if (reader.failed || !isRole(role) || status > RecordStatus.leaving) return undefined;
  return {
    id: '' as PeerId,
    publicKey,
    role,
    status: status as RecordStatus,
    stream: stream.every((byte) => byte === 0) ? undefined : streamIdFromBytes(stream),
    freeSlots,
    version,
    ttlMaxSeconds,
    signature,
    ttlSeconds,
  };
}

export function encodeGraphMessage(message: GraphMessage): Uint8Array {
  switch (message.type) {
    case MessageType.records: {
      const writer = new ByteWriter(2 + message.records.length * 133)
        .u8(message.type)
        .u8(message.records.length);
      for (const record of message.records) writeRecord(writer, record);
      return writer.finish();
    }
    case MessageType.digest: {
      const [high, low] = message.fingerprint;
      return new ByteWriter(11).u8(message.type).u16(message.count).u32(high).u32(low).finish();
    }
    case MessageType.summary: {
      const writer = new ByteWriter(3 + message.entries.length * 30)
        .u8(message.type)
        .u16(message.entries.length);
      for (const { id, version } of message.entries)
        writer.bytes(idBytes(id)).u48(version.epoch).u32(version.seq);
      return writer.finish();
    }
    case MessageType.wanted: {
      const writer = new ByteWriter(3 + message.ids.length * ID_BYTES)
        .u8(message.type)
        .u16(message.ids.length);
      for (const id of message.ids) writer.bytes(idBytes(id));
      return writer.finish();
    }
  }
}

/** Reads a packet whose first byte was one of this file's types. */
export function decodeGraphMessage(type: GraphMessage['type'], reader: ByteReader): Decoded<GraphMessage> {
  switch (type) {
    case MessageType.records: {
      const count = reader.u8();
      if (count > limits.recordsPerPacketMax) return undecodable(DecodeFailure.oversized);
      const records: MembershipRecord[] = [];
      for (let i = 0; i < count; i++) {
        const record = readRecord(reader);
        if (!record) return undecodable(reader.failed ? DecodeFailure.truncated : DecodeFailure.badField);
        records.push(record);
      }
      return decoded({ type, records });
    }
    case MessageType.digest:
      return decoded({ type, count: reader.u16(), fingerprint: [reader.u32(), reader.u32()] });
    case MessageType.summary: {
      const count = reader.u16();
      if (count > limits.summaryEntriesMax) return undecodable(DecodeFailure.oversized);
      const entries: SummaryEntry[] = [];
      for (let i = 0; i < count && !reader.failed; i++) {
        const id = peerIdFromBytes(reader.bytes(ID_BYTES));
        entries.push({ id, version: { epoch: reader.u48(), seq: reader.u32() } });
      }
      return decoded({ type, entries });
    }
    case MessageType.wanted: {
      const count = reader.u16();
      if (count > limits.wantedIdsMax) return undecodable(DecodeFailure.oversized);
      const ids: PeerId[] = [];
      for (let i = 0; i < count && !reader.failed; i++) ids.push(peerIdFromBytes(reader.bytes(ID_BYTES)));
      return decoded({ type, ids });
    }
  }
}
