import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messages } from '../../test-kit/arbitraries.ts';
import { record as anyRecord } from '../../test-kit/field-arbitraries.ts';
import { counting } from '../../test-kit/ids.ts';
import { ByteReader, ByteWriter } from '../lib/bytes.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import { type GraphMessage, graphMessageBytes } from './graph-messages.ts';
import { limits } from './limits.ts';
import { readRecord, recordBytes, writeRecord } from './membership-record.ts';
import { MessageType } from './message-type.ts';

const names = ['records', 'links', 'digest', 'branches', 'summary', 'news', 'wanted'] as const;

describe('the size of a message of the net graph', () => {
  it.each(names)('[R21] %s: as counted beforehand, so is the packet', (name) => {
    fc.assert(
      fc.property(messages[name], (message) => {
        expect(graphMessageBytes(message as GraphMessage)).toBe(encodeMessage(message).length);
      }),
      { numRuns: 40 },
    );
  });

  it('[R18] a record takes 136 bytes and 9 for each supernode that it names, 172 at most', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const packet = writeRecord(new ByteWriter(), record).finish();
        expect(packet.length).toBe(136 + 9 * record.supernodes.length);
        expect(packet.length).toBe(recordBytes(record));
        const reader = new ByteReader(packet);
        expect(readRecord(reader)).toEqual(record);
        expect(reader.complete).toBe(true);
      }),
      { numRuns: 40 },
    );
    expect(136 + 9 * limits.supernodesPerRecordMax).toBe(172);
  });
});

describe('hostile messages of the net graph', () => {
  const failure = (packet: readonly number[]): string => {
    const result = decodeMessage(Uint8Array.from(packet));
    return result.ok ? 'ok' : result.reason;
  };

  it('[R19] the life left of a record cannot exceed what it may have at most', () => {
    fc.assert(
      fc.property(anyRecord, fc.nat(0xffff), (record, ttlSeconds) => {
        const packet = writeRecord(new ByteWriter(), { ...record, ttlSeconds }).finish();
        expect(readRecord(new ByteReader(packet))?.ttlSeconds).toBe(
          Math.min(ttlSeconds, record.ttlMaxSeconds),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('[R6] a count that promises more than the packet holds is truncated, not believed', () => {
    for (const [type, ...head] of [
      [MessageType.records, limits.recordsPerPacketMax],
      [MessageType.links, limits.linkListsPerPacketMax],
      [MessageType.news, 1, 0],
      [MessageType.wanted, 1, 0],
      [MessageType.summary, ...counting(1, 20), 0, 1, 0xf4],
    ]) {
      expect(failure([type as number, ...head])).toBe('truncated');
    }
  });

  it('[R21] leaves that a summary does not hold in order are a bad field wherever they stand', () => {
    const leaves = (...list: number[]): number[] => [
      MessageType.summary,
      ...counting(1, 20),
      list.length,
      ...list,
      0,
      0,
    ];
    expect(failure(leaves())).toBe('ok');
    expect(failure(leaves(0, 1, 62, 63))).toBe('ok');
    expect(failure(leaves(0, 1, 63, 62))).toBe('bad-field');
    expect(failure(leaves(0, 0))).toBe('bad-field');
    expect(failure(leaves(0, 64))).toBe('bad-field');
    expect(failure(leaves(...counting(0, 65)))).toBe('bad-field');
  });
});
