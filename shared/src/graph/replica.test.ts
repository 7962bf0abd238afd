import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { leaveOf, recordOf } from '../../test-kit/records.ts';
import type { MembershipRecord } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import { Replica } from './replica.ts';

const ids = (records: Iterable<MembershipRecord>): string[] => [...records].map(({ id }) => id).sort();

describe('a replica', () => {
  it('[R18] the last writer wins, by epoch, then by seq', () => {
    const replica = new Replica();
    expect(replica.put(recordOf(1, { epoch: 5, seq: 9, freeSlots: 1 }), START)).toBe(true);
    expect(replica.put(recordOf(1, { epoch: 5, seq: 9, freeSlots: 2 }), START)).toBe(false);
    expect(replica.put(recordOf(1, { epoch: 5, seq: 8 }), START)).toBe(false);
    expect(replica.put(recordOf(1, { epoch: 4, seq: 99 }), START)).toBe(false);
    expect(replica.member(peerOf(1))?.freeSlots).toBe(1);
    expect(replica.put(recordOf(1, { epoch: 5, seq: 10, freeSlots: 3 }), START)).toBe(true);
    expect(replica.put(recordOf(1, { epoch: 6, seq: 0, freeSlots: 4 }), START)).toBe(true);
    expect([replica.size, replica.member(peerOf(1))?.freeSlots]).toEqual([1, 4]);
  });

  it('[R22] a leave record is the last word of its epoch; the next epoch comes back', () => {
    const replica = new Replica();
    replica.put(recordOf(1, { seq: 7 }), START);
    expect(replica.put(leaveOf(1), START)).toBe(true);
    expect([replica.member(peerOf(1)), replica.size, replica.streams]).toEqual([undefined, 1, 0]);
    expect(replica.put(recordOf(1, { seq: 2 ** 32 - 2 }), START)).toBe(false);
    expect(replica.put(recordOf(1, { epoch: 1_001 }), START)).toBe(true);
    expect(ids(replica.membersOf(STREAM))).toEqual([peerOf(1)]);
  });

  it('[R19] a record goes when its life is over, and ages as it is passed on', () => {
    const replica = new Replica();
    replica.put(recordOf(1, { ttlSeconds: 10 }), START);
    expect(replica.aged(peerOf(1), START + 2_500)?.ttlSeconds).toBe(7);
    expect(replica.aged(peerOf(1), START + 9_001)).toBeUndefined();
    expect(replica.expire(START + 9_999)).toEqual([]);
    expect(ids(replica.expire(START + 10_000))).toEqual([peerOf(1)]);
    expect([replica.size, replica.streams, replica.fingerprint]).toEqual([0, 0, [0, 0]]);
    expect(replica.put(recordOf(2, { ttlSeconds: 0 }), START)).toBe(false);
  });

  it('[R19] a replay of what expired brings nobody back', () => {
    const replica = new Replica();
    replica.put(recordOf(1, { seq: 5 }), START);
    replica.expire(START + 60_000);
    expect(replica.wants(peerOf(1), { epoch: 1_000, seq: 5 })).toBe(false);
    expect(replica.put(recordOf(1, { seq: 5 }), START + 60_000)).toBe(false);
    expect(replica.put(recordOf(1, { seq: 6 }), START + 60_000)).toBe(true);
    replica.put(leaveOf(2), START);
    expect(replica.expire(START + 120_000).map(({ id }) => id)).toEqual([peerOf(1)]);
    expect(replica.put(recordOf(2, { seq: 6 }), START + 120_000)).toBe(false);
  });

  it('[R6] a full replica takes no new names, but news of those it knows', () => {
    const replica = new Replica();
    for (let number = 0; number < limits.recordsHeldMax + 50; number++) replica.put(recordOf(number), START);
    expect(replica.size).toBe(limits.recordsHeldMax);
    expect(replica.put(recordOf(limits.recordsHeldMax + 1), START)).toBe(false);
    expect(replica.put(recordOf(3, { seq: 1 }), START)).toBe(true);
    replica.expire(START + 60_000);
    expect(replica.put(recordOf(limits.recordsHeldMax + 1), START + 60_000)).toBe(true);
  });

  it('[R18] knows who is in which stream', () => {
    const replica = new Replica();
    replica.put(recordOf(1), START);
    replica.put(recordOf(2, { stream: streamOf(9) }), START);
    replica.put(recordOf(3, { stream: undefined }), START);
    expect([replica.streams, ids(replica.membersOf(STREAM))]).toEqual([2, [peerOf(1)]]);
    replica.put(recordOf(1, { seq: 1, stream: streamOf(9) }), START);
    expect([replica.streams, ids(replica.membersOf(streamOf(9)))]).toEqual([1, [peerOf(1), peerOf(2)]]);
    expect(ids(replica.members())).toHaveLength(3);
  });

  it('[R21] the fingerprint is the one of PROTOCOL.md', () => {
    const MOD = 2n ** 32n;
    const words = [0n, 0n] as [bigint, bigint];
    const replica = new Replica();
    for (const [number, epoch, seq] of [
      [1, 1_792_000_123_456, 7],
      [0xfffefd, 5, 2 ** 32 - 1],
    ] as const) {
      const record = recordOf(number, { epoch, seq });
      replica.put(record, START);
      let [a, b] = [0x811c9dc5n, 0x01000193n];
      for (const character of record.id) {
        a = ((a ^ BigInt(character.charCodeAt(0))) * 0x01000193n) % MOD;
        b = ((b ^ BigInt(character.charCodeAt(0))) * 0x85ebca6bn) % MOD;
      }
      for (const w of [BigInt(seq), BigInt(epoch) % MOD, BigInt(epoch) / MOD]) {
        a = ((a ^ w) * 0x01000193n) % MOD;
        b = ((b ^ ((w + a / 128n) % MOD)) * 0xc2b2ae35n) % MOD;
      }
      words[0] ^= a;
      words[1] ^= b;
    }
    expect(replica.fingerprint.map(BigInt)).toEqual(words);
  });

  it('[R21] equal contents have equal fingerprints, in whatever order they came; other contents have others', () => {
    const record = fc
      .record({ number: fc.nat(5), epoch: fc.nat(2), seq: fc.nat(3) })
      .map(({ number, ...version }) => recordOf(number, version));
    const records = fc.array(record, { maxLength: 20 });
    const filled = (list: readonly MembershipRecord[]): Replica => {
      const replica = new Replica();
      for (const each of list) replica.put(each, START);
      return replica;
    };
    const contents = (replica: Replica): string =>
      [...replica.versions()]
        .map(({ id, version }) => `${id} ${version.epoch} ${version.seq}`)
        .sort()
        .join();
    fc.assert(
      fc.property(records, records, (a, b) => {
        const [one, again, other] = [filled(a), filled([...a].reverse()), filled(b)];
        expect(contents(again)).toBe(contents(one));
        expect(again.fingerprint).toEqual(one.fingerprint);
        expect(other.fingerprint.join() === one.fingerprint.join()).toBe(contents(other) === contents(one));
      }),
      { numRuns: 500 },
    );
  });
});
