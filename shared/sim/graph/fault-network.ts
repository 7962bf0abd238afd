/**
 * A network of real machines in trouble: who is in it, who is hostile, who left or crashed, and what goes wrong between them. What
 * happens when is drawn in fault-run.ts.
 */
import type { PeerId, StreamId } from '../../src/lib/ids.ts';
import { type Random, randomFloat, randomPick, seededRandom } from '../../src/lib/random.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { Hostile, HostileKind } from './hostile.ts';
import { MachineWorld } from './machine-world.ts';
import type { WorldNode } from './world-node.ts';

const SKEW_MAX_MS = 300_000;
const EVENTS_PER_NODE_MAX = 60_000;

export class FaultNetwork {
  readonly clock = new VirtualClock();
  readonly world: MachineWorld;
  readonly random: Random;
  readonly hostile: Hostile[] = [];
  /** Honest nodes that said goodbye, or crashed. */
  readonly left: WorldNode[] = [];
  readonly crashed: WorldNode[] = [];
  /** Who left last, in the quiet. */
  lastLeft: WorldNode | undefined;
  live: WorldNode[] = [];
  readonly #streams: StreamId[] = [];
  readonly #hostileNodes = new Set<WorldNode>();
  readonly cutHonest: string[] = [];

  constructor(seed: number) {
    this.world = new MachineWorld(this.clock, seed);
    this.random = seededRandom(seed * 17 + 3);
    this.world.onEvent = (node, event) => {
      if (event.type !== 'peer-cut' || this.#hostileNodes.has(node)) return;
      const culprit = this.world.nodes.find(({ peer }) => peer === event.peer);
      if (culprit !== undefined && !this.#hostileNodes.has(culprit))
        this.cutHonest.push(`${event.offence} ${culprit.index}`);
    };
    this.world.onDelivered = (_from, to, message) => {
      if (message.type !== MessageType.records || !this.#hostileNodes.has(to)) return;
      const hostile = this.hostile.find(({ node }) => node === to);
      for (const record of message.records) hostile?.hears(record);
    };
    this.world.filter = (from, message) => {
      const hostile = this.#hostileNodes.has(from)
        ? this.hostile.find(({ node }) => node === from)
        : undefined;
      if (hostile?.kind !== HostileKind.staleServer) return message;
      if (message.type === MessageType.news || message.type === MessageType.summary) return undefined;
      if (message.type === MessageType.records && message.records.some(({ id }) => id !== from.peer))
        return undefined;
      return message;
    };
  }

  /** Whether there ever was such a node: not so the names that Sybils make up. */
  exists(peer: PeerId): boolean {
    return this.world.nodes.some((node) => node.peer === peer);
  }

  isHostile(node: WorldNode): boolean {
    return this.#hostileNodes.has(node);
  }

  #skew(): number {
    return Math.round((randomFloat(this.random) * 2 - 1) * SKEW_MAX_MS);
  }

  begin(nodes: number, supernodes: number, streams: number): void {
    const urls: string[] = [];
    for (let i = 0; i < supernodes; i++) {
      urls.push(this.world.addSupernode([...urls], { offsetMs: this.#skew() }).url as string);
    }
    this.run(1_000);
    const hosts = Array.from({ length: streams }, () => this.world.addHost({ offsetMs: this.#skew() }));
    this.live.push(...hosts);
    this.run(3_000);
    for (const { stream } of hosts) if (stream !== undefined) this.#streams.push(stream);
    for (let i = streams; i < nodes; i++) {
      this.clock.call(this.clock.nowMs + randomFloat(this.random) * 8_000, () => this.join());
    }
    this.run(14_000);
  }

  join(): WorldNode | undefined {
    const stream = randomPick(this.random, this.#streams);
    if (stream === undefined) return undefined;
    const node = this.world.addViewer(stream, { offsetMs: this.#skew() });
    this.live.push(node);
    return node;
  }

  corrupt(node: WorldNode, kind: HostileKind): void {
    this.hostile.push(new Hostile(this.world, node, kind, this.random));
    this.#hostileNodes.add(node);
    this.live = this.live.filter((other) => other !== node);
  }

  #viewer(): WorldNode | undefined {
    return randomPick(
      this.random,
      this.live.filter(({ kind }) => kind === 'viewer'),
    );
  }

  /** Somebody leaves, crashes, or crashes and comes back with the same key. */
  lose(how: 'leave' | 'crash' | 'restart'): void {
    const node = this.#viewer();
    if (node?.stream === undefined) return;
    this.live = this.live.filter((other) => other !== node);
    if (how === 'leave') {
      this.left.push(node);
      this.world.leave(node);
      return;
    }
    this.world.crash(node);
    if (how === 'crash') {
      this.crashed.push(node);
      return;
    }
    const { stream, publicKey, offsetMs } = node;
    this.clock.call(this.clock.nowMs + 500 + randomFloat(this.random) * 5_000, () => {
      this.live.push(this.world.addViewer(stream, { publicKey, offsetMs }));
    });
  }

  /** Far more is going on than honest nodes and the hostile ones among them can cause. */
  get stormy(): boolean {
    return this.clock.eventsRun > this.world.nodes.length * EVENTS_PER_NODE_MAX;
  }

  /** Stops early in a storm: nothing is to be learnt from it any more. */
  run(ms: number): void {
    const untilMs = this.clock.nowMs + ms;
    while (this.clock.nowMs < untilMs && !this.stormy) {
      this.clock.runUntil(Math.min(untilMs, this.clock.nowMs + 1_000));
      for (const hostile of this.hostile) if (hostile.node.goneAtMs === undefined) hostile.act();
    }
  }

  /** In the quiet, somebody leaves: news of it must travel by themselves. */
  farewell(): void {
    this.lose('leave');
    this.lastLeft = this.left.at(-1);
  }

  /** Cuts some nodes off from the others, in one direction or both. */
  cut(share: number, oneWay: boolean): void {
    const inside = new Set(this.world.nodes.filter(() => randomFloat(this.random) < share));
    this.world.faults.cut = (from, to) =>
      inside.has(from) !== inside.has(to) && (!oneWay || inside.has(from));
  }

  heal(): void {
    this.world.faults.cut = () => false;
    Object.assign(this.world.faults.messages, { loss: 0, duplication: 0, jitterMs: 0 });
  }
}
