import { describe, expect, it } from 'vitest';
import { packetDigest, Trace, TraceKind } from './trace.ts';
import { START_UNIX_MS } from './virtual-clock.ts';

type Event = readonly [node: number, afterMs: number, kind: TraceKind, digest: number];

const traced = (...events: Event[]): string => {
  const trace = new Trace();
  for (const [node, afterMs, kind, digest] of events) trace.add(node, START_UNIX_MS + afterMs, kind, digest);
  return trace.hash;
};

describe('the trace', () => {
  const a: Event = [1, 10.25, TraceKind.packet, 77];
  const b: Event = [2, 11, TraceKind.message, 78];

  it('is the same for the same events, in 16 digits', () => {
    expect(traced(a, b)).toBe(traced(a, b));
    expect(traced(a, b)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('depends on the order and on every part of an event', () => {
    const others = [
      traced(b, a),
      traced(a),
      traced(a, b, b),
      traced([2, 10.25, TraceKind.packet, 77], b),
      traced([1, 10.250_244_140_625, TraceKind.packet, 77], b),
      traced([1, 10.25, TraceKind.gap, 77], b),
      traced([1, 10.25, TraceKind.packet, 76], b),
    ];
    expect(new Set([...others, traced(a, b)]).size).toBe(others.length + 1);
  });

  it('tells packets apart by type, length and tail', () => {
    const packet = new Uint8Array(100).fill(5);
    const retyped = packet.slice();
    retyped[0] = 6;
    const resigned = packet.slice();
    resigned[99] = 6;
    const digests = [packet, retyped, resigned, packet.subarray(1), new Uint8Array(0)].map(packetDigest);
    expect(new Set(digests).size).toBe(5);
  });
});
