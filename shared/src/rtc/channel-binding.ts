/**
 * What ties a hello to the link it is sent on (PROTOCOL.md R3): a hash of both ends' DTLS certificates. WebRTC holds the
 * remote end to the fingerprint in its description (RFC 8122, RFC 8827), so whoever swaps descriptions on the way gives the two
 * ends different bindings, and no signed hello verifies.
 *
 *   binding = SHA-256("murmuration webrtc" ‖ smaller fingerprint ‖ larger fingerprint), compared as bytes
 */
import { concatBytes, equalBytes } from '../lib/bytes.ts';
import { encodeUtf8 } from '../lib/utf8.ts';

export const FINGERPRINT_BYTES = 32;

const CONTEXT = encodeUtf8('murmuration webrtc');
const FINGERPRINT_LINE = /^a=fingerprint:sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i;

/**
 * The SHA-256 fingerprint of a description, 32 bytes. Undefined if there is none, if any line about fingerprints has another
 * form or another hash, or if two of them differ: then it would be open which one WebRTC goes by.
 */
export function parseFingerprint(sdp: string): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const line of sdp.split(/\r\n|\r|\n/)) {
    if (!/fingerprint/i.test(line)) continue;
    const hex = FINGERPRINT_LINE.exec(line)?.[1];
    if (hex === undefined) return undefined;
    const fingerprint = Uint8Array.from(hex.split(':'), (byte) => Number.parseInt(byte, 16));
    if (found && !equalBytes(found, fingerprint)) return undefined;
    found = fingerprint;
  }
  return found;
}

/** The bytes whose SHA-256 is the binding: the same at both ends, whichever is called local. */
export function bindingBytes(local: Uint8Array, remote: Uint8Array): Uint8Array {
  const [first, second] = comesFirst(local, remote) ? [local, remote] : [remote, local];
  return concatBytes(CONTEXT, first, second);
}

function comesFirst(a: Uint8Array, b: Uint8Array): boolean {
  for (const [at, byte] of a.entries()) {
    const other = b[at] ?? 0;
    if (byte !== other) return byte < other;
  }
  return true;
}
