/**
 * What a supernode tells its clients about services and about its own end.
 *
 *   go away      u8 type · u32 ms · u8 n · n × url (WebSocket URLs of other supernodes)
 *   ice servers  u8 type · u32 lifetime in seconds · u8 n · n × (url · text username · text credential)
 *   url, text    u8 n · n bytes, printable ASCII without spaces
 */
import { type ByteReader, ByteWriter } from '../lib/bytes.ts';
import { decodeUtf8, encodeUtf8 } from '../lib/utf8.ts';
import { limits } from './limits.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

/** The supernode will stop: whoever has a socket to it should have another one within this time. */
export interface GoAway {
  readonly type: typeof MessageType.goAway;
  /** When the socket will be closed at the earliest, in ms from now. Clients spread their moves over it. */
  readonly withinMs: number;
  /** WebSocket URLs of supernodes to move to; none if there is no other. */
  readonly alternates: readonly string[];
}

export interface IceServer {
  /** `stun:`, `turn:` or `turns:` (RFC 7064, RFC 7065). */
  readonly url: string;
  /** Empty for STUN. */
  readonly username: string;
  readonly credential: string;
}

/** Servers that help two peers to reach each other; those told before are replaced. */
export interface IceServers {
  readonly type: typeof MessageType.iceServers;
  /** How long the credentials are good for. */
  readonly lifetimeSeconds: number;
  readonly servers: readonly IceServer[];
}

export type ServiceMessage = GoAway | IceServers;

const PRINTABLE = /^[\x21-\x7e]*$/;
export const isSocketUrl = (url: string): boolean => /^wss?:\/\/[^/]/.test(url) && PRINTABLE.test(url);
export const isIceUrl = (url: string): boolean => /^(stun|turn|turns):./.test(url) && PRINTABLE.test(url);

function writeText(writer: ByteWriter, text: string): void {
  const bytes = encodeUtf8(text);
  writer.u8(bytes.length).bytes(bytes);
}

/** Undefined if it is no printable text of at most so many bytes. */
function readText(reader: ByteReader, bytesMax: number): string | undefined {
  const length = reader.u8();
  const text = decodeUtf8(reader.bytes(length));
  return length <= bytesMax && text !== undefined && PRINTABLE.test(text) ? text : undefined;
}

export function encodeServiceMessage(message: ServiceMessage): Uint8Array {
  if (message.type === MessageType.goAway) {
    const writer = new ByteWriter(256).u8(message.type).u32(message.withinMs).u8(message.alternates.length);
    for (const url of message.alternates) writeText(writer, url);
    return writer.finish();
  }
  const writer = new ByteWriter(512).u8(message.type).u32(message.lifetimeSeconds).u8(message.servers.length);
  for (const { url, username, credential } of message.servers) {
    writeText(writer, url);
    writeText(writer, username);
    writeText(writer, credential);
  }
  return writer.finish();
}

/** Reads a packet whose first byte was one of this file's types. */
export function decodeServiceMessage(
  type: ServiceMessage['type'],
  reader: ByteReader,
): Decoded<ServiceMessage> {
  return type === MessageType.goAway ? decodeGoAway(type, reader) : decodeIceServers(type, reader);
}

function decodeGoAway(type: typeof MessageType.goAway, reader: ByteReader): Decoded<GoAway> {
  const withinMs = reader.u32();
  const count = reader.u8();
  if (count > limits.alternateUrlsMax) return undecodable(DecodeFailure.oversized);
  const alternates: string[] = [];
  for (let at = 0; at < count; at++) {
    const url = readText(reader, limits.urlBytesMax);
    if (url === undefined || !isSocketUrl(url)) return undecodable(DecodeFailure.badField);
    alternates.push(url);
  }
  return decoded({ type, withinMs, alternates });
}

function decodeIceServers(type: typeof MessageType.iceServers, reader: ByteReader): Decoded<IceServers> {
  const lifetimeSeconds = reader.u32();
  const count = reader.u8();
  if (count > limits.iceServersMax) return undecodable(DecodeFailure.oversized);
  const servers: IceServer[] = [];
  for (let at = 0; at < count; at++) {
    const url = readText(reader, limits.urlBytesMax);
    const username = readText(reader, limits.urlBytesMax);
    const credential = readText(reader, limits.urlBytesMax);
    if (url === undefined || username === undefined || credential === undefined || !isIceUrl(url))
      return undecodable(DecodeFailure.badField);
    servers.push({ url, username, credential });
  }
  return decoded({ type, lifetimeSeconds, servers });
}
