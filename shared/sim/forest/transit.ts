/**
 * How things get from one node of a relay world to another. Every byte takes its time on the sender's uplink, headers and
 * acknowledgements included, then the link's latency; frames that would wait too long are given up, and some are lost. What has left
 * waits among the events of its receiver, in this thread or in another, and, where nodes share machines, for its turn there.
 */
import type { PeerId } from '../../src/lib/ids.ts';
import { type Random, randomFloat, seededRandom } from '../../src/lib/random.ts';
import { defaultNetworkSettings } from '../network-settings.ts';
import type { Crossings } from './crossings.ts';
import { type MachineSettings, Machines } from './machines.ts';
import { messageBytes } from './message-size.ts';
import type { Cargo, NodeEvents } from './node-events.ts';
import {
  Kind,
  type Notice,
  type SimFrame,
  type WorldLink,
  type WorldMessage,
  type WorldNode,
} from './relay-world-parts.ts';
import type { Team } from './team.ts';

const { datagramOverheadBytes, datagramPayloadBytes, acksPerDatagram, framesLifetimeMs } =
  defaultNetworkSettings;

export interface TransitParts {
  readonly seed: number;
  readonly team: Team;
  readonly crossings: Crossings;
  readonly events: NodeEvents<WorldLink>;
}

export class Transit {
  /** Share of frames that never arrive. */
  framesLoss = 0;
  readonly #seed: number;
  readonly #team: Team;
  readonly #crossings: Crossings;
  readonly #events: NodeEvents<WorldLink>;
  #machines: Machines | undefined;

  constructor({ seed, team, crossings, events }: TransitParts) {
    this.#seed = seed;
    this.#team = team;
    this.#crossings = crossings;
    this.#events = events;
  }

  /** From now on nodes share machines. To be said before there are any. */
  shareMachines(settings: MachineSettings): void {
    this.#machines = new Machines(settings, this.#team);
  }

  /** Deals out what arrives in the slice of time that holds an instant. All members of the team call this at the same time. */
  begin(atMs: number, nodes: number): void {
    this.#machines?.see(this.#events.endOf(atMs), ({ to, from, link, kind, cargo }, seenAtMs) =>
      this.#events.add(seenAtMs, to, from, link, kind, cargo),
    );
    this.#events.begin(atMs, nodes);
  }

  /** When so many bytes handed over now have left a node. */
  #upload(node: WorldNode, bytes: number, nowMs: number): number {
    node.wireOut += bytes;
    const leavesAtMs = Math.max(nowMs, node.uploadFreeAtMs) + (bytes * 8) / node.uploadBitsPerMs;
    node.uploadFreeAtMs = leavesAtMs;
    return leavesAtMs;
  }

  push(node: WorldNode, peer: PeerId, frame: SimFrame, nowMs: number): void {
    const link = node.links.get(peer);
    if (link === undefined) return;
    if (node.uploadFreeAtMs - nowMs > framesLifetimeMs) {
      node.framesGivenUp++;
      return;
    }
    node.payloadOut += frame.payloadBytes;
    node.pushedTo = peer;
    const datagrams = Math.ceil(frame.packetBytes / datagramPayloadBytes);
    const leavesAtMs = this.#upload(node, frame.packetBytes + datagrams * datagramOverheadBytes, nowMs);
    if (this.framesLoss > 0 && randomFloat(this.#lossOf(node)) < this.framesLoss) return;
    this.#sendOff(leavesAtMs + link.latencyMs, link, Kind.frame, frame);
  }

  /** Each node's losses are drawn for it alone, as nodes are not played in the order of time. */
  #lossOf(node: WorldNode): Random {
    node.loss ??= seededRandom(this.#seed + (node.index + 16) * 2 ** 24 + 2 ** 23);
    return node.loss;
  }

  send(node: WorldNode, peer: PeerId, message: WorldMessage, nowMs: number): void {
    const link = node.links.get(peer);
    if (link === undefined) return;
    const packetBytes = messageBytes(message);
    const datagrams = Math.ceil(packetBytes / datagramPayloadBytes);
    const bytes = packetBytes + datagrams * datagramOverheadBytes;
    node.controlOut += bytes;
    const arrivesAtMs = Math.max(this.#upload(node, bytes, nowMs) + link.latencyMs, link.arrivesAtMs);
    link.arrivesAtMs = arrivesAtMs;
    this.#sendOff(arrivesAtMs, link, Kind.message, message);
  }

  /** A packet came, and costs its receiver some upload. */
  acknowledge(node: WorldNode, packetBytes: number, nowMs: number): void {
    const datagrams = Math.ceil(packetBytes / datagramPayloadBytes);
    const bytes = datagrams * acksPerDatagram * datagramOverheadBytes;
    node.ackOut += bytes;
    this.#upload(node, bytes, nowMs);
  }

  /**
   * The other end of a link will notice something; that is nothing on the wire.
   * @param link the direction to who notices it
   */
  notice(link: WorldLink, notice: Notice, atMs: number): void {
    this.#sendOff(atMs, link, Kind.notice, notice);
  }

  /** @param link the sender's direction of it */
  #sendOff(atMs: number, link: WorldLink, kind: Kind, cargo: Cargo): void {
    const { from, toIndex, back } = link;
    if (this.#team.owns(toIndex)) this.onItsWay(atMs, toIndex, from.index, back, kind, cargo);
    else this.#crossings.sent(atMs, link, kind, cargo);
  }

  /**
   * Something will arrive at a node that is played here.
   * @param link the receiver's direction of it
   */
  onItsWay(atMs: number, to: number, from: number, link: WorldLink, kind: Kind, cargo: Cargo): void {
    if (this.#machines === undefined || kind === Kind.notice) {
      this.#events.add(atMs, to, from, link, kind, cargo);
      return;
    }
    const bytes = kind === Kind.frame ? (cargo as SimFrame).packetBytes : messageBytes(cargo as WorldMessage);
    this.#machines.add({ atMs, to, from, link, kind, cargo, bytes }, this.#events.endOf(atMs));
  }
}
