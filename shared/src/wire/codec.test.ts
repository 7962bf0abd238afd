import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage, messages } from '../../test-kit/arbitraries.ts';
import { counting, peerOf, toHex } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { LEAVES, tagOf } from '../lib/ids.ts';
import { decodeMessage, encodeMessage, type WireMessage } from './codec.ts';
import { FRAME_HEADER_BYTES, frameTrailerBytes } from './frame.ts';
import { limits } from './limits.ts';
import { MessageType } from './message-type.ts';
import { DecodeFailure } from './result.ts';

const names = Object.keys(messages) as (keyof typeof messages)[];
const reasons: string[] = Object.values(DecodeFailure);
const reasonOf = (packet: Uint8Array): string => {
  const result = decodeMessage(packet);
  return result.ok ? 'ok' : result.reason;
};

describe('every message', () => {
  it.each(names)('[R1] %s comes back as it went out, in one packet', (name) => {
    fc.assert(
      fc.property(messages[name], (message) => {
        const packet = encodeMessage(message);
        expect(packet[0]).toBe(MessageType[name]);
        expect(packet.length).toBeLessThanOrEqual(limits.packetBytesMax);
        const result = decodeMessage(packet);
        expect(result).toEqual({ ok: true, value: message });
        if (result.ok) expect(toHex(encodeMessage(result.value))).toBe(toHex(packet));
      }),
      { numRuns: 40 },
    );
  });

  it.each(names)('[R7] %s is truncated at every length short of its own', (name) => {
    fc.assert(
      fc.property(messages[name], (message) => {
        const packet = encodeMessage(message);
        // A frame has no length field: less of it is a smaller frame, whose signature the gate finds wrong, or for which nobody votes.
        const frameShortest = FRAME_HEADER_BYTES + frameTrailerBytes(packet) - 1;
        const shortest = name === 'frame' ? frameShortest : packet.length - 1;
        for (let length = 1; length <= shortest; length++) {
          if (reasonOf(packet.subarray(0, length)) !== 'truncated') {
            expect([length, reasonOf(packet.subarray(0, length))]).toEqual([length, 'truncated']);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it.each(names.filter((name) => name !== 'frame'))('[R7] %s ends where it says', (name) => {
    fc.assert(
      fc.property(messages[name], fc.nat(255), (message, byte) => {
        expect(reasonOf(Uint8Array.of(...encodeMessage(message), byte))).toBe('trailing-bytes');
      }),
      { numRuns: 12 },
    );
  });
});

describe('hostile packets', () => {
  it('[R7] nothing at all is empty, and one byte more than 16 KiB is oversized', () => {
    expect(reasonOf(new Uint8Array(0))).toBe('empty');
    for (const type of Object.values(MessageType)) {
      const packet = new Uint8Array(limits.packetBytesMax + 1);
      packet[0] = type;
      expect(reasonOf(packet)).toBe('oversized');
    }
  });

  it('[R7] a first byte that is no type is unknown', () => {
    const known = new Set<number>(Object.values(MessageType));
    for (let type = 0; type < 256; type++) {
      expect(reasonOf(Uint8Array.of(type)) === 'unknown-type').toBe(!known.has(type));
    }
  });

  it('[R7] random bytes after any first byte decode or name a reason, and never throw', () => {
    fc.assert(
      fc.property(fc.nat(0x40), fc.uint8Array({ maxLength: 400 }), (type, rest) => {
        const reason = reasonOf(Uint8Array.of(type, ...rest));
        expect(reason === 'ok' || reasons.includes(reason)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('[R7] what decodes after any flipped bytes is again a message that encodes', () => {
    const flips = fc.array(fc.record({ at: fc.nat(9_999), mask: fc.integer({ min: 1, max: 255 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(anyMessage, flips, (message, list) => {
        const packet = encodeMessage(message).slice();
        for (const { at, mask } of list)
          packet[at % packet.length] = (packet[at % packet.length] ?? 0) ^ mask;
        const result = decodeMessage(packet);
        if (!result.ok) expect(reasons).toContain(result.reason);
        else expect(encodeMessage(result.value).length).toBeLessThanOrEqual(packet.length);
      }),
      { numRuns: 1_500 },
    );
  });

  it('[R7] a packet may lie anywhere in a larger buffer', () => {
    fc.assert(
      fc.property(anyMessage, fc.nat(9), (message, before) => {
        const packet = encodeMessage(message);
        const around = new Uint8Array(before + packet.length + 7).fill(0xee);
        around.set(packet, before);
        expect(decodeMessage(around.subarray(before, before + packet.length))).toEqual({
          ok: true,
          value: message,
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('limits on the wire', () => {
  const zeros = (count: number): number[] => new Array<number>(count).fill(0);
  const ascii = (text: string): number[] => [...Buffer.from(text)];
  const id = [...counting(1, 20)];
  const epochAndStripe = zeros(7);
  const emptySignal = [0x32, ...id, ...id, ...zeros(4 + 2 + 32 + 64)];

  it.each([
    ['votes', [0x12, ...zeros(10), 0x01, 0x01], 'oversized'],
    ['pull', [0x13, ...zeros(10), 0x00, 65], 'oversized'],
    ['pull missing', [0x14, ...zeros(10), 0xff, 0xff], 'oversized'],
    ['records', [0x20, 65], 'oversized'],
    ['supernodes of a record', [0x20, 1, ...zeros(32 + 2 + 20 + 3), 5], 'bad-field'],
    ['role of a record', [0x20, 1, ...zeros(32), 3, ...zeros(200)], 'bad-field'],
    ['status of a record', [0x20, 1, ...zeros(33), 2, ...zeros(200)], 'bad-field'],
    ['link lists', [0x24, 65], 'oversized'],
    ['tags of a whole list', [0x24, 1, ...id, ...zeros(10), 0, 0x01, 0x01, ...zeros(64)], 'bad-field'],
    ['form of a link list', [0x24, 1, ...id, ...zeros(10), 2], 'bad-field'],
    ['level of a digest', [0x21, 4], 'bad-field'],
    ['entries of a summary', [0x22, ...zeros(20), 0, 0x01, 0xf5], 'oversized'],
    ['leaf of a summary', [0x22, ...zeros(20), 1, 64, 0, 0], 'bad-field'],
    ['order of the leaves of a summary', [0x22, ...zeros(20), 2, 9, 8, 0, 0], 'bad-field'],
    ['the same leaf twice in a summary', [0x22, ...zeros(20), 2, 9, 9, 0, 0], 'bad-field'],
    ['wanted', [0x23, 0x01, 0x01], 'oversized'],
    ['nothing wanted of a node', [0x23, 0, 1, ...zeros(9), 0], 'bad-field'],
    ['more wanted of a node than there is', [0x23, 0, 1, ...zeros(9), 4], 'bad-field'],
    ['news', [0x25, 0x01, 0x01], 'oversized'],
    ['redirect answer', [0x31, ...zeros(16), 33], 'oversized'],
    ['signal', [0x32, ...id, ...id, ...zeros(4), 0x30, 0x01], 'oversized'],
    ['route of a signal', [...emptySignal, 9, 0], 'bad-field'],
    ['path of a signal', [...emptySignal, 0, 9], 'bad-field'],
    ['whole way of a signal', [...emptySignal, 5, ...zeros(100), 4, ...zeros(80)], 'bad-field'],
    ['path of subscribed', [0x16, ...epochAndStripe, ...zeros(4), 33], 'bad-field'],
    ['alternatives', [0x17, ...epochAndStripe, 0, 9], 'bad-field'],
    ['path of advert', [0x19, ...epochAndStripe, 1, 0, 0, 0, 33], 'bad-field'],
    ['stripe', [0x18, ...zeros(6), 16], 'bad-field'],
    ['reason of a refusal', [0x17, ...epochAndStripe, 6, 0], 'bad-field'],
    ['state of an advert', [0x19, ...epochAndStripe, 3, 0, 0, 0, 0], 'bad-field'],
    ['flags of a subscribe', [0x15, ...epochAndStripe, 16, ...zeros(4)], 'bad-field'],
    ['nodes of a census', [0x1e, ...epochAndStripe, 0, 0x0f, 0x42, 0x41, ...zeros(8)], 'bad-field'],
    ['starving of a census', [0x1e, ...epochAndStripe, ...zeros(4), 1, 0, 0, 0, ...zeros(4)], 'bad-field'],
    ['spare of a census', [0x1e, ...epochAndStripe, ...zeros(8), 255, 255, 255, 255], 'bad-field'],
    ['number of vacancies', [0x1a, ...epochAndStripe, 9], 'bad-field'],
    [
      'votes that a beacon asks for',
      [0x10, ...zeros(20 + 32 + 16 + 6 + 4 + 4), 4, ...zeros(8), 17, ...zeros(65)],
      'bad-field',
    ],
    ['empty window', [0x1b, ...zeros(6), ...zeros(4), 0, ...zeros(16)], 'bad-field'],
    ['window that is too long', [0x1b, ...zeros(6), ...zeros(4), 17, ...zeros(16)], 'bad-field'],
    ['base within a window', [0x1b, ...zeros(6), 0, 0, 0, 8, 4, ...zeros(16)], 'bad-field'],
    ['reason of a goodbye', [0x02, 12], 'bad-field'],
    ['role of a hello', [0x01, 1, 3, ...zeros(116)], 'bad-field'],
    ['intent', [0x30, 2, ...id], 'bad-field'],
    ['joining no stream', [0x30, 0, ...zeros(20)], 'bad-field'],
    ['reason of a failed signal', [0x33, ...id, ...id, ...zeros(4), 5, 0], 'bad-field'],
    ['alternates of a supernode', [0x38, ...zeros(4), 5], 'oversized'],
    ['alternate that is no WebSocket', [0x38, ...zeros(4), 1, 8, ...ascii('https://')], 'bad-field'],
    ['alternate without a host', [0x38, ...zeros(4), 1, 6, ...ascii('wss://')], 'bad-field'],
    ['alternate with a space', [0x38, ...zeros(4), 1, 8, ...ascii('wss://a ')], 'bad-field'],
    [
      'alternate that is too long',
      [0x38, ...zeros(4), 1, 201, ...ascii(`wss://${'a'.repeat(195)}`)],
      'bad-field',
    ],
    ['ice servers', [0x39, ...zeros(4), 9], 'oversized'],
    ['ice server of another kind', [0x39, ...zeros(4), 1, 7, ...ascii('http://'), 0, 0], 'bad-field'],
    ['credential that is no text', [0x39, ...zeros(4), 1, 6, ...ascii('turn:a'), 0, 1, 0xff], 'bad-field'],
    ['user name with a line break', [0x39, ...zeros(4), 1, 6, ...ascii('turn:a'), 1, 10, 0], 'bad-field'],
    ['route of a failed signal', [0x33, ...id, ...id, ...zeros(5), 9], 'bad-field'],
  ])('[R6] %s', (_what, packet, reason) => {
    expect(reasonOf(Uint8Array.from(packet.concat(reason === 'oversized' ? zeros(16_000) : [])))).toBe(
      reason,
    );
  });

  it('[R6] the largest lists still fit one packet', () => {
    const signature = counting(0, 64);
    const version = { epoch: 2 ** 48 - 1, seq: 2 ** 32 - 1 };
    const [peer, tag] = [peerOf(1), tagOf(peerOf(1))];
    const record = {
      ...recordOf(1, { stream: undefined, supernodes: [tag, tag, tag, tag], signature, ...version }),
      id: '' as never,
    };
    const entry = { tag, ...version, linksSeq: 2 ** 32 - 1 };
    const tags = zeros(256)
      .map((_, at) => tagOf(peerOf(at)))
      .sort();
    const hash = 'h'.repeat(16);
    const signal = {
      type: MessageType.signal,
      to: peer,
      from: peer,
      session: 1,
      payload: new Uint8Array(12 * 1024),
      publicKey: counting(0, 32),
      signature,
    };
    const largest: WireMessage[] = [
      { type: MessageType.votes, epoch: 1, votes: zeros(256).map((_, at) => ({ seq: 7 + at, hash })) },
      { type: MessageType.records, records: zeros(64).map(() => record) },
      { type: MessageType.links, lists: [{ form: 'full', list: { id: peer, version, tags, signature } }] },
      {
        type: MessageType.links,
        lists: [
          { form: 'delta', delta: { id: peer, version, added: tags.slice(1), removed: [], signature } },
        ],
      },
      {
        type: MessageType.summary,
        stream: undefined,
        leaves: zeros(LEAVES).map((_, leaf) => leaf),
        entries: zeros(500).map(() => entry),
      },
      { type: MessageType.news, entries: zeros(256).map(() => entry) },
      {
        type: MessageType.wanted,
        entries: zeros(256).map(() => ({ tag, what: 3 as const, linksSeqHeld: 2 ** 32 - 1 })),
      },
      {
        type: MessageType.redirectAnswer,
        nonce: counting(0, 16),
        inside: zeros(32).map(() => record),
        outside: zeros(32).map(() => record),
      },
      { ...signal, route: zeros(8).map(() => peer), path: [] },
      {
        type: MessageType.goAway,
        withinMs: 2 ** 32 - 1,
        alternates: zeros(4).map(() => `wss://${'a'.repeat(194)}`),
      },
      {
        type: MessageType.iceServers,
        lifetimeSeconds: 2 ** 32 - 1,
        servers: zeros(8).map(() => ({
          url: `turn:${'a'.repeat(195)}`,
          username: 'u'.repeat(200),
          credential: 'c'.repeat(200),
        })),
      },
      { ...signal, route: [], path: zeros(8).map(() => peer) },
    ];
    for (const message of largest) {
      const packet = encodeMessage(message);
      expect(packet.length).toBeLessThanOrEqual(limits.packetBytesMax);
      expect(decodeMessage(packet)).toEqual({ ok: true, value: message });
    }
  });
});
