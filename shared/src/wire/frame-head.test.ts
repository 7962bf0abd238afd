import { describe, expect, it } from 'vitest';
import { counting, streamOf } from '../../test-kit/ids.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import type { SignedHead } from './frame-head.ts';
import { MessageType } from './message-type.ts';

const place = { stream: streamOf(1), epoch: 1_000, seq: 7 };
const head: SignedHead = {
  key: false,
  bundle: false,
  index: 0,
  count: 1,
  keySeq: 3,
  payloadHash: counting(1, 32),
  signature: counting(2, 64),
};
const proof = (one: SignedHead, other: SignedHead): Uint8Array =>
  encodeMessage({ type: MessageType.equivocation, ...place, heads: [one, other] });
const reasonOf = (packet: Uint8Array): string => {
  const result = decodeMessage(packet);
  return result.ok ? 'ok' : result.reason;
};

describe('what a host signed, without the payload', () => {
  it('[R38] takes 136 bytes, and a proof 241', () => {
    expect(encodeMessage({ type: MessageType.frameHead, ...place, head }).length).toBe(136);
    expect(proof(head, { ...head, keySeq: 4 }).length).toBe(241);
  });

  it.each<[string, Partial<SignedHead>, string]>([
    ['the same twice', {}, 'bad-field'],
    ['the same under another signature', { signature: counting(3, 64) }, 'bad-field'],
    ['another payload', { payloadHash: counting(2, 32) }, 'ok'],
    ['another key flag', { key: true, keySeq: 7 }, 'ok'],
    ['a bundle', { bundle: true }, 'ok'],
    ['another index', { index: 1, count: 2 }, 'ok'],
    ['another count', { count: 2 }, 'ok'],
    ['another key seq', { keySeq: 7 }, 'ok'],
    ['an index that is not below the count', { index: 1 }, 'bad-field'],
    ['a bundle of two frames', { bundle: true, count: 2 }, 'bad-field'],
    ['a key still to come', { keySeq: 8 }, 'bad-field'],
    ['a message that began before seq 0', { index: 8, count: 9 }, 'bad-field'],
  ])('[R38] a proof of a head and %s is %s', (_what, changes, reason) => {
    expect(reasonOf(proof(head, { ...head, ...changes }))).toBe(reason);
    expect(reasonOf(proof({ ...head, ...changes }, head))).toBe(reason);
  });

  it('[R38] flags that are not defined are refused', () => {
    for (let flags = 0; flags < 256; flags++) {
      const packet = proof({ ...head, keySeq: 7 }, head);
      packet[31] = flags;
      // Key and bundle: what bit 1 means, no signature, cannot be said of what is signed.
      expect(reasonOf(packet)).toBe([0, 1, 4, 5].includes(flags) ? 'ok' : 'bad-field');
    }
  });

  it('[R7] one byte less is truncated, one more is trailing', () => {
    const packet = proof(head, { ...head, count: 2 });
    expect(reasonOf(packet.subarray(0, -1))).toBe('truncated');
    expect(reasonOf(Uint8Array.of(...packet, 0))).toBe('trailing-bytes');
  });
});
