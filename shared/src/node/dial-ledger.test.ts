import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { DialLedger } from './dial-ledger.ts';

const PEER = peerOf(1);

describe('the dial ledger', () => {
  it('[R28] waits 2, 4, 8 … 64 s after failed dials, and forgets them after a success', () => {
    const ledger = new DialLedger();
    expect(ledger.mayDial(PEER, START)).toBe(true);
    for (const seconds of [2, 4, 8, 16, 32, 64, 64, 64]) {
      ledger.failed(PEER, START);
      expect(ledger.mayDial(PEER, START + seconds * 1_000 - 1)).toBe(false);
      expect(ledger.mayDial(PEER, START + seconds * 1_000)).toBe(true);
    }
    ledger.succeeded(PEER);
    expect(ledger.mayDial(PEER, START)).toBe(true);
    ledger.failed(PEER, START);
    expect(ledger.mayDial(PEER, START + 2_000)).toBe(true);
  });

  it('[R31] whoever was cut is not dialed again', () => {
    const ledger = new DialLedger();
    ledger.cut(PEER);
    ledger.succeeded(PEER);
    expect([ledger.isCut(PEER), ledger.mayDial(PEER, START + 1e9), ledger.isCut(peerOf(2))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('[R6] remembers a bounded number of peers', () => {
    const ledger = new DialLedger();
    for (let number = 0; number < 2_000; number++) {
      ledger.failed(peerOf(number), START);
      ledger.cut(peerOf(number));
    }
    const remembered = Array.from({ length: 2_000 }, (_, number) => peerOf(number)).filter((peer) =>
      ledger.isCut(peer),
    );
    expect(remembered).toHaveLength(512);
  });
});

describe('how many dials a page has', () => {
  /** How many of so many dials go out. */
  const dials = (ledger: DialLedger, count: number, now: number, urgent = false): number =>
    Array.from({ length: count }, () => ledger.take(now, urgent)).filter(Boolean).length;

  it('[R26] 60 at once, then 180 an hour', () => {
    const ledger = new DialLedger();
    expect(dials(ledger, 100, START)).toBe(60);
    expect(dials(ledger, 1, START + 19_999)).toBe(0);
    expect(dials(ledger, 1, START + 20_000)).toBe(1);
    let inAnHour = 0;
    for (let second = 1; second <= 3_600; second++)
      inAnHour += dials(ledger, 3, START + 20_000 + second * 1_000);
    expect(inAnHour).toBe(180);
    expect(ledger.dialed).toBe(60 + 1 + 180);
  });

  it('[R26] what was not used is saved up, but no more than 60', () => {
    const ledger = new DialLedger();
    dials(ledger, 60, START);
    expect(dials(ledger, 100, START + 200_000)).toBe(10);
    expect(dials(ledger, 100, START + 1e9)).toBe(60);
  });

  it('[R26] a node that has no link left dials in any case, and it counts', () => {
    const ledger = new DialLedger();
    expect(dials(ledger, 70, START, true)).toBe(70);
    expect([dials(ledger, 1, START), ledger.dialed]).toEqual([0, 70]);
  });
});
