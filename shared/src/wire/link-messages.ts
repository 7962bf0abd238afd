/**
 * What every link speaks: hello, goodbye, heartbeat.
 *
 *   hello     u8 type · u8 version · u8 role · 20 stream (zeros: none) · 32 public key · 64 signature
 *             signature: Ed25519 (RFC 8032) over "murmuration hello" ‖ channel binding (32) ‖ the bytes before the signature
 *   goodbye   u8 type · u8 reason
 *   ping/pong u8 type · u32 number
 */
import { type ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import { ID_BYTES, idBytes, type StreamId, streamIdFromBytes } from '../lib/ids.ts';
import { encodeUtf8 } from '../lib/utf8.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

export const PROTOCOL_VERSION = 1;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

export const Role = { supernode: 0, host: 1, viewer: 2 } as const;
export type Role = (typeof Role)[keyof typeof Role];

export const isRole = (value: number): value is Role => value >= 0 && value <= 2;

export interface Hello {
  readonly type: typeof MessageType.hello;
  readonly version: number;
  readonly role: Role;
  /** The subnetwork that the sender belongs to; undefined for a supernode. */
  readonly stream: StreamId | undefined;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** Why a link ends, as told to the other side. */
export const GoodbyeReason = {
  leaving: 0,
  tooManyLinks: 1,
  duplicateLink: 2,
  badPacket: 3,
  forgedFrame: 4,
  wrongIdentity: 5,
  wrongVersion: 6,
  tooFast: 7,
  unneeded: 8,
  shuttingDown: 9,
  timeout: 10,
  /** Between supernodes: the other end is not on the list of this one's operator. */
  notListed: 11,
} as const;
export type GoodbyeReason = (typeof GoodbyeReason)[keyof typeof GoodbyeReason];

export interface Goodbye {
  readonly type: typeof MessageType.goodbye;
  readonly reason: GoodbyeReason;
}

/** Ping asks for a pong with the same number. */
export interface Heartbeat {
  readonly type: typeof MessageType.ping | typeof MessageType.pong;
  readonly number: number;
}

export type LinkMessage = Hello | Goodbye | Heartbeat;

const HELLO_CONTEXT = encodeUtf8('murmuration hello');
const NO_STREAM = new Uint8Array(ID_BYTES);

function helloBody(hello: Omit<Hello, 'signature' | 'type'>): Uint8Array {
  return new ByteWriter(128)
    .u8(MessageType.hello)
    .u8(hello.version)
    .u8(hello.role)
    .bytes(hello.stream === undefined ? NO_STREAM : idBytes(hello.stream))
    .bytes(hello.publicKey)
    .finish();
}

/** The bytes that a hello's signature covers; `binding` is the 32-byte channel binding of the link. */
export function helloSigningBytes(hello: Omit<Hello, 'signature' | 'type'>, binding: Uint8Array): Uint8Array {
  return concatBytes(HELLO_CONTEXT, binding, helloBody(hello));
}

export function encodeLinkMessage(message: LinkMessage): Uint8Array {
  switch (message.type) {
    case MessageType.hello:
      return concatBytes(helloBody(message), message.signature);
    case MessageType.goodbye:
      return Uint8Array.of(message.type, message.reason);
    case MessageType.ping:
    case MessageType.pong:
      return new ByteWriter(5).u8(message.type).u32(message.number).finish();
  }
}

/** Reads a packet whose first byte was one of this file's types. */
export function decodeLinkMessage(type: LinkMessage['type'], reader: ByteReader): Decoded<LinkMessage> {
  switch (type) {
    case MessageType.hello: {
      const version = reader.u8();
      const role = reader.u8();
      const stream = reader.bytes(ID_BYTES);
      const publicKey = reader.bytes(PUBLIC_KEY_BYTES);
      const signature = reader.bytes(SIGNATURE_BYTES);
      if (!isRole(role)) return undecodable(DecodeFailure.badField);
      const none = stream.every((byte) => byte === 0);
      return decoded({
        type,
        version,
        role,
        stream: none ? undefined : streamIdFromBytes(stream),
        publicKey,
        signature,
      });
    }
    case MessageType.goodbye: {
      const reason = reader.u8();
      if (reason > GoodbyeReason.notListed) return undecodable(DecodeFailure.badField);
      return decoded({ type, reason: reason as GoodbyeReason });
    }
    case MessageType.ping:
    case MessageType.pong:
      return decoded({ type, number: reader.u32() });
  }
}
