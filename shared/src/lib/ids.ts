/**
 * Branded identifiers. Peer and stream ids are 20 bytes (the first 20 of a SHA-256), held in memory as base64url text so
 * that they can be map keys; a link id is a local counter that never leaves its node.
 */
import { fromBase64url, toBase64url } from './bytes.ts';

declare const brand: unique symbol;

/** First 20 bytes of SHA-256(public key), base64url: 27 characters. */
export type PeerId = string & { readonly [brand]: 'PeerId' };
/** First 20 bytes of SHA-256(host public key ‖ nonce), base64url: 27 characters. */
export type StreamId = string & { readonly [brand]: 'StreamId' };
/** Names one link inside one node; never sent. */
export type LinkId = number & { readonly [brand]: 'LinkId' };

/** First 9 bytes of a peer id, base64url: 12 characters. Names a node where a full id would cost too much. */
export type PeerTag = string & { readonly [brand]: 'PeerTag' };

export const ID_BYTES = 20;
export const TAG_BYTES = 9;
const TAG_CHARACTERS = 12;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** The net graph is compared in so many parts, by the first character of an id. */
export const LEAVES = ALPHABET.length;

export const peerIdFromBytes = (bytes: Uint8Array): PeerId => peerIdAt(bytes, 0);
export const streamIdFromBytes = (bytes: Uint8Array): StreamId =>
  toBase64url(bytes.subarray(0, ID_BYTES)) as StreamId;

/** The character codes of {@link ALPHABET}. */
const CODES = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const code = (bits: number, shift: number): number => CODES[(bits >> shift) & 63] ?? 0;

/**
 * The peer id that stands at an offset; bytes past the end count as zeros. {@link toBase64url} for one length, written out, because a
 * supernode does this twice for every signal that it passes on.
 */
export function peerIdAt(bytes: Uint8Array, at: number): PeerId {
  const triple = (i: number): number =>
    ((bytes[at + i] ?? 0) << 16) | ((bytes[at + i + 1] ?? 0) << 8) | (bytes[at + i + 2] ?? 0);
  const [a, b, c, d, e, f] = [triple(0), triple(3), triple(6), triple(9), triple(12), triple(15)];
  const g = ((bytes[at + 18] ?? 0) << 16) | ((bytes[at + 19] ?? 0) << 8);
  // biome-ignore format: a table.
  const text = String.fromCharCode(
    code(a, 18), code(a, 12), code(a, 6), code(a, 0),
    code(b, 18), code(b, 12), code(b, 6), code(b, 0),
    code(c, 18), code(c, 12), code(c, 6), code(c, 0),
    code(d, 18), code(d, 12), code(d, 6), code(d, 0),
    code(e, 18), code(e, 12), code(e, 6), code(e, 0),
    code(f, 18), code(f, 12), code(f, 6), code(f, 0),
    code(g, 18), code(g, 12), code(g, 6),
  );
  return text as PeerId;
}

/** The 20 bytes of an id that this program made or parsed itself. */
export function idBytes(id: PeerId | StreamId): Uint8Array {
  const bytes = fromBase64url(id);
  if (bytes?.length !== ID_BYTES) throw new Error(`bug: not an id: ${id}`);
  return bytes;
}

/** 72 bits tell all nodes apart; forging a tag means to find a key whose hash begins like another's. */
export const tagOf = (id: PeerId): PeerTag => id.slice(0, TAG_CHARACTERS) as PeerTag;
export const tagFromBytes = (bytes: Uint8Array): PeerTag =>
  toBase64url(bytes.subarray(0, TAG_BYTES)) as PeerTag;

/** The 9 bytes of a tag that this program made or parsed itself. */
export function tagBytes(tag: PeerTag): Uint8Array {
  const bytes = fromBase64url(tag);
  if (bytes?.length !== TAG_BYTES) throw new Error(`bug: not a tag: ${tag}`);
  return bytes;
}

/** Which of the {@link LEAVES} an id belongs to. */
export const leafOf = (id: PeerId | PeerTag): number => ALPHABET.indexOf(id.charAt(0));

/** Reads a stream id that a person may have typed or pasted; undefined if it is not one (all zeros mean “none” on the wire). */
export function parseStreamId(text: string): StreamId | undefined {
  const bytes = fromBase64url(text);
  const named = bytes?.length === ID_BYTES && bytes.some((byte) => byte !== 0);
  return named ? (text as StreamId) : undefined;
}

/** Reads a peer id that was stored; undefined if it is not one. */
export const parsePeerId = (text: string): PeerId | undefined =>
  fromBase64url(text)?.length === ID_BYTES ? (text as PeerId) : undefined;

/** A short form for people: enough to tell neighbours apart, not enough to address one. */
export const shortId = (id: PeerId | StreamId): string => id.slice(0, 6);
