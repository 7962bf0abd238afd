import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMediaMessage, encodeMediaMessage, MediaKind, type MediaMessage } from './media-message.ts';

const u8 = (max = 255, min = 0) => fc.integer({ min, max });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u48 = fc.integer({ min: 2 ** 32, max: 2 ** 48 - 1 });
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const codec = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);

const videoConfig = fc.record({
  codec,
  width: u8(8192, 1),
  height: u8(8192, 1),
  quarterTurns: u8(3),
  colour: fc.tuple(u8(), u8(), u8(), u8()),
  description: bytes(0, 64),
});
const audioConfig = fc.record({
  codec,
  sampleRate: u8(96_000, 8_000),
  channels: u8(8, 1),
  description: bytes(0, 64),
});
const packet = fc.record({
  ptsUs: u48,
  durationUs: u32,
  leadUs: u32,
  capturedAtMs: u48,
  bytes: bytes(1, 200),
});
const kind = fc.constant;
const message: fc.Arbitrary<MediaMessage> = fc.oneof(
  fc.record({
    kind: kind(MediaKind.start),
    video: videoConfig,
    audio: fc.option(audioConfig, { nil: undefined }),
    packet,
  }),
  fc.record({
    kind: kind(MediaKind.start),
    video: fc.constant(undefined),
    audio: audioConfig,
    packet: fc.constant(undefined),
  }),
  fc.record({ kind: kind(MediaKind.video), packet }),
  fc.record({
    kind: kind(MediaKind.audio),
    ptsUs: u48,
    packets: fc.array(
      fc.record({ durationUs: fc.integer({ min: 1, max: 2 ** 32 - 1 }), bytes: bytes(1, 99) }),
      {
        minLength: 1,
        maxLength: 16,
      },
    ),
  }),
);

const start: MediaMessage = {
  kind: MediaKind.start,
  video: {
    codec: 'vp8',
    width: 640,
    height: 360,
    quarterTurns: 1,
    colour: [1, 13, 1, 1],
    description: Uint8Array.of(0xaa),
  },
  audio: { codec: 'opus', sampleRate: 48_000, channels: 2, description: Uint8Array.of(0xbb, 0xcc) },
  packet: {
    ptsUs: 2 ** 32 + 5,
    durationUs: 33_333,
    leadUs: 7,
    capturedAtMs: 0x0192_0000_0001,
    bytes: Uint8Array.of(0xde, 0xad),
  },
};

const reasonOf = (raw: Uint8Array) => {
  const result = decodeMediaMessage(raw);
  return result.ok ? 'ok' : result.reason;
};

describe('media message', () => {
  test('a start has the bytes of the table', () => {
    const hex = Buffer.from(encodeMediaMessage(start)).toString('hex');
    expect(hex).toBe(
      [
        '01', // kind
        '07', // video, audio, packet
        '03767038', // "vp8"
        '0280', // 640
        '0168', // 360
        '01', // a quarter turn
        '010d0101', // colour
        '0001aa', // description
        '046f707573', // "opus"
        '0000bb80', // 48,000
        '02', // channels
        '0002bbcc', // description
        '000100000005', // pts
        '00008235', // duration
        '00000007', // lead
        '019200000001', // capture time
        'dead',
      ].join(''),
    );
  });

  test('pictures and sound have the bytes of the table', () => {
    const packet = { ptsUs: 1, durationUs: 2, leadUs: 0, capturedAtMs: 4, bytes: Uint8Array.of(9) };
    const video = Buffer.from(encodeMediaMessage({ kind: MediaKind.video, packet })).toString('hex');
    expect(video).toBe(`02${'000000000001'}${'00000002'}${'00000000'}${'000000000004'}09`);
    const packets = [
      { durationUs: 20_000, bytes: Uint8Array.of(5) },
      { durationUs: 20_000, bytes: Uint8Array.of(6, 7) },
    ];
    const audio = Buffer.from(encodeMediaMessage({ kind: MediaKind.audio, ptsUs: 3, packets })).toString(
      'hex',
    );
    expect(audio).toBe(`03${'000000000003'}02${'00004e20'}000105${'00004e20'}00020607`);
  });

  test('what is encoded is decoded', () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeMediaMessage(encodeMediaMessage(value))).toEqual({ ok: true, value });
      }),
    );
  });

  test('any bytes get an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (raw) => {
        expect(() => decodeMediaMessage(raw)).not.toThrow();
      }),
    );
    const kinds = fc.tuple(u8(4), fc.uint8Array({ maxLength: 400 }));
    fc.assert(fc.property(kinds, ([k, raw]) => void decodeMediaMessage(Uint8Array.of(k, ...raw))));
  });

  test('a changed byte or a cut never throws, and every cut before a payload is noticed', () => {
    const whole = encodeMediaMessage(start);
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        expect(() => decodeMediaMessage(changed)).not.toThrow();
      }
      if (at < whole.length - 1) expect(decodeMediaMessage(whole.subarray(0, at)).ok).toBe(false);
    }
  });

  test('hostile fields are refused by reason', () => {
    const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
    expect(reasonOf(new Uint8Array(0))).toBe('empty');
    expect(reasonOf(new Uint8Array(4 * 1024 * 1024 + 1))).toBe('oversized');
    expect(reasonOf(hex('09'))).toBe('unknown-type');
    expect(reasonOf(hex('01 08'))).toBe('bad-field'); // an unknown flag
    expect(reasonOf(hex('01 00'))).toBe('bad-field'); // starts nothing
    expect(reasonOf(hex('02 000000000001 00000000 00000000 000000000000'))).toBe('bad-field'); // no picture
    expect(reasonOf(hex('02 000000000001 00000000 00000002 000000000000 ff'))).toBe('bad-field'); // sent before the beginning
    expect(reasonOf(hex('03 000000000000 00'))).toBe('bad-field'); // no packets
    expect(reasonOf(hex('03 000000000000 11'))).toBe('bad-field'); // too many
    expect(reasonOf(hex('03 000000000000 01 00000001 0005 aa'))).toBe('truncated');
    expect(reasonOf(hex('03 000000000000 01 00000001 0001 aa bb'))).toBe('trailing-bytes');
    expect(reasonOf(hex('03 000000000000 01 00000000 0001 aa'))).toBe('bad-field'); // lasts no time
    expect(reasonOf(hex('01 02 04 6f707573 00000001 02 0000'))).toBe('bad-field'); // 1 Hz
    expect(reasonOf(hex('01 02 04 6f707573 0000bb80 00 0000'))).toBe('bad-field'); // no channel
    expect(reasonOf(hex('01 02 04 6f707573 0000bb80 02 ffff'))).toBe('bad-field'); // a description over the cap
    expect(reasonOf(hex('01 02 04 0a000000 0000bb80 02 0000'))).toBe('bad-field'); // a codec string with control characters
    expect(reasonOf(hex('01 02 41 '.concat('61'.repeat(65), '0000bb80 02 0000')))).toBe('bad-field');
    expect(reasonOf(hex('01 01 03767038 0280 0168 00 02020202 0000'))).toBe('bad-field'); // pictures without a picture
    expect(reasonOf(hex('01 02 04 6f707573 0000bb80 02 0000'))).toBe('ok');
  });
});
