/**
 * What a node says of itself in the net graph (PROTOCOL.md R18).
 *
 *   record   32 public key · u8 role · u8 status · 20 stream (zeros: none) · u8 free slots · u8 depth (255: none) ·
 *            u8 links · u8 n (≤ 4) · n × 9 tag of a supernode · u48 epoch · u32 seq · u16 seconds to live at most ·
 *            64 signature over "murmuration record" ‖ the bytes before it ·
 *            u16 seconds to live that are left (not signed; it only ever falls)                    = 136 + 9n bytes
 */
import { type ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import {
  ID_BYTES,
  idBytes,
  type PeerId,
  type PeerTag,
  type StreamId,
  streamIdFromBytes,
  TAG_BYTES,
  tagBytes,
  tagFromBytes,
} from '../lib/ids.ts';
import { encodeUtf8 } from '../lib/utf8.ts';
import { limits } from './limits.ts';
import { isRole, PUBLIC_KEY_BYTES, type Role, SIGNATURE_BYTES } from './link-messages.ts';

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
  /** Hops from the host; 255: none. */
  readonly depth: number;
  /** Open links to members. */
  readonly links: number;
  /** Supernodes through which it can be reached, at most 4. */
  readonly supernodes: readonly PeerTag[];
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

const RECORD_CONTEXT = encodeUtf8('murmuration record');
const NO_STREAM = new Uint8Array(ID_BYTES);
const RECORD_BYTES_MIN = 136;

/** Bytes that a record takes on the wire. */
export const recordBytes = ({ supernodes }: RecordBody): number =>
  RECORD_BYTES_MIN + TAG_BYTES * supernodes.length;

function writeBody(writer: ByteWriter, body: RecordBody): ByteWriter {
  writer
    .bytes(body.publicKey)
    .u8(body.role)
    .u8(body.status)
    .bytes(body.stream === undefined ? NO_STREAM : idBytes(body.stream))
    .u8(body.freeSlots)
    .u8(body.depth)
    .u8(body.links)
    .u8(body.supernodes.length);
  for (const tag of body.supernodes) writer.bytes(tagBytes(tag));
  return writer.u48(body.version.epoch).u32(body.version.seq).u16(body.ttlMaxSeconds);
}

/** The bytes that a record's signature covers. */
export const recordSigningBytes = (body: RecordBody): Uint8Array =>
  concatBytes(RECORD_CONTEXT, writeBody(new ByteWriter(120), body).finish());

/** Appends one record; also used by the redirect answer. */
export function writeRecord(writer: ByteWriter, record: MembershipRecord): ByteWriter {
  return writeBody(writer, record).bytes(record.signature).u16(record.ttlSeconds);
}

/**
 * Reads one record; undefined if a field is out of range. Whoever keeps it does not keep the packet: key and signature are copies, which
 * take less memory than views. Its id is still empty: the gate computes and checks it.
 */
export function readRecord(reader: ByteReader): MembershipRecord | undefined {
  const publicKey = reader.bytes(PUBLIC_KEY_BYTES).slice();
  const role = reader.u8();
  const status = reader.u8();
  const stream = reader.bytes(ID_BYTES);
  const freeSlots = reader.u8();
  const depth = reader.u8();
  const links = reader.u8();
  const count = reader.u8();
  if (count > limits.supernodesPerRecordMax) return undefined;
  const supernodes: PeerTag[] = [];
  for (let i = 0; i < count; i++) supernodes.push(tagFromBytes(reader.bytes(TAG_BYTES)));
  const version = { epoch: reader.u48(), seq: reader.u32() };
  const ttlMaxSeconds = reader.u16();
  const signature = reader.bytes(SIGNATURE_BYTES).slice();
  const ttlSeconds = Math.min(reader.u16(), ttlMaxSeconds);
  if (reader.failed || !isRole(role) || status > RecordStatus.leaving) return undefined;
  return {
    id: '' as PeerId,
    publicKey,
    role,
    status: status as RecordStatus,
    stream: stream.every((byte) => byte === 0) ? undefined : streamIdFromBytes(stream),
    freeSlots,
    depth,
    links,
    supernodes,
    version,
    ttlMaxSeconds,
    signature,
    ttlSeconds,
  };
}
