import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/lib/random.ts';
import { defaultStreamShape, MessageSource } from '../message-source.ts';
import { START_UNIX_MS } from '../virtual-clock.ts';
import { DeliveryWatch } from './delivery-watch.ts';
import { playForest } from './forest-stage.ts';
import type { MachineMaker, WorldNode } from './relay-world-parts.ts';
import { ProductRelay } from './strategies/product.ts';
import { Team } from './team.ts';

const make: MachineMaker = (self, options, random) => new ProductRelay(self, options, random);
const still = {
  nodes: 12,
  seed: 3,
  seconds: 5,
  sessionMeanMs: undefined,
  bitsPerSecond: 1_000_000,
  framesLoss: 0,
  killShare: 0,
  make,
};

describe('the relay world', () => {
  it('delivers everything in a small calm swarm, once, and plays the same again', () => {
    const { figures, eventsRun } = playForest(still);
    expect(figures.deliveredRatio).toBe(1);
    expect(figures.lostFrames).toBe(0);
    // Whoever moves to another parent gets a frame or two from both.
    expect(figures.redundancy).toBeLessThan(1.01);
    expect(figures.deliveredP50Ms).toBeGreaterThan(10);
    expect(figures.deliveredP99Ms).toBeLessThan(1_000);
    expect(playForest(still)).toEqual({
      figures,
      eventsRun,
      virtualSeconds: expect.any(Number),
    });
  });

  it('plays the same, to the byte, whether each node is played for long or for a moment at a time', () => {
    const eventful = { ...still, sessionMeanMs: 20_000, framesLoss: 0.02, killShare: 0.2 };
    const { figures, eventsRun } = playForest(eventful);
    for (const sliceMs of [2.5, 0.25])
      expect(playForest({ ...eventful, sliceMs })).toMatchObject({ figures, eventsRun });
  });

  it('goes on while viewers leave and crash', () => {
    const { figures } = playForest({ ...still, seconds: 15, sessionMeanMs: 60_000 });
    expect(figures.deliveredRatio).toBeGreaterThan(0.9);
    expect(figures.redundancy).toBeLessThan(1.2);
  });
});

describe('the delivery watch', () => {
  const viewer = (index: number, joinedAtMs: number, goneAtMs?: number) =>
    ({ index, joinedAtMs, goneAtMs }) as WorldNode;

  /** Messages 0 to 9, one every 100 ms; the window holds all of them. */
  function watched() {
    const source = new MessageSource(seededRandom(1), defaultStreamShape);
    const watch = new DeliveryWatch(source);
    watch.open(START_UNIX_MS);
    for (let number = 0; number < 10; number++) source.next(START_UNIX_MS + number * 100);
    return { source, watch };
  }

  it('takes what is missing for infinitely late', () => {
    const { watch } = watched();
    const node = viewer(1, START_UNIX_MS - 60_000);
    for (let number = 0; number < 9; number++)
      watch.delivered(node, number, START_UNIX_MS + number * 100 + 40);
    watch.close();
    watch.finish([node], Team.alone());
    expect([watch.deliveredRatio, watch.lost]).toEqual([0.9, 1]);
    expect([watch.quantileMs(0.5), watch.quantileMs(0.99)]).toEqual([40, Number.POSITIVE_INFINITY]);
  });

  it('expects nothing of newcomers, nor what was published as somebody left', () => {
    const { watch } = watched();
    watch.close();
    watch.finish(
      [viewer(1, START_UNIX_MS), viewer(2, START_UNIX_MS - 60_000, START_UNIX_MS + 900)],
      Team.alone(),
    );
    expect(watch.lost).toBe(0);
  });
});
