import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messages } from '../../test-kit/arbitraries.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import { limits } from './limits.ts';
import { MessageType } from './message-type.ts';
import { readSignalHead } from './signal-head.ts';
import type { Signal } from './supernode-messages.ts';

const signals = messages.signal as fc.Arbitrary<Signal>;

/** What the head says, as the whole packet says it. */
function headByDecoding(packet: Uint8Array): unknown {
  const result = decodeMessage(packet);
  if (!result.ok || result.value.type !== MessageType.signal) return undefined;
  const { to, from, session } = result.value;
  return { to, from, session };
}

describe('the head of a signal', () => {
  it('[R43] is what stands in the packet', () => {
    fc.assert(
      fc.property(signals, (signal) => {
        const { to, from, session } = signal;
        expect(readSignalHead(encodeMessage(signal))).toEqual({ to, from, session });
      }),
      { numRuns: 100 },
    );
  });

  it('[R43] is read from exactly those packets that decode: nobody is sent one that does not', () => {
    const change = fc.tuple(fc.nat(limits.packetBytesMax), fc.nat(255));
    fc.assert(
      fc.property(signals, fc.array(change, { maxLength: 3 }), fc.integer(), (signal, changes, cut) => {
        const packet = encodeMessage(signal).slice();
        for (const [at, value] of changes) packet[at % packet.length] = value;
        // The sizes stand there: they are what matters most.
        for (const at of [45, 46, 143 + signal.payload.length]) {
          const changed = packet.slice();
          changed[at] = cut & 255;
          expect(readSignalHead(changed)).toEqual(headByDecoding(changed));
        }
        expect(readSignalHead(packet)).toEqual(headByDecoding(packet));
        const part = packet.slice(0, Math.abs(cut) % packet.length);
        expect(readSignalHead(part)).toBeUndefined();
        expect(readSignalHead(Uint8Array.of(...packet, 0))).toEqual(
          headByDecoding(Uint8Array.of(...packet, 0)),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('[R7] nothing at all, noise, and other messages have none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const packet = Uint8Array.of(MessageType.signal, ...noise);
        expect(readSignalHead(packet)).toEqual(headByDecoding(packet));
      }),
    );
    expect(readSignalHead(new Uint8Array())).toBeUndefined();
    expect(readSignalHead(encodeMessage({ type: MessageType.ping, number: 1 }))).toBeUndefined();
  });
});
