import { describe, expect, it } from 'vitest';
import { playForest } from './forest-stage.ts';
import { HostileRelay, hostileKinds } from './hostile-relay.ts';
import type { MachineMaker } from './relay-world-parts.ts';
import { ProductRelay } from './strategies/product.ts';

describe('hostile relays', () => {
  it.each(hostileKinds)('%s: what the others see is the stream and nothing else', (kind) => {
    let host: Parameters<MachineMaker>[0] | undefined;
    const make: MachineMaker = (self, options, random) => {
      host ??= self;
      return options.hostile === undefined
        ? new ProductRelay(self, options, random)
        : new HostileRelay(options.hostile, host, self, options, random);
    };
    const { figures } = playForest({
      nodes: 12,
      seed: 4,
      seconds: 8,
      sessionMeanMs: undefined,
      bitsPerSecond: 400_000,
      framesLoss: 0,
      killShare: 0,
      viewer: (number) => (number % 4 === 0 ? { hostile: kind } : {}),
      make,
    });
    expect(figures.forgedAccepted).toBe(0);
    expect(figures.deliveredRatio).toBeGreaterThan(0.95);
  });
});
