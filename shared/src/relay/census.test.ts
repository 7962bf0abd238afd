import { describe, expect, it } from 'vitest';
import { EPOCH } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { Count } from '../wire/tree-messages.ts';
import { Census, supplyOf } from './census.ts';
import type { Supply } from './relay-contract.ts';
import { relayTimings } from './relay-contract.ts';

const A = peerOf(1);
const B = peerOf(2);
const count = (nodes: number, starving = 0, spare = 0): Count => ({ nodes, starving, spare });
const NO_CHILDREN = new Map<never, unknown>();

describe('the census at a node', () => {
  it('[R47] adds its own count to those of its children, and repeats nothing', () => {
    const census = new Census(4);
    census.childSays(1, A, count(10, 3, 2));
    census.childSays(1, B, count(5));
    expect(census.up(1, count(1, 1, 4))).toEqual(count(16, 4, 6));
    expect(census.up(1, count(1, 1, 4))).toBeUndefined();
    expect(census.up(0, undefined)).toBeUndefined();
    census.parentChanged(1);
    expect(census.up(1, count(1, 1, 4))).toEqual(count(16, 4, 6));
  });

  it('[R47] small changes are no news, the first and the last one who starves are', () => {
    const census = new Census(4);
    census.childSays(1, A, count(100, 0, 40));
    expect(census.up(1, undefined)).toBeDefined();
    census.childSays(1, A, count(102, 0, 45));
    expect(census.up(1, undefined)).toBeUndefined();
    census.childSays(1, A, count(102, 1, 45));
    expect(census.up(1, undefined)).toEqual(count(102, 1, 45));
    census.childSays(1, A, count(102, 0, 45));
    expect(census.up(1, undefined)).toEqual(count(102, 0, 45));
  });

  it('[R47] who is no child any more counts no more', () => {
    const census = new Census(4);
    census.childSays(1, A, count(10));
    census.childSays(1, B, count(5));
    census.keep(1, new Map([[B, undefined]]));
    expect(census.up(1, undefined)).toEqual(count(5));
    census.keep(1, NO_CHILDREN);
    expect(census.up(1, undefined)).toEqual(count(0));
  });

  it('[R47] a neighbour that nobody feeds is counted for a while', () => {
    const census = new Census(4);
    census.straySays(A, 1_000);
    expect(census.own(0, 0, 1_000)).toEqual(count(2, 4));
    expect(census.own(0, 0, 1_001 + relayTimings.strayForMs)).toEqual(count(1));
  });

  it('[R47] no child lets more stripes starve than its nodes have, and sums end at the limit', () => {
    const census = new Census(4);
    census.childSays(1, A, count(2, limits.countMax));
    expect(census.up(1, undefined)).toEqual(count(2, 8));
    census.childSays(1, A, count(limits.countMax, 0, limits.countMax));
    census.childSays(1, B, count(limits.countMax, 0, limits.countMax));
    expect(census.up(1, undefined)).toEqual(count(limits.countMax, 0, limits.countMax));
  });
});

describe('what the host makes of it', () => {
  it('[R47] shares of all places, its own slots among the spare ones', () => {
    expect(supplyOf([count(4, 2, 4), count(4, 0, 0)], 4, 4)).toEqual({
      nodes: 8,
      starvingShare: 2 / 32,
      spareShare: 8 / 32,
    });
    expect(supplyOf([], 12, 4)).toBeUndefined();
    expect(supplyOf([count(0), count(0)], 12, 4)).toBeUndefined();
  });

  it('[R47] a branch without nodes weighs nothing', () => {
    const branches = [...range(0, 5).map(() => count(0)), ...range(0, 3).map(() => count(30, 12))];
    expect(supplyOf(branches, 0, 4)?.starvingShare).toBeCloseTo(0.1);
  });

  it('[R47] liars in a quarter of the branches cannot lower the bitrate, nor raise it', () => {
    const honest = range(0, 6).map(() => count(50, 0, 20));
    const starving = range(0, 2).map(() => count(limits.countMax, limits.countMax, 0));
    expect(supplyOf([...honest, ...starving], 0, 4)?.starvingShare).toBe(0);
    const spare = range(0, 2).map(() => count(limits.countMax, 0, limits.countMax));
    expect(supplyOf([...honest, ...spare], 0, 4)?.spareShare).toBeCloseTo(0.1);
  });

  it('[R47] want that is everywhere is seen though the worst branches are left out', () => {
    const branches = range(0, 8).map((at) => count(50, 20 + at));
    expect(supplyOf(branches, 0, 4)?.starvingShare).toBeCloseTo(0.11, 1);
  });
});

describe('the census in a swarm', () => {
  function supplies(loop: RelayLoop): Supply[] {
    return loop.member(HOST).told.flatMap((output) => (output.type === 'supply' ? [output.supply] : []));
  }

  function swarm(hostSlots: number, viewers: number, viewerSlots: number): RelayLoop {
    const loop = new RelayLoop();
    loop.add(HOST, { slots: hostSlots });
    for (let at = 1; at <= viewers; at++) loop.add(peerOf(at), { slots: viewerSlots });
    loop.beacon({ stripes: 4 });
    for (let at = 1; at <= viewers; at++)
      for (let other = 0; other < at; other++) loop.connect(peerOf(other), peerOf(at));
    return loop;
  }

  it('[R47] the host learns how many watch, and that there is room', () => {
    const loop = swarm(2, 5, 2);
    loop.run(8_000);
    const last = supplies(loop).at(-1);
    expect(last).toMatchObject({ nodes: 5, starvingShare: 0 });
    // Twelve copies are offered and five are needed.
    expect(last?.spareShare).toBeCloseTo((12 - 5) / 5, 1);
  });

  it('[R47] the host learns what is missing, also of those whom nobody feeds at all', () => {
    const loop = swarm(1, 3, 0);
    loop.run(12_000);
    const last = supplies(loop).at(-1);
    expect(last?.nodes).toBe(3);
    expect(last?.starvingShare).toBeCloseTo(2 / 3, 1);
    expect(last?.spareShare).toBe(0);
  });

  it('[R47] at a lower bitrate the same uplinks feed everyone', () => {
    const loop = new RelayLoop();
    const offer = { slots: 6, uploadBitsPerSecond: 2.5e6 };
    loop.add(HOST, offer);
    for (let at = 1; at <= 2; at++) loop.add(peerOf(at), { ...offer, slots: 0 });
    loop.beacon({ stripes: 4, bitsPerSecond: 2e6 });
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const)
      loop.connect(peerOf(a), peerOf(b));
    loop.run(8_000);
    expect(supplies(loop).at(-1)?.starvingShare).toBeCloseTo(0.5, 1);
    loop.beacon({ stripes: 4, bitsPerSecond: 1e6 });
    loop.run(8_000);
    expect(supplies(loop).at(-1)?.starvingShare).toBe(0);
    loop.publish(40);
    loop.run(1_000);
    for (const viewer of [A, B]) expect(loop.delivered(viewer)).toHaveLength(40);
  });

  it('[R47] a stranger is not counted, nor a stripe that there is not', () => {
    const loop = swarm(2, 1, 2);
    loop.run(4_000);
    const lie = { type: MessageType.census, epoch: EPOCH, ...count(1_000, 4_000, 9) } as const;
    loop.input(HOST, { type: 'message', peer: peerOf(40), message: { ...lie, stripe: 0 } });
    loop.input(HOST, { type: 'message', peer: A, message: { ...lie, stripe: 15 } });
    loop.run(2_000);
    expect(supplies(loop).at(-1)).toMatchObject({ nodes: 1, starvingShare: 0 });
  });
});
