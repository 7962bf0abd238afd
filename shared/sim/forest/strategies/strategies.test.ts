import { describe, expect, it } from 'vitest';
import { playForest } from '../forest-stage.ts';
import type { MachineMaker } from '../relay-world-parts.ts';
import { Flooding } from './flooding.ts';
import { Gossip } from './gossip.ts';
import { Plumtree } from './plumtree.ts';
import { ThesisRelay } from './thesis-relay.ts';

const play = (make: MachineMaker, troubles: { framesLoss?: number; killShare?: number } = {}) =>
  playForest({
    nodes: 20,
    seed: 2,
    seconds: 6,
    bitsPerSecond: 200_000,
    sessionMeanMs: undefined,
    framesLoss: 0,
    killShare: 0,
    make,
    ...troubles,
  }).figures;

const makers: readonly (readonly [name: string, make: MachineMaker])[] = [
  ['thesis', () => new ThesisRelay()],
  ['flooding', () => new Flooding()],
  ['gossip', (_self, _options, random) => new Gossip(random)],
  ['plumtree', () => new Plumtree()],
];

describe('strategies beside the product', () => {
  it.each(makers)('%s delivers everything while all is calm', (_name, make) => {
    expect(play(make).deliveredRatio).toBe(1);
  });

  it('they differ in how often a payload comes: by degree, by mesh, by votes, once', () => {
    const [thesis, flooding, gossip, plumtree] = makers.map(([, make]) => play(make).redundancy);
    expect(flooding).toBeGreaterThan(gossip as number);
    expect(gossip).toBeGreaterThan(3);
    expect(thesis).toBeGreaterThan(3);
    expect(plumtree).toBeLessThan(2);
  });

  it('gossip and the tree that mends itself come through losses and crashes', () => {
    for (const [, make] of makers.slice(2))
      expect(play(make, { framesLoss: 0.02, killShare: 0.1 }).deliveredRatio).toBeGreaterThan(0.95);
  });
});
