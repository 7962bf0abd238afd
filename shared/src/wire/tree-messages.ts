/**
 * What neighbours say to each other to build a stripe's tree and to keep it (PROTOCOL.md R15, R16, R47): who asks whom for a place,
 * where places are, and how those below are supplied. Every message names its epoch and its stripe first, and its bytes change
 * only with PROTOCOL.md and their golden bytes. Votes and pulls are in relay-messages.ts.
 *
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
import { type ByteReader, ByteWriter } from '../lib/bytes.ts';
import { ID_BYTES, idBytes, type PeerId, peerIdFromBytes } from '../lib/ids.ts';
import { limits } from './limits.ts';
import { MessageType } from './message-type.ts';
import { type Decoded, DecodeFailure, decoded, undecodable } from './result.ts';

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

export type TreeMessage = Subscribe | Subscribed | Refused | Unsubscribe | Advert | Vacancies | CensusReport;

const SubscribeFlag = { fromSeq: 1, interior: 2, starving: 4, makeshift: 8 } as const;
const SUBSCRIBE_FLAGS_MAX = 15;

const writeSlots = (writer: ByteWriter, { free, forInterior, forStarving }: OpenSlots): ByteWriter =>
  writer.u8(Math.min(255, free)).u8(Math.min(255, forInterior)).u8(Math.min(255, forStarving));

const readSlots = (reader: ByteReader): OpenSlots => ({
  free: reader.u8(),
  forInterior: reader.u8(),
  forStarving: reader.u8(),
});

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

export function encodeTreeMessage(message: TreeMessage): Uint8Array {
  switch (message.type) {
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

/** Reads a packet whose first byte was one of this file's types. */
export function decodeTreeMessage(type: TreeMessage['type'], reader: ByteReader): Decoded<TreeMessage> {
  const epoch = reader.u48();
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
