/**
 * The frame: the signed, hashed, voted unit of relay. Its packet is forwarded byte for byte.
 *
 *   offset  size
 *        0     1  type (0x11)
 *        1    20  stream
 *       21     6  epoch (u48, milliseconds)
 *       27     4  seq
 *       31     1  flags: bit 0 key (the message is a point to start from), bits 1–7 zero
 *       32     2  index of this frame in its message
 *       34     2  count of frames in its message
 *       36     4  key seq: first frame of the newest key message at or before this frame
 *       40     n  payload
 *    40 + n    64  signature: Ed25519 over "murmuration frame" ‖ hash
 *
 * The hash is SHA-256 over bytes 0 to 40 + n: header and payload, so equal content under another seq is another frame.
 */
import { ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import { ID_BYTES, idBytes, type StreamId, streamIdFromBytes } from '../lib/ids.ts';
import { encodeUtf8 } from '../lib/utf8.ts';
import { limits } from './limits.ts';
import { SIGNATURE_BYTES } from './link-messages.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

export const FRAME_HEADER_BYTES = 40;
/** Bytes of a frame's hash that a vote carries. */
export const VOTE_HASH_BYTES = 16;

export interface FrameHeader {
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seq: number;
  readonly key: boolean;
  readonly index: number;
  readonly count: number;
  readonly keySeq: number;
}

export interface FramePacket {
  readonly type: typeof MessageType.frame;
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What the hash covers: header and payload as sent. */
  readonly hashed: Uint8Array;
  /** The whole packet, to be forwarded as it is. */
  readonly packet: Uint8Array;
}

const FRAME_CONTEXT = encodeUtf8('murmuration frame');

/** The bytes that a frame's signature covers. */
export const frameSigningBytes = (hash: Uint8Array): Uint8Array => concatBytes(FRAME_CONTEXT, hash);

/** Header and payload: what is hashed, and the packet less its signature. */
export function encodeUnsignedFrame(header: FrameHeader, payload: Uint8Array): Uint8Array {
  return new ByteWriter(FRAME_HEADER_BYTES + payload.length)
    .u8(MessageType.frame)
    .bytes(idBytes(header.stream))
    .u48(header.epoch)
    .u32(header.seq)
    .u8(header.key ? 1 : 0)
    .u16(header.index)
    .u16(header.count)
    .u32(header.keySeq)
    .bytes(payload)
    .finish();
}

export function decodeFrame(packet: Uint8Array): Decoded<FramePacket> {
  if (packet.length < FRAME_HEADER_BYTES + SIGNATURE_BYTES) return undecodable(DecodeFailure.truncated);
  const reader = new ByteReader(packet, 1);
  const stream = streamIdFromBytes(reader.bytes(ID_BYTES));
  const epoch = reader.u48();
  const seq = reader.u32();
  const flags = reader.u8();
  const index = reader.u16();
  const count = reader.u16();
  const keySeq = reader.u32();
  if (flags > 1 || index >= count || keySeq > seq || index > seq) return undecodable(DecodeFailure.badField);
  const key = flags === 1;
  if (key && keySeq !== seq - index) return undecodable(DecodeFailure.badField);
  const signatureAt = packet.length - SIGNATURE_BYTES;
  if (signatureAt - FRAME_HEADER_BYTES > limits.framePayloadBytesMax)
    return undecodable(DecodeFailure.oversized);
  return decoded({
    type: MessageType.frame,
    header: { stream, epoch, seq, key, index, count, keySeq },
    payload: packet.subarray(FRAME_HEADER_BYTES, signatureAt),
    signature: packet.subarray(signatureAt),
    hashed: packet.subarray(0, signatureAt),
    packet,
  });
}
