import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import { encodeMessage } from '../wire/codec.ts';
import { type Branches, GraphLevel, type Summary } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { Comparison } from './comparison.ts';
import { Neighbour, PeerBudget } from './graph-peers.ts';
import { Replica } from './replica.ts';

const [A, B] = [peerOf(1), peerOf(2)];
const WHOLE = { level: GraphLevel.whole, stream: undefined } as const;
/** Far apart, so that they fall into different leaves. */
const spreadOut = (number: number, seq = 0): MembershipRecord =>
  recordOf((number * 2_654_435_761) % 2 ** 32, { seq });

const filled = (records: readonly MembershipRecord[]): Replica => {
  const replica = new Replica(2_000);
  for (const record of records) replica.put(record, A, true, START);
  return replica;
};

const neighbour = (now = START): Neighbour =>
  new Neighbour({ peer: B, role: Role.viewer, stream: STREAM }, new PeerBudget(false), now);

/** One round of comparing; what each side then knows of what it lacks. */
function compare(mine: Replica, theirs: Replica) {
  const [a, b] = [new Comparison(A, Role.viewer, mine), new Comparison(B, Role.viewer, theirs)];
  const branches = a.branches(WHOLE) as Branches;
  const summary = b.summary(branches, WHOLE) as Summary | undefined;
  const bytes = encodeMessage(branches).length + (summary ? encodeMessage(summary).length : 0);
  return { bytes, differences: summary && a.differences(summary, WHOLE, neighbour(), START) };
}

describe('comparison', () => {
  it('[R21] finds exactly what each side lacks', () => {
    const versions = fc.uniqueArray(fc.tuple(fc.nat(200), fc.nat(3)), {
      maxLength: 60,
      selector: ([number]) => number,
    });
    fc.assert(
      fc.property(versions, versions, (left, right) => {
        const [mine, theirs] = [left, right].map((list) =>
          filled(list.map(([number, seq]) => spreadOut(number, seq))),
        );
        const { differences } = compare(mine as Replica, theirs as Replica);
        const [has, wants] = [new Map(left), new Map(right)];
        const lacking = (from: Map<number, number>, of: Map<number, number>) =>
          [...from]
            .filter(([number, seq]) => (of.get(number) ?? -1) < seq)
            .map(([number]) => spreadOut(number).id.slice(0, 12))
            .sort();
        const tags = (entries: readonly { readonly tag: string }[] = []) =>
          entries.map(({ tag }) => tag).sort();
        expect(tags(differences?.news)).toEqual(lacking(has, wants));
        // What is asked for may include what is held alike in the same leaf.
        expect(tags(differences?.wanted)).toEqual(expect.arrayContaining(lacking(wants, has)));
      }),
      { numRuns: 200 },
    );
  });

  it('[R21] the cost follows the difference, not the size', () => {
    const costOf = (count: number): number => {
      const records = Array.from({ length: count }, (_, number) => spreadOut(number));
      return compare(filled(records), filled([...records, spreadOut(9_999)])).bytes;
    };
    expect(costOf(1_500)).toBeLessThan(costOf(100) * 3);
    const all = Array.from({ length: 1_500 }, (_, number) => spreadOut(number));
    expect(costOf(1_500) * 20).toBeLessThan(compare(filled([]), filled(all)).bytes * 3);
  });

  it('[R34] differing link lists are found where link lists are held, and only there', () => {
    const [mine, theirs] = [filled([recordOf(1)]), filled([recordOf(1)])];
    theirs.putLinks(linkListOf(1, [5]), START);
    expect(compare(mine, theirs).differences?.wanted).toMatchObject([{ linksSeq: 1 }]);
    const set = { level: GraphLevel.stream, stream: STREAM } as const;
    const [a, b] = [new Comparison(A, Role.viewer, mine), new Comparison(B, Role.viewer, theirs)];
    expect(a.agrees(b.digest(set, neighbour(), set, 1), set)).toBe(true);
  });

  it('[R21] a neighbour that lacks what it should long have is stale, a newcomer is not', () => {
    const records = Array.from({ length: 20 }, (_, number) => spreadOut(number));
    const mine = filled(records);
    const comparison = new Comparison(A, Role.viewer, mine);
    const empty = new Comparison(B, Role.viewer, filled([])).summary(
      comparison.branches(WHOLE),
      WHOLE,
    ) as Summary;
    const later = START + 60_000;
    expect(comparison.differences(empty, WHOLE, neighbour(START), later).stale).toBe(true);
    expect(comparison.differences(empty, WHOLE, neighbour(later), later).stale).toBe(false);
    expect(comparison.differences(empty, WHOLE, neighbour(START), START).stale).toBe(false);
  });
});
