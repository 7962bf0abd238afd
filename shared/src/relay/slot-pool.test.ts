import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import { seededRandom } from '../lib/random.ts';
import { relayTimings } from './relay-contract.ts';
import { SlotPool } from './slot-pool.ts';
import { StripeTree } from './stripe-tree.ts';

const STRIPES = 4;
const OWN = 2;
const SELF = peerOf(1);
const OTHERS = range(0, STRIPES).filter((stripe) => stripe !== OWN);

function node(options: { isHost?: boolean; slots?: number; stripes?: number; ownStripe?: number } = {}) {
  const { isHost = false, slots = 3, stripes = STRIPES, ownStripe } = options;
  const trees = range(0, stripes).map((stripe) => new StripeTree(stripe, SELF, isHost, seededRandom(1)));
  const pool = new SlotPool(isHost, trees, slots);
  pool.ownStripe = ownStripe;
  let childrenSoFar = 0;
  const addChildren = (count: number, stripe: number, interior = false) =>
    range(0, count).map(() => {
      const child = peerOf(100 + childrenSoFar++);
      trees[stripe]?.addChild(child, interior);
      return trees[stripe]?.children.get(child);
    });
  return { pool, addChildren, openIn: (stripe: number, now = START) => pool.open(stripe, now) };
}

describe('the slots of a node', () => {
  it('[R15] a viewer feeds its own stripe, to about as many as make up for what it takes', () => {
    const { pool, openIn } = node({ slots: 6 });
    expect([pool.free, openIn(OWN)]).toEqual([0, { free: 0, forInterior: 0, forStarving: pool.capacity }]);
    pool.ownStripe = OWN;
    expect(pool.shareOf(OWN)).toBeGreaterThanOrEqual(STRIPES);
    expect(pool.shareOf(OWN)).toBeLessThan(pool.capacity);
    expect(openIn(OWN).free).toBe(pool.shareOf(OWN));
    for (const stripe of OTHERS)
      expect(openIn(stripe)).toEqual({ free: 0, forInterior: 0, forStarving: pool.capacity });
    expect(pool.free).toBe(pool.shareOf(OWN));
  });

  it('[R15] the host feeds every stripe alike, and keeps back what it has beyond that', () => {
    const { pool, openIn } = node({ isHost: true, slots: 10 });
    const share = pool.shareOf(0);
    expect(share).toBeGreaterThan(0);
    expect(share * STRIPES).toBeLessThan(pool.capacity);
    // One is kept for each of the others.
    const forStarving = pool.capacity - (STRIPES - 1);
    for (const stripe of range(0, STRIPES))
      expect(openIn(stripe)).toEqual({ free: share, forInterior: share, forStarving });
  });

  it('[R15] what a host has beyond a child in each stripe goes to whoever asks first, but the first child of no stripe', () => {
    const { pool, addChildren, openIn } = node({ isHost: true });
    pool.childrenMax = STRIPES + 1;
    const [first = 0, ...others] = range(0, STRIPES);
    for (const stripe of others) addChildren(1, stripe);
    addChildren(1, 1);
    expect(pool.capacity - pool.used).toBe(1);
    expect(range(0, STRIPES).map((stripe) => openIn(stripe).free)).toEqual([1, 0, 0, 0]);
    expect(range(0, STRIPES).map((stripe) => openIn(stripe).forStarving)).toEqual([1, 0, 0, 0]);
    pool.childrenMax = STRIPES + 2;
    addChildren(1, first);
    expect(range(0, STRIPES).map((stripe) => openIn(stripe).free)).toEqual([1, 0, 1, 1]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('[R15] a host that carries %i children takes so many', (carries) => {
    const { pool, addChildren, openIn } = node({ isHost: true });
    pool.childrenMax = carries;
    for (let turn = 0; turn < 10 * STRIPES; turn++)
      if (openIn(turn % STRIPES).free > 0) addChildren(1, turn % STRIPES);
    expect(pool.used).toBe(carries);
  });

  it.each([{ isHost: true }, { ownStripe: OWN }, { stripes: 1, ownStripe: 0 }])(
    '[R15] without slots nothing is open to anybody: %o',
    (options) => {
      const { pool, openIn } = node({ ...options, slots: 0 });
      for (const stripe of range(0, pool.stripes)) {
        expect(openIn(stripe)).toEqual({ free: 0, forInterior: 0, forStarving: 0 });
      }
    },
  );

  it.each([true, false])('[R15] in a stream of one stripe all slots are free (host: %s)', (isHost) => {
    const { pool, addChildren, openIn } = node({ isHost, stripes: 1, ownStripe: 0 });
    addChildren(1, 0);
    expect([pool.free, openIn(0).forStarving, pool.overloadOf(0)]).toEqual([2, 2, 0]);
  });

  it('[R15] where all is taken, a node that feeds others may have the place of a leaf that was not just asked to go', () => {
    const { pool, addChildren, openIn } = node({ slots: 6, ownStripe: OWN });
    const share = pool.shareOf(OWN);
    const [asked] = addChildren(share - 1, OWN);
    expect(openIn(OWN)).toMatchObject({ free: 1, forInterior: 1 });
    addChildren(1, OWN, true);
    expect(openIn(OWN)).toMatchObject({
      free: 0,
      forInterior: share - 1,
      forStarving: pool.capacity - share,
    });
    if (asked) asked.askedToGoAt = START;
    expect(openIn(OWN)).toMatchObject({ free: 0, forInterior: share - 2 });
    expect(openIn(OWN, START + relayTimings.makeRoomAgainMs)).toMatchObject({ forInterior: share - 1 });
    // Those who are asked to go may stay.
    while (openIn(OWN).forInterior > 0 && pool.used < pool.capacity) addChildren(1, OWN, true);
    expect(pool.used).toBeLessThan(pool.capacity);
  });

  it('[R15] children of all stripes draw on one pool; those beyond the share of a stripe overload it', () => {
    const { pool, addChildren, openIn } = node({ slots: 2, ownStripe: OWN });
    addChildren(pool.capacity - 1, 0);
    expect(openIn(OWN)).toEqual({ free: 1, forInterior: 1, forStarving: 1 });
    expect([pool.overloadOf(0), pool.overloadOf(OWN)]).toEqual([pool.capacity - 1, 0]);
    addChildren(1, OWN);
    expect(range(0, STRIPES).map((stripe) => openIn(stripe).forStarving)).toEqual([0, 0, 0, 0]);
    expect(node({ slots: 1, ownStripe: OWN }).pool.shareOf(OWN)).toBe(STRIPES);
    pool.slots = 1;
    expect([pool.free, openIn(OWN).forStarving]).toEqual([0, 0]);
  });
});
