import { describe, expect, it } from 'vitest';
import { openSlots, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { AdvertState } from '../wire/tree-messages.ts';
import { Acquaintance } from './acquaintance.ts';
import { newBranch } from './branch.ts';
import { OwnStripe } from './own-stripe.ts';
import { SlotPool } from './slot-pool.ts';

const STRIPES = 4;
const [HOST, SELF] = [peerOf(0), peerOf(1)];
const DRAWS = 400;

/** What a neighbour offers, and how many hops from the host it is. */
interface Offer {
  readonly stripe: number;
  readonly hops: number;
  readonly free?: number;
  /** It is full, and a leaf would make room for one who feeds others. */
  readonly forInterior?: number;
}

/** How often each stripe is chosen by a newcomer that has heard these offers, each from another neighbour. */
function choices(offers: readonly Offer[]): number[] {
  const counts = range(0, STRIPES).map(() => 0);
  for (const seed of range(1, DRAWS + 1)) {
    const random = seededRandom(seed);
    const identity = { self: SELF, isHost: false, epoch: 1, stripes: STRIPES, streamAgeMs: 0 };
    const branches = range(0, STRIPES).map((stripe) =>
      newBranch(stripe, identity, new Acquaintance(), random, START),
    );
    const pool = new SlotPool(
      false,
      branches.map(({ tree }) => tree),
      3,
    );
    const peers: PeerId[] = offers.map(({ stripe, hops, free = 0, forInterior = free }, n) => {
      const peer = peerOf(100 + n);
      const path = [HOST, ...range(0, hops - 1).map((at) => peerOf(200 + at)), peer];
      branches[stripe]?.tree.advert(peer, AdvertState.attached, path, { ...openSlots(free), forInterior });
      return peer;
    });
    const own = new OwnStripe({ identity, branches, pool, random });
    expect(own.choose(peers)).toBe(true);
    counts[pool.ownStripe ?? -1] = (counts[pool.ownStripe ?? -1] ?? 0) + 1;
  }
  return counts;
}

const everywhere = (offer: Omit<Offer, 'stripe'>): Offer[] =>
  range(0, STRIPES).map((stripe) => ({ stripe, ...offer }));

describe('the choice of the stripe that a node feeds', () => {
  it('[R15] falls on each where nothing tells them apart', () => {
    for (const count of choices(everywhere({ hops: 3, free: 1 }))) expect(count).toBeGreaterThan(DRAWS / 8);
  });

  it('[R15] falls mostly on one that has nobody to spare', () => {
    const others = everywhere({ hops: 3, free: 4 }).filter(({ stripe }) => stripe !== 2);
    const [, , scarce = 0] = choices([...others, { stripe: 2, hops: 3, forInterior: 1 }]);
    expect(scarce).toBeGreaterThan(DRAWS * 0.75);
  });

  it.each([
    ['where a slot is free', { free: 1 }],
    ['where a leaf would make room', { forInterior: 1 }],
  ])('[R15] falls rather on one in which it can begin near the host, %s', (_where, offer) => {
    const far = everywhere({ hops: 6, ...offer }).filter(({ stripe }) => stripe !== 1);
    const counts = choices([...far, { stripe: 1, hops: 2, ...offer }]);
    expect(counts[1]).toBeGreaterThan(DRAWS / 2);
    for (const count of counts) expect(count).toBeGreaterThan(DRAWS / 40);
  });

  it('[R15] takes no notice of a place near the host that no newcomer may have', () => {
    const [, full = 0] = choices([...everywhere({ hops: 4, forInterior: 1 }), { stripe: 1, hops: 1 }]);
    expect(full).toBeLessThan(DRAWS / 2);
  });
});
