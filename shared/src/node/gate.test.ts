import { describe, expect, it } from 'vitest';
import { Signer, SlowCrypto } from '../../test-kit/crypto.ts';
import { START } from '../../test-kit/frames.ts';
import { counting } from '../../test-kit/ids.ts';
import { type LinkId, tagOf } from '../lib/ids.ts';
import { encodeMessage, type WireMessage } from '../wire/codec.ts';
import { frameHash } from '../wire/frame.ts';
import type { Equivocation, SignedHead } from '../wire/frame-head.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import { voteHash } from '../wire/relay-messages.ts';
import { Offence } from './events.ts';
import { Gate, type GateVerdict } from './gate.ts';
import type { GateQuestions } from './gate-questions.ts';
import { Channel, type Crypto } from './ports.ts';

const LINK = 1 as LinkId;
const OTHER_LINK = 2 as LinkId;
const BINDING = counting(7, 32);
const host = new Signer(1);
const viewer = new Signer(2);
const mallory = new Signer(3);

const everything: GateQuestions = {
  admitsFrame: () => true,
  signsFrames: () => true,
  hostKey: (stream) => (stream === host.stream ? host.crypto.publicKey : undefined),
  wantsRecord: () => true,
  wantsLinks: () => true,
  publicKeyOf: () => undefined,
  linkBase: () => undefined,
  wantsBeacon: () => true,
  wantsCharge: () => true,
  passesSignals: false,
};

function setUp(questions: Partial<GateQuestions> = {}, crypto: Crypto = viewer.crypto) {
  const verdicts: { link: LinkId; verdict: GateVerdict }[] = [];
  const gate = new Gate(crypto, { ...everything, ...questions }, (link, verdict) =>
    verdicts.push({ link, verdict }),
  );
  gate.open(LINK, BINDING);
  const receive = (message: WireMessage | Uint8Array, link = LINK, now = START): void => {
    const packet = message instanceof Uint8Array ? message : encodeMessage(message);
    gate.receive(link, packet[0] === MessageType.frame ? Channel.frames : Channel.control, packet, now);
  };
  const words = (): string[] =>
    verdicts.map(({ verdict }) => {
      if (verdict.type !== 'packet') return verdict.type === 'offence' ? verdict.offence : 'ignored';
      const { packet } = verdict;
      if (packet.type === 'frame') return `frame ${packet.frame.header.seq}`;
      if (packet.type === 'message' && 'number' in packet.message) return `ping ${packet.message.number}`;
      return packet.type;
    });
  return { gate, verdicts, receive, words };
}

const ping = (number: number): WireMessage => ({ type: MessageType.ping, number });
const flipped = (packet: Uint8Array, at: number): Uint8Array => {
  const copy = packet.slice();
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] ?? 0) ^ 1;
  return copy;
};

describe('the gate lets through what is authentic', () => {
  it('[R3] a hello that is signed over the binding of its link, with the id of its key', () => {
    const { receive, verdicts } = setUp();
    receive(host.hello(BINDING));
    expect(verdicts[0]?.verdict).toEqual({
      type: 'packet',
      packet: { type: 'hello', hello: { peer: host.peer, version: 1, role: 2, stream: host.stream } },
    });
  });

  it('[R8] a frame signed by the host, with the first 16 bytes of its hash', () => {
    const { receive, verdicts } = setUp();
    receive(host.frame(4));
    expect(verdicts[0]?.verdict).toEqual({
      type: 'packet',
      packet: { type: 'frame', frame: host.authentic(4) },
    });
  });

  it('[R39] a frame without a signature where frames are not signed, hashed as it is', () => {
    const { receive, verdicts } = setUp({ signsFrames: () => false });
    const { header, payload, packet } = host.unsignedFrame(4);
    receive(packet);
    const hash = voteHash(frameHash(packet, viewer.crypto.sha256(payload) as Uint8Array));
    expect(verdicts[0]?.verdict).toEqual({
      type: 'packet',
      packet: { type: 'frame', frame: { header, payload, packet, hash } },
    });
  });

  it('[R38] a proof of equivocation, and half of one, that the host signed', () => {
    const { receive, verdicts } = setUp();
    receive(host.equivocation(4));
    receive(host.head(4));
    expect(verdicts.map(({ verdict }) => verdict)).toEqual([
      { type: 'packet', packet: { type: 'message', message: host.equivocation(4) } },
      { type: 'packet', packet: { type: 'message', message: host.head(4) } },
    ]);
  });

  it('[R10] a beacon whose key and nonce make the stream, with the id of its host', () => {
    const { receive, verdicts } = setUp();
    receive(host.beacon());
    expect(verdicts[0]?.verdict).toMatchObject({ packet: { type: 'beacon', host: host.peer } });
  });

  it('[R18] records, with their ids; stale ones are left out unchecked', () => {
    const { receive, verdicts } = setUp({ wantsRecord: (id) => id !== host.peer });
    receive({
      type: MessageType.records,
      records: [viewer.record(), { ...host.record(), signature: new Uint8Array(64) }],
    });
    expect(verdicts[0]?.verdict).toMatchObject({ packet: { message: { records: [{ id: viewer.peer }] } } });
  });

  it('[R24] both halves of a redirect answer', () => {
    const { receive, verdicts } = setUp();
    const nonce = counting(1, 16);
    receive({ type: MessageType.redirectAnswer, nonce, inside: [viewer.record()], outside: [host.record()] });
    expect(verdicts[0]?.verdict).toMatchObject({
      packet: { message: { inside: [{ id: viewer.peer }], outside: [{ id: host.peer }] } },
    });
  });
});

/** A proof against the host in which one half is signed by somebody else. */
const forgedProof = (half: 0 | 1): Equivocation => {
  const proof = host.equivocation(4);
  const heads = [...proof.heads] as [SignedHead, SignedHead];
  heads[half] = { ...heads[half], signature: mallory.equivocation(4).heads[half].signature };
  return { ...proof, heads };
};
const sameTwice: Equivocation = { ...host.equivocation(4), heads: [host.head(4).head, host.head(4).head] };

describe('the gate names offences', () => {
  it.each<[string, WireMessage | Uint8Array, string]>([
    ['a hello for another link', host.hello(counting(8, 32)), Offence.wrongIdentity],
    [
      'a hello with the key of another',
      { ...mallory.hello(BINDING), publicKey: host.crypto.publicKey },
      Offence.wrongIdentity,
    ],
    [
      'a hello that claims another role than it signed',
      { ...host.hello(BINDING), role: 1 },
      Offence.wrongIdentity,
    ],
    ['a frame with a changed payload', flipped(host.frame(1).packet, 50), Offence.forgedFrame],
    ['a proof with a forged first half', forgedProof(0), Offence.forgedProof],
    ['a proof with a forged second half', forgedProof(1), Offence.forgedProof],
    ['a proof that another signed', { ...mallory.equivocation(4), stream: host.stream }, Offence.forgedProof],
    [
      'a proof that was made for another epoch',
      { ...host.equivocation(4), epoch: 1_001 },
      Offence.forgedProof,
    ],
    ['a proof that was made for another seq', { ...host.equivocation(4), seq: 5 }, Offence.forgedProof],
    ['a proof of one thing, said twice', sameTwice, Offence.malformed],
    ['a frame head that another signed', { ...mallory.head(4), stream: host.stream }, Offence.forgedFrame],
    ['a frame with a changed seq', flipped(host.frame(1).packet, 30), Offence.forgedFrame],
    ['a frame with a changed signature', flipped(host.frame(1).packet, -1), Offence.forgedFrame],
    [
      'a beacon that another signed',
      { ...mallory.beacon(), stream: host.stream, hostKey: host.crypto.publicKey },
      Offence.forgedBeacon,
    ],
    [
      'a beacon whose key does not make the stream',
      { ...mallory.beacon(), stream: host.stream },
      Offence.forgedBeacon,
    ],
    ['a beacon with another nonce', host.beacon({ nonce: counting(51, 16) }), Offence.forgedBeacon],
    ['a beacon with larger messages', { ...host.beacon(), messageBytesMax: 2 ** 31 }, Offence.forgedBeacon],
    ['a beacon with a changed title', { ...host.beacon(), title: 'another' }, Offence.forgedBeacon],
    [
      'a record with more free slots than it signed',
      { type: MessageType.records, records: [viewer.record(), { ...host.record(), freeSlots: 9 }] },
      Offence.forgedRecord,
    ],
    [
      'a record nearer to the host than it signed',
      { type: MessageType.records, records: [{ ...host.record(), depth: 0 }] },
      Offence.forgedRecord,
    ],
    [
      'a record with more links than it signed',
      { type: MessageType.records, records: [{ ...host.record(), links: 20 }] },
      Offence.forgedRecord,
    ],
    [
      'a record reached through another supernode than it signed',
      {
        type: MessageType.records,
        records: [
          { ...host.record({ supernodes: [tagOf(viewer.peer)] }), supernodes: [tagOf(mallory.peer)] },
        ],
      },
      Offence.forgedRecord,
    ],
    [
      'a forged record in a redirect answer',
      {
        type: MessageType.redirectAnswer,
        nonce: counting(1, 16),
        inside: [],
        outside: [{ ...host.record(), status: 1 }],
      },
      Offence.forgedRecord,
    ],
    ['what does not decode', Uint8Array.of(0x99), Offence.malformed],
  ])('[R31] %s', (_what, message, expected) => {
    const { receive, words } = setUp();
    receive(message);
    expect(words()).toEqual([expected]);
  });

  it('[R39] a frame without a signature where frames are signed, and a signed one where they are not', () => {
    const signed = setUp();
    signed.receive(host.unsignedFrame(1).packet);
    const unsigned = setUp({ signsFrames: () => false });
    unsigned.receive(host.frame(1).packet);
    expect([signed.words(), unsigned.words()]).toEqual([[Offence.forgedFrame], [Offence.forgedFrame]]);
  });

  it('[R39] neither is blamed while the beacon that tells which is not known', () => {
    const { receive, words } = setUp({ signsFrames: () => false, admitsFrame: () => false });
    receive(host.frame(1).packet);
    expect(words()).toEqual(['ignored']);
  });

  it('[R2] a frame on control, and anything else on frames', () => {
    const { gate, words } = setUp();
    gate.receive(LINK, Channel.control, host.frame(1).packet, START);
    gate.receive(LINK, Channel.frames, encodeMessage(ping(1)), START);
    expect(words()).toEqual([Offence.malformed, Offence.malformed]);
  });

  it('[R3] a hello before the link is open, and a second hello', () => {
    const { receive, words } = setUp();
    receive(host.hello(BINDING), OTHER_LINK);
    receive(host.hello(BINDING));
    receive(host.hello(BINDING));
    expect(words()).toEqual([Offence.malformed, 'hello', Offence.malformed]);
  });

  it('[R19] the life that is left of a record is not signed, and cannot be raised over what is', () => {
    const { receive, verdicts } = setUp();
    receive({ type: MessageType.records, records: [{ ...host.record(), ttlSeconds: 65_000 }] });
    expect(verdicts[0]?.verdict).toMatchObject({ packet: { message: { records: [{ ttlSeconds: 60 }] } } });
  });
});

describe('the gate spends no work on', () => {
  const noWork: Crypto = {
    publicKey: viewer.crypto.publicKey,
    sha256: () => expect.unreachable('hashed'),
    sign: () => expect.unreachable('signed'),
    verify: () => expect.unreachable('verified'),
  };

  it('[R7] frames that the machine does not want, or of a stream whose key is not known', () => {
    const { receive, words } = setUp({ admitsFrame: () => false }, noWork);
    receive(flipped(host.frame(1).packet, -1));
    receive(mallory.frame(1));
    expect(words()).toEqual(['ignored', 'ignored']);
  });

  it('[R38] what is said against the host and known already, or said of a stream whose key is not known', () => {
    const { receive, words } = setUp({ wantsCharge: () => false }, noWork);
    receive(host.equivocation(1));
    receive(host.head(1));
    const other = setUp({}, noWork);
    other.receive(mallory.equivocation(1));
    other.receive(mallory.head(1));
    expect([...words(), ...other.words()]).toEqual(['ignored', 'ignored', 'ignored', 'ignored']);
  });

  it('[R38] the rest of a flood of forged proofs, once the first of them closed the link', async () => {
    const crypto = new SlowCrypto(viewer.crypto);
    const { gate, receive, words } = setUp({}, crypto);
    for (let seq = 0; seq < 1_000; seq++)
      receive(seq % 2 === 0 ? forgedProof(0) : { ...mallory.head(4), stream: host.stream });
    await crypto.settled();
    expect(crypto.waiting).toBe(2);
    await crypto.release();
    await crypto.release();
    expect(words()).toEqual([Offence.forgedProof]);
    // The next one may have begun before the machine came to close the link; no other does.
    gate.close(LINK);
    expect(crypto.waiting).toBe(1);
    await crypto.release();
    for (let turn = 0; turn < 500; turn++) await crypto.settled();
    expect([crypto.waiting, words()]).toEqual([0, [Offence.forgedProof]]);
  });

  it('[R7] beacons that are not news', () => {
    const { receive, words } = setUp({ wantsBeacon: () => false }, noWork);
    receive(host.beacon());
    expect(words()).toEqual(['ignored']);
  });
});

describe('order and limits at the gate', () => {
  it('[R7] results leave in the order of the packets, whichever check is done first', async () => {
    const crypto = new SlowCrypto(viewer.crypto);
    const { receive, words } = setUp({}, crypto);
    receive(host.frame(1));
    receive(ping(1));
    receive(flipped(host.frame(2).packet, -1));
    receive(host.frame(3));
    receive(ping(2));
    expect([crypto.waiting, words()]).toEqual([3, []]);
    // The last one is hashed and verified first.
    await crypto.release(2);
    await crypto.release(2);
    await crypto.release(1);
    await crypto.release(1);
    expect(words()).toEqual([]);
    await crypto.release();
    await crypto.release();
    expect(words()).toEqual(['frame 1', 'ping 1', Offence.forgedFrame, 'frame 3', 'ping 2']);
    receive(ping(3));
    expect(words().at(-1)).toBe('ping 3');
  });

  it('[R38] a proof waits for the beacon before it: only that tells the key', async () => {
    const crypto = new SlowCrypto(viewer.crypto);
    // As a machine does, it learns the key from the first verdict, the beacon.
    const hostKey = (): Uint8Array | undefined => (verdicts.length > 0 ? host.crypto.publicKey : undefined);
    const { verdicts, receive, words } = setUp({ hostKey }, crypto);
    receive(host.beacon());
    receive(host.equivocation(3));
    while (crypto.waiting > 0) await crypto.release();
    expect(words()).toEqual(['beacon', 'message']);
  });

  it('[R7] one link does not wait for another', async () => {
    const crypto = new SlowCrypto(viewer.crypto);
    const { receive, words } = setUp({}, crypto);
    receive(host.frame(1));
    receive(ping(9), OTHER_LINK);
    expect(words()).toEqual(['ping 9']);
    await crypto.release();
    await crypto.release();
    expect(words()).toEqual(['ping 9', 'frame 1']);
  });

  it('[R7] nothing comes out of a link that was closed meanwhile', async () => {
    const crypto = new SlowCrypto(viewer.crypto);
    const { gate, receive, words } = setUp({}, crypto);
    receive(host.frame(1));
    gate.close(LINK);
    await crypto.release();
    await crypto.release();
    expect(words()).toEqual([]);
  });

  it('[R29] a flood is cut: 12,000 packets at once, then 4,000 a second', () => {
    const { receive, words } = setUp();
    for (let number = 0; number < 12_000; number++) receive(ping(number));
    expect(words()).not.toContain(Offence.flood);
    receive(ping(0));
    expect(words().at(-1)).toBe(Offence.flood);

    const paced = setUp();
    for (let number = 0; number < 40_000; number++) paced.receive(ping(number), LINK, START + number / 4);
    expect(paced.words()).not.toContain(Offence.flood);
  });

  it('[R6] what waits for checks at one link is bounded: frames are dropped, control is a flood', async () => {
    const crypto = new SlowCrypto(viewer.crypto);
    const { gate, receive, words } = setUp({}, crypto);
    const large = host.frame(1, new Uint8Array(limits.framePayloadBytesMax));
    for (let count = 0; count < 400; count++) receive(large);
    expect(crypto.waiting * large.packet.length).toBeLessThanOrEqual(
      limits.gateBytesMax + 2 * large.packet.length,
    );
    expect(gate.overflowed).toBe(400 - crypto.waiting);
    expect(words()).toEqual([]);
    receive(ping(1));
    expect(words()).toEqual([Offence.flood]);
    while (crypto.waiting > 0) await crypto.release();
    expect(words().filter((word) => word === 'frame 1')).toHaveLength(400 + 1 - gate.overflowed);
    receive(ping(2));
    expect(words().at(-1)).toBe('ping 2');
  });
});
