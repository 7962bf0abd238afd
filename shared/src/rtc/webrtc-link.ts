/**
 * What WebRTC links have in common (PROTOCOL.md R2), whoever carries them: a browser or a library of Node.js. Both channels are
 * negotiated (RFC 8832, section 4) and made before the first description. So both open in the same moment, no packet can arrive for a
 * channel that is not there yet, nothing is ever renegotiated, and a channel that the remote end announces in-band is one too many.
 */
import type { Channel } from '../node/ports.ts';
import type { SignalRefusal } from './signal-payload.ts';

export const CONTROL_CHANNEL_ID = 4;
export const FRAMES_CHANNEL_ID = 5;
export const FRAME_LIFETIME_MS = 500;
/** How long a link may take from dial to open, in ms. */
export const OPEN_WITHIN_MS = 15_000;
/** How long a closed link may take to pass on what was sent before, in ms. */
export const FLUSH_WITHIN_MS = 1_000;
/** Packets that may arrive while the binding is being computed: a hello and little more. */
export const EARLY_PACKETS_MAX = 32;
/** `drained` comes when a buffer falls to half of what it held at the last send, within these bounds in bytes. */
const LOW_WATER_BYTES_MIN = 4 * 1024;
const LOW_WATER_BYTES_MAX = 64 * 1024;

/** Where `drained` is due, for a buffer that holds so many bytes. */
export const lowWaterBytes = (bufferedBytes: number): number =>
  Math.min(LOW_WATER_BYTES_MAX, Math.max(LOW_WATER_BYTES_MIN, Math.floor(bufferedBytes / 2)));

/** Why a link ended, in words for people and logs. */
export const LinkEnding = {
  remote: 'closed by the remote end',
  timedOut: 'timed out',
  noPath: 'no path to the peer',
  unusableSignal: 'unusable signal',
  noFingerprint: 'no SHA-256 fingerprint',
  extraChannel: 'opened a channel that was not agreed on',
  text: 'sent text',
  oversized: 'sent a packet over 16 KiB',
  tooEarly: 'sent too much too early',
} as const;

export interface WebRtcLink {
  /** Takes a payload of the remote end; says why if it is of no use. Never throws. */
  signal(payload: Uint8Array): SignalRefusal | undefined;
  /** False if the link is not open; the packet is then dropped. */
  send(channel: Channel, packet: Uint8Array): boolean;
  bufferedBytes(channel: Channel): number;
  /** Ends the link from this side; what was sent on `control` still goes out. */
  close(): void;
}

/** What a link reports, and never within a call. After `ended`, or once it was closed from here, only `released` is still to come. */
export interface WebRtcLinkEvents {
  opened(binding: Uint8Array): void;
  signal(payload: Uint8Array): void;
  received(channel: Channel, packet: Uint8Array): void;
  drained(channel: Channel): void;
  ended(reason: string): void;
  /** The platform's connection is closed. Comes exactly once. */
  released(): void;
}
