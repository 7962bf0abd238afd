/**
 * What a host signed for one seq, without the payload: the header's own part, the payload's hash and the signature. Two that differ
 * for one (stream, epoch, seq) prove that the host equivocates (PROTOCOL.md R38). Stream, epoch and seq stand once before
 * both, so a proof that mixes frames cannot even be written.
 *
 *   frame head    u8 type · 20 stream · u48 epoch · u32 seq · head                    = 136 bytes
 *   equivocation  u8 type · 20 stream · u48 epoch · u32 seq · head · another head     = 241 bytes
 *
 *   head          u8 flags · u16 index · u16 count · u32 key seq · 32 SHA-256 of the payload · 64 signature
 */
import { type ByteReader, ByteWriter, equalBytes } from '../lib/bytes.ts';
import { ID_BYTES, idBytes, type StreamId, streamIdFromBytes } from '../lib/ids.ts';
import {
  encodeFrameBody,
  type FrameHeader,
  frameFlags,
  frameHash,
  isPossible,
  readFrameFlags,
} from './frame.ts';
import { SIGNATURE_BYTES } from './link-messages.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

const PAYLOAD_HASH_BYTES = 32;
const FRAME_HEAD_BYTES = 136;
const EQUIVOCATION_BYTES = 241;

/** What binds a frame's header and payload to its host. */
export interface FrameSeal {
  /** SHA-256 of the payload, 32 bytes. */
  readonly payloadHash: Uint8Array;
  /** The frame's, 64 bytes. */
  readonly signature: Uint8Array;
}

export interface SignedHead
  extends FrameSeal,
    Pick<FrameHeader, 'key' | 'bundle' | 'index' | 'count' | 'keySeq'> {}

interface Place {
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seq: number;
}

/** Told to a neighbour that voted for another hash than the frame has that is held here. */
export interface FrameHead extends Place {
  readonly type: typeof MessageType.frameHead;
  readonly head: SignedHead;
}

/** The proof that a host signed two frames for one seq. */
export interface Equivocation extends Place {
  readonly type: typeof MessageType.equivocation;
  readonly heads: readonly [SignedHead, SignedHead];
}

const NO_PAYLOAD = new Uint8Array(0);

/** The hash that the signature of a head covers, 32 bytes. */
export const headHash = ({ stream, epoch, seq }: Place, head: SignedHead): Uint8Array =>
  frameHash(encodeFrameBody({ stream, epoch, seq, ...head }, NO_PAYLOAD), head.payloadHash);

function writePlace(writer: ByteWriter, message: FrameHead | Equivocation): ByteWriter {
  return writer.u8(message.type).bytes(idBytes(message.stream)).u48(message.epoch).u32(message.seq);
}

function writeHead(writer: ByteWriter, head: SignedHead): ByteWriter {
  writer.u8(frameFlags(head, true)).u16(head.index).u16(head.count).u32(head.keySeq);
  return writer.bytes(head.payloadHash).bytes(head.signature);
}

export function encodeFrameHead(message: FrameHead | Equivocation): Uint8Array {
  if (message.type === MessageType.frameHead)
    return writeHead(writePlace(new ByteWriter(FRAME_HEAD_BYTES), message), message.head).finish();
  const writer = writePlace(new ByteWriter(EQUIVOCATION_BYTES), message);
  for (const head of message.heads) writeHead(writer, head);
  return writer.finish();
}

function readHead(reader: ByteReader, seq: number): SignedHead | undefined {
  const flags = readFrameFlags(reader.u8());
  const place = { index: reader.u16(), count: reader.u16(), keySeq: reader.u32() };
  const payloadHash = reader.bytes(PAYLOAD_HASH_BYTES);
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (!flags?.signed) return undefined;
  const fields = { key: flags.key, bundle: flags.bundle, ...place };
  return isPossible({ seq, ...fields }) ? { ...fields, payloadHash, signature } : undefined;
}

/** Equal heads hash alike, whatever their signatures are. */
const isSame = (a: SignedHead, b: SignedHead): boolean =>
  a.key === b.key &&
  a.bundle === b.bundle &&
  a.index === b.index &&
  a.count === b.count &&
  a.keySeq === b.keySeq &&
  equalBytes(a.payloadHash, b.payloadHash);

/** Reads a packet whose first byte was one of this file's types. Two equal heads prove nothing: a bad field. */
export function decodeFrameHead(
  type: (FrameHead | Equivocation)['type'],
  reader: ByteReader,
): Decoded<FrameHead | Equivocation> {
  const place = { stream: streamIdFromBytes(reader.bytes(ID_BYTES)), epoch: reader.u48(), seq: reader.u32() };
  const head = readHead(reader, place.seq);
  if (!head) return undecodable(DecodeFailure.badField);
  if (type === MessageType.frameHead) return decoded({ type, ...place, head });
  const other = readHead(reader, place.seq);
  if (!other || isSame(head, other)) return undecodable(DecodeFailure.badField);
  return decoded({ type, ...place, heads: [head, other] });
}
