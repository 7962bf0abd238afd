import { describe, expect, it } from 'vitest';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type Random, randomBelow, seededRandom } from '../lib/random.ts';
import { type PlacementEntry, PlacementIndex } from './placement-index.ts';

const nobody = (): boolean => false;
const entry = (number: number, rest: Partial<PlacementEntry> = {}): PlacementEntry => ({
  id: peerOf(number),
  stream: streamOf(0),
  isHost: false,
  freeSlots: 1,
  depth: 2,
  links: 2,
  ...rest,
});
const indexOf = (...entries: PlacementEntry[]): PlacementIndex => {
  const index = new PlacementIndex();
  for (const each of entries) index.put(each);
  return index;
};
const many = (count: number, of: (number: number) => PlacementEntry = entry): PlacementIndex =>
  indexOf(...Array.from({ length: count }, (_, number) => of(number)));
const noBridges: ReadonlyMap<StreamId, number> = new Map();

describe('placement index', () => {
  it('[R23] a host with room first, then free slots before none, near before far, few links before many', () => {
    const index = indexOf(
      entry(1, { freeSlots: 0, depth: 1 }),
      entry(2, { isHost: true, freeSlots: 0, depth: 0 }),
      entry(3, { depth: 3 }),
      entry(4, { depth: 255 }),
      entry(5, { depth: 1, links: 12 }),
      entry(6, { depth: 1, links: 7 }),
      entry(7, { isHost: true, depth: 0, links: 30 }),
      entry(8, { depth: 1, links: 3 }),
    );
    for (let seed = 0; seed < 20; seed++) {
      const picks = index.inside(streamOf(0), 10, nobody, seededRandom(seed));
      expect(picks).toEqual([7, 8, 6, 5, 3, 4, 2, 1].map(peerOf));
    }
  });

  it('[R23] random within equals: each comes as often as the other', () => {
    const index = many(100);
    const times = new Map<PeerId, number>();
    const random = seededRandom(1);
    for (let round = 0; round < 2_000; round++)
      for (const id of index.inside(streamOf(0), 5, nobody, random)) times.set(id, (times.get(id) ?? 0) + 1);
    expect(times.size).toBe(100);
    for (const count of times.values()) expect(Math.abs(count - 100)).toBeLessThan(50);
  });

  it('[R23] nobody twice, nobody excluded, no more than asked for', () => {
    const index = many(200);
    const even = (id: PeerId): boolean => Array.from({ length: 100 }, (_, n) => peerOf(2 * n)).includes(id);
    for (let seed = 0; seed < 20; seed++) {
      const picks = index.inside(streamOf(0), 8, even, seededRandom(seed));
      expect(new Set(picks).size).toBe(8);
      expect(picks.some(even)).toBe(false);
    }
    expect(index.inside(streamOf(1), 8, nobody, seededRandom(1))).toEqual([]);
    expect(index.inside(streamOf(0), 0, nobody, seededRandom(1))).toEqual([]);
  });

  it('[R23] who came apart from the stream is proposed first', () => {
    const index = many(50, (number) => entry(number, { freeSlots: number < 5 ? 0 : 1 }));
    const separated = new Set([0, 1, 2, 3, 4].map(peerOf));
    index.setShape({ separated, bridges: noBridges });
    const picks = index.inside(streamOf(0), 8, nobody, seededRandom(1));
    expect(picks.filter((id) => separated.has(id))).toHaveLength(4);
    expect(picks.slice(0, 4).every((id) => separated.has(id))).toBe(true);
    index.setShape({ separated: new Set(), bridges: noBridges });
    expect(index.inside(streamOf(0), 8, nobody, seededRandom(1)).some((id) => separated.has(id))).toBe(false);
  });

  it('[R23] who came apart and then left or changed its stream is not proposed', () => {
    const index = many(20);
    index.setShape({ separated: new Set([peerOf(1), peerOf(2)]), bridges: noBridges });
    index.remove(peerOf(1));
    index.put(entry(2, { stream: streamOf(5) }));
    const picks = index.inside(streamOf(0), 30, nobody, seededRandom(1));
    expect(picks).toHaveLength(18);
    expect(picks).not.toContain(peerOf(1));
    expect(picks).not.toContain(peerOf(2));
  });

  it('[R23] outside: streams with few bridges first, one of each in turn, never the own stream', () => {
    const index = many(40, (number) => entry(number, { stream: streamOf(number % 4) }));
    const bridges = new Map([
      [streamOf(1), 3],
      [streamOf(2), 1],
      [streamOf(3), 2],
    ]);
    index.setShape({ separated: new Set(), bridges });
    const streams = (count: number, own?: StreamId) =>
      index
        .outside(own, count, nobody, seededRandom(2))
        .map((id) =>
          [0, 1, 2, 3].find((n) => Array.from({ length: 10 }, (_, k) => peerOf(4 * k + n)).includes(id)),
        );
    expect(streams(3, streamOf(0))).toEqual([2, 3, 1]);
    expect(streams(7, streamOf(0))).toEqual([2, 3, 1, 2, 3, 1, 2]);
    expect(streams(2)).toEqual([0, 2]);
  });

  it('counts what it holds through any order of puts and removes', () => {
    const index = new PlacementIndex();
    const held = new Map<PeerId, number>();
    const random = seededRandom(9);
    for (let step = 0; step < 5_000; step++) {
      const [number, stream] = [randomBelow(random, 60), randomBelow(random, 30)];
      if (randomBelow(random, 3) === 0) {
        index.remove(peerOf(number));
        held.delete(peerOf(number));
      } else {
        index.put(
          entry(number, { stream: streamOf(stream), depth: randomBelow(random, 8), freeSlots: step % 2 }),
        );
        held.set(peerOf(number), stream);
      }
      if (step % 100 > 0) continue;
      for (let each = 0; each < 30; each++) {
        const expected = [...held].flatMap(([id, of]) => (of === each ? [id] : []));
        expect(index.size(streamOf(each))).toBe(expected.length);
        expect(new Set(index.inside(streamOf(each), 100, nobody, random))).toEqual(new Set(expected));
      }
      const streams = new Set(held.values());
      expect(index.streams).toBe(streams.size);
      const ofEach = index.outside(undefined, streams.size, nobody, random);
      expect(new Set(ofEach.map((id) => held.get(id)))).toEqual(streams);
    }
  });

  /** Questions to `exclude`, random numbers drawn, and picks found. */
  const workOf = (pick: (exclude: (id: PeerId) => boolean, random: Random) => PeerId[], refuse: boolean) => {
    const source = seededRandom(4);
    const work = { asked: 0, drawn: 0, found: 0 };
    const exclude = (): boolean => {
      work.asked++;
      return refuse;
    };
    const u32 = (): number => {
      work.drawn++;
      return source.u32();
    };
    work.found = pick(exclude, { u32 }).length;
    return work;
  };

  it('[R23] the work of a pick does not grow with the stream, 100 members or 10,000', () => {
    const spread = (number: number) =>
      entry(number, { depth: number % 5, links: number % 16, freeSlots: number % 3 });
    const [small, large] = [many(100, spread), many(10_000, spread)];
    const pickFrom = (index: PlacementIndex) => (exclude: (id: PeerId) => boolean, random: Random) =>
      index.inside(streamOf(0), 24, exclude, random);
    for (const index of [small, large]) {
      const { asked, drawn, found } = workOf(pickFrom(index), false);
      expect(found).toBe(24);
      expect(asked + drawn).toBeLessThan(1_000);
    }
    // All refuse: each class is given up after its probes. 48 classes at most, 8 × 24 + 32 probes each.
    expect(workOf(pickFrom(large), true).asked).toBeLessThanOrEqual(48 * (8 * 24 + 32));
    const huge = many(30_000, spread);
    expect(workOf(pickFrom(huge), true).asked).toBe(workOf(pickFrom(large), true).asked);
  });

  it('[R23] at most half come from parts that have come apart, even if these alone have free slots', () => {
    const index = many(40, (number) => entry(number, { freeSlots: number < 20 ? 1 : 0 }));
    const separated = new Set(Array.from({ length: 20 }, (_, number) => peerOf(number)));
    index.setShape({ separated, bridges: noBridges });
    const share = (count: number, seed: number): number =>
      index.inside(streamOf(0), count, nobody, seededRandom(seed)).filter((id) => separated.has(id)).length;
    for (const count of [2, 3, 8, 24]) expect(share(count, 1)).toBe(Math.floor(count / 2));
    expect(new Set(Array.from({ length: 40 }, (_, seed) => share(1, seed)))).toEqual(new Set([0, 1]));
    for (let number = 0; number < 20; number++) index.put(entry(number, { depth: 1 }));
    expect(share(8, 2)).toBe(4);
    expect(share(40, 1)).toBe(20);
  });

  it('[R23] outside: random among streams with as many bridges, anew for each who asks', () => {
    const index = many(50, (number) => entry(number, { stream: streamOf(number) }));
    const random = seededRandom(2);
    const seen = new Set<PeerId>();
    for (let round = 0; round < 200; round++)
      for (const id of index.outside(undefined, 4, nobody, random)) seen.add(id);
    expect(seen.size).toBe(50);
  });

  it('[R23] outside: streams of which nobody can be had do not stand in the way of others', () => {
    const index = many(50, (number) => entry(number, { stream: streamOf(number) }));
    const refused = new Set(index.outside(undefined, 5, nobody, seededRandom(1)));
    expect(index.outside(undefined, 4, (id) => refused.has(id), seededRandom(1))).toHaveLength(4);
  });

  it('[R23] outside: the work does not grow with the streams, and not when streams come and go', () => {
    const works = [100, 10_000].map((count) => {
      const index = many(count, (number) => entry(number, { stream: streamOf(number) }));
      index.outside(undefined, 8, nobody, seededRandom(1));
      index.put(entry(count, { stream: streamOf(count) }));
      index.remove(peerOf(0));
      return workOf((exclude, random) => index.outside(undefined, 8, exclude, random), false);
    });
    for (const { asked, drawn, found } of works) {
      expect(found).toBe(8);
      expect(asked + drawn).toBeLessThan(200);
    }
  });
});
