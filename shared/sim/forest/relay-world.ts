/**
 * A network of relay machines alone, with bandwidth: ten thousand viewers fit, because frames travel by reference and there is no
 * net graph, no gate and no signaling behind the links (the other simulators have them). How things get from one
 * node to another, and what that takes, is in transit.ts.
 *
 * Nodes are played a slice of time each in turn (node-events.ts). What concerns more than one of them at an instant, such as new links,
 * happens between slices: on the beat, every 10 ms.
 */
import type { PeerId } from '../../src/lib/ids.ts';
import { peerIdFromBytes } from '../../src/lib/ids.ts';
import { type Random, randomBytes, seededRandom } from '../../src/lib/random.ts';
import { backlogReports } from '../../src/node/link-sender.ts';
import { linkTimings } from '../../src/node/links.ts';
import type { Supply } from '../../src/relay/relay-contract.ts';
import type { Beacon } from '../../src/wire/beacon.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import { START_UNIX_MS, type VirtualClock } from '../virtual-clock.ts';
import { Crossings, type CrossingWorld, type Request } from './crossings.ts';
import { LinkTable } from './link-table.ts';
import { messageBytes } from './message-size.ts';
import { type Cargo, NodeEvents, SLICE_MS } from './node-events.ts';
import {
  Kind,
  type MachineMaker,
  type NodeOptions,
  Notice,
  pairLatencyMs,
  type SimFrame,
  Tally,
  type WorldInput,
  type WorldLink,
  type WorldMessage,
  WorldNode,
  type WorldOutput,
} from './relay-world-parts.ts';
import { Team } from './team.ts';
import { Transit } from './transit.ts';

/** A link that carries frames falls silent after the first, another after the second, and all are given up after the third. */
const { silentAfterMs, idleSilentAfterMs, deadAfterMs } = linkTimings;
/** What concerns several nodes happens at multiples of this. */
const BEAT_MS = SLICE_MS;

const PEERS_AHEAD = 2_048;

/** What happens around the machines. */
export interface RelayWorldHooks {
  /** A viewer's application is given a message. Nodes are not played in the order of time: nothing may depend on that. */
  delivered(node: WorldNode, bytes: Uint8Array, nowMs: number): void;
  /** A node would be linked with one of these, or, if it starves, with anybody else who has room. */
  wantsLink(node: WorldNode, peers: readonly PeerId[], starving: boolean): void;
  linkLost(node: WorldNode): void;
  /** The host hears how its swarm is supplied. */
  supply(supply: Supply, nowMs: number): void;
}

export class RelayWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly nodes: WorldNode[] = [];
  readonly transit: Transit;
  readonly #byPeer = new Map<PeerId, WorldNode>();
  readonly #hooks: RelayWorldHooks;
  readonly #make: MachineMaker;
  readonly #seed: number;
  readonly #team: Team;
  readonly #crossings: Crossings;
  readonly #tally = new Tally();
  readonly #events: NodeEvents<WorldLink>;
  readonly #peersAhead: PeerId[] = [];
  readonly #links = new LinkTable();
  #requests: Request[] = [];
  #nowMs: number;
  #eventsRun = 0;

  /**
   * @param sliceMs how long each node is played at a time: shorter is slower, and nothing else
   * @param team who plays it, each its own nodes
   */
  constructor(
    clock: VirtualClock,
    seed: number,
    make: MachineMaker,
    hooks: RelayWorldHooks,
    sliceMs = SLICE_MS,
    team = Team.alone(),
  ) {
    this.#team = team;
    this.#crossings = new Crossings(team, this.#crossingWorld());
    this.clock = clock;
    this.#nowMs = clock.nowMs;
    this.#seed = seed;
    this.random = seededRandom(seed * 31 + 11);
    this.#make = make;
    this.#hooks = hooks;
    this.#events = new NodeEvents(sliceMs);
    this.transit = new Transit({ seed, team, crossings: this.#crossings, events: this.#events });
  }

  /** The time of what is being played. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many events have run, those of the clock among them. All members ask at the same time. */
  get eventsRun(): number {
    return this.#team.sum(this.#eventsRun) + this.clock.eventsRun;
  }

  /** What comes from nodes that others play. */
  #crossingWorld(): CrossingWorld {
    return {
      nodes: this.nodes,
      arrives: (atMs, to, from, number, kind, cargo) =>
        this.transit.onItsWay(atMs, to, from, this.#links.at(number), kind, cargo),
      linkEnded: (node, peer, shunned) => {
        if (shunned) node.shunned.add(peer);
        this.#links.end(node, peer);
      },
      requested: (request) => this.#requests.push(request),
    };
  }

  /** The first beat at or after an instant. */
  beatFrom(atMs: number): number {
    return START_UNIX_MS + Math.ceil((atMs - START_UNIX_MS) / BEAT_MS) * BEAT_MS;
  }

  add(options: NodeOptions): WorldNode {
    const index = this.nodes.length;
    const peer = this.#nextPeer();
    const random = seededRandom(this.#seed + (index + 16) * 2 ** 24);
    const host = this.nodes[0]?.peer ?? peer;
    const machine = this.#team.owns(index) ? this.#make(peer, options, random, host) : undefined;
    const node = new WorldNode(index, peer, options, machine, this.#tally, this.#nowMs);
    this.nodes.push(node);
    this.#byPeer.set(peer, node);
    this.#crossings.added(node);
    return node;
  }

  /** Plays everything before `untilMs`, and leaves the time there. */
  runUntil(untilMs: number): void {
    while (this.#nowMs < untilMs) {
      const endMs = Math.min(untilMs, this.clock.nextAtMs, this.#events.endOf(this.#nowMs));
      if (endMs > this.#nowMs) this.#playNodes(endMs);
      this.#nowMs = endMs;
      this.#crossings.exchange();
      const isDue = this.clock.nextAtMs <= endMs;
      this.clock.runUntil(endMs);
      if (isDue) this.#crossings.exchange();
      if (endMs === this.beatFrom(endMs)) this.#performRequests();
    }
  }

  #playNodes(endMs: number): void {
    const { nodes } = this;
    this.transit.begin(this.#nowMs, nodes.length);
    const { timerAtMs } = this.#tally;
    for (let index = 0; index < nodes.length; index++) {
      if (this.#events.has(index) || (timerAtMs[index] as number) < endMs)
        this.#play(nodes[index] as WorldNode, endMs);
    }
  }

  #play(node: WorldNode, endMs: number): void {
    const events = this.#events;
    const { timerAtMs } = this.#tally;
    const { index } = node;
    const isOwn = this.#team.owns(index);
    const count = events.take(index);
    let n = 0;
    for (;;) {
      const arrivesAtMs = n < count ? events.atMs(n) : Number.POSITIVE_INFINITY;
      const dueAtMs = timerAtMs[index] as number;
      const atMs = Math.min(arrivesAtMs, dueAtMs);
      if (atMs >= endMs) break;
      this.#nowMs = atMs;
      if (isOwn) this.#eventsRun++;
      if (dueAtMs < arrivesAtMs) this.#timerFired(node);
      else {
        this.#arrives(events.link(n), events.kind(n) as Kind, events.cargo(n));
        n++;
      }
    }
    events.putBack(index, n, count);
  }

  /** What was asked since the last beat, in the order of time. */
  #performRequests(): void {
    if (this.#requests.length === 0) return;
    const requests = this.#requests;
    this.#requests = [];
    requests.sort((a, b) => a.atMs - b.atMs || a.node.index - b.node.index);
    for (const { node, peers, starving } of requests) {
      if (node.goneAtMs !== undefined) continue;
      if (peers === undefined) this.#hooks.linkLost(node);
      else this.#hooks.wantsLink(node, peers, starving);
    }
  }

  #request(node: WorldNode, peers: readonly PeerId[] | undefined, starving = false): void {
    const request = { atMs: this.#nowMs, node, peers, starving };
    this.#requests.push(request);
    this.#crossings.requested(request);
  }

  /** Ids are made many at a time: so they lie side by side, and those of all neighbours are always at hand. */
  #nextPeer(): PeerId {
    if (this.#peersAhead.length === 0)
      for (let i = 0; i < PEERS_AHEAD; i++)
        this.#peersAhead.push(peerIdFromBytes(randomBytes(this.random, 20)));
    return this.#peersAhead.shift() as PeerId;
  }

  byPeer(peer: PeerId): WorldNode | undefined {
    return this.#byPeer.get(peer);
  }

  latencyMs(a: WorldNode, b: WorldNode): number {
    return pairLatencyMs(this.#seed, a.index, b.index);
  }

  link(a: WorldNode, b: WorldNode): void {
    if (a === b || a.links.has(b.peer) || a.goneAtMs !== undefined || b.goneAtMs !== undefined) return;
    if (a.shunned.has(b.peer) || b.shunned.has(a.peer)) return;
    this.#links.add(a, b, this.latencyMs(a, b));
    this.feed(a, { type: 'peer-up', peer: b.peer });
    this.feed(b, { type: 'peer-up', peer: a.peer });
  }

  /** Two nodes end their link in agreement. */
  unlink(a: WorldNode, b: WorldNode): void {
    if (!this.#links.end(a, b.peer)) return;
    this.#links.end(b, a.peer);
    this.feed(a, { type: 'peer-down', peer: b.peer });
    this.feed(b, { type: 'peer-down', peer: a.peer });
  }

  /** A node ends its side of a link while it is played: the other threads hear of it. */
  #endLink(node: WorldNode, peer: PeerId, shunned: boolean): void {
    if (shunned) node.shunned.add(peer);
    this.#links.end(node, peer);
    this.#crossings.linkEnded(node, peer, shunned);
  }

  /** A node goes: with a word to its neighbours, or so that they have to notice. */
  remove(node: WorldNode, how: 'leave' | 'crash'): void {
    node.goneAtMs = this.#nowMs;
    this.#tally.timerAtMs[node.index] = Number.POSITIVE_INFINITY;
    this.#byPeer.delete(node.peer);
    for (const link of node.links.values()) {
      // All threads do this, each for its own.
      if (!this.#team.owns(link.toIndex)) continue;
      if (how === 'leave') this.transit.notice(link, Notice.lost, this.#nowMs + link.latencyMs);
      else {
        const isUsed = link.to.goneAtMs === undefined && link.to.machine.uses(node.peer);
        const silentMs = isUsed ? silentAfterMs : idleSilentAfterMs;
        this.transit.notice(link, Notice.silent, this.#nowMs + silentMs);
        this.transit.notice(link, Notice.lost, this.#nowMs + deadAfterMs);
      }
    }
    this.#links.gone(node);
  }

  #noticed({ from: node, peer }: WorldLink, notice: Notice): void {
    if (notice === Notice.silent) {
      this.feed(node, { type: 'peer-health', peer, silent: true, rttMs: undefined });
      return;
    }
    this.#endLink(node, peer, false);
    this.feed(node, { type: 'peer-down', peer });
    if (notice === Notice.lost) this.#request(node, undefined);
  }

  /** The host made a frame, or a beacon: they travel by reference. */
  published(frame: SimFrame): void {
    if (this.#team.size > 1) this.#crossings.published(frame);
  }

  said(beacon: Beacon): void {
    if (this.#team.size > 1) this.#crossings.said(beacon);
  }

  /** Every member may say it; the node's own one does it. */
  feed(node: WorldNode, input: WorldInput): void {
    if (node.goneAtMs !== undefined || !this.#team.owns(node.index)) return;
    for (const output of node.machine.handle(input, this.#nowMs)) this.#perform(node, output);
    this.#setTimer(node);
    this.#tellBacklog(node);
  }

  /** The driver notices that what it sends waits. */
  #tellBacklog(node: WorldNode): void {
    const waitedMs = node.uploadFreeAtMs - this.#nowMs;
    if (waitedMs < backlogReports.fromMs) return;
    if (this.#nowMs - node.backlogToldAtMs < backlogReports.everyMs) return;
    const { pushedTo: peer } = node;
    if (peer === undefined) return;
    node.backlogToldAtMs = this.#nowMs;
    this.feed(node, { type: 'backlog', peer, waitedMs });
  }

  #setTimer(node: WorldNode): void {
    const callAtMs = node.calls?.[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const isOwn = this.#team.owns(node.index);
    const dueAtMs = isOwn ? Math.max(node.machine.nextDeadline(), this.#nowMs) : Number.POSITIVE_INFINITY;
    this.#tally.timerAtMs[node.index] = Math.min(callAtMs, dueAtMs);
  }

  /** Calls back when the node is played at that instant. For what concerns this node alone. */
  callAt(node: WorldNode, atMs: number, callback: () => void): void {
    const call = { atMs: Math.max(atMs, this.#nowMs), callback };
    node.calls = [...(node.calls ?? []), call].sort((a, b) => a.atMs - b.atMs);
    this.#setTimer(node);
  }

  #timerFired(node: WorldNode): void {
    const call = node.calls?.[0];
    if (call !== undefined && call.atMs <= this.#nowMs) {
      node.calls = node.calls?.slice(1);
      call.callback();
      this.#setTimer(node);
    } else this.feed(node, { type: 'tick' });
  }

  #perform(node: WorldNode, output: WorldOutput): void {
    switch (output.type) {
      case 'push':
        this.transit.push(node, output.peer, output.frame as SimFrame, this.#nowMs);
        break;
      case 'send':
        this.transit.send(node, output.peer, output.message, this.#nowMs);
        break;
      case 'message':
        this.#hooks.delivered(node, output.bytes, this.#nowMs);
        break;
      case 'supply':
        this.#hooks.supply(output.supply, this.#nowMs);
        break;
      case 'want-link':
        this.#request(node, output.peers, output.starving);
        break;
      default:
    }
  }

  /**
   * Something arrives: it is acknowledged, if both ends are still there.
   * @param link the receiver's direction of it: the one object that tells all
   */
  #arrives(link: WorldLink, kind: Kind, cargo: Cargo): void {
    const { from: node } = link;
    if (node.goneAtMs !== undefined || !link.open) return;
    if (kind === Kind.frame) {
      const frame = cargo as SimFrame;
      this.transit.acknowledge(node, frame.packetBytes, this.#nowMs);
      this.#frameArrives(link, frame);
    } else if (kind === Kind.message) {
      const message = cargo as WorldMessage;
      this.transit.acknowledge(node, messageBytes(message), this.#nowMs);
      this.#messageArrives(link, message);
    } else this.#noticed(link, cargo as Notice);
  }

  #frameArrives(link: WorldLink, frame: SimFrame): void {
    const { from: node, peer } = link;
    node.payloadIn += frame.payloadBytes;
    if (frame.forged && !node.hostile) {
      this.#endLink(node, peer, true);
      this.feed(node, { type: 'peer-down', peer });
      this.#request(node, undefined);
      this.transit.notice(link, Notice.shunned, this.#nowMs + link.latencyMs);
      return;
    }
    if (!node.machine.admits(frame.header, frame.payload.length, peer, this.#nowMs)) {
      this.feed(node, { type: 'duplicate', peer, frame });
      return;
    }
    node.payloadUseful += frame.payloadBytes;
    this.feed(node, { type: 'frame', peer, frame });
  }

  #messageArrives({ from: node, peer }: WorldLink, message: WorldMessage): void {
    if ('kind' in message || message.type !== MessageType.beacon) {
      this.feed(node, { type: 'message', peer, message });
      return;
    }
    const host = this.nodes[0] as WorldNode;
    if (!node.isHost) this.feed(node, { type: 'beacon', peer, beacon: message, host: host.peer });
  }
}
