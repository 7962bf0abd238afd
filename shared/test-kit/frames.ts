/** Frames and beacons as the gate would pass them on, without signatures. */
import type { StreamId } from '../src/lib/ids.ts';
import type { AuthenticFrame } from '../src/relay/relay-contract.ts';
import type { Beacon } from '../src/wire/beacon.ts';
import { encodeFrameBody, type FrameHeader } from '../src/wire/frame.ts';
import { limits } from '../src/wire/limits.ts';
import { MessageType } from '../src/wire/message-type.ts';
import type { OpenSlots } from '../src/wire/tree-messages.ts';
import { counting, streamOf } from './ids.ts';

export const STREAM: StreamId = streamOf(1);
export const EPOCH = 1_000;
export const START = 1_000_000;

/** The hash that a frame of this seq has here; `other` makes a different one. */
export const hashOf = (seq: number, other = ''): string => `hash ${seq} ${other}`.padEnd(16, '.');

/** A whole message in one frame. By default every tenth frame is a key. */
export function frameOf(
  seq: number,
  changes: Partial<FrameHeader> & { payload?: Uint8Array } = {},
): AuthenticFrame {
  const { payload = Uint8Array.of(seq & 255, seq >> 8), ...fields } = changes;
  const keySeq = seq - (seq % 10);
  const header: FrameHeader = {
    stream: STREAM,
    epoch: EPOCH,
    seq,
    key: seq === keySeq,
    bundle: false,
    index: 0,
    count: 1,
    keySeq,
    ...fields,
  };
  return { header, payload, hash: hashOf(seq), packet: encodeFrameBody(header, payload) };
}

export function beaconOf(changes: Partial<Beacon> = {}): Beacon {
  return {
    type: MessageType.beacon,
    stream: STREAM,
    hostKey: counting(0, 32),
    nonce: counting(0, 16),
    epoch: EPOCH,
    counter: 0,
    nextSeq: 0,
    stripes: 1,
    bitsPerSecond: 2_500_000,
    messageBytesMax: limits.messageBytesMax,
    minVotes: 0,
    title: 'a stream',
    signature: new Uint8Array(64),
    ...changes,
  };
}

/** Slots that anybody may have, and so whoever is pressed as well. */
export const openSlots = (free: number): OpenSlots => ({ free, forInterior: free, forStarving: free });
