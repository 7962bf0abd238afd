/**
 * The host's word that an epoch of its stream is alive, and what it is like: all that a newcomer needs to check frames (PROTOCOL.md
 * R10). Its signature covers its bytes as they stand here, so not one of them may change by itself. Which beacons count is for gate
 * and relay to say; when the next is due, for node/host-beacons.ts.
 *
 *   beacon       u8 type · 20 stream · 32 host key · 16 nonce · u48 epoch · u32 counter · u32 next seq · u8 stripes ·
 *                u32 bits per second · u32 message bytes at most · u8 min votes · u8 n · n title (UTF-8) · 64 signature over "murmuration beacon" ‖ the bytes before it
 */
import { type ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import { ID_BYTES, idBytes, type StreamId, streamIdFromBytes } from '../lib/ids.ts';
import { decodeUtf8, encodeUtf8 } from '../lib/utf8.ts';
import { limits } from './limits.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './link-messages.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

export const STREAM_NONCE_BYTES = 16;

/** The host's word, every 2 s, that an epoch is alive, and all that a newcomer needs to check its frames. */
export interface Beacon {
  readonly type: typeof MessageType.beacon;
  readonly stream: StreamId;
  readonly hostKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly epoch: number;
  /** Counts the beacons of one epoch; a lower one is stale. */
  readonly counter: number;
  /** The seq that the next frame will have. */
  readonly nextSeq: number;
  readonly stripes: number;
  readonly bitsPerSecond: number;
  /** No message of the stream is larger (thesis 3.5.1: the maximum resource size). */
  readonly messageBytesMax: number;
  /** Frames are not signed, and so many votes make one believed (PROTOCOL.md R39); 0: frames are signed. */
  readonly minVotes: number;
  readonly title: string;
  readonly signature: Uint8Array;
}

const BEACON_CONTEXT = encodeUtf8('murmuration beacon');

function beaconBody(beacon: Omit<Beacon, 'signature' | 'type'>): Uint8Array {
  const title = encodeUtf8(beacon.title);
  return new ByteWriter(256)
    .u8(MessageType.beacon)
    .bytes(idBytes(beacon.stream))
    .bytes(beacon.hostKey)
    .bytes(beacon.nonce)
    .u48(beacon.epoch)
    .u32(beacon.counter)
    .u32(beacon.nextSeq)
    .u8(beacon.stripes)
    .u32(beacon.bitsPerSecond)
    .u32(beacon.messageBytesMax)
    .u8(beacon.minVotes)
    .u8(title.length)
    .bytes(title)
    .finish();
}

/** The bytes that a beacon's signature covers. */
export const beaconSigningBytes = (beacon: Omit<Beacon, 'signature' | 'type'>): Uint8Array =>
  concatBytes(BEACON_CONTEXT, beaconBody(beacon));

export const encodeBeacon = (beacon: Beacon): Uint8Array => concatBytes(beaconBody(beacon), beacon.signature);

/** Reads a packet whose first byte was a beacon's. */
export function decodeBeacon(reader: ByteReader): Decoded<Beacon> {
  const stream = streamIdFromBytes(reader.bytes(ID_BYTES));
  const hostKey = reader.bytes(PUBLIC_KEY_BYTES);
  const nonce = reader.bytes(STREAM_NONCE_BYTES);
  const epoch = reader.u48();
  const counter = reader.u32();
  const nextSeq = reader.u32();
  const stripes = reader.u8();
  const bitsPerSecond = reader.u32();
  const messageBytesMax = reader.u32();
  const minVotes = reader.u8();
  const titleLength = reader.u8();
  if (titleLength > limits.titleBytesMax || minVotes > limits.minVotesMax) {
    return undecodable(DecodeFailure.badField);
  }
  if (stripes < 1 || stripes > limits.stripesMax) {
    return undecodable(DecodeFailure.badField);
  }
  const title = decodeUtf8(reader.bytes(titleLength));
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (title === undefined) return undecodable(DecodeFailure.badField);
  const type = MessageType.beacon;
  return decoded({
    type,
    stream,
    hostKey,
    nonce,
    epoch,
    counter,
    nextSeq,
    stripes,
    bitsPerSecond,
    messageBytesMax,
    minVotes,
    title,
    signature,
  });
}
