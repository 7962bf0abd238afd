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
