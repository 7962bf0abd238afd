/**
 * What the members of one subnetwork say to each other about the stream: here votes and pulls, which come with every frame, and who
 * reads and writes the rest. The frame is in frame.ts, the host's word in beacon.ts, proofs against a host in frame-head.ts, what
 * builds the trees in tree-messages.ts.
 *
 *   votes        u8 type · u48 epoch · u32 base · u16 n · n × (u16 seq − base · 16 hash)
 *   vote digest  u8 type · u48 epoch · u32 base · u8 n · 16 digest over the hashes of the n frames from base on
 *   pull         u8 type · u48 epoch · u32 base · u16 n · n × u16 (seq − base)
 *   pull missing the same
 */
import { type ByteReader, ByteWriter } from '../lib/bytes.ts';
import { type Beacon, decodeBeacon, encodeBeacon } from './beacon.ts';
import { VOTE_HASH_BYTES } from './frame.ts';
import { decodeFrameHead, type Equivocation, encodeFrameHead, type FrameHead } from './frame-head.ts';
import { limits } from './limits.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';
import { decodeTreeMessage, encodeTreeMessage, type TreeMessage } from './tree-messages.ts';

export interface Votes {
  readonly type: typeof MessageType.votes;
  readonly epoch: number;
  readonly votes: readonly Vote[];
}

/** A vote for every frame of a window, or for as many from its beginning as there are. */
export interface VoteDigest {
  readonly type: typeof MessageType.voteDigest;
  readonly epoch: number;
  /** The first seq: a multiple of the window's size. */
  readonly base: number;
  /** Frames voted for, 1 to the window's size. */
  readonly count: number;
  /** First 16 bytes of SHA-256 over the 16-byte hashes of the frames in order; see {@link voteHash}. */
  readonly digest: string;
}

export interface Vote {
  readonly seq: number;
  /** First 16 bytes of the frame's hash; see {@link voteHash}. */
  readonly hash: string;
}

export interface Pull {
  readonly type: typeof MessageType.pull | typeof MessageType.pullMissing;
  readonly epoch: number;
  readonly seqs: readonly number[];
}

export type RelayMessage = Beacon | Votes | VoteDigest | Pull | TreeMessage | FrameHead | Equivocation;

function seqBase(seqs: readonly number[]): number {
  let base = seqs[0] ?? 0;
  for (const seq of seqs) base = Math.min(base, seq);
  return base;
}

export function encodeRelayMessage(message: RelayMessage): Uint8Array {
  switch (message.type) {
    case MessageType.beacon:
      return encodeBeacon(message);
    case MessageType.votes:
      return encodeVotes(message);
    case MessageType.frameHead:
    case MessageType.equivocation:
      return encodeFrameHead(message);
    case MessageType.voteDigest:
      return new ByteWriter(28)
        .u8(message.type)
        .u48(message.epoch)
        .u32(message.base)
        .u8(message.count)
        .bytes(voteHashBytes(message.digest))
        .finish();
    case MessageType.pull:
    case MessageType.pullMissing: {
      const base = seqBase(message.seqs);
      const writer = new ByteWriter(16 + message.seqs.length * 2).u8(message.type).u48(message.epoch);
      writer.u32(base).u16(message.seqs.length);
      for (const seq of message.seqs) writer.u16(seq - base);
      return writer.finish();
    }
    default:
      return encodeTreeMessage(message);
  }
}

function encodeVotes(message: Votes): Uint8Array {
  const base = seqBase(message.votes.map((vote) => vote.seq));
  const writer = new ByteWriter(16 + message.votes.length * (2 + VOTE_HASH_BYTES)).u8(message.type);
  writer.u48(message.epoch).u32(base).u16(message.votes.length);
  for (const vote of message.votes) writer.u16(vote.seq - base).bytes(voteHashBytes(vote.hash));
  return writer.finish();
}

/** Reads a packet whose first byte was the type of a {@link RelayMessage}. */
export function decodeRelayMessage(type: RelayMessage['type'], reader: ByteReader): Decoded<RelayMessage> {
  switch (type) {
    case MessageType.beacon:
      return decodeBeacon(reader);
    case MessageType.frameHead:
    case MessageType.equivocation:
      return decodeFrameHead(type, reader);
    case MessageType.votes:
      return decodeVotes(reader);
    case MessageType.voteDigest:
      return decodeVoteDigest(reader);
    case MessageType.pull:
    case MessageType.pullMissing:
      return decodePull(type, reader);
    default:
      return decodeTreeMessage(type, reader);
  }
}

function decodeVotes(reader: ByteReader): Decoded<Votes> {
  const epoch = reader.u48();
  const base = reader.u32();
  const count = reader.u16();
  if (count > limits.votesPerPacketMax) return undecodable(DecodeFailure.oversized);
  const votes: Vote[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    votes.push({ seq: base + reader.u16(), hash: voteHash(reader.bytes(VOTE_HASH_BYTES)) });
  }
  return decoded({ type: MessageType.votes, epoch, votes });
}

function decodeVoteDigest(reader: ByteReader): Decoded<VoteDigest> {
  const epoch = reader.u48();
  const base = reader.u32();
  const count = reader.u8();
  const digest = voteHash(reader.bytes(VOTE_HASH_BYTES));
  if (count < 1 || count > limits.voteWindowFrames || base % limits.voteWindowFrames !== 0)
    return undecodable(DecodeFailure.badField);
  return decoded({ type: MessageType.voteDigest, epoch, base, count, digest });
}

function decodePull(type: Pull['type'], reader: ByteReader): Decoded<Pull> {
  const epoch = reader.u48();
  const base = reader.u32();
  const count = reader.u16();
  if (count > limits.pullSeqsMax) return undecodable(DecodeFailure.oversized);
  const seqs: number[] = [];
  for (let i = 0; i < count && !reader.failed; i++) seqs.push(base + reader.u16());
  return decoded({ type, epoch, seqs });
}

/** A vote's hash as a map key: one character a byte, because it is made for every vote on the hot path. */
export function voteHash(hash: Uint8Array): string {
  return String.fromCharCode(...hash.subarray(0, VOTE_HASH_BYTES));
}

function voteHashBytes(hash: string): Uint8Array {
  const bytes = new Uint8Array(VOTE_HASH_BYTES);
  for (let i = 0; i < VOTE_HASH_BYTES; i++) bytes[i] = hash.charCodeAt(i) & 255;
  return bytes;
}
