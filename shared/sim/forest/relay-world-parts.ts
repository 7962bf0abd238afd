/** One node of a relay world, its links, and the frames that travel between them. */
import type { PeerId } from '../../src/lib/ids.ts';
import type { Random } from '../../src/lib/random.ts';
import type { AuthenticFrame, RelayInput, RelayOutput } from '../../src/relay/relay-contract.ts';
import type { UploadOffer } from '../../src/relay/upload-offer.ts';
import type { FrameHeader } from '../../src/wire/frame.ts';
import type { RelayMessage } from '../../src/wire/relay-messages.ts';
import { defaultNetworkSettings } from '../network-settings.ts';

/** What strategies other than the product's say to each other about frames. */
export interface StrategyMessage {
  readonly kind: 'hello' | 'poll' | 'have' | 'want' | 'stop' | 'graft' | 'prune';
  readonly seqs: readonly number[];
}

export type WorldMessage = RelayMessage | StrategyMessage;

export type WorldInput =
  | Exclude<RelayInput, { type: 'message' }>
  | { readonly type: 'message'; readonly peer: PeerId; readonly message: WorldMessage }
  /** A frame came that is there already. */
  | { readonly type: 'duplicate'; readonly peer: PeerId; readonly frame: SimFrame };

export type WorldOutput =
  | Exclude<RelayOutput, { type: 'send' }>
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: WorldMessage };

/**
 * silent: takes children and sends them nothing. forger: changes every frame that it passes on. liar: says that it sits right below the
 * host with room for all, and is silent. voter: votes for other hashes.
 */
export type HostileKind = 'silent' | 'forger' | 'liar' | 'voter';

export interface NodeOptions {
  readonly isHost: boolean;
  /** Copies of the stream that it uploads at most. */
  readonly slots: number;
  /** What its uplink carries. */
  readonly uploadBitsPerSecond: number;
  /** What its user lets it upload; as much as the uplink carries where that is not said. */
  readonly limitBitsPerSecond?: number | undefined;
  readonly hostile?: HostileKind | undefined;
}

/** @param host the host's id: its own, for the host */
export type MachineMaker = (self: PeerId, options: NodeOptions, random: Random, host: PeerId) => RelayMachine;

/** What the world asks of a machine that relays a stream: the product's, or another strategy beside it. */
export interface RelayMachine {
  handle(input: WorldInput, now: number): readonly WorldOutput[];
  nextDeadline(): number;
  /** Would this frame be kept? */
  admits(header: FrameHeader, payloadBytes: number, from: PeerId, now: number): boolean;
  /** Hops from the host in the tree of each stripe that has a parent; empty where there are none. */
  readonly depths: readonly number[];
  /** The same where it feeds others; undefined where there is no such place. */
  readonly feedingDepth: number | undefined;
  /** Children that it can still take. */
  readonly freeSlots: number;
  /** Whom it feeds in some stripe. */
  readonly children: readonly PeerId[];
  /** Stripes in which nobody feeds it. */
  readonly orphanedStripes: number;
  /** Whether it is fed by a neighbour, or feeds it, in some stripe. */
  uses(peer: PeerId): boolean;
  /** Frames delivered with enough votes, and without. */
  readonly confirmed: readonly [confirmed: number, unconfirmed: number];
}

/** A frame whose payload is a few bytes that tell messages apart, and that counts as large as it says. */
export interface SimFrame extends AuthenticFrame {
  /** Payload as it would be, and the whole packet, in bytes. */
  readonly payloadBytes: number;
  readonly packetBytes: number;
  /** Its signature is wrong, as the gate would find. */
  readonly forged?: true;
}

/** Tells no message that was ever published. */
const FORGED_PAYLOAD = new Uint8Array([255, 255, 255, 255]);

export const forgedFrom = (frame: SimFrame): SimFrame => ({
  ...frame,
  payload: FORGED_PAYLOAD,
  forged: true,
});

/** What can be on its way to a node. */
export const Kind = { frame: 0, message: 1, notice: 2 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** What a node notices of a neighbour that has gone, or has ended the link. */
export const Notice = {
  lost: { notice: 'lost' },
  silent: { notice: 'silent' },
  shunned: { notice: 'shunned' },
} as const;
export type Notice = (typeof Notice)[keyof typeof Notice];

/** One direction of a link. */
export class WorldLink {
  /** Names this direction in all threads. */
  readonly number: number;
  readonly from: WorldNode;
  readonly to: WorldNode;
  /** The id of `to`, and its index: at hand without a look at it. */
  readonly peer: PeerId;
  readonly toIndex: number;
  readonly latencyMs: number;
  /** The other direction. */
  readonly back: WorldLink;
  /** Its sender has not heard of an end of it. */
  open = true;
  /** No message sent later arrives before this. */
  arrivesAtMs = 0;

  /** @param number an even one; that of the other direction is the next */
  constructor(number: number, from: WorldNode, to: WorldNode, latencyMs: number, back?: WorldLink) {
    this.number = number;
    this.from = from;
    this.to = to;
    this.peer = to.peer;
    this.toIndex = to.index;
    this.latencyMs = latencyMs;
    this.back = back ?? new WorldLink(number + 1, to, from, latencyMs, this);
  }
}

/** One-way latency of a pair of nodes, by their indices: the same in both directions. */
export function pairLatencyMs(seed: number, a: number, b: number): number {
  const { latencyMinMs, latencyMaxMs } = defaultNetworkSettings;
  let mixed = Math.imul(Math.min(a, b) + 1, 0x9e3779b1);
  mixed ^= Math.imul(Math.max(a, b) + 1, 0x85ebca77);
  mixed = Math.imul(mixed ^ seed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return latencyMinMs + ((mixed ^ (mixed >>> 15)) >>> 0) * ((latencyMaxMs - latencyMinMs) / 2 ** 32);
}

const TALLIED = 8;
const NODES_FIRST = 64;

/** What changes with every event, of all nodes: one line of memory for each, where fields of objects would be a number's object each. */
export class Tally {
  numbers = new Float64Array(NODES_FIRST * TALLIED);
  /** When each node's machine, or a call, is due. */
  timerAtMs = new Float64Array(NODES_FIRST).fill(Number.POSITIVE_INFINITY);

  /** Makes room for a node. */
  include(index: number): void {
    if (index < this.timerAtMs.length) return;
    const { numbers, timerAtMs } = this;
    const nodes = timerAtMs.length * 2;
    this.numbers = new Float64Array(nodes * TALLIED);
    this.numbers.set(numbers);
    this.timerAtMs = new Float64Array(nodes).fill(Number.POSITIVE_INFINITY);
    this.timerAtMs.set(timerAtMs);
  }
}

interface Call {
  readonly atMs: number;
  readonly callback: () => void;
}

export class WorldNode {
  readonly index: number;
  readonly peer: PeerId;
  readonly isHost: boolean;
  readonly hostile: boolean;
  /** What it offers to upload. */
  readonly offer: UploadOffer;
  /** Undefined where another thread plays it. */
  readonly #machine: RelayMachine | undefined;
  readonly uploadBitsPerMs: number;
  readonly joinedAtMs: number;
  goneAtMs: number | undefined;
  /** Whom it last pushed a frame. */
  pushedTo: PeerId | undefined;
  readonly links = new Map<PeerId, WorldLink>();
  /** Peers that it has caught with a forged frame. */
  readonly shunned = new Set<PeerId>();
  /** What is to be called while it is played, the soonest first; only the host has any. */
  calls: readonly Call[] | undefined;
  /** Draws which of its frames are lost. */
  loss: Random | undefined;
  /** Frames that would have waited too long for the uplink. */
  framesGivenUp = 0;
  readonly #tally: Tally;
  readonly #at: number;

  constructor(
    index: number,
    peer: PeerId,
    { isHost, hostile, slots, uploadBitsPerSecond, limitBitsPerSecond = uploadBitsPerSecond }: NodeOptions,
    machine: RelayMachine | undefined,
    tally: Tally,
    joinedAtMs: number,
  ) {
    this.index = index;
    this.peer = peer;
    this.isHost = isHost;
    this.hostile = hostile !== undefined;
    this.offer = { slots, uploadBitsPerSecond: limitBitsPerSecond };
    this.#machine = machine;
    this.uploadBitsPerMs = uploadBitsPerSecond / 1_000;
    this.joinedAtMs = joinedAtMs;
    this.#tally = tally;
    this.#at = index * TALLIED;
    tally.include(index);
  }

  get machine(): RelayMachine {
    if (this.#machine === undefined) throw new Error(`bug: node ${this.index} is played by another thread`);
    return this.#machine;
  }

  /** Forgets a link; undefined if there is none. */
  endLink(peer: PeerId): WorldLink | undefined {
    const link = this.links.get(peer);
    if (link === undefined) return undefined;
    link.open = false;
    this.links.delete(peer);
    return link;
  }

  /** Until then its uplink is busy with what was handed over. */
  get uploadFreeAtMs(): number {
    return this.#tally.numbers[this.#at] as number;
  }
  set uploadFreeAtMs(atMs: number) {
    this.#tally.numbers[this.#at] = atMs;
  }

  /** When its machine last heard that frames wait. */
  get backlogToldAtMs(): number {
    return this.#tally.numbers[this.#at + 1] as number;
  }
  set backlogToldAtMs(atMs: number) {
    this.#tally.numbers[this.#at + 1] = atMs;
  }

  /** Bytes of frames' payload that came in, and of these what was not there before; that went out. */
  get payloadIn(): number {
    return this.#tally.numbers[this.#at + 2] as number;
  }
  set payloadIn(bytes: number) {
    this.#tally.numbers[this.#at + 2] = bytes;
  }

  get payloadUseful(): number {
    return this.#tally.numbers[this.#at + 3] as number;
  }
  set payloadUseful(bytes: number) {
    this.#tally.numbers[this.#at + 3] = bytes;
  }

  get payloadOut(): number {
    return this.#tally.numbers[this.#at + 4] as number;
  }
  set payloadOut(bytes: number) {
    this.#tally.numbers[this.#at + 4] = bytes;
  }

  /** Bytes with all headers that went out: all, control messages, acknowledgements. */
  get wireOut(): number {
    return this.#tally.numbers[this.#at + 5] as number;
  }
  set wireOut(bytes: number) {
    this.#tally.numbers[this.#at + 5] = bytes;
  }

  get controlOut(): number {
    return this.#tally.numbers[this.#at + 6] as number;
  }
  set controlOut(bytes: number) {
    this.#tally.numbers[this.#at + 6] = bytes;
  }

  get ackOut(): number {
    return this.#tally.numbers[this.#at + 7] as number;
  }
  set ackOut(bytes: number) {
    this.#tally.numbers[this.#at + 7] = bytes;
  }
}
