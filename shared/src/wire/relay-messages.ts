/**
 * What the members of one subnetwork say to each other about the stream (the frame is in frame.ts, proofs against a host in frame-head.ts).
 *
 *   beacon       u8 type · 20 stream · 32 host key · 16 nonce · u48 epoch · u32 counter · u32 next seq · u8 stripes ·
 *                u32 bits per second · u32 message bytes at most · u8 min votes · u8 n · n title (UTF-8) · 64 signature over "murmuration beacon" ‖ the bytes before it
 *   votes        u8 type · u48 epoch · u32 base · u16 n · n × (u16 seq − base · 16 hash)
 *   vote digest  u8 type · u48 epoch · u32 base · u8 n · 16 digest over the hashes of the n frames from base on
 *   pull         u8 type · u48 epoch · u32 base · u16 n · n × u16 (seq − base)
 *   pull missing the same
 *   subscribe    u8 type · u48 epoch · u8 stripe · u8 flags (1: from seq, else from the newest key; 2: interior; 4: starving; 8: makeshift) · u32 from seq
 *   subscribed   u8 type · u48 epoch · u8 stripe · u32 first seq · u8 n · n × 20 path
 *   refused      u8 type · u48 epoch · u8 stripe · u8 reason · u8 n · n × 20 alternatives
 *   unsubscribe  u8 type · u48 epoch · u8 stripe
 *   advert       u8 type · u48 epoch · u8 stripe · u8 state · slots · u8 n · n × 20 path
 *   vacancies    u8 type · u48 epoch · u8 stripe · u8 n · n × (20 id · u8 depth · slots)
 *   census       u8 type · u48 epoch · u8 stripe · u32 nodes · u32 starving · u32 spare
 *
 *   slots        u8 free · u8 for interior · u8 for starving
 */
import { type ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import {
  ID_BYTES,
  idBytes,
  type PeerId,
  peerIdFromBytes,
  type StreamId,
  streamIdFromBytes,
} from '../lib/ids.ts';
import { decodeUtf8, encodeUtf8 } from '../lib/utf8.ts';
import { VOTE_HASH_BYTES } from './frame.ts';
import { decodeFrameHead, type Equivocation, encodeFrameHead, type FrameHead } from './frame-head.ts';
import { limits } from './limits.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from './link-messages.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

export const STREAM_NONCE_BYTES = 16;

/** The host's word, every 2 s, that an epoch is alive, and all that a newcomer needs to check its frames. */
export interface Beacon {
  readonly type: typeof MessageType.beacon;
  readonly stream: StreamId;
  readonly hostKey: Uint8Array;
  readonly nonce: Uint8Array;
  readonly epoch: number;
  /** Counts the beacons of one epoch; a lower one is stale. */
  readonly counter: number;
  /** The seq that the next frame will have. */
  readonly nextSeq: number;
  readonly stripes: number;
  readonly bitsPerSecond: number;
  /** No message of the stream is larger (thesis 3.5.1: the maximum resource size). */
  readonly messageBytesMax: number;
  /** Frames are not signed, and so many votes make one believed (PROTOCOL.md R39); 0: frames are signed. */
  readonly minVotes: number;
  readonly title: string;
  readonly signature: Uint8Array;
}

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

/** Asks to become a child. `fromSeq` undefined: from the newest key message on. */
export interface Subscribe {
  readonly type: typeof MessageType.subscribe;
  readonly epoch: number;
  readonly stripe: number;
  readonly fromSeq: number | undefined;
  /** The asker feeds others in this stripe: it may take the place of a child that does not. */
  readonly interior: boolean;
  /** It does so only because it had to, in a stripe that is not its own: it gives way to those whose own it is. */
  readonly makeshift: boolean;
  /** The asker finds no place elsewhere: it may have a slot that is kept back from others. */
  readonly starving: boolean;
}

/** How many children a node can take in one stripe, by who asks; each at most 255. */
export interface OpenSlots {
  /** Anybody. */
  readonly free: number;
  /** A node that feeds others in this stripe: also the places of children that do not. */
  readonly forInterior: number;
  /** A node that finds no place elsewhere: also what is kept back. */
  readonly forStarving: number;
}

export interface Subscribed {
  readonly type: typeof MessageType.subscribed;
  readonly epoch: number;
  readonly stripe: number;
  /** The first frame that will be sent. */
  readonly firstSeq: number;
  /** Ids from the host to the sender, both included. */
  readonly path: readonly PeerId[];
}

export const RefusalReason = {
  full: 0,
  notReady: 1,
  loop: 2,
  tooDeep: 3,
  wrongEpoch: 4,
  /** To a child, which is fed until it has found another parent: its place is needed. */
  makeRoom: 5,
} as const;
export type RefusalReason = (typeof RefusalReason)[keyof typeof RefusalReason];

export interface Refused {
  readonly type: typeof MessageType.refused;
  readonly epoch: number;
  readonly stripe: number;
  readonly reason: RefusalReason;
  /** Peers that may have room: children of the one that refuses. */
  readonly alternatives: readonly PeerId[];
}

export interface Unsubscribe {
  readonly type: typeof MessageType.unsubscribe;
  readonly epoch: number;
  readonly stripe: number;
}

export const AdvertState = { detached: 0, attached: 1, repairing: 2 } as const;
export type AdvertState = (typeof AdvertState)[keyof typeof AdvertState];

/** Where a node stands in one stripe's tree and how many children it can still take. */
export interface Advert {
  readonly type: typeof MessageType.advert;
  readonly epoch: number;
  readonly stripe: number;
  readonly state: AdvertState;
  readonly slots: OpenSlots;
  /** Ids from the host to the sender, both included; empty while detached. */
  readonly path: readonly PeerId[];
}

/** A node that has room in a stripe's tree. */
export interface Vacancy {
  readonly peer: PeerId;
  /** Hops from the host. */
  readonly depth: number;
  readonly slots: OpenSlots;
}

/** The best places in a stripe's tree: of one's own branch to the parent, of the whole tree to the children. */
export interface Vacancies {
  readonly type: typeof MessageType.vacancies;
  readonly epoch: number;
  readonly stripe: number;
  readonly places: readonly Vacancy[];
}

/** Viewers of a branch, and how they are supplied; each at most limits.countMax. */
export interface Count {
  readonly nodes: number;
  /** Stripes of theirs that nobody feeds, over all nodes. */
  readonly starving: number;
  /** Slots that are left, over all nodes. */
  readonly spare: number;
}

/** To the parent: what is known of those below, each counted in one stripe only (PROTOCOL.md R47). */
export interface CensusReport extends Count {
  readonly type: typeof MessageType.census;
  readonly epoch: number;
  readonly stripe: number;
}

export type RelayMessage =
  | Beacon
  | Votes
  | VoteDigest
  | Pull
  | Subscribe
  | Subscribed
  | Refused
  | Unsubscribe
  | Advert
  | Vacancies
  | CensusReport
  | FrameHead
  | Equivocation;

const BEACON_CONTEXT = encodeUtf8('murmuration beacon');

function beaconBody(beacon: Omit<Beacon, 'signature' | 'type'>): Uint8Array {
  const title = encodeUtf8(beacon.title);
  return new ByteWriter(256)
    .u8(MessageType.beacon)
    .bytes(idBytes(beacon.stream))
    .bytes(beacon.hostKey)
    .bytes(beacon.nonce)
    .u48(beacon.epoch)
    .u32(beacon.counter)
    .u32(beacon.nextSeq)
    .u8(beacon.stripes)
    .u32(beacon.bitsPerSecond)
    .u32(beacon.messageBytesMax)
    .u8(beacon.minVotes)
    .u8(title.length)
    .bytes(title)
    .finish();
}

/** The bytes that a beacon's signature covers. */
export const beaconSigningBytes = (beacon: Omit<Beacon, 'signature' | 'type'>): Uint8Array =>
  concatBytes(BEACON_CONTEXT, beaconBody(beacon));

function writeIds(writer: ByteWriter, ids: readonly PeerId[]): ByteWriter {
  writer.u8(ids.length);
  for (const id of ids) writer.bytes(idBytes(id));
  return writer;
}

function readIds(reader: ByteReader, idsMax: number): PeerId[] | undefined {
  const count = reader.u8();
  if (count > idsMax) return undefined;
  const ids: PeerId[] = [];
  for (let i = 0; i < count && !reader.failed; i++) ids.push(peerIdFromBytes(reader.bytes(ID_BYTES)));
  return ids;
}

function seqBase(seqs: readonly number[]): number {
  let base = seqs[0] ?? 0;
  for (const seq of seqs) base = Math.min(base, seq);
  return base;
}

export function encodeRelayMessage(message: RelayMessage): Uint8Array {
  switch (message.type) {
    case MessageType.beacon:
      return concatBytes(beaconBody(message), message.signature);
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
    case MessageType.subscribe:
      return new ByteWriter(16)
        .u8(message.type)
        .u48(message.epoch)
        .u8(message.stripe)
        .u8(
          (message.fromSeq === undefined ? 0 : SubscribeFlag.fromSeq) |
            (message.interior ? SubscribeFlag.interior : 0) |
            (message.starving ? SubscribeFlag.starving : 0) |
            (message.makeshift ? SubscribeFlag.makeshift : 0),
        )
        .u32(message.fromSeq ?? 0)
        .finish();
    case MessageType.subscribed: {
      const writer = new ByteWriter(128).u8(message.type).u48(message.epoch).u8(message.stripe);
      return writeIds(writer.u32(message.firstSeq), message.path).finish();
    }
    case MessageType.refused: {
      const writer = new ByteWriter(128).u8(message.type).u48(message.epoch).u8(message.stripe);
      return writeIds(writer.u8(message.reason), message.alternatives).finish();
    }
    case MessageType.unsubscribe:
      return new ByteWriter(8).u8(message.type).u48(message.epoch).u8(message.stripe).finish();
    case MessageType.advert: {
      const writer = new ByteWriter(128).u8(message.type).u48(message.epoch).u8(message.stripe);
      return writeIds(writeSlots(writer.u8(message.state), message.slots), message.path).finish();
    }
    case MessageType.vacancies: {
      const writer = new ByteWriter(128).u8(message.type).u48(message.epoch).u8(message.stripe);
      writer.u8(message.places.length);
      for (const { peer, depth, slots } of message.places)
        writeSlots(writer.bytes(idBytes(peer)).u8(depth), slots);
      return writer.finish();
    }
    case MessageType.census: {
      const writer = new ByteWriter(24).u8(message.type).u48(message.epoch).u8(message.stripe);
      return writer.u32(message.nodes).u32(message.starving).u32(message.spare).finish();
    }
  }
}

const SubscribeFlag = { fromSeq: 1, interior: 2, starving: 4, makeshift: 8 } as const;
const SUBSCRIBE_FLAGS_MAX = 15;

const writeSlots = (writer: ByteWriter, { free, forInterior, forStarving }: OpenSlots): ByteWriter =>
  writer.u8(Math.min(255, free)).u8(Math.min(255, forInterior)).u8(Math.min(255, forStarving));

const readSlots = (reader: ByteReader): OpenSlots => ({
  free: reader.u8(),
  forInterior: reader.u8(),
  forStarving: reader.u8(),
});

function encodeVotes(message: Votes): Uint8Array {
  const base = seqBase(message.votes.map((vote) => vote.seq));
  const writer = new ByteWriter(16 + message.votes.length * (2 + VOTE_HASH_BYTES)).u8(message.type);
  writer.u48(message.epoch).u32(base).u16(message.votes.length);
  for (const vote of message.votes) writer.u16(vote.seq - base).bytes(voteHashBytes(vote.hash));
  return writer.finish();
}

/** Reads a packet whose first byte was one of this file's types. */
export function decodeRelayMessage(type: RelayMessage['type'], reader: ByteReader): Decoded<RelayMessage> {
  if (type === MessageType.beacon) return decodeBeacon(reader);
  if (type === MessageType.frameHead || type === MessageType.equivocation)
    return decodeFrameHead(type, reader);
  const epoch = reader.u48();
  if (type === MessageType.votes) return decodeVotes(epoch, reader);
  if (type === MessageType.voteDigest) return decodeVoteDigest(epoch, reader);
  if (type === MessageType.pull || type === MessageType.pullMissing) return decodePull(type, epoch, reader);
  const stripe = reader.u8();
  if (stripe >= limits.stripesMax) return undecodable(DecodeFailure.badField);
  switch (type) {
    case MessageType.subscribe: {
      const flags = reader.u8();
      const seq = reader.u32();
      if (flags > SUBSCRIBE_FLAGS_MAX) return undecodable(DecodeFailure.badField);
      const fromSeq = flags & SubscribeFlag.fromSeq ? seq : undefined;
      const interior = (flags & SubscribeFlag.interior) !== 0;
      return decoded({
        type,
        epoch,
        stripe,
        fromSeq,
        interior,
        makeshift: (flags & SubscribeFlag.makeshift) !== 0,
        starving: (flags & SubscribeFlag.starving) !== 0,
      });
    }
    case MessageType.subscribed: {
      const firstSeq = reader.u32();
      const path = readIds(reader, limits.pathIdsMax);
      return path ? decoded({ type, epoch, stripe, firstSeq, path }) : undecodable(DecodeFailure.badField);
    }
    case MessageType.refused: {
      const reason = reader.u8();
      const alternatives = readIds(reader, limits.alternativesMax);
      if (!alternatives || reason > RefusalReason.makeRoom) return undecodable(DecodeFailure.badField);
      return decoded({ type, epoch, stripe, reason: reason as RefusalReason, alternatives });
    }
    case MessageType.unsubscribe:
      return decoded({ type, epoch, stripe });
    case MessageType.advert: {
      const state = reader.u8();
      const slots = readSlots(reader);
      const path = readIds(reader, limits.pathIdsMax);
      if (!path || state > AdvertState.repairing) return undecodable(DecodeFailure.badField);
      return decoded({ type, epoch, stripe, state: state as AdvertState, slots, path });
    }
    case MessageType.vacancies: {
      const count = reader.u8();
      if (count > limits.vacanciesMax) return undecodable(DecodeFailure.badField);
      const places: Vacancy[] = [];
      for (let i = 0; i < count && !reader.failed; i++) {
        const peer = peerIdFromBytes(reader.bytes(ID_BYTES));
        places.push({ peer, depth: reader.u8(), slots: readSlots(reader) });
      }
      return decoded({ type, epoch, stripe, places });
    }
    case MessageType.census: {
      const [nodes, starving, spare] = [reader.u32(), reader.u32(), reader.u32()];
      if (Math.max(nodes, starving, spare) > limits.countMax) return undecodable(DecodeFailure.badField);
      return decoded({ type, epoch, stripe, nodes, starving, spare });
    }
  }
}

function decodeBeacon(reader: ByteReader): Decoded<Beacon> {
  const stream = streamIdFromBytes(reader.bytes(ID_BYTES));
  const hostKey = reader.bytes(PUBLIC_KEY_BYTES);
  const nonce = reader.bytes(STREAM_NONCE_BYTES);
  const epoch = reader.u48();
  const counter = reader.u32();
  const nextSeq = reader.u32();
  const stripes = reader.u8();
  const bitsPerSecond = reader.u32();
  const messageBytesMax = reader.u32();
  const minVotes = reader.u8();
  const titleLength = reader.u8();
  if (titleLength > limits.titleBytesMax || minVotes > limits.minVotesMax) {
    return undecodable(DecodeFailure.badField);
  }
  if (stripes < 1 || stripes > limits.stripesMax) {
    return undecodable(DecodeFailure.badField);
  }
  const title = decodeUtf8(reader.bytes(titleLength));
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (title === undefined) return undecodable(DecodeFailure.badField);
  const type = MessageType.beacon;
  return decoded({
    type,
    stream,
    hostKey,
    nonce,
    epoch,
    counter,
    nextSeq,
    stripes,
    bitsPerSecond,
    messageBytesMax,
    minVotes,
    title,
    signature,
  });
}

function decodeVotes(epoch: number, reader: ByteReader): Decoded<Votes> {
  const base = reader.u32();
  const count = reader.u16();
  if (count > limits.votesPerPacketMax) return undecodable(DecodeFailure.oversized);
  const votes: Vote[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    votes.push({ seq: base + reader.u16(), hash: voteHash(reader.bytes(VOTE_HASH_BYTES)) });
  }
  return decoded({ type: MessageType.votes, epoch, votes });
}

function decodeVoteDigest(epoch: number, reader: ByteReader): Decoded<VoteDigest> {
  const base = reader.u32();
  const count = reader.u8();
  const digest = voteHash(reader.bytes(VOTE_HASH_BYTES));
  if (count < 1 || count > limits.voteWindowFrames || base % limits.voteWindowFrames !== 0)
    return undecodable(DecodeFailure.badField);
  return decoded({ type: MessageType.voteDigest, epoch, base, count, digest });
}

function decodePull(type: Pull['type'], epoch: number, reader: ByteReader): Decoded<Pull> {
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
