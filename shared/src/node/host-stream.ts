/** Which stream a host feeds and in which epoch: kept across restarts, so that its link stays good (PROTOCOL.md R4, R5). */
import { concatBytes } from '../lib/bytes.ts';
import { type StreamId, streamIdFromBytes } from '../lib/ids.ts';
import { STREAM_NONCE_BYTES } from '../wire/beacon.ts';
import type { Crypto, Storage } from './ports.ts';

export interface HostStream {
  readonly stream: StreamId;
  readonly nonce: Uint8Array;
  readonly epoch: number;
}

/** Names under which it is kept: 16 bytes, and a number. */
export const hostStreamKeys = { nonce: 'host-stream-nonce', epoch: 'host-stream-epoch' } as const;

/**
 * Takes the stored nonce, or keeps the proposed one, and begins a new epoch: max(stored + 1, now). The epoch is on disk
 * before this resolves, so no (epoch, seq) is ever signed twice. Rejects if storage does.
 * @param nowMs unix time in ms
 * @param proposedNonce 16 bytes, picked among what supernodes proposed
 */
export async function openHostStream(
  crypto: Crypto,
  storage: Storage,
  nowMs: number,
  proposedNonce: Uint8Array,
): Promise<HostStream> {
  const stored = await storage.get(hostStreamKeys.nonce);
  const kept = stored instanceof Uint8Array && stored.length === STREAM_NONCE_BYTES ? stored : undefined;
  const nonce = kept ?? proposedNonce;
  if (!kept) await storage.set(hostStreamKeys.nonce, nonce);
  const last = await storage.get(hostStreamKeys.epoch);
  const epoch = Math.max(typeof last === 'number' ? last + 1 : 0, Math.floor(nowMs));
  await storage.set(hostStreamKeys.epoch, epoch);
  const stream = streamIdFromBytes(await crypto.sha256(concatBytes(crypto.publicKey, nonce)));
  return { stream, nonce, epoch };
}
