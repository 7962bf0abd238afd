/** Following chains of links in a graph too large for one part; how presence is used is in graph.test.ts. */
import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import { tagOf } from '../lib/ids.ts';
import { graphTimings } from './graph-contract.ts';
import { Presence } from './presence.ts';
import { Replica } from './replica.ts';

const KEPT_UP = (): boolean => true;

/** Members 1 to `count` in one chain, and three more that are linked with each other only. */
function chain(count: number) {
  const replica = new Replica(count + 10);
  const link = (number: number, neighbours: readonly number[], seq = 1): void => {
    replica.put(recordOf(number), peerOf(1), false, START);
    replica.putLinks(linkListOf(number, neighbours, { seq }), START);
  };
  for (let number = 1; number <= count; number++)
    link(
      number,
      [number - 1, number + 1].filter((other) => other >= 1 && other <= count),
    );
  const [a, b, c] = [count + 1, count + 2, count + 3];
  link(a, [b]);
  link(b, [a, c]);
  link(c, [b]);
  return { replica, link, presence: new Presence(replica) };
}

/** Takes all parts of the look that is under way; how many these were, with the first. */
function finish({ work }: Presence, now: number): number {
  let parts = 1;
  for (; work.isUnderWay; parts++) work.goOn(Math.max(now, work.deadline));
  return parts;
}

describe('a look at who is there', () => {
  it('[R34] of a small graph is over at once', () => {
    const { presence, replica } = chain(20);
    presence.look([peerOf(1)], KEPT_UP, START + 60_000);
    expect([presence.work.isUnderWay, presence.work.deadline]).toEqual([false, Number.POSITIVE_INFINITY]);
    expect(presence.firstHop(tagOf(peerOf(20)))).toBe(peerOf(1));
    expect(presence.separated).toHaveLength(3);
    expect(replica.unproven).toBe(3);
  });

  it('[R34] of a large one takes parts, and comes to the same', () => {
    const { presence, replica } = chain(3_000);
    const now = START + 60_000;
    presence.look([peerOf(1)], KEPT_UP, now);
    expect([presence.work.isUnderWay, presence.work.deadline > now]).toEqual([true, true]);
    expect(presence.firstHop(tagOf(peerOf(1)))).toBeUndefined();
    expect(finish(presence, now)).toBeGreaterThan(3);
    expect(presence.firstHop(tagOf(peerOf(3_000)))).toBe(peerOf(1));
    expect(presence.separated).toHaveLength(3);
    expect(replica.unproven).toBe(3);
  });

  it('[R34] is in force until the next one has come to its end', () => {
    const { presence, replica, link } = chain(3_000);
    const first = START + 60_000;
    presence.look([peerOf(1)], KEPT_UP, first);
    finish(presence, first);
    // The chain breaks near its beginning.
    link(2, [1], 2);
    const later = first + graphTimings.presenceGraceMs + 10_000;
    const last = replica.get(peerOf(3_000));
    if (last === undefined) throw new Error('it is held');
    presence.look([peerOf(1)], KEPT_UP, later);
    expect(presence.reaches(last, later)).toBe(true);
    // Another look does not begin before that one is over.
    presence.look([peerOf(1)], KEPT_UP, later + graphTimings.presenceEveryMs);
    finish(presence, later);
    expect(presence.reaches(last, later)).toBe(false);
    expect(presence.separated.length).toBeGreaterThan(2_990);
  });
});
