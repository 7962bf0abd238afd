import { describe, expect, it } from 'vitest';
import type { Supply } from '../relay/relay-contract.ts';
import { BitratePolicy, bitrateTimings } from './bitrate-policy.ts';

const WANTED = 2_000_000;
const LEAST = 250_000;
const starving = (share: number, spareShare = 0, nodes = 100): Supply => ({
  nodes,
  starvingShare: share,
  spareShare,
});
const room = (spareShare: number): Supply => ({ nodes: 100, starvingShare: 0, spareShare });

/** Tells the same once a second, and gives the bitrates that followed with their seconds. */
function tell(policy: BitratePolicy, supply: Supply, fromS: number, seconds: number): [number, number][] {
  const changes: [number, number][] = [];
  for (let at = fromS; at < fromS + seconds; at++)
    if (policy.heard(supply, at * 1_000)) changes.push([at, policy.bitsPerSecond]);
  return changes;
}

describe('at which bitrate a host encodes', () => {
  it('stays where it was chosen while nobody starves', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    expect(tell(policy, room(0), 0, 100)).toEqual([]);
    expect(tell(policy, room(5), 100, 100)).toEqual([]);
    expect(policy.bitsPerSecond).toBe(WANTED);
    expect(policy.isLowered).toBe(false);
  });

  it('falls within two seconds by what is missing, and waits before it falls again', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    const [first, second] = tell(policy, starving(0.3), 0, 8);
    expect(first).toEqual([2, 0.67 * WANTED]);
    expect(second?.[0]).toBe(2 + bitrateTimings.settleMs / 1_000);
    expect(policy.isLowered).toBe(true);
  });

  it('falls to no less than what is of use', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    tell(policy, starving(1), 0, 60);
    expect(policy.bitsPerSecond).toBe(LEAST);
    expect(new BitratePolicy(100_000, LEAST).bitsPerSecond).toBe(100_000);
  });

  it('waits longer where there is more room than is missing: it will be found', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    const [first] = tell(policy, starving(0.1, 0.5), 0, 10);
    expect(first?.[0]).toBe(bitrateTimings.seekingForMs / 1_000);
    expect(first?.[1]).toBe(0.9 * WANTED);
  });

  it('with few viewers each one counts; with many somebody always is on the way', () => {
    const few = new BitratePolicy(WANTED, LEAST);
    expect(tell(few, starving(0.01, 0, 8), 0, 5)).toHaveLength(1);
    expect(tell(new BitratePolicy(WANTED, LEAST), starving(0.01), 0, 60)).toEqual([]);
  });

  it('a moment of want changes nothing', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    for (let at = 0; at < 60; at++)
      expect(policy.heard(at % 2 ? room(0) : starving(0.2), at * 1_000)).toBe(false);
  });

  it('comes back in steps while there is room, and never beyond what was chosen', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    tell(policy, starving(0.5), 0, 4);
    const rises = tell(policy, room(1), 4, 200);
    expect(rises.at(-1)?.[1]).toBe(WANTED);
    expect(rises.length).toBeGreaterThan(2);
    for (const [at, [second]] of rises.slice(1).entries())
      expect(second - (rises[at]?.[0] ?? 0)).toBeGreaterThanOrEqual(bitrateTimings.raiseAfterMs / 1_000);
    expect(policy.isLowered).toBe(false);
  });

  it('tries again after twice as long each time that a rise was too much', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    let at = 0;
    const waits: number[] = [];
    tell(policy, starving(0.5), at, 4);
    for (let round = 0; round < 4; round++) {
      at += 10;
      const roomAt = at;
      while (at < 10_000 && !policy.heard(room(0.5), at * 1_000)) at++;
      waits.push(at - roomAt);
      at++;
      tell(policy, starving(0.3), at, 8);
    }
    expect(waits.map((wait) => Math.round(wait / 20))).toEqual([1, 2, 4, 8]);
  });

  it('a higher choice gives no more than is carried, a lower one is enough at once', () => {
    const policy = new BitratePolicy(WANTED, LEAST);
    policy.choose(3_000_000);
    expect(policy.bitsPerSecond).toBe(3_000_000);
    tell(policy, starving(0.5), 0, 4);
    const carried = policy.bitsPerSecond;
    policy.choose(4_000_000);
    expect([policy.bitsPerSecond, policy.isLowered]).toEqual([carried, true]);
    policy.choose(500_000);
    expect([policy.bitsPerSecond, policy.isLowered]).toEqual([500_000, false]);
  });
});
