/**
 * What a node and a supernode say to each other besides the graph.
 *
 *   redirect request  u8 type · u8 intent (0 join, 1 host) · 20 stream (zeros when hosting)
 *   redirect answer   u8 type · 16 nonce proposed · u8 m · m × record inside the stream · u8 n · n × record outside
 *   signal            u8 type · 20 to · 20 from · u32 session · u16 n · n opaque payload · 32 public key of from ·
 *                     64 signature over "murmuration signal" ‖ 20 to · 20 from · u32 session · payload · way
 *   signal failed     u8 type · 20 to · 20 from · u32 session · u8 reason · u8 r · r × 20 route still ahead
 *                     (to, from: those of the signal that failed)
 *   way               u8 r · r × 20 route still ahead · u8 p · p × 20 path so far; r + p ≤ 8
 *
 * A signal's payload is opaque: a supernode that forwards it reads no more than the envelope and passes it on as it is.
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
import { STREAM_NONCE_BYTES } from './beacon.ts';
import { limits } from './limits.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './link-messages.ts';
import { type MembershipRecord, readRecord, writeRecord } from './membership-record.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

export const RedirectIntent = { join: 0, host: 1 } as const;
export type RedirectIntent = (typeof RedirectIntent)[keyof typeof RedirectIntent];

export interface RedirectRequest {
  readonly type: typeof MessageType.redirectRequest;
  readonly intent: RedirectIntent;
  /** The stream to join; undefined when hosting a new one. */
  readonly stream: StreamId | undefined;
}

export interface RedirectAnswer {
  readonly type: typeof MessageType.redirectAnswer;
  /** A nonce that a new host may take for its stream id. */
  readonly nonce: Uint8Array;
  /** Members of the stream, best first. */
  readonly inside: readonly MembershipRecord[];
  /** Members of other streams. */
  readonly outside: readonly MembershipRecord[];
}

export interface Signal {
  readonly type: typeof MessageType.signal;
  readonly to: PeerId;
  readonly from: PeerId;
  /** Chosen by the one that dials; the same in both directions. */
  readonly session: number;
  readonly payload: Uint8Array;
  /** The sender's key, which makes its id. */
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  /** Through the mesh: whom it goes to next, and so on; empty where those on the way find the next by themselves. */
  readonly route: readonly PeerId[];
  /** Through the mesh: who passed it on so far. */
  readonly path: readonly PeerId[];
}

export const SignalFailure = { unknownPeer: 0, tooFast: 1, slowReceiver: 2, noRoom: 3, noRoute: 4 } as const;
export type SignalFailure = (typeof SignalFailure)[keyof typeof SignalFailure];

/** Told to `from`: its signal did not reach `to`, or `to` will not take the link. */
export interface SignalFailed {
  readonly type: typeof MessageType.signalFailed;
  readonly to: PeerId;
  readonly from: PeerId;
  readonly session: number;
  readonly reason: SignalFailure;
  /** Through the mesh: the way back to `from`. */
  readonly route: readonly PeerId[];
}

export type SupernodeMessage = RedirectRequest | RedirectAnswer | Signal | SignalFailed;

/** Records in one half of a redirect answer. */
export const REDIRECT_RECORDS_MAX = 32;
const NO_STREAM = new Uint8Array(ID_BYTES);
const SIGNAL_CONTEXT = encodeUtf8('murmuration signal');

/** The bytes that a signal's signature covers. */
export const signalSigningBytes = ({
  to,
  from,
  session,
  payload,
}: Pick<Signal, 'to' | 'from' | 'session' | 'payload'>): Uint8Array =>
  concatBytes(
    SIGNAL_CONTEXT,
    new ByteWriter(44).bytes(idBytes(to)).bytes(idBytes(from)).u32(session).finish(),
    payload,
  );

function writeIds(writer: ByteWriter, ids: readonly PeerId[]): ByteWriter {
  writer.u8(ids.length);
  for (const id of ids) writer.bytes(idBytes(id));
  return writer;
}

function readIds(reader: ByteReader): PeerId[] | undefined {
  const count = reader.u8();
  if (count > limits.routeIdsMax) return undefined;
  return Array.from({ length: count }, () => peerIdFromBytes(reader.bytes(ID_BYTES)));
}

export function encodeSupernodeMessage(message: SupernodeMessage): Uint8Array {
  switch (message.type) {
    case MessageType.redirectRequest:
      return new ByteWriter(22)
        .u8(message.type)
        .u8(message.intent)
        .bytes(message.stream === undefined ? NO_STREAM : idBytes(message.stream))
        .finish();
    case MessageType.redirectAnswer: {
      const writer = new ByteWriter(1024).u8(message.type).bytes(message.nonce);
      for (const half of [message.inside, message.outside]) {
        writer.u8(half.length);
        for (const record of half) writeRecord(writer, record);
      }
      return writer.finish();
    }
    case MessageType.signal: {
      const writer = new ByteWriter(160 + message.payload.length)
        .u8(message.type)
        .bytes(idBytes(message.to))
        .bytes(idBytes(message.from))
        .u32(message.session)
        .u16(message.payload.length)
        .bytes(message.payload)
        .bytes(message.publicKey)
        .bytes(message.signature);
      return writeIds(writeIds(writer, message.route), message.path).finish();
    }
    case MessageType.signalFailed: {
      const writer = new ByteWriter(64)
        .u8(message.type)
        .bytes(idBytes(message.to))
        .bytes(idBytes(message.from))
        .u32(message.session)
        .u8(message.reason);
      return writeIds(writer, message.route).finish();
    }
  }
}

/** Reads a packet whose first byte was one of this file's types. */
export function decodeSupernodeMessage(
  type: SupernodeMessage['type'],
  reader: ByteReader,
): Decoded<SupernodeMessage> {
  switch (type) {
    case MessageType.redirectRequest: {
      const intent = reader.u8();
      const stream = reader.bytes(ID_BYTES);
      if (intent > RedirectIntent.host) return undecodable(DecodeFailure.badField);
      const none = stream.every((byte) => byte === 0);
      if (none && intent === RedirectIntent.join) return undecodable(DecodeFailure.badField);
      return decoded({
        type,
        intent: intent as RedirectIntent,
        stream: none ? undefined : streamIdFromBytes(stream),
      });
    }
    case MessageType.redirectAnswer: {
      const nonce = reader.bytes(STREAM_NONCE_BYTES);
      const halves: MembershipRecord[][] = [[], []];
      for (const half of halves) {
        const count = reader.u8();
        if (count > REDIRECT_RECORDS_MAX) return undecodable(DecodeFailure.oversized);
        for (let i = 0; i < count; i++) {
          const record = readRecord(reader);
          if (!record) return undecodable(reader.failed ? DecodeFailure.truncated : DecodeFailure.badField);
          half.push(record);
        }
      }
      return decoded({ type, nonce, inside: halves[0] ?? [], outside: halves[1] ?? [] });
    }
    case MessageType.signal: {
      const to = peerIdFromBytes(reader.bytes(ID_BYTES));
      const from = peerIdFromBytes(reader.bytes(ID_BYTES));
      const session = reader.u32();
      const length = reader.u16();
      if (length > limits.signalBytesMax) return undecodable(DecodeFailure.oversized);
      const payload = reader.bytes(length);
      const publicKey = reader.bytes(PUBLIC_KEY_BYTES);
      const signature = reader.bytes(SIGNATURE_BYTES);
      const route = readIds(reader);
      const path = readIds(reader);
      if (!route || !path || route.length + path.length > limits.routeIdsMax)
        return undecodable(DecodeFailure.badField);
      return decoded({ type, to, from, session, payload, publicKey, signature, route, path });
    }
    case MessageType.signalFailed: {
      const to = peerIdFromBytes(reader.bytes(ID_BYTES));
      const from = peerIdFromBytes(reader.bytes(ID_BYTES));
      const session = reader.u32();
      const reason = reader.u8();
      const route = readIds(reader);
      if (reason > SignalFailure.noRoute || !route) return undecodable(DecodeFailure.badField);
      return decoded({ type, to, from, session, reason: reason as SignalFailure, route });
    }
  }
}
