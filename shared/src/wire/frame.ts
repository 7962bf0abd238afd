/**
 * The frame: the signed, hashed, voted unit of relay. Its packet is forwarded byte for byte. In a stream whose frames are not signed
 * (PROTOCOL.md R39) it ends with its payload.
 *
 *   offset  size
 *        0     1  type (0x11)
 *        1    20  stream
 *       21     6  epoch (u48, milliseconds)
 *       27     4  seq
 *       31     1  flags: bit 0 key (the message is a point to start from), bit 1 no signature, bit 2 bundle (message-bundle.ts),
 *                 bits 3–7 zero
 *       32     2  index of this frame in its message
 *       34     2  count of frames in its message
 *       36     4  key seq: first frame of the newest key message at or before this frame
 *       40     n  payload
 *    40 + n    64  signature: Ed25519 over "murmuration frame" ‖ hash; not there if flags say so
 *
 * The hash is SHA-256 over the header (bytes 0 to 40) and the SHA-256 of the payload: equal content under another seq is another
 * frame, and what the host signed can be shown without the payload (frame-head.ts).
 */
import { ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import { ID_BYTES, idBytes, type StreamId, streamIdFromBytes } from '../lib/ids.ts';
import { sha256 } from '../lib/sha256.ts';
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
  /** Whether the payload is a bundle of messages: such a frame stands alone. */
  readonly bundle: boolean;
  readonly index: number;
  readonly count: number;
  readonly keySeq: number;
}

export interface FramePacket {
  readonly type: typeof MessageType.frame;
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
  /** Undefined: the frame says that it has none. */
  readonly signature: Uint8Array | undefined;
  /** The whole packet, to be forwarded as it is. */
  readonly packet: Uint8Array;
}

const FRAME_CONTEXT = encodeUtf8('murmuration frame');

/** The bytes that a frame's signature covers. */
export const frameSigningBytes = (hash: Uint8Array): Uint8Array => concatBytes(FRAME_CONTEXT, hash);

/**
 * A frame's hash, 32 bytes. It is made at once: the long part of the work is in the payload's hash.
 * @param packet begins with the frame's header
 * @param payloadHash SHA-256 of the payload, 32 bytes
 */
export const frameHash = (packet: Uint8Array, payloadHash: Uint8Array): Uint8Array =>
  sha256(concatBytes(packet.subarray(0, FRAME_HEADER_BYTES), payloadHash));

const FrameFlag = { key: 1, unsigned: 2, bundle: 4 } as const;
const FRAME_FLAGS_MAX = 7;
const FLAGS_AT = 31;

/** The flags of a frame, by what its host says of its message and whether a signature follows. */
export const frameFlags = ({ key, bundle }: Pick<FrameHeader, 'key' | 'bundle'>, signed: boolean): number =>
  (key ? FrameFlag.key : 0) | (signed ? 0 : FrameFlag.unsigned) | (bundle ? FrameFlag.bundle : 0);

/** What {@link frameFlags} made; undefined if it cannot have made them. */
export const readFrameFlags = (
  flags: number,
): { key: boolean; bundle: boolean; signed: boolean } | undefined =>
  flags > FRAME_FLAGS_MAX
    ? undefined
    : {
        key: (flags & FrameFlag.key) !== 0,
        bundle: (flags & FrameFlag.bundle) !== 0,
        signed: (flags & FrameFlag.unsigned) === 0,
      };

/**
 * Header and payload: the packet less its signature.
 * @param signed whether a signature is to follow; if not, this is the packet
 */
export const encodeFrameBody = (header: FrameHeader, payload: Uint8Array, signed = true): Uint8Array =>
  writeFrame(new ByteWriter(FRAME_HEADER_BYTES + payload.length), header, payload, signed).finish();

/**
 * A signed frame's whole packet, with zeros where {@link sealFrame} puts the signature: it is laid out once, and not copied when the
 * signature is there.
 */
export const encodeUnsealedFrame = (header: FrameHeader, payload: Uint8Array): Uint8Array =>
  writeFrame(new ByteWriter(FRAME_HEADER_BYTES + payload.length + SIGNATURE_BYTES), header, payload, true)
    .bytes(NO_SIGNATURE_YET)
    .finish();

/** Completes what {@link encodeUnsealedFrame} began, in place. */
export const sealFrame = (packet: Uint8Array, signature: Uint8Array): void =>
  packet.set(signature, packet.length - SIGNATURE_BYTES);

const NO_SIGNATURE_YET = new Uint8Array(SIGNATURE_BYTES);

const writeFrame = (
  writer: ByteWriter,
  header: FrameHeader,
  payload: Uint8Array,
  signed: boolean,
): ByteWriter =>
  writer
    .u8(MessageType.frame)
    .bytes(idBytes(header.stream))
    .u48(header.epoch)
    .u32(header.seq)
    .u8(frameFlags(header, signed))
    .u16(header.index)
    .u16(header.count)
    .u32(header.keySeq)
    .bytes(payload);

/** Bytes that follow a frame's payload, by its flags. */
export const frameTrailerBytes = (packet: Uint8Array): number =>
  ((packet[FLAGS_AT] ?? 0) & FrameFlag.unsigned) === 0 ? SIGNATURE_BYTES : 0;

/** Whether a host that keeps to R8 can have signed such a header. */
export const isPossible = ({
  seq,
  key,
  bundle,
  index,
  count,
  keySeq,
}: Omit<FrameHeader, 'stream' | 'epoch'>): boolean =>
  index < count &&
  index <= seq &&
  keySeq <= seq &&
  (!key || keySeq === seq - index) &&
  (!bundle || count === 1);

export function decodeFrame(packet: Uint8Array): Decoded<FramePacket> {
  if (packet.length < FRAME_HEADER_BYTES) return undecodable(DecodeFailure.truncated);
  const reader = new ByteReader(packet, 1);
  const stream = streamIdFromBytes(reader.bytes(ID_BYTES));
  const epoch = reader.u48();
  const seq = reader.u32();
  const flags = readFrameFlags(reader.u8());
  const index = reader.u16();
  const count = reader.u16();
  const keySeq = reader.u32();
  const signatureAt = packet.length - frameTrailerBytes(packet);
  if (signatureAt < FRAME_HEADER_BYTES) return undecodable(DecodeFailure.truncated);
  if (!flags) return undecodable(DecodeFailure.badField);
  const header = { stream, epoch, seq, key: flags.key, bundle: flags.bundle, index, count, keySeq };
  if (!isPossible(header)) return undecodable(DecodeFailure.badField);
  if (signatureAt - FRAME_HEADER_BYTES > limits.framePayloadBytesMax)
    return undecodable(DecodeFailure.oversized);
  return decoded({
    type: MessageType.frame,
    header,
    payload: packet.subarray(FRAME_HEADER_BYTES, signatureAt),
    signature: signatureAt < packet.length ? packet.subarray(signatureAt) : undefined,
    packet,
  });
}
