/**
 * What a node and a supernode say to each other besides the graph.
 *
 *   redirect request  u8 type · u8 intent (0 join, 1 host) · 20 stream (zeros when hosting)
 *   redirect answer   u8 type · 16 nonce proposed · u8 m · m × record inside the stream · u8 n · n × record outside
 *   signal            u8 type · 20 to · 20 from · u32 session · u16 n · n opaque payload
 *   signal failed     u8 type · 20 to · 20 from · u32 session · u8 reason (to, from: those of the signal that failed)
 *
 * A signal's payload is opaque: whoever forwards it reads the envelope's first 45 bytes and passes the packet on as it is.
 */
import { type ByteReader, ByteWriter } from '../lib/bytes.ts';
import {
  ID_BYTES,
  idBytes,
  type PeerId,
  peerIdFromBytes,
  type StreamId,
  streamIdFromBytes,
} from '../lib/ids.ts';
import { type MembershipRecord, readRecord, writeRecord } from './graph-messages.ts';
import { limits } from './limits.ts';
import { MessageType } from './message-type.ts';
import { STREAM_NONCE_BYTES } from './relay-messages.ts';
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
}

export const SignalFailure = { unknownPeer: 0, tooFast: 1, slowReceiver: 2, noRoom: 3 } as const;
export type SignalFailure = (typeof SignalFailure)[keyof typeof SignalFailure];

/** Told to `from`: its signal did not reach `to`, or `to` will not take the link. */
export interface SignalFailed {
  readonly type: typeof MessageType.signalFailed;
  readonly to: PeerId;
  readonly from: PeerId;
  readonly session: number;
  readonly reason: SignalFailure;
}

export type SupernodeMessage = RedirectRequest | RedirectAnswer | Signal | SignalFailed;

/** Records in one half of a redirect answer. */
export const REDIRECT_RECORDS_MAX = 32;
const NO_STREAM = new Uint8Array(ID_BYTES);

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
    case MessageType.signal:
      return new ByteWriter(48 + message.payload.length)
        .u8(message.type)
        .bytes(idBytes(message.to))
        .bytes(idBytes(message.from))
        .u32(message.session)
        .u16(message.payload.length)
        .bytes(message.payload)
        .finish();
    case MessageType.signalFailed:
      return new ByteWriter(46)
        .u8(message.type)
        .bytes(idBytes(message.to))
        .bytes(idBytes(message.from))
        .u32(message.session)
        .u8(message.reason)
        .finish();
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
      return decoded({ type, to, from, session, payload: reader.bytes(length) });
    }
    case MessageType.signalFailed: {
      const to = peerIdFromBytes(reader.bytes(ID_BYTES));
      const from = peerIdFromBytes(reader.bytes(ID_BYTES));
      const session = reader.u32();
      const reason = reader.u8();
      if (reason > SignalFailure.noRoom) return undecodable(DecodeFailure.badField);
      return decoded({ type, to, from, session, reason: reason as SignalFailure });
    }
  }
}
