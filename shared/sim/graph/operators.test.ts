/** Supernodes of several operators, each with members of its own that know no other: one network, also when a trunk was cut. */
import { describe, expect, it } from 'vitest';
import { wireBytes } from '../../src/graph/byte-budget.ts';
import { encodeMessage } from '../../src/wire/codec.ts';
import { isLinked, membersOf, Operators, trunks } from './operators.ts';
import type { WorldNode } from './world-node.ts';

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
