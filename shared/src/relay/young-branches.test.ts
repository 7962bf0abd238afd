import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { YoungBranches } from './young-branches.ts';

const [HOST, OLD, NEW, BELOW] = [0, 1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];

describe('who has come to hang right below the host', () => {
  it('[R16] a path is young if its second id was heard of later, however often it is told', () => {
    const young = new YoungBranches();
    young.heard([HOST, OLD, BELOW], START);
    young.heard([HOST, OLD], START + 100);
    young.heard([HOST, NEW], START + 100);
    expect(young.includes([HOST, OLD, BELOW], START)).toBe(false);
    expect(young.includes([HOST, NEW, BELOW], START)).toBe(true);
    expect(young.includes([HOST, NEW, BELOW], START + 100)).toBe(false);
  });

  it('[R16] neither the host nor who was never heard of is in one', () => {
    const young = new YoungBranches();
    young.heard([HOST], START);
    young.heard([], START);
    expect([young.includes([HOST], 0), young.includes([], 0), young.includes([HOST, NEW], 0)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('[R6] paths without end are forgotten, the oldest first', () => {
    const young = new YoungBranches();
    for (const number of range(100, 200)) young.heard([HOST, peerOf(number)], START);
    const full = young.tableBytes;
    for (const number of range(200, 10_000)) young.heard([HOST, peerOf(number)], START);
    expect(young.tableBytes).toBe(full);
    expect(young.includes([HOST, peerOf(100)], 0)).toBe(false);
    expect(young.includes([HOST, peerOf(9_999)], 0)).toBe(true);
  });
});
