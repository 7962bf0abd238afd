/**
 * The envelope of a signal, read where it stands in the packet: all that a supernode looks at of the signals that it passes on
 * (PROTOCOL.md R43). What it takes is exactly what decodes, so that nobody is blamed for bytes that a supernode let through.
 *
 *   offset 1 20 to · 21 20 from · 41 u32 session · 45 u16 n · 47 n payload · 47 + n 32 public key · 79 + n 64 signature ·
 *   143 + n u8 r · r × 20 route · u8 p · p × 20 path
 */
import { ID_BYTES, type PeerId, peerIdAt } from '../lib/ids.ts';
import { limits } from './limits.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './link-messages.ts';
import { MessageType } from './message-type.ts';

/** Whom a signal is for and from, and of which dial it is. */
export interface SignalHead {
  readonly to: PeerId;
  readonly from: PeerId;
  readonly session: number;
}

const TO_AT = 1;
const FROM_AT = TO_AT + ID_BYTES;
const SESSION_AT = FROM_AT + ID_BYTES;
const PAYLOAD_SIZE_AT = SESSION_AT + 4;
const PAYLOAD_AT = PAYLOAD_SIZE_AT + 2;

/** The head of a packet that is a well-formed signal; undefined for anything else. Signature and key are not looked at. */
export function readSignalHead(packet: Uint8Array): SignalHead | undefined {
  if (packet[0] !== MessageType.signal || packet.length > limits.packetBytesMax) return undefined;
  const payloadBytes = u16(packet, PAYLOAD_SIZE_AT);
  const routeAt = PAYLOAD_AT + payloadBytes + PUBLIC_KEY_BYTES + SIGNATURE_BYTES;
  // Past the end there is nothing, and the sizes cannot fit.
  const route = packet[routeAt] ?? Number.NaN;
  const pathAt = routeAt + 1 + route * ID_BYTES;
  const path = packet[pathAt] ?? Number.NaN;
  const fits = payloadBytes <= limits.signalBytesMax && route + path <= limits.routeIdsMax;
  if (!fits || packet.length !== pathAt + 1 + path * ID_BYTES) return undefined;
  const session = u16(packet, SESSION_AT) * 2 ** 16 + u16(packet, SESSION_AT + 2);
  return { to: peerIdAt(packet, TO_AT), from: peerIdAt(packet, FROM_AT), session };
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
