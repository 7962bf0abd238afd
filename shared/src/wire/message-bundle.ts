/**
 * A bundle: several messages of the application in one frame, whose flags say so (PROTOCOL.md R9). Each frame costs a signature, and every
 * member a check of it, so small messages that wait at their host leave it together. Nothing is nested: what is in it are messages.
 *
 *   bundle   n × (u16 length · length message), 1 ≤ n ≤ 1,024
 */
import { assert } from '../lib/assert.ts';
import { ByteReader, ByteWriter } from '../lib/bytes.ts';
import { limits } from './limits.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

const LENGTH_BYTES = 2;

/** Bytes that a message takes up in a bundle. */
export const bundledBytes = (message: Uint8Array): number => LENGTH_BYTES + message.length;

/** @param messages 1 to 1,024 (limits.bundleMessagesMax), together at most the payload of a frame; more is the caller's bug */
export function encodeBundle(messages: readonly Uint8Array[]): Uint8Array {
  const bytes = messages.reduce((sum, message) => sum + bundledBytes(message), 0);
  assert(messages.length > 0 && messages.length <= limits.bundleMessagesMax, 'messages of a bundle');
  assert(bytes <= limits.framePayloadBytesMax, 'bundle too long for a frame');
  const writer = new ByteWriter(bytes);
  for (const message of messages) writer.u16(message.length).bytes(message);
  return writer.finish();
}

/**
 * The messages of a bundle, in order, as views of it.
 * @param messageBytesMax what each of them may have; one that has more makes the whole bundle `oversized`
 */
export function decodeBundle(bundle: Uint8Array, messageBytesMax: number): Decoded<readonly Uint8Array[]> {
  if (bundle.length === 0) return undecodable(DecodeFailure.empty);
  const reader = new ByteReader(bundle);
  const messages: Uint8Array[] = [];
  while (reader.remaining > 0) {
    const length = reader.u16();
    const message = reader.bytes(length);
    if (reader.failed) return undecodable(DecodeFailure.truncated);
    if (length > messageBytesMax || messages.length === limits.bundleMessagesMax)
      return undecodable(DecodeFailure.oversized);
    messages.push(message);
  }
  return decoded(messages);
}
