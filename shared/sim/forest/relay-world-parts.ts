/** One node of a relay world, its links, and the frames that travel between them. */
import type { PeerId } from '../../src/lib/ids.ts';
import type { Random } from '../../src/lib/random.ts';
import type { AuthenticFrame, RelayInput, RelayOutput } from '../../src/relay/relay-contract.ts';
import type { FrameHeader } from '../../src/wire/frame.ts';
import type { RelayMessage } from '../../src/wire/relay-messages.ts';
import type { SimEvent } from '../virtual-clock.ts';

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
  readonly slots: number;
  readonly uploadBitsPerSecond: number;
  readonly hostile?: HostileKind | undefined;
}

export type MachineMaker = (self: PeerId, options: NodeOptions, random: Random) => RelayMachine;

/** What the world asks of a machine that relays a stream: the product's, or another strategy beside it. */
export interface RelayMachine {
  handle(input: WorldInput, now: number): readonly WorldOutput[];
  nextDeadline(): number;
  /** Would this frame be kept? */
  admits(header: FrameHeader, payloadBytes: number): boolean;
  /** Hops from the host in the tree of each stripe that has a parent; empty where there are none. */
  readonly depths: readonly number[];
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

/** One direction of a link. */
export class WorldLink {
  readonly to: WorldNode;
  readonly latencyMs: number;
  /** No message sent later arrives before this. */
  arrivesAtMs = 0;

  constructor(to: WorldNode, latencyMs: number) {
    this.to = to;
    this.latencyMs = latencyMs;
  }
}

export interface WorldNode {
  readonly index: number;
  readonly peer: PeerId;
  readonly isHost: boolean;
  readonly hostile: boolean;
  readonly slots: number;
  readonly machine: RelayMachine;
  readonly uploadBitsPerMs: number;
  readonly joinedAtMs: number;
  goneAtMs: number | undefined;
  /** Until then its uplink is busy with what was handed over. */
  uploadFreeAtMs: number;
  /** When its machine last heard that frames wait. */
  backlogToldAtMs: number;
  /** Whom it last pushed a frame. */
  pushedTo: PeerId | undefined;
  readonly links: Map<PeerId, WorldLink>;
  /** Peers that it has caught with a forged frame. */
  readonly shunned: Set<PeerId>;
  timer: SimEvent | undefined;
  /** Bytes of frames' payload that came in, and of these what was not there before; that went out. */
  payloadIn: number;
  payloadUseful: number;
  payloadOut: number;
  /** Bytes with all headers that went out: all, control messages, acknowledgements. */
  wireOut: number;
  controlOut: number;
  ackOut: number;
  /** Frames that would have waited too long for the uplink. */
  framesGivenUp: number;
}
