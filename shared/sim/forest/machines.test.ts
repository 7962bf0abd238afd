import { describe, expect, it } from 'vitest';
import { range } from '../../test-kit/relay-loop.ts';
import { playForest } from './forest-stage.ts';
import { type Arrival, type MachineSettings, Machines } from './machines.ts';
import type { MachineMaker, WorldLink } from './relay-world-parts.ts';
import { scenarios } from './scenarios.ts';
import { ProductRelay } from './strategies/product.ts';
import { Team } from './team.ts';

const settings: MachineSettings = { nodes: 10, cores: 2, packetUs: 1_000, kilobyteUs: 500 };
const arrival = (atMs: number, to: number, bytes = 0): Arrival => ({
  atMs,
  to,
  from: 99,
  link: {} as WorldLink,
  kind: 0,
  cargo: {},
  bytes,
});

/** When each arrival is handed over, ms, by the node that gets it. */
function handedOver(arrivals: readonly Arrival[], given = settings): [number, number][] {
  const machines = new Machines(given, Team.alone());
  for (const each of arrivals) machines.add(each, 10);
  const handed: [number, number][] = [];
  machines.see(10, ({ to }, atMs) => handed.push([to, atMs]));
  return handed;
}

describe('a machine that nodes share', () => {
  it('sees to packets in the order in which they come, as many at once as it has cores', () => {
    const arrivals = [arrival(5, 3), arrival(1, 0), arrival(1, 1), arrival(1, 2), arrival(1.5, 0)];
    expect(handedOver(arrivals)).toEqual([
      [0, 2],
      [1, 2],
      [2, 3],
      [0, 3],
      [3, 6],
    ]);
  });

  it('takes longer for more bytes', () => {
    expect(handedOver([arrival(1, 0, 4_000)])).toEqual([[0, 4]]);
  });

  it('knows nothing of the load of another', () => {
    const many = range(0, 20).map(() => arrival(1, 0));
    expect(handedOver([...many, arrival(1, 10)]).at(-1)).toEqual([10, 2]);
    expect(handedOver([...many, arrival(1, 9)]).at(-1)).toEqual([9, 12]);
  });

  it('goes on in the next slice with what is left', () => {
    const machines = new Machines({ ...settings, cores: 1 }, Team.alone());
    for (const _ of range(0, 15)) machines.add(arrival(9, 0), 10);
    machines.add(arrival(12, 0), 20);
    const handed: number[] = [];
    for (const endMs of [10, 20]) machines.see(endMs, (_, atMs) => handed.push(atMs));
    expect(handed).toEqual([...range(10, 25), 25]);
  });
});

describe('a swarm on a busy machine', () => {
  const make: MachineMaker = (self, options, random) => new ProductRelay(self, options, random);
  const given = { nodes: 40, kill: 0, hostile: 0 };
  const options = {
    nodes: 40,
    seed: 1,
    seconds: 5,
    sessionMeanMs: undefined,
    bitsPerSecond: 1_000_000,
    framesLoss: 0,
    killShare: 0,
    make,
    ...scenarios.get('busy-machine')?.options(given),
  };

  it('catches up after joining, without copies that nobody needs', { timeout: 60_000 }, () => {
    const { figures } = playForest(options);
    expect(figures.deliveredRatio).toBe(1);
    expect(figures.redundancy).toBeLessThan(1.1);
    expect(figures.hostUploadMean).toBeLessThan(2.5);
  });

  it('plays the same, to the byte, in slices of any length', { timeout: 60_000 }, () => {
    const small = {
      ...options,
      nodes: 12,
      ...scenarios.get('busy-machine')?.options({ ...given, nodes: 12 }),
    };
    const { figures, eventsRun } = playForest(small);
    expect(playForest({ ...small, sliceMs: 2.5 })).toMatchObject({ figures, eventsRun });
  });
});
