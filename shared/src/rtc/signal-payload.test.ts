import { describe, expect, it } from 'vitest';
import { randomBelow, randomBytes, seededRandom } from '../lib/random.ts';
import { encodeSignals, parseSignals, readEntry, type SignalEntry, SignalRefusal } from './signal-payload.ts';

const SDP = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'a=mid:0',
  '',
].join('\r\n');
const offer: SignalEntry = { type: 'offer', sdp: SDP };
const candidate = (line: string): SignalEntry => ({
  type: 'candidate',
  candidate: { candidate: line, sdpMid: '0', sdpMLineIndex: 0 },
});
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (value: unknown) => parseSignals(utf8(JSON.stringify(value)));

describe('encoding signals', () => {
  it('packs a description and its candidates into one payload that reads back', () => {
    const entries = [offer, candidate('candidate:1 1 udp 1 127.0.0.1 5000 typ host')];
    const payloads = encodeSignals(entries);
    expect(payloads).toHaveLength(1);
    expect(parseSignals(payloads[0] as Uint8Array)).toEqual({ ok: true, entries });
  });

  it('keeps every payload within 12 KiB and 32 entries, in order and without loss', () => {
    const random = seededRandom(1);
    for (let round = 0; round < 50; round++) {
      const entries = Array.from({ length: randomBelow(random, 80) }, (_, number) =>
        candidate(`${number} ${'\u{1f426}"'.repeat(randomBelow(random, 160))}`),
      );
      const payloads = encodeSignals(entries);
      expect(payloads.every((payload) => payload.length <= 12 * 1024)).toBe(true);
      const read = payloads.map(parseSignals).flatMap((parsed) => (parsed.ok ? parsed.entries : []));
      expect(read).toEqual(entries);
    }
  });

  it('leaves out an entry that fits no payload', () => {
    expect(encodeSignals([{ type: 'offer', sdp: 'x'.repeat(20_000) }, offer])).toEqual(
      encodeSignals([offer]),
    );
  });

  it('makes nothing of nothing', () => {
    expect(encodeSignals([])).toEqual([]);
  });
});

describe('reading signals of a stranger', () => {
  it('never throws, whatever the bytes', () => {
    const random = seededRandom(2);
    const good = encodeSignals([
      offer,
      candidate('candidate:1 1 udp 1 127.0.0.1 5000 typ host'),
    ])[0] as Uint8Array;
    for (let round = 0; round < 2_000; round++) {
      parseSignals(randomBytes(random, randomBelow(random, 100)));
      const damaged = Uint8Array.from(good.subarray(0, randomBelow(random, good.length + 1)));
      damaged[randomBelow(random, damaged.length)] = randomBelow(random, 128);
      parseSignals(damaged);
    }
  });

  it('passes on only the fields that it knows', () => {
    const greedy = { ...offer, renegotiate: true, transceiverRequest: { kind: 'video' } };
    expect(parse([greedy])).toEqual({ ok: true, entries: [offer] });
    expect(readEntry({ ...candidate('a'), renegotiate: true })).toEqual(candidate('a'));
  });

  it.each([
    ['a wish to renegotiate', { type: 'renegotiate', renegotiate: true }],
    ['a wish for a transceiver', { type: 'transceiverRequest', transceiverRequest: { kind: 'audio' } }],
    ['no type', { sdp: SDP }],
    ['a rollback', { type: 'rollback', sdp: '' }],
    ['a description that is no text', { type: 'offer', sdp: [SDP] }],
    ['a candidate that is no text', { type: 'candidate', candidate: { candidate: {}, sdpMid: '0' } }],
    ['an empty candidate', candidate('')],
    ['a huge candidate', candidate('a'.repeat(513))],
    ['a candidate of no section', { type: 'candidate', candidate: { candidate: 'a' } }],
    [
      'a candidate of another section',
      { type: 'candidate', candidate: { candidate: 'a', sdpMLineIndex: 1 } },
    ],
    ['null', null],
    ['an array', []],
  ])('refuses %s', (_name, entry) => {
    expect(parse([entry])).toEqual({ ok: false, reason: SignalRefusal.badField });
  });

  it.each([
    ['sound', `${SDP}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`],
    ['a second data section', `${SDP}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n`],
    ['nothing at all', 'v=0\r\n'],
    ['pictures instead', SDP.replace('m=application', 'm=video')],
    ['too many words', `${SDP}a=${'x'.repeat(8_192)}\r\n`],
  ])('refuses a description that asks for %s', (_name, sdp) => {
    expect(parse([{ type: 'offer', sdp }])).toEqual({ ok: false, reason: SignalRefusal.badDescription });
  });

  it('refuses what is too large, not UTF-8, not JSON, or not a list of 1 to 32', () => {
    expect(parseSignals(new Uint8Array(12 * 1024 + 1))).toEqual({
      ok: false,
      reason: SignalRefusal.oversized,
    });
    expect(parseSignals(Uint8Array.of(0xff))).toEqual({ ok: false, reason: SignalRefusal.notJson });
    expect(parseSignals(utf8('[{'))).toEqual({ ok: false, reason: SignalRefusal.notJson });
    for (const value of [{}, [], 7, 'text', null, Array.from({ length: 33 }, () => offer)]) {
      expect(parse(value).ok).toBe(false);
    }
  });
});
