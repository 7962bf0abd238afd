/**
 * What two supernodes say to each other besides the graph and signals (PROTOCOL.md R40).
 *
 *   trunk proof  u8 type · 64 signature over "murmuration trunk" ‖ channel binding (32) ‖ 32 public key of who it is for
 */
import { type ByteReader, concatBytes } from '../lib/bytes.ts';
import { encodeUtf8 } from '../lib/utf8.ts';
import { SIGNATURE_BYTES } from './link-messages.ts';
import type { MessageType } from './message-type.ts';
import { type Decoded, decoded } from './result.ts';

/** A supernode's word that it means this very supernode at the other end: a hello alone could have been passed on by another. */
export interface TrunkProof {
  readonly type: typeof MessageType.trunkProof;
  readonly signature: Uint8Array;
}

const CONTEXT = encodeUtf8('murmuration trunk');

/** The bytes that the signature covers. `receiverKey`: the public key in the other end's hello. */
export const trunkProofSigningBytes = (binding: Uint8Array, receiverKey: Uint8Array): Uint8Array =>
  concatBytes(CONTEXT, binding, receiverKey);

export const encodeTrunkMessage = ({ type, signature }: TrunkProof): Uint8Array =>
  concatBytes(Uint8Array.of(type), signature);

/** Reads a packet whose first byte was one of this file's types. */
export const decodeTrunkMessage = (type: TrunkProof['type'], reader: ByteReader): Decoded<TrunkProof> =>
  decoded({ type, signature: reader.bytes(SIGNATURE_BYTES) });
