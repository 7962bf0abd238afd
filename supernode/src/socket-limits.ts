/**
 * What one WebSocket may use up, and the name of every way in which a connection is refused or ended.
 * A limit of the protocol itself (the size of a packet) stands in shared/src/wire/limits.ts.
 */

import { limits } from '@murmuration/shared/wire/limits.ts';

/** What the other end of one connection may send; beyond, the connection ends. */
export interface SocketRates {
  /** Packets a second in the long run. Default 200 for a client, 2,000 for a supernode. */
  readonly packetsPerSecond: number;
  /** Packets that may come at once before that rate applies. Default 400 for a client, 4,000 for a supernode. */
  readonly packetsBurst: number;
  /** Bytes a second in the long run. Default 512 KiB for a client, 4 MiB for a supernode. */
  readonly bytesPerSecond: number;
  /** Bytes that may come at once before that rate applies. Default 2 MiB for a client, 16 MiB for a supernode. */
  readonly bytesBurst: number;
}

/** The rates in it are those of a client. */
export interface SocketLimits extends SocketRates {
  /** Open connections that others opened, in all. Default 2,000. One more is refused with HTTP 503. Dialed ones do not count. */
  readonly connectionsMax: number;
  /** Open connections from one client address (IPv6: one /64). Default 256: a classroom behind one router. */
  readonly connectionsPerAddressMax: number;
  /** WebSockets that are opened each second, by all together. Default 200. One more is refused with HTTP 503. */
  readonly upgradesPerSecond: number;
  /** WebSockets that may be opened at once before that rate applies. Default 2,000: all come back after a restart. */
  readonly upgradesBurst: number;
  /** How long the other end may take to send its 32 random bytes, and then its first packet (its hello), in ms. Default 5,000. */
  readonly firstMessageWithinMs: number;
  /** Bytes of one message. Default 16 KiB, which is also the most: a packet of the protocol. */
  readonly messageBytesMax: number;
  /** Parts of one message. Default 16: a packet is cut up by nobody on purpose. */
  readonly fragmentsMax: number;
  /** How long a dial may take until the WebSocket is open, in ms: name, TCP, TLS and HTTP together. Default 10,000. */
  readonly dialWithinMs: number;
  /** Of a supernode that was dialed, or that said in its hello that it is one. */
  readonly supernodeRates: SocketRates;
  /** Connections that others opened and that have those rates, at once. Default 32; supernodes beyond are held to a client's. */
  readonly supernodeLinksMax: number;
  /** Bytes that may wait for a slow receiver; packets beyond are dropped and counted. Default 512 KiB. */
  readonly bufferedBytesMax: number;
  /** Bytes that may wait for all slow receivers together; beyond, whoever has some waiting gets no more. Default 64 MiB. */
  readonly bufferedTotalBytesMax: number;
  /** Bytes that wait plus bytes dropped since the receiver last caught up; beyond, the connection ends. Default 4 MiB. */
  readonly backlogBytesMax: number;
  /** `drained` is reported when what waits falls below this. Default 64 KiB. */
  readonly lowWaterBytes: number;
  /** A client that was silent for a whole period, ping included, is cut off, in ms. Default 20,000. */
  readonly pingEveryMs: number;
  /** How long the closing handshake may take before the socket is cut, in ms. Default 1,000. */
  readonly closeWithinMs: number;
}

export const defaultSocketLimits: SocketLimits = {
  connectionsMax: 2_000,
  connectionsPerAddressMax: 256,
  upgradesPerSecond: 200,
  upgradesBurst: 2_000,
  firstMessageWithinMs: 5_000,
  messageBytesMax: limits.packetBytesMax,
  fragmentsMax: 16,
  dialWithinMs: 10_000,
  packetsPerSecond: 200,
  packetsBurst: 400,
  bytesPerSecond: 512 * 1024,
  bytesBurst: 2 * 1024 * 1024,
  supernodeRates: {
    packetsPerSecond: 2_000,
    packetsBurst: 4_000,
    bytesPerSecond: 4 * 1024 * 1024,
    bytesBurst: 16 * 1024 * 1024,
  },
  supernodeLinksMax: 32,
  bufferedBytesMax: 512 * 1024,
  bufferedTotalBytesMax: 64 * 1024 * 1024,
  backlogBytesMax: 4 * 1024 * 1024,
  lowWaterBytes: 64 * 1024,
  pingEveryMs: 20_000,
  closeWithinMs: 1_000,
};

/** Answers to a request that does not become a connection: HTTP status and the words in its body. */
export const Refusal = {
  wrongPath: { status: 404, reason: 'wrong-path' },
  wrongOrigin: { status: 403, reason: 'wrong-origin' },
  tooManyConnections: { status: 503, reason: 'too-many-connections' },
  tooManyFromAddress: { status: 429, reason: 'too-many-connections-from-address' },
  tooManyUpgrades: { status: 503, reason: 'too-many-upgrades' },
  stopping: { status: 503, reason: 'stopping' },
} as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

/**
 * Ends of a connection: WebSocket close codes (RFC 6455, section 7.4; 4000 and up are ours) and their words. The ones with
 * the code 1006 send nothing: the client does not listen any more, so its socket is cut.
 */
export const Ending = {
  closedHere: { code: 1000, reason: 'closed' },
  stopping: { code: 1001, reason: 'supernode-stopping' },
  textMessage: { code: 1003, reason: 'text-message' },
  oversized: { code: 1009, reason: 'oversized-message' },
  noRoom: { code: 1013, reason: 'no-room' },
  tooManyParts: { code: 1008, reason: 'too-many-parts' },
  malformed: { code: 1002, reason: 'malformed-websocket-frame' },
  nonceMissing: { code: 4001, reason: 'nonce-missing' },
  nonceMalformed: { code: 4002, reason: 'nonce-malformed' },
  tooManyPackets: { code: 4003, reason: 'too-many-packets' },
  tooManyBytes: { code: 4004, reason: 'too-many-bytes' },
  helloMissing: { code: 4005, reason: 'hello-missing' },
  slowReceiver: { code: 1006, reason: 'slow-receiver' },
  deadPeer: { code: 1006, reason: 'dead-peer' },
} as const;
export type Ending = (typeof Ending)[keyof typeof Ending];
