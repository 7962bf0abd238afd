/** Supernodes of several operators, of which one lies: it is cut off where that shows, and bounded where it does not. */
import { describe, expect, it } from 'vitest';
import { type PeerId, peerIdFromBytes } from '../../src/lib/ids.ts';
import { seededRandom } from '../../src/lib/random.ts';
import { Offence } from '../../src/node/events.ts';
import { Role } from '../../src/wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../../src/wire/membership-record.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import type { Signal } from '../../src/wire/supernode-messages.ts';
import { Hostile, HostileKind } from './hostile.ts';
import type { MachineWorld } from './machine-world.ts';
import { isLinked, Operators, trunks } from './operators.ts';
import type { WorldNode } from './world-node.ts';

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
