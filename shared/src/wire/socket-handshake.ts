/**
 * How a WebSocket link begins (PROTOCOL.md R3). Each end's first message is 32 random bytes, sent without waiting for the
 * other's; every later message is one packet on `control`. There is no `frames` channel.
 *
 *   nonce    32 random bytes, one binary message
 *   binding  SHA-256("murmuration websocket" ‖ supernode's nonce ‖ client's nonce)
 *
 * Unlike the binding of a WebRTC link it does not tell who is at the other end: TLS has to, by the name in a `wss:` URL.
 */
import { concatBytes } from '../lib/bytes.ts';
import { encodeUtf8 } from '../lib/utf8.ts';

/** Where a supernode takes WebSocket links, on its own origin. */
export const SOCKET_PATH = '/link';
export const SOCKET_NONCE_BYTES = 32;

const CONTEXT = encodeUtf8('murmuration websocket');

/** The bytes whose SHA-256 is the binding of a link. */
export const socketBindingBytes = (supernodeNonce: Uint8Array, clientNonce: Uint8Array): Uint8Array =>
  concatBytes(CONTEXT, supernodeNonce, clientNonce);
