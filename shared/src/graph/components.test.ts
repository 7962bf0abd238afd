import { describe, expect, it } from 'vitest';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import type { PeerId } from '../lib/ids.ts';
import { randomBelow, seededRandom } from '../lib/random.ts';
import { componentsOf, shapeOf } from './components.ts';

const link = (a: number, b: number): readonly [PeerId, PeerId] => [peerOf(a), peerOf(b)];
const ids = (count: number): PeerId[] => Array.from({ length: count }, (_, number) => peerOf(number));
const members = (...streams: number[]) =>
  streams.map((stream, number) => ({ id: peerOf(number), stream: streamOf(stream) }));

describe('components', () => {
  it('puts together whom a chain of links joins, and nobody else', () => {
    const parts = componentsOf(ids(6), [link(0, 1), link(2, 1), link(3, 4)]);
    expect(parts.get(peerOf(0))).toBe(parts.get(peerOf(2)));
    expect(parts.get(peerOf(3))).toBe(parts.get(peerOf(4)));
    expect(new Set(parts.values()).size).toBe(3);
    expect(parts.size).toBe(6);
  });

  it('passes over links to ids that it was not given, links to oneself and repeated ones', () => {
    const parts = componentsOf(ids(2), [link(0, 7), link(7, 1), link(0, 0), link(7, 8)]);
    expect(new Set(parts.values()).size).toBe(2);
    expect(new Set(componentsOf(ids(2), [link(0, 1), link(1, 0), link(0, 1)]).values()).size).toBe(1);
  });

  it('finds the same parts as a search along the links', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 30; round++) {
      const links = Array.from({ length: 35 }, () => link(randomBelow(random, 50), randomBelow(random, 50)));
      const parts = componentsOf(ids(50), links);
      for (const start of ids(50)) {
        const reached = new Set([start]);
        for (const at of reached)
          for (const [a, b] of links)
            if (a === at) reached.add(b);
            else if (b === at) reached.add(a);
        const together = ids(50).filter((id) => parts.get(id) === parts.get(start));
        expect(new Set(together)).toEqual(reached);
      }
    }
  });

  it('follows a chain of 100,000 without running out of stack', () => {
    const links = Array.from({ length: 99_999 }, (_, at) => link(at, at + 1));
    expect(new Set(componentsOf(ids(100_000), links).values()).size).toBe(1);
  });
});

describe('shape of the streams', () => {
  it('[R23] separated is who lies outside the largest component of its own stream', () => {
    const { separated } = shapeOf(members(1, 1, 1, 1, 1, 2, 2), [
      link(0, 1),
      link(1, 2),
      link(3, 4),
      link(5, 6),
    ]);
    expect(separated).toEqual(new Set([peerOf(3), peerOf(4)]));
  });

  it('[R23] a way through another stream does not join a stream', () => {
    const links = [link(0, 1), link(1, 2), link(1, 5), link(5, 3), link(3, 4)];
    const { separated } = shapeOf(members(1, 1, 1, 1, 1, 2), links);
    expect(separated).toEqual(new Set([peerOf(3), peerOf(4)]));
  });

  it('[R23] who has no link yet did not come apart', () => {
    const { separated } = shapeOf(members(1, 1, 1, 2), [link(0, 1), link(1, 3), link(3, 2)]);
    expect(separated).toEqual(new Set());
  });

  it('[R23] a link between two streams is a bridge of both, and a link inside of none', () => {
    const { bridges } = shapeOf(members(1, 1, 2, 3), [
      link(0, 1),
      link(0, 2),
      link(1, 2),
      link(2, 3),
      link(3, 9),
    ]);
    expect(bridges).toEqual(
      new Map([
        [streamOf(1), 2],
        [streamOf(2), 3],
        [streamOf(3), 1],
      ]),
    );
  });

  it('[R23] of equal halves one counts as separated, and of nobody nothing', () => {
    const { separated } = shapeOf(members(1, 1, 1, 1), [link(0, 1), link(2, 3)]);
    expect(separated.size).toBe(2);
    expect(shapeOf([], [])).toEqual({ separated: new Set(), bridges: new Map() });
  });
});
