import { describe, expect, it } from 'vitest';
import { SignalIntake } from './signal-intake.ts';
import { encodeSignals, type SignalEntry, SignalRefusal } from './signal-payload.ts';

const print = Array.from({ length: 32 }, () => 'ab').join(':');
const sdp = [
  'v=0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  `a=fingerprint:sha-256 ${print}`,
  '',
].join('\r\n');
const offer: SignalEntry = { type: 'offer', sdp };
const answer: SignalEntry = { type: 'answer', sdp };
const candidate: SignalEntry = {
  type: 'candidate',
  candidate: { candidate: 'candidate:1 1 udp 1 127.0.0.1 5000 typ host', sdpMid: '0', sdpMLineIndex: 0 },
};

function newIntake(initiator: boolean, apply: (entry: SignalEntry) => void = () => {}) {
  const applied: string[] = [];
  const intake = new SignalIntake(initiator, (entry) => {
    apply(entry);
    applied.push(entry.type);
  });
  const take = (...entries: SignalEntry[]) =>
    encodeSignals(entries)
      .map((payload) => intake.take(payload))
      .find((refusal) => refusal !== undefined);
  return { take, applied, intake };
}

describe('[R2] what a link takes of signals', () => {
  it('is one description and its candidates, in order', () => {
    const { take, applied } = newIntake(false);
    expect(take(offer, candidate, candidate)).toBeUndefined();
    expect(applied).toEqual(['offer', 'candidate', 'candidate']);
  });

  it('is an answer where the offer was made, and an offer where it was not, once', () => {
    expect(newIntake(true).take(offer)).toBe(SignalRefusal.unexpectedDescription);
    expect(newIntake(false).take(answer)).toBe(SignalRefusal.unexpectedDescription);
    const { take, applied } = newIntake(true);
    expect(take(answer)).toBeUndefined();
    expect(take(answer)).toBe(SignalRefusal.unexpectedDescription);
    expect(applied).toEqual(['answer']);
  });

  it('is no description without a SHA-256 fingerprint', () => {
    const { take, applied } = newIntake(false);
    expect(take({ type: 'offer', sdp: sdp.replace('sha-256', 'sha-384') })).toBe(
      SignalRefusal.badDescription,
    );
    expect(applied).toEqual([]);
  });

  it('is 32 candidates and no more', () => {
    const { take, applied } = newIntake(false);
    expect(take(...Array.from({ length: 40 }, () => candidate))).toBe(SignalRefusal.tooManyCandidates);
    expect(applied).toHaveLength(32);
  });

  it('ends where WebRTC will not take it', () => {
    const { take, applied } = newIntake(false, ({ type }) => {
      if (type === 'candidate') throw new Error('no');
    });
    expect(take(offer, candidate)).toBe(SignalRefusal.unusable);
    expect(applied).toEqual(['offer']);
  });

  it('is nothing that does not parse', () => {
    expect(newIntake(false).intake.take(Uint8Array.of(1))).toBe(SignalRefusal.notJson);
  });
});
