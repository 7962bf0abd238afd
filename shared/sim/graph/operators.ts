/**
 * Supernodes of several operators in a machine world, each with members of its own that know no other: what trials of them ask for,
 * who is linked with whom, and whether all graphs agree.
 */
import type { PeerId, StreamId } from '../../src/lib/ids.ts';
import type { SupernodeNode } from '../../src/node/supernode-node.ts';
import { Role } from '../../src/wire/link-messages.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { MachineWorld } from './machine-world.ts';
import type { WorldNode } from './world-node.ts';

/** Supernodes in a row: each dials the one before it. */
export class Operators {
  readonly clock = new VirtualClock();
  readonly world: MachineWorld;
  readonly supernodes: WorldNode[] = [];
  /** The supernode of each member. */
  readonly homes = new Map<WorldNode, WorldNode>();
  readonly host: WorldNode;
  readonly cut: string[] = [];

  constructor(supernodes: number, seed = 1) {
    this.world = new MachineWorld(this.clock, seed);
    this.world.onEvent = (node, event) => {
      if (event.type === 'peer-cut')
        this.cut.push(`${node.index} cuts off ${this.#indexOf(event.peer)}: ${event.offence}`);
    };
    for (let at = 0; at < supernodes; at++) {
      const before = this.supernodes[at - 1]?.url;
      this.supernodes.push(this.world.addSupernode(before === undefined ? [] : [before]));
    }
    this.run(15_000);
    this.host = this.world.addHost(this.at(0));
    this.homes.set(this.host, this.supernode(0));
    this.run(3_000);
  }

  #indexOf(peer: PeerId | undefined): number | undefined {
    return this.world.nodes.find((node) => node.peer === peer)?.index;
  }

  supernode(at: number): WorldNode {
    return this.supernodes[at] as WorldNode;
  }

  machine(at: number): SupernodeNode {
    return this.supernode(at).machine as SupernodeNode;
  }

  at(at: number) {
    return { settings: { supernodes: [this.supernode(at).url as string] } };
  }

  run(forMs: number): void {
    this.clock.runUntil(this.clock.nowMs + forMs);
  }

  get stream(): StreamId {
    return this.host.stream as StreamId;
  }

  viewer(at: number): WorldNode {
    const viewer = this.world.addViewer(this.stream, this.at(at));
    this.homes.set(viewer, this.supernode(at));
    return viewer;
  }

  viewers(at: number, count: number): WorldNode[] {
    return Array.from({ length: count }, () => {
      this.run(100);
      return this.viewer(at);
    });
  }

  /** Everybody, supernodes included. */
  get everybody(): WorldNode[] {
    return this.world.nodes.filter(({ goneAtMs }) => goneAtMs === undefined);
  }

  /** Nothing gets from one part to the other; a supernode's members are where it is. */
  divide(part: readonly WorldNode[]): void {
    const side = (node: WorldNode): boolean => part.includes(this.homes.get(node) ?? node);
    this.world.faults.cut = (from, to) => side(from) !== side(to);
  }

  heal(): void {
    this.world.faults.cut = () => false;
  }

  /** What is wrong with somebody's graph: who is missing in it, or in it with an old word. */
  disagreements(): string[] {
    const found: string[] = [];
    for (const node of this.everybody) {
      const { graph } = node.machine;
      graph.holdings.look(this.clock.nowMs);
      for (const other of this.everybody) {
        const own = other.machine.graph.replica.get(other.peer);
        const held = graph.replica.get(other.peer);
        const isCurrent =
          held?.record.version.seq === own?.record.version.seq &&
          held?.links?.version.seq === own?.links?.version.seq;
        if (other !== node && (!held || !isCurrent || !graph.holdings.isPresent(held, this.clock.nowMs)))
          found.push(`${node.index} of ${other.index}`);
      }
    }
    return found;
  }

  /** Runs until all graphs agree; ms. */
  agreeWithin(mostMs: number): number {
    for (let ms = 0; ms <= mostMs; ms += 500) {
      if (this.disagreements().length === 0) return ms;
      this.run(500);
    }
    throw new Error(`no agreement: ${this.disagreements().join(', ')}`);
  }
}

export const isLinked = (node: WorldNode, other: WorldNode): boolean =>
  node.machine.links.openTo(other.peer)?.state === 'open';
export const trunks = (node: WorldNode): number =>
  [...node.machine.links.open()].filter(({ role }) => role === Role.supernode).length;
export const membersOf = (node: WorldNode): number =>
  [...node.machine.links.open()].filter(({ role }) => role !== Role.supernode).length;
