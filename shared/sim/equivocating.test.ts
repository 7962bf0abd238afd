import { describe, expect, it } from 'vitest';
import { defaultStreamShape } from './message-source.ts';
import { Simulation } from './simulation.ts';
import { START_UNIX_MS } from './virtual-clock.ts';

const JOINING_MS = 3_000;
const EQUIVOCATES_AT_MS = START_UNIX_MS + 8_000;

/** A crowd that has settled when its host begins to show two versions, and three seconds more. */
function play(viewers: number, seed: number, equivocates = true): Simulation {
  const line = { uploadBitsPerSecond: 20_000_000, downloadBitsPerSecond: undefined };
  const simulation = new Simulation({
    seed,
    stream: defaultStreamShape,
    network: {},
    peerBandwidth: line,
    supernodeBandwidth: { uploadBitsPerSecond: 1_000_000_000, downloadBitsPerSecond: undefined },
    slots: 3,
    clockOffsetMaxMs: 1_000,
  });
  const { clock } = simulation;
  simulation.addSupernode();
  simulation.addHost(equivocates ? { equivocateFromMs: EQUIVOCATES_AT_MS } : {});
  for (let index = 0; index < viewers; index++)
    clock.call(START_UNIX_MS + 1_000 + (index * JOINING_MS) / viewers, () => simulation.addViewer());
  clock.runUntil(EQUIVOCATES_AT_MS + 3_000);
  return simulation;
}

describe('a host that shows its neighbours different versions and keeps out of their votes', () => {
  it.each([
    [2, 1],
    [8, 2],
    [24, 3],
  ])(
    '[R38] is proven guilty to each of %d viewers within 2 s, and nobody else is blamed (seed %d)',
    (count, seed) => {
      const { viewers, equivocator } = play(count, seed);
      const beganAtMs = equivocator?.beganAtMs ?? Number.POSITIVE_INFINITY;
      const heardAfterMs = viewers.map(
        ({ epochEndedAtMs = Number.POSITIVE_INFINITY }) => epochEndedAtMs - beganAtMs,
      );
      expect(Math.max(...heardAfterMs)).toBeLessThan(2_000);
      expect(viewers.map(({ peersCut }) => peersCut)).toEqual(viewers.map(() => 0));
      for (const viewer of viewers) expect(viewer.snapshot().relay).toBeUndefined();
    },
  );

  it('[R38] an honest host is not', () => {
    const { viewers } = play(8, 4, false);
    expect(viewers.filter(({ epochEndedAtMs }) => epochEndedAtMs !== undefined)).toEqual([]);
    for (const viewer of viewers) expect(viewer.snapshot().relay?.votesConflicting).toBe(0);
  });
});
