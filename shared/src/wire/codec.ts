/**
 * One packet, one message. `encodeMessage` writes what `decodeMessage` reads; decoding never throws and never copies
 * payloads. The byte tables stand above each family's codec; PROTOCOL.md repeats them with the rules.
 */
import { ByteReader } from '../lib/bytes.ts';
import { decodeFrame, type FramePacket } from './frame.ts';
import { decodeGraphMessage, encodeGraphMessage, type GraphMessage } from './graph-messages.ts';
import { limits } from './limits.ts';
import { decodeLinkMessage, encodeLinkMessage, type LinkMessage } from './link-messages.ts';
import { MessageType } from './message-type.ts';
import { decodeRelayMessage, encodeRelayMessage, type RelayMessage } from './relay-messages.ts';
import { type Decoded, DecodeFailure, undecodable } from './result.ts';
import { decodeServiceMessage, encodeServiceMessage, type ServiceMessage } from './service-messages.ts';
import {
  decodeSupernodeMessage,
  encodeSupernodeMessage,
  type SupernodeMessage,
} from './supernode-messages.ts';
import { decodeTrunkMessage, encodeTrunkMessage, type TrunkProof } from './trunk-messages.ts';

export type WireMessage =
  | LinkMessage
  | RelayMessage
  | GraphMessage
  | SupernodeMessage
  | ServiceMessage
  | TrunkProof
  | FramePacket;

export function encodeMessage(message: WireMessage): Uint8Array {
  switch (message.type) {
    case MessageType.hello:
    case MessageType.goodbye:
    case MessageType.ping:
    case MessageType.pong:
      return encodeLinkMessage(message);
    case MessageType.frame:
      return message.packet;
    case MessageType.records:
    case MessageType.digest:
    case MessageType.summary:
    case MessageType.wanted:
    case MessageType.links:
    case MessageType.news:
    case MessageType.branches:
      return encodeGraphMessage(message);
    case MessageType.redirectRequest:
    case MessageType.redirectAnswer:
    case MessageType.signal:
    case MessageType.signalFailed:
      return encodeSupernodeMessage(message);
    case MessageType.goAway:
    case MessageType.iceServers:
      return encodeServiceMessage(message);
    case MessageType.trunkProof:
      return encodeTrunkMessage(message);
    default:
      return encodeRelayMessage(message);
  }
}

export function decodeMessage(packet: Uint8Array): Decoded<WireMessage> {
  if (packet.length === 0) return undecodable(DecodeFailure.empty);
  if (packet.length > limits.packetBytesMax) return undecodable(DecodeFailure.oversized);
  const reader = new ByteReader(packet);
  const result = decodeByType(reader.u8(), packet, reader);
  // First of all: past the end a reader gives zeros, which may look like a bad field.
  if (reader.failed) return undecodable(DecodeFailure.truncated);
  if (!result.ok || result.value.type === MessageType.frame) return result;
  return reader.complete ? result : undecodable(DecodeFailure.trailing);
}

function decodeByType(type: number, packet: Uint8Array, reader: ByteReader): Decoded<WireMessage> {
  switch (type) {
    case MessageType.frame:
      return decodeFrame(packet);
    case MessageType.hello:
    case MessageType.goodbye:
    case MessageType.ping:
    case MessageType.pong:
      return decodeLinkMessage(type, reader);
    case MessageType.beacon:
    case MessageType.votes:
    case MessageType.pull:
    case MessageType.pullMissing:
    case MessageType.subscribe:
    case MessageType.subscribed:
    case MessageType.refused:
    case MessageType.unsubscribe:
    case MessageType.advert:
    case MessageType.vacancies:
    case MessageType.census:
    case MessageType.voteDigest:
    case MessageType.frameHead:
    case MessageType.equivocation:
      return decodeRelayMessage(type, reader);
    case MessageType.records:
    case MessageType.digest:
    case MessageType.summary:
    case MessageType.wanted:
    case MessageType.links:
    case MessageType.news:
    case MessageType.branches:
      return decodeGraphMessage(type, reader);
    case MessageType.redirectRequest:
    case MessageType.redirectAnswer:
    case MessageType.signal:
    case MessageType.signalFailed:
      return decodeSupernodeMessage(type, reader);
    case MessageType.goAway:
    case MessageType.iceServers:
      return decodeServiceMessage(type, reader);
    case MessageType.trunkProof:
      return decodeTrunkMessage(type, reader);
    default:
      return undecodable(DecodeFailure.unknownType);
  }
}
