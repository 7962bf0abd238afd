import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { leaveOf, linkListOf, recordOf } from '../../test-kit/records.ts';
import { tagOf } from '../lib/ids.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { graphTimings } from './graph-contract.ts';
import { type HeldNode, Replica } from './replica.ts';

const ME = peerOf(0);
const UNPROVEN_MS = 60_000;
const ids = (nodes: Iterable<HeldNode>): string[] => [...nodes].map(({ record }) => record.id).sort();

const replicaOf = (recordsMax = 100): Replica & { take(record: MembershipRecord, now?: number): boolean } => {
  const replica = new Replica(recordsMax);
  return Object.assign(replica, {
    take: (record: MembershipRecord, now = START) => replica.put(record, ME, true, now),
  });
};

describe('a replica', () => {
  it('[R18] the last writer wins, by epoch, then by seq', () => {
    const replica = replicaOf();
    expect(replica.take(recordOf(1, { epoch: 5, seq: 9, freeSlots: 1 }))).toBe(true);
    expect(replica.take(recordOf(1, { epoch: 5, seq: 9, freeSlots: 2 }))).toBe(false);
    expect(replica.take(recordOf(1, { epoch: 5, seq: 8 }))).toBe(false);
    expect(replica.take(recordOf(1, { epoch: 4, seq: 99 }))).toBe(false);
    expect(replica.member(peerOf(1))?.freeSlots).toBe(1);
    expect(replica.take(recordOf(1, { epoch: 5, seq: 10, freeSlots: 3 }))).toBe(true);
    expect(replica.take(recordOf(1, { epoch: 6, seq: 0, freeSlots: 4 }))).toBe(true);
    expect([replica.size, replica.member(peerOf(1))?.freeSlots]).toEqual([1, 4]);
  });

  it('[R22] a leave record is the last word of its epoch; the next epoch comes back', () => {
    const replica = replicaOf();
    replica.take(recordOf(1, { seq: 7 }));
    expect(replica.take(leaveOf(1))).toBe(true);
    expect([replica.member(peerOf(1)), replica.size, replica.streams]).toEqual([undefined, 1, 0]);
    // It is still compared, and not counted any more.
    expect([ids(replica.nodesOf(STREAM)), ids(replica.allOf(STREAM))]).toEqual([[], [peerOf(1)]]);
    expect([replica.tree(STREAM)?.count, replica.tree(STREAM)?.isEmpty]).toEqual([0, false]);
    expect(replica.take(recordOf(1, { seq: 2 ** 32 - 2 }))).toBe(false);
    expect(replica.take(recordOf(1, { epoch: 1_001 }))).toBe(true);
    expect(ids(replica.nodesOf(STREAM))).toEqual([peerOf(1)]);
  });

  it('[R34] a name that nothing led to is remembered, until nobody here can tell any more', () => {
    const replica = new Replica(10);
    replica.put(recordOf(1, { ttlSeconds: 300 }), ME, false, START);
    replica.expire(START + UNPROVEN_MS + 1, UNPROVEN_MS);
    const doubted = (seq: number) => replica.isDoubted(tagOf(peerOf(1)), { epoch: 1_000, seq });
    expect([replica.size, doubted(0), doubted(1)]).toEqual([0, true, false]);
    const later = START + 2 * UNPROVEN_MS;
    replica.put(recordOf(1, { ttlSeconds: 300 }), ME, false, later);
    expect(replica.get(peerOf(1))?.reachableAt).toBeLessThanOrEqual(later - graphTimings.presenceGraceMs);
    replica.expire(later + UNPROVEN_MS, UNPROVEN_MS);
    replica.pardonNames();
    expect(doubted(0)).toBe(false);
  });

  it('[R19] a record goes when its life is over, and ages as it is passed on', () => {
    const replica = replicaOf();
    replica.take(recordOf(1, { ttlSeconds: 10 }));
    const held = replica.get(peerOf(1)) as HeldNode;
    expect(replica.aged(held, START + 3_000)?.ttlSeconds).toBe(7);
    expect(replica.aged(held, START + 9_600)).toBeUndefined();
    expect(replica.expire(START + 9_999, UNPROVEN_MS)).toEqual([]);
    expect(ids(replica.expire(START + 10_000, UNPROVEN_MS))).toEqual([peerOf(1)]);
    expect([replica.size, replica.streams, replica.tree(undefined)?.count]).toEqual([0, 0, 0]);
    expect(replica.take(recordOf(2, { ttlSeconds: 0 }))).toBe(false);
  });

  it('[R19] a replay of what expired brings nobody back', () => {
    const replica = replicaOf();
    replica.take(recordOf(1, { seq: 5 }));
    replica.expire(START + 60_000, UNPROVEN_MS);
    expect(replica.wants(peerOf(1), { epoch: 1_000, seq: 5 })).toBe(false);
    expect(replica.take(recordOf(1, { seq: 5 }), START + 60_000)).toBe(false);
    expect(replica.take(recordOf(1, { seq: 6 }), START + 60_000)).toBe(true);
    replica.take(leaveOf(2));
    expect(ids(replica.expire(START + 120_000, UNPROVEN_MS))).toEqual([peerOf(1), peerOf(2)].sort());
    expect(replica.take(recordOf(2, { seq: 6 }), START + 120_000)).toBe(false);
  });

  it('[R6] who introduced most loses one first when it is full; a crowd behind one link displaces only itself', () => {
    const replica = new Replica(10);
    const [crowd, other] = [peerOf(501), peerOf(502)];
    for (let number = 1; number <= 20; number++) replica.put(recordOf(number), crowd, true, START);
    expect([replica.size, replica.get(peerOf(20))]).toEqual([10, undefined]);
    for (let number = 21; number <= 24; number++)
      expect(replica.put(recordOf(number), other, true, START)).toBe(true);
    expect(replica.size).toBe(10);
    expect([21, 22, 23, 24].every((number) => replica.get(peerOf(number))?.via === other)).toBe(true);
    expect(replica.put(recordOf(3, { seq: 1 }), other, true, START)).toBe(
      replica.get(peerOf(3)) !== undefined,
    );
  });

  it('[R18] knows who is in which stream', () => {
    const replica = replicaOf();
    replica.take(recordOf(1));
    replica.take(recordOf(2, { stream: streamOf(9) }));
    replica.take(recordOf(3, { stream: undefined }));
    expect([replica.streams, ids(replica.nodesOf(STREAM))]).toEqual([2, [peerOf(1)]]);
    replica.take(recordOf(1, { seq: 1, stream: streamOf(9) }));
    expect([replica.streams, replica.sizeOf(streamOf(9))]).toEqual([1, 2]);
    expect([...replica.nodes()]).toHaveLength(3);
  });

  it('[R34] a link list belongs to the epoch of its record, and goes with it', () => {
    const replica = replicaOf();
    expect(replica.putLinks(linkListOf(1, [2]), START)).toBe(false);
    replica.take(recordOf(1));
    expect(replica.putLinks(linkListOf(1, [2], { epoch: 999 }), START)).toBe(false);
    expect(replica.putLinks(linkListOf(1, [2, 4, 5]), START)).toBe(true);
    expect(replica.putLinks(linkListOf(1, [2, 3]), START)).toBe(false);
    expect(replica.putLinks(linkListOf(1, [3, 4, 5], { seq: 2 }), START)).toBe(true);
    expect(replica.get(peerOf(1))?.linksDelta).toMatchObject({
      added: [tagOf(peerOf(3))],
      removed: [tagOf(peerOf(2))],
    });
    replica.take(recordOf(1, { seq: 1 }));
    expect(replica.get(peerOf(1))?.links?.version.seq).toBe(2);
    replica.take(recordOf(1, { epoch: 1_001 }));
    expect(replica.get(peerOf(1))?.links).toBeUndefined();
  });

  it('[R34] a mere name is not counted, and goes after a while; once proven it stays so', () => {
    const replica = new Replica(100);
    replica.put(recordOf(1), ME, false, START);
    replica.put(recordOf(2), ME, false, START);
    expect([replica.unproven, replica.tree(STREAM)?.count ?? 0]).toEqual([2, 0]);
    replica.prove(replica.get(peerOf(2)) as HeldNode);
    replica.put(recordOf(2, { seq: 1, ttlSeconds: 300, ttlMaxSeconds: 300 }), ME, false, START);
    expect([replica.unproven, replica.tree(STREAM)?.count]).toEqual([1, 1]);
    expect(ids(replica.expire(START + 30_000, 20_000))).toEqual([peerOf(1)]);
    expect(replica.unproven).toBe(0);
  });

  it('[R34] an old word of a node that nobody here knew is no sign of life', () => {
    const replica = replicaOf();
    replica.take(recordOf(1, { ttlMaxSeconds: 300, ttlSeconds: 280 }));
    replica.take(recordOf(2, { ttlMaxSeconds: 300, ttlSeconds: 200 }));
    expect(replica.get(peerOf(1))?.reachableAt).toBe(START);
    expect(replica.get(peerOf(2))?.reachableAt).toBeLessThan(START);
  });

  it('[R21] equal contents have equal fingerprints, in whatever order they came; other contents have others', () => {
    const record = fc
      .record({ number: fc.nat(5), epoch: fc.nat(2), seq: fc.nat(3) })
      .map(({ number, ...version }) => recordOf(number * 2 ** 26, version));
    const records = fc.array(record, { maxLength: 20 });
    const filled = (list: readonly MembershipRecord[]): Replica => {
      const replica = replicaOf();
      for (const each of list) replica.take(each);
      return replica;
    };
    const contents = (replica: Replica): string =>
      [...replica.nodes()]
        .map(({ record: { id, version } }) => `${id} ${version.epoch} ${version.seq}`)
        .sort()
        .join();
    const fingerprint = (replica: Replica): string => `${replica.tree(undefined)?.root(true)}`;
    fc.assert(
      fc.property(records, records, (a, b) => {
        const [one, again, other] = [filled(a), filled([...a].reverse()), filled(b)];
        expect(contents(again)).toBe(contents(one));
        expect(fingerprint(again)).toBe(fingerprint(one));
        expect(fingerprint(other) === fingerprint(one)).toBe(contents(other) === contents(one));
      }),
      { numRuns: 500 },
    );
  });
});
