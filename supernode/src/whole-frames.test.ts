/** Whatever a client sends, and however the network cuts it: each byte goes one way, in order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binaryFrame, sentOn, WholeFrames } from './whole-frames.ts';

const PAYLOAD_MAX = 1_000;
const TEXT = 0x1;
const BINARY = 0x2;
const CONTINUATION = 0x0;
const CLOSE = 0x8;
const PING = 0x9;

interface Frame {
  readonly code: number;
  readonly final?: boolean;
  readonly masked?: boolean;
  /** Bytes in which the length is written; the shortest way if not said. */
  readonly lengthBytes?: number;
  readonly payload: Uint8Array;
}

const MASK = [17, 99, 200, 5] as const;

function encoded({ code, final = true, masked = true, lengthBytes, payload }: Frame): Buffer {
  const { length } = payload;
  const more = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + more);
  head[0] = (final ? 0x80 : 0) | code;
  head[1] = (masked ? 0x80 : 0) | (more === 0 ? length : more === 2 ? 126 : 127);
  if (more === 2) head.writeUInt16BE(length, 2);
  if (more === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (!masked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, Buffer.from(MASK), payload.map((byte, i) => byte ^ (MASK[i & 3] ?? 0))]);
}

/** What was read, in order: payloads of whole frames, and bytes for the library between them. */
function reading() {
  const read: { whole: boolean; bytes: Buffer }[] = [];
  const frames = new WholeFrames(
    {
      wholeFrame: (bytes, from, to) => {
        expect(from).toBeGreaterThanOrEqual(4);
        read.push({ whole: true, bytes: Buffer.from(bytes.subarray(from, to)) });
      },
      otherBytes: (bytes) => {
        const last = read.at(-1);
        if (last && !last.whole) last.bytes = Buffer.concat([last.bytes, bytes]);
        else read.push({ whole: false, bytes: Buffer.from(bytes) });
      },
    },
    PAYLOAD_MAX,
  );
  return { frames, read, take: (bytes: Uint8Array) => frames.read(Buffer.from(bytes)) };
}

const wholeOnes = (read: readonly { whole: boolean; bytes: Buffer }[]) =>
  read.filter(({ whole }) => whole).map(({ bytes }) => bytes);
const others = (read: readonly { whole: boolean; bytes: Buffer }[]) =>
  Buffer.concat(read.filter(({ whole }) => !whole).map(({ bytes }) => bytes));

const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);

describe('a final, masked, binary frame', () => {
  for (const length of [0, 1, 125, 126, 127, 999, PAYLOAD_MAX])
    test(`of ${length} bytes is taken, alone or behind others`, () => {
      const { take, read } = reading();
      const frame = encoded({ code: BINARY, payload: bytesOf(length) });
      take(frame);
      take(Buffer.concat([frame, frame]));
      expect(read).toEqual(Array(3).fill({ whole: true, bytes: Buffer.from(bytesOf(length)) }));
    });

  test('that is too large, not masked, in parts, or has its length written longer than it must be, is the library’s', () => {
    const payload = bytesOf(200);
    const strange: Frame[] = [
      { code: BINARY, payload: bytesOf(PAYLOAD_MAX + 1) },
      { code: BINARY, payload, masked: false },
      { code: BINARY, payload: bytesOf(5), lengthBytes: 2 },
      { code: BINARY, payload, lengthBytes: 8 },
      { code: BINARY, payload, final: false },
    ];
    for (const frame of strange) {
      const { take, read } = reading();
      take(encoded(frame));
      expect(read).toEqual([{ whole: false, bytes: encoded(frame) }]);
    }
  });

  test('between the parts of another is the library’s, too: it has to say that this is wrong', () => {
    const { take, read } = reading();
    const whole = encoded({ code: BINARY, payload: bytesOf(200) });
    const first = encoded({ code: BINARY, final: false, payload: bytesOf(3) });
    const ping = encoded({ code: PING, payload: bytesOf(3) });
    const last = encoded({ code: CONTINUATION, payload: bytesOf(3) });
    take(Buffer.concat([first, ping, whole, last, whole]));
    expect(others(read)).toEqual(Buffer.concat([first, ping, whole, last]));
    expect(wholeOnes(read)).toHaveLength(1);
  });

  test('behind a close frame is not read', () => {
    const { take, read } = reading();
    const close = encoded({ code: CLOSE, payload: bytesOf(2) });
    const whole = encoded({ code: BINARY, payload: bytesOf(200) });
    take(Buffer.concat([close.subarray(0, 3)]));
    take(Buffer.concat([close.subarray(3), whole]));
    take(whole);
    expect(read).toEqual([{ whole: false, bytes: close }]);
  });
});

test('a frame is sent on where it stands, as it would be written anew', () => {
  for (const length of [0, 1, 125, 126, 1_000, 60_000]) {
    const payload = bytesOf(length);
    const room = new Uint8Array(length + 4);
    room.set(payload, 4);
    const frame = sentOn(room.subarray(4));
    expect(frame).toEqual(encoded({ code: BINARY, masked: false, payload }));
    expect(frame).toEqual(binaryFrame(payload));
    expect(room.subarray(4)).toEqual(payload);
  }
});

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ code: fc.constant(BINARY), payload: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({
    code: fc.constantFrom(TEXT, BINARY, CONTINUATION, PING),
    final: fc.boolean(),
    masked: fc.boolean(),
    lengthBytes: fc.constantFrom(2, 8),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
);

test('[hostile] however frames are cut up, each comes once and in order, and what is not taken whole is the library’s', () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 8 }),
      fc.array(fc.nat(2_000), { maxLength: 8 }),
      (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(encoded));
        const { take, read } = reading();
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        for (const [i, from] of at.slice(0, -1).entries()) take(bytes.subarray(from, at[i + 1]));
        const plain = wholeOnes(read);
        // Put back together, it is what was sent.
        const again = Buffer.concat(
          read.map(({ whole, bytes: some }) => (whole ? encoded({ code: BINARY, payload: some }) : some)),
        );
        expect(again).toEqual(bytes);
        expect(plain.length).toBeLessThanOrEqual(sent.filter(({ code }) => code === BINARY).length);
      },
    ),
  );
});

test('[hostile] any bytes in any pieces are read without harm, and none twice', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 10 }), (pieces) => {
      const { take, read } = reading();
      for (const piece of pieces) take(piece);
      const came = Buffer.concat(pieces).length;
      const went = others(read).length + wholeOnes(read).reduce((sum, { length }) => sum + length, 0);
      expect(went).toBeLessThanOrEqual(came);
    }),
  );
});
