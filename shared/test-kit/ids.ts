/** Ids and bytes that tests can tell apart at a glance. */
import { type PeerId, peerIdFromBytes, type StreamId, streamIdFromBytes } from '../src/lib/ids.ts';

/** 20 bytes that begin with `number`. */
const numbered = (number: number): Uint8Array => {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
};

export const peerOf = (number: number): PeerId => peerIdFromBytes(numbered(number));
/** Never the stream of zeros, which means "none" on the wire. */
export const streamOf = (number: number): StreamId => streamIdFromBytes(numbered(number + 1));
/** `count` bytes: from, from + 1, … */
export const counting = (from: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, at) => from + at);

export const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.replaceAll(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
export const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
