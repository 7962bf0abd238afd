import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../node/ports.ts';
import { SignalBatch } from './signal-batch.ts';
import { parseSignals } from './signal-payload.ts';

/** Time that a test moves by hand. */
class HandClock implements Clock {
  #nowMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];
  now(): number {
    return this.#nowMs;
  }
  schedule(atMs: number, callback: () => void): () => void {
    const timer = { atMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
  }
}

const SDP = 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n';
const offer = { type: 'offer', sdp: SDP };
const candidate = (line: string) => ({
  type: 'candidate',
  candidate: { candidate: line, sdpMid: '0', sdpMLineIndex: 0 },
});
const host = (number: number) => candidate(`candidate:${number} 1 udp 1 127.0.0.1 5000 typ host`);

let clock: HandClock;
/** How many entries each payload had. */
let sent: number[];
let batch: SignalBatch;

beforeEach(() => {
  clock = new HandClock();
  sent = [];
  batch = new SignalBatch(clock, (payload) => {
    const parsed = parseSignals(payload);
    sent.push(parsed.ok ? parsed.entries.length : -1);
  });
});

describe('a batch of signals', () => {
  it('goes when no candidate came for 10 ms', () => {
    batch.add(offer);
    for (const number of [1, 2, 3]) {
      clock.advance(9);
      batch.add(host(number));
    }
    expect(sent).toEqual([]);
    clock.advance(10);
    expect(sent).toEqual([4]);
  });

  it('goes at once when all candidates are known, and so does what comes late', () => {
    batch.add(offer);
    batch.add(host(1));
    batch.gathered();
    expect(sent).toEqual([2]);
    batch.add(host(2));
    expect(sent).toEqual([2, 1]);
  });

  it('goes after 60 ms at the latest', () => {
    batch.add(offer);
    for (let i = 0; i < 7; i++) {
      clock.advance(8);
      batch.add(host(i));
    }
    clock.advance(4);
    expect(sent).toEqual([8]);
  });

  it('waits 60 ms for a description without candidates', () => {
    batch.add(offer);
    clock.advance(59);
    expect(sent).toEqual([]);
    clock.advance(1);
    expect(sent).toEqual([1]);
  });

  it('carries no TCP candidate, no wish to renegotiate, and at most 24 candidates', () => {
    batch.add(candidate('candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active'));
    batch.add({ type: 'renegotiate', renegotiate: true });
    batch.gathered();
    expect(sent).toEqual([]);
    for (let i = 0; i < 30; i++) batch.add(host(i));
    expect(sent).toHaveLength(24);
  });

  it('is dropped when the link ends', () => {
    batch.add(offer);
    batch.stop();
    clock.advance(1_000);
    expect(sent).toEqual([]);
  });
});
