/** Supernodes of several operators, each with members of its own that know no other: one network, also when a trunk was cut, or one lies. */
import { describe, expect, it } from 'vitest';
import { wireBytes } from '../../src/graph/byte-budget.ts';
import { type PeerId, peerIdFromBytes, type StreamId } from '../../src/lib/ids.ts';
import { seededRandom } from '../../src/lib/random.ts';
import { Offence } from '../../src/node/events.ts';
import type { SupernodeNode } from '../../src/node/supernode-node.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { Role } from '../../src/wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../../src/wire/membership-record.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import type { Signal } from '../../src/wire/supernode-messages.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { Hostile, HostileKind } from './hostile.ts';
import { MachineWorld } from './machine-world.ts';
import type { WorldNode } from './world-node.ts';

/** Supernodes in a row: each dials the one before it. */
class Operators {
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

const isLinked = (node: WorldNode, other: WorldNode): boolean =>
  node.machine.links.openTo(other.peer)?.state === 'open';
const trunks = (node: WorldNode): number =>
  [...node.machine.links.open()].filter(({ role }) => role === Role.supernode).length;
const membersOf = (node: WorldNode): number =>
  [...node.machine.links.open()].filter(({ role }) => role !== Role.supernode).length;

describe('members who know different supernodes', () => {
  it('[R41][R42] a viewer of one finds and dials the host of the other', () => {
    const operators = new Operators(2);
    const viewer = operators.viewer(1);
    operators.run(3_000);
    expect(isLinked(viewer, operators.host)).toBe(true);
    expect([membersOf(operators.supernode(0)), membersOf(operators.supernode(1))]).toEqual([1, 1]);
    expect(operators.machine(0).signals.overTrunks.in).toBeGreaterThan(0);
    expect(operators.machine(1).signals.overTrunks.out).toBeGreaterThan(0);
    expect(operators.cut).toEqual([]);
  });

  it('[R41] over a third supernode between them, in both directions', () => {
    const operators = new Operators(4);
    const viewer = operators.viewer(2);
    operators.run(3_000);
    expect(isLinked(viewer, operators.host)).toBe(true);
    expect(operators.machine(1).signals.overTrunks).toEqual({
      in: expect.any(Number),
      out: expect.any(Number),
    });
    expect(operators.machine(1).signals.overTrunks.out).toBe(operators.machine(1).signals.overTrunks.in);
    // Three trunks away is the farthest.
    const far = operators.viewer(3);
    operators.run(3_000);
    expect(isLinked(far, operators.host) || isLinked(far, viewer)).toBe(true);
  });

  it('[R20][R35] the graph of two dozen costs a trunk less than 1 kB/s both ways', () => {
    const operators = new Operators(2);
    for (const at of [0, 1]) operators.viewers(at, 12);
    operators.run(30_000);
    let bytes = 0;
    operators.world.onDelivered = (from, to, message) => {
      if (from.kind === 'supernode' && to.kind === 'supernode')
        bytes += wireBytes(encodeMessage(message).length);
    };
    operators.run(60_000);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes / 60).toBeLessThan(1_000);
  });

  it('[R40][R41] a supernode that was killed and is back as itself carries signals again', () => {
    const operators = new Operators(2);
    const { world } = operators;
    const [a, b] = [operators.supernode(0), operators.supernode(1)];
    world.crash(b);
    operators.run(20_000);
    expect(trunks(a)).toBe(0);
    const again = world.addSupernode([a.url as string], { publicKey: b.publicKey });
    operators.run(40_000);
    expect([trunks(a), trunks(again)]).toEqual([1, 1]);
    const viewer = world.addViewer(operators.stream, { settings: { supernodes: [again.url as string] } });
    operators.run(5_000);
    expect(isLinked(viewer, operators.host)).toBe(true);
  });
});

describe('a trunk that is cut', () => {
  it('[R21][R40] and everything else between two operators, for 30 s: after it all graphs agree again', () => {
    const operators = new Operators(2);
    operators.viewers(0, 5);
    operators.viewers(1, 5);
    operators.run(20_000);
    operators.agreeWithin(30_000);
    operators.divide([operators.supernode(0)]);
    operators.run(15_000);
    const late = [...operators.viewers(0, 1), ...operators.viewers(1, 1)];
    operators.run(14_800);
    expect(trunks(operators.supernode(0))).toBe(0);
    expect(operators.disagreements().length).toBeGreaterThan(0);
    operators.heal();
    operators.run(60_000);
    expect(operators.agreeWithin(60_000)).toBeLessThanOrEqual(60_000);
    expect([trunks(operators.supernode(0)), trunks(operators.supernode(1))]).toEqual([1, 1]);
    for (const viewer of late) expect(viewer.machine.links.size).toBeGreaterThan(1);
    expect(operators.cut).toEqual([]);
  });

  it('[R21] of three in a row the middle one: the outer two learn of each other again', () => {
    const operators = new Operators(3);
    operators.viewers(1, 2);
    operators.viewers(2, 3);
    operators.run(30_000);
    operators.divide([operators.supernode(1)]);
    operators.run(30_000);
    operators.heal();
    operators.run(60_000);
    operators.agreeWithin(60_000);
    expect(operators.supernodes.map(trunks)).toEqual([1, 2, 1]);
  });

  it('[R41] the trunk alone, between silence and its end: who can be reached another way is', () => {
    const operators = new Operators(2);
    const [viewer] = operators.viewers(1, 1);
    operators.run(20_000);
    const [a, b] = operators.supernodes as [WorldNode, WorldNode];
    operators.world.faults.cut = (from, to) => [a, b].includes(from) && [a, b].includes(to);
    operators.run(60_000);
    expect(isLinked(viewer as WorldNode, operators.host)).toBe(true);
    operators.heal();
    operators.run(60_000);
    expect([trunks(a), trunks(b)]).toEqual([1, 1]);
    operators.agreeWithin(30_000);
  });
});

/** Two honest supernodes with a viewer each, and a third one, linked with both, that does as it likes. */
function withLiar(): {
  operators: Operators;
  liar: WorldNode;
  says: (message: Parameters<MachineWorld['inject']>[1]) => void;
} {
  const operators = new Operators(2);
  operators.viewers(0, 2);
  operators.viewers(1, 2);
  const liar = operators.world.addSupernode(operators.supernodes.map(({ url }) => url as string));
  operators.run(20_000);
  expect(trunks(liar)).toBe(2);
  return { operators, liar, says: (message) => operators.world.inject(liar, message) };
}

/** Both honest supernodes have no trunk with the liar any more, and one with each other; nobody else was blamed. */
function expectCutOff({ operators, liar }: ReturnType<typeof withLiar>, offence: Offence): void {
  expect(trunks(liar)).toBe(0);
  for (const at of [0, 1]) {
    expect(trunks(operators.supernode(at))).toBe(1);
    expect(operators.cut).toContain(`${operators.supernode(at).index} cuts off ${liar.index}: ${offence}`);
  }
  expect(operators.cut).toHaveLength(2);
}

const recordOf = (operators: Operators, node: WorldNode): MembershipRecord =>
  operators.machine(0).graph.replica.get(node.peer)?.record as MembershipRecord;

describe('a listed supernode that lies', () => {
  it('[R18][R31][R40] and forges a record is cut off by whoever hears it, and is not let in again for a minute', () => {
    const scene = withLiar();
    const { operators } = scene;
    const record = recordOf(operators, operators.host);
    const version = { epoch: record.version.epoch, seq: record.version.seq + 1 };
    const records = [{ ...record, version, status: RecordStatus.leaving, ttlSeconds: 120 }];
    scene.says({ type: MessageType.records, records });
    operators.run(2_000);
    expectCutOff(scene, Offence.forgedRecord);
    operators.run(50_000);
    expect(trunks(scene.liar)).toBe(0);
    for (const at of [0, 1])
      expect(operators.machine(at).graph.replica.get(operators.host.peer)?.record.status).toBe(
        RecordStatus.present,
      );
    operators.run(60_000);
    expect(trunks(scene.liar)).toBe(2);
  });

  it('[R25][R31][R41] and signs for another’s client is cut off, and the signal reaches nobody', () => {
    const scene = withLiar();
    const { operators, liar } = scene;
    const heard: string[] = [];
    operators.world.onDelivered = (from, to, message) => {
      if (message.type === MessageType.signal && message.session === 4_711)
        heard.push(`${from.index} to ${to.index}`);
    };
    const forged = (from: PeerId, to: PeerId): Signal => ({
      type: MessageType.signal,
      to,
      from,
      session: 4_711,
      payload: new Uint8Array(9),
      publicKey: liar.publicKey,
      signature: new Uint8Array(64),
      route: [],
      path: [],
    });
    const [a, b] = [...operators.homes.keys()].slice(-2) as [WorldNode, WorldNode];
    scene.says(forged(operators.host.peer, a.peer));
    operators.run(2_000);
    expectCutOff(scene, Offence.forgedSignal);
    expect(heard.every((way) => way.startsWith(`${liar.index} `))).toBe(true);
    expect(isLinked(a, operators.host) || isLinked(b, operators.host)).toBe(true);
  });

  it('[R18][R19][R41] and replays records and signals of members brings nobody back and opens nothing', () => {
    const scene = withLiar();
    const { operators } = scene;
    const leaving = operators.viewer(1);
    const old: MembershipRecord[] = [];
    const signals: Signal[] = [];
    operators.world.onDelivered = (_from, to, message) => {
      if (to === scene.liar && message.type === MessageType.records)
        old.push(...message.records.filter(({ id }) => id === leaving.peer));
      if (message.type === MessageType.signal && message.from === leaving.peer) signals.push(message);
    };
    operators.run(10_000);
    operators.world.leave(leaving);
    operators.homes.delete(leaving);
    operators.run(10_000);
    expect([old.length > 0, signals.length > 0]).toEqual([true, true]);
    const dialsBefore = operators.everybody.map(({ machine }) => machine.links.size);
    for (let second = 0; second < 30; second++) {
      const records = old.filter(({ status }) => status === RecordStatus.present).slice(0, 1);
      scene.says({
        type: MessageType.records,
        records: records.map((record) => ({ ...record, ttlSeconds: 300 })),
      });
      for (const signal of signals.slice(0, 5)) scene.says(signal);
      operators.run(1_000);
    }
    for (const at of [0, 1]) {
      const held = operators.machine(at).graph.replica.get(leaving.peer);
      expect(held?.record.status).not.toBe(RecordStatus.present);
      expect(operators.machine(at).rejected['signal-repeated']).toBeGreaterThan(0);
    }
    operators.run(20_000);
    expect(operators.everybody.map(({ machine }) => machine.links.size)).toEqual(dialsBefore);
    operators.agreeWithin(30_000);
  });

  it('[R29][R40] and floods is bounded, and the members of the others find each other all the same', () => {
    const scene = withLiar();
    const { operators, liar } = scene;
    const hostile = new Hostile(operators.world, liar, HostileKind.flooder, seededRandom(1));
    const sybil = new Hostile(operators.world, liar, HostileKind.sybil, seededRandom(2));
    for (const { peer } of operators.everybody.slice(0, 4))
      hostile.hears(
        recordOf(operators, operators.world.nodes.find((node) => node.peer === peer) as WorldNode),
      );
    for (let second = 0; second < 30; second++) {
      hostile.act();
      sybil.act();
      operators.run(1_000);
    }
    const late = operators.viewer(1);
    operators.run(10_000);
    const honest = new Set(operators.homes.keys());
    const members = [...late.machine.links.open()].filter(({ peer }) =>
      [...honest].some((node) => node.peer === peer),
    );
    expect(members.length).toBeGreaterThan(0);
    expect(trunks(operators.supernode(0))).toBeGreaterThanOrEqual(1);
    expect(operators.machine(0).graph.replica.size).toBeLessThan(4_500);
  });

  it('[R42] and makes up members fills no more than half of what a newcomer is told', () => {
    const scene = withLiar();
    const { operators, liar } = scene;
    operators.viewers(0, 12);
    operators.run(10_000);
    const before = operators.machine(0);
    const made = Array.from({ length: 60 }, (_, at) => {
      const publicKey = new Uint8Array(32).fill(at + 1);
      const record: MembershipRecord = {
        ...recordOf(operators, operators.host),
        id: peerIdFromBytes(publicKey),
        publicKey,
        role: Role.viewer,
        depth: 1,
        freeSlots: 9,
        supernodes: before.graph.replica.get(liar.peer) ? [before.graph.replica.get(liar.peer)!.tag] : [],
        version: { epoch: 2 ** 40, seq: 1 },
        signature: new Uint8Array(64),
      };
      operators.world.authenticity.recordSigned(record);
      return record;
    });
    scene.says({ type: MessageType.records, records: made });
    operators.run(1_000);
    const answers: MembershipRecord[][] = [];
    operators.world.onDelivered = (from, to, message) => {
      if (
        message.type === MessageType.redirectAnswer &&
        from === operators.supernode(0) &&
        to.kind === 'viewer'
      )
        answers.push([...message.inside]);
    };
    operators.viewers(0, 3);
    operators.run(2_000);
    const names = new Set(made.map(({ id }) => id));
    expect(answers.length).toBeGreaterThan(0);
    for (const inside of answers) {
      const invented = inside.filter(({ id }) => names.has(id)).length;
      expect(invented).toBeGreaterThan(0);
      expect(invented).toBeLessThanOrEqual(inside.length / 2);
    }
  });
});
