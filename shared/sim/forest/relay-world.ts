/**
 * A network of relay machines alone, with bandwidth: ten thousand viewers fit, because frames travel by reference and there is no
 * net graph, no gate and no signaling behind the links (the other simulators have them). Every byte that would be on the wire takes its
 * time on the sender's uplink, headers and acknowledgements included.
 */
import type { PeerId } from '../../src/lib/ids.ts';
import { peerIdFromBytes } from '../../src/lib/ids.ts';
import { type Random, randomBytes, randomFloat, seededRandom } from '../../src/lib/random.ts';
import { backlogReports } from '../../src/node/link-sender.ts';
import { linkTimings } from '../../src/node/links.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import { encodeRelayMessage } from '../../src/wire/relay-messages.ts';
import { defaultNetworkSettings } from '../network-settings.ts';
import { SimEvent, type VirtualClock } from '../virtual-clock.ts';
import {
  type MachineMaker,
  type NodeOptions,
  type SimFrame,
  type WorldInput,
  WorldLink,
  type WorldMessage,
  type WorldNode,
  type WorldOutput,
} from './relay-world-parts.ts';

const { latencyMinMs, latencyMaxMs, datagramOverheadBytes, datagramPayloadBytes, acksPerDatagram } =
  defaultNetworkSettings;
const { framesLifetimeMs } = defaultNetworkSettings;
/** A link that carries frames falls silent after that, and is given up after that. */
const { silentAfterMs: SILENT_AFTER_MS, deadAfterMs: DOWN_AFTER_MS } = linkTimings;

/** What happens around the machines. */
export interface RelayWorldHooks {
  /** A viewer's application is given a message. */
  delivered(node: WorldNode, bytes: Uint8Array): void;
  /** A node would be linked with one of these, or, if it starves, with anybody else who has room. */
  wantsLink(node: WorldNode, peers: readonly PeerId[], starving: boolean): void;
  linkLost(node: WorldNode, other: WorldNode): void;
}

export class RelayWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly nodes: WorldNode[] = [];
  /** Share of frames that never arrive. */
  framesLoss = 0;
  readonly #byPeer = new Map<PeerId, WorldNode>();
  readonly #hooks: RelayWorldHooks;
  readonly #make: MachineMaker;
  readonly #seed: number;

  constructor(clock: VirtualClock, seed: number, make: MachineMaker, hooks: RelayWorldHooks) {
    this.clock = clock;
    this.#seed = seed;
    this.random = seededRandom(seed * 31 + 11);
    this.#make = make;
    this.#hooks = hooks;
  }

  add(options: NodeOptions): WorldNode {
    const index = this.nodes.length;
    const peer = peerIdFromBytes(randomBytes(this.random, 20));
    const random = seededRandom(this.#seed + (index + 16) * 2 ** 24);
    const node: WorldNode = {
      index,
      peer,
      isHost: options.isHost,
      hostile: options.hostile !== undefined,
      slots: options.slots,
      machine: this.#make(peer, options, random),
      uploadBitsPerMs: options.uploadBitsPerSecond / 1_000,
      joinedAtMs: this.clock.nowMs,
      goneAtMs: undefined,
      uploadFreeAtMs: 0,
      backlogToldAtMs: 0,
      pushedTo: undefined,
      links: new Map(),
      shunned: new Set(),
      timer: undefined,
      payloadIn: 0,
      payloadUseful: 0,
      payloadOut: 0,
      wireOut: 0,
      controlOut: 0,
      ackOut: 0,
      framesGivenUp: 0,
    };
    this.nodes.push(node);
    this.#byPeer.set(peer, node);
    return node;
  }

  byPeer(peer: PeerId): WorldNode | undefined {
    return this.#byPeer.get(peer);
  }

  latencyMs(a: WorldNode, b: WorldNode): number {
    let mixed = Math.imul(Math.min(a.index, b.index) + 1, 0x9e3779b1);
    mixed ^= Math.imul(Math.max(a.index, b.index) + 1, 0x85ebca77);
    mixed = Math.imul(mixed ^ this.#seed ^ (mixed >>> 15), 0x2c1b3c6d);
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
    return latencyMinMs + ((mixed ^ (mixed >>> 15)) >>> 0) * ((latencyMaxMs - latencyMinMs) / 2 ** 32);
  }

  link(a: WorldNode, b: WorldNode): void {
    if (a === b || a.links.has(b.peer) || a.goneAtMs !== undefined || b.goneAtMs !== undefined) return;
    if (a.shunned.has(b.peer) || b.shunned.has(a.peer)) return;
    const latencyMs = this.latencyMs(a, b);
    a.links.set(b.peer, new WorldLink(b, latencyMs));
    b.links.set(a.peer, new WorldLink(a, latencyMs));
    this.feed(a, { type: 'peer-up', peer: b.peer });
    this.feed(b, { type: 'peer-up', peer: a.peer });
  }

  /** Two nodes end their link in agreement. */
  unlink(a: WorldNode, b: WorldNode): void {
    if (!a.links.delete(b.peer)) return;
    b.links.delete(a.peer);
    this.feed(a, { type: 'peer-down', peer: b.peer });
    this.feed(b, { type: 'peer-down', peer: a.peer });
  }

  /** A node goes: with a word to its neighbours, or so that they have to notice. */
  remove(node: WorldNode, how: 'leave' | 'crash'): void {
    node.goneAtMs = this.clock.nowMs;
    if (node.timer) this.clock.cancel(node.timer);
    this.#byPeer.delete(node.peer);
    for (const { to, latencyMs } of node.links.values()) {
      if (how === 'leave') this.clock.call(this.clock.nowMs + latencyMs, () => this.#lost(to, node));
      else {
        this.clock.call(this.clock.nowMs + SILENT_AFTER_MS, () => {
          if (to.links.has(node.peer))
            this.feed(to, { type: 'peer-health', peer: node.peer, silent: true, rttMs: undefined });
        });
        this.clock.call(this.clock.nowMs + DOWN_AFTER_MS, () => this.#lost(to, node));
      }
    }
    node.links.clear();
  }

  #lost(node: WorldNode, other: WorldNode): void {
    if (node.goneAtMs !== undefined || !node.links.delete(other.peer)) return;
    this.feed(node, { type: 'peer-down', peer: other.peer });
    this.#hooks.linkLost(node, other);
  }

  feed(node: WorldNode, input: WorldInput): void {
    if (node.goneAtMs !== undefined) return;
    for (const output of node.machine.handle(input, this.clock.nowMs)) this.#perform(node, output);
    this.#setTimer(node);
    this.#tellBacklog(node);
  }

  /** The driver notices that what it sends waits. */
  #tellBacklog(node: WorldNode): void {
    const { nowMs } = this.clock;
    const waitedMs = node.uploadFreeAtMs - nowMs;
    if (waitedMs < backlogReports.fromMs || nowMs - node.backlogToldAtMs < backlogReports.everyMs) return;
    const { pushedTo: peer } = node;
    if (peer === undefined) return;
    node.backlogToldAtMs = nowMs;
    this.feed(node, { type: 'backlog', peer, waitedMs });
  }

  #setTimer(node: WorldNode): void {
    const dueAtMs = Math.max(node.machine.nextDeadline(), this.clock.nowMs);
    const { timer } = node;
    if (timer && !timer.cancelled) {
      // One that comes too early looks again.
      if (timer.atMs <= dueAtMs) return;
      this.clock.cancel(timer);
    }
    if (dueAtMs === Number.POSITIVE_INFINITY) return;
    node.timer = new Timer(this, node);
    this.clock.add(node.timer, dueAtMs);
  }

  timerFired(node: WorldNode): void {
    if (node.machine.nextDeadline() > this.clock.nowMs) this.#setTimer(node);
    else this.feed(node, { type: 'tick' });
  }

  #perform(node: WorldNode, output: WorldOutput): void {
    switch (output.type) {
      case 'push':
        this.#push(node, output.peer, output.frame as SimFrame);
        break;
      case 'send':
        this.#send(node, output.peer, output.message);
        break;
      case 'message':
        this.#hooks.delivered(node, output.bytes);
        break;
      case 'want-link':
        this.#hooks.wantsLink(node, output.peers, output.starving);
        break;
      default:
    }
  }

  /** When so many bytes handed over now have left a node. */
  #upload(node: WorldNode, bytes: number): number {
    node.wireOut += bytes;
    node.uploadFreeAtMs =
      Math.max(this.clock.nowMs, node.uploadFreeAtMs) + (bytes * 8) / node.uploadBitsPerMs;
    return node.uploadFreeAtMs;
  }

  #push(node: WorldNode, peer: PeerId, frame: SimFrame): void {
    const link = node.links.get(peer);
    if (link === undefined) return;
    if (node.uploadFreeAtMs - this.clock.nowMs > framesLifetimeMs) {
      node.framesGivenUp++;
      return;
    }
    node.payloadOut += frame.payloadBytes;
    node.pushedTo = peer;
    const datagrams = Math.ceil(frame.packetBytes / datagramPayloadBytes);
    const leavesAtMs = this.#upload(node, frame.packetBytes + datagrams * datagramOverheadBytes);
    if (this.framesLoss > 0 && randomFloat(this.random) < this.framesLoss) return;
    this.clock.add(new FrameArrival(this, link.to, node, frame, datagrams), leavesAtMs + link.latencyMs);
  }

  #send(node: WorldNode, peer: PeerId, message: WorldMessage): void {
    const link = node.links.get(peer);
    if (link === undefined) return;
    const packetBytes = messageBytes(message);
    const datagrams = Math.ceil(packetBytes / datagramPayloadBytes);
    const bytes = packetBytes + datagrams * datagramOverheadBytes;
    node.controlOut += bytes;
    const arrivesAtMs = Math.max(this.#upload(node, bytes) + link.latencyMs, link.arrivesAtMs);
    link.arrivesAtMs = arrivesAtMs;
    this.clock.add(new MessageArrival(this, link.to, node, message, datagrams), arrivesAtMs);
  }

  /** Something arrived: it is acknowledged, if both ends are still there. */
  arrives(to: WorldNode, from: WorldNode, datagrams: number): boolean {
    if (to.goneAtMs !== undefined || !to.links.has(from.peer)) return false;
    const bytes = datagrams * acksPerDatagram * datagramOverheadBytes;
    to.ackOut += bytes;
    this.#upload(to, bytes);
    return true;
  }

  frameArrives(to: WorldNode, from: WorldNode, frame: SimFrame): void {
    to.payloadIn += frame.payloadBytes;
    if (frame.forged && !to.hostile) {
      to.shunned.add(from.peer);
      this.unlink(to, from);
      this.#hooks.linkLost(to, from);
      return;
    }
    if (!to.machine.admits(frame.header, frame.payload.length)) {
      this.feed(to, { type: 'duplicate', peer: from.peer, frame });
      return;
    }
    to.payloadUseful += frame.payloadBytes;
    this.feed(to, { type: 'frame', peer: from.peer, frame });
  }

  messageArrives(to: WorldNode, from: WorldNode, message: WorldMessage): void {
    if ('kind' in message || message.type !== MessageType.beacon) {
      this.feed(to, { type: 'message', peer: from.peer, message });
      return;
    }
    const host = this.nodes[0] as WorldNode;
    if (!to.isHost) this.feed(to, { type: 'beacon', peer: from.peer, beacon: message, host: host.peer });
  }
}

/** Bytes of a message on the wire, without headers. A strategy's names frames by 20 bytes each, as gossipsub's ids take about. */
function messageBytes(message: WorldMessage): number {
  if ('kind' in message) return 8 + 20 * message.seqs.length;
  if (message.type === MessageType.voteDigest) return VOTE_DIGEST_BYTES;
  return encodeRelayMessage(message).length;
}

/** They are many, and all as long as this one. */
const VOTE_DIGEST_BYTES = encodeRelayMessage({
  type: MessageType.voteDigest,
  epoch: 0,
  base: 0,
  count: 1,
  digest: '',
}).length;

class Timer extends SimEvent {
  readonly #world: RelayWorld;
  readonly #node: WorldNode;

  constructor(world: RelayWorld, node: WorldNode) {
    super();
    this.#world = world;
    this.#node = node;
  }

  override fire(): void {
    this.#world.timerFired(this.#node);
  }
}

class FrameArrival extends SimEvent {
  readonly #world: RelayWorld;
  readonly #to: WorldNode;
  readonly #from: WorldNode;
  readonly #frame: SimFrame;
  readonly #datagrams: number;

  constructor(world: RelayWorld, to: WorldNode, from: WorldNode, frame: SimFrame, datagrams: number) {
    super();
    this.#world = world;
    this.#to = to;
    this.#from = from;
    this.#frame = frame;
    this.#datagrams = datagrams;
  }

  override fire(): void {
    if (this.#world.arrives(this.#to, this.#from, this.#datagrams))
      this.#world.frameArrives(this.#to, this.#from, this.#frame);
  }
}

class MessageArrival extends SimEvent {
  readonly #world: RelayWorld;
  readonly #to: WorldNode;
  readonly #from: WorldNode;
  readonly #message: WorldMessage;
  readonly #datagrams: number;

  constructor(world: RelayWorld, to: WorldNode, from: WorldNode, message: WorldMessage, datagrams: number) {
    super();
    this.#world = world;
    this.#to = to;
    this.#from = from;
    this.#message = message;
    this.#datagrams = datagrams;
  }

  override fire(): void {
    if (this.#world.arrives(this.#to, this.#from, this.#datagrams))
      this.#world.messageArrives(this.#to, this.#from, this.#message);
  }
}
