import { describe, expect, it } from 'vitest';
import { Signer, SlowCrypto } from '../../test-kit/crypto.ts';
import { START } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { encodeMessage, type WireMessage } from '../wire/codec.ts';
import { deltaBetween, type LinkList, type LinkListDelta, type LinkListForm } from '../wire/link-list.ts';
import { MessageType } from '../wire/message-type.ts';
import { Offence } from './events.ts';
import { Gate, type GateVerdict } from './gate.ts';
import type { GateQuestions } from './gate-questions.ts';
import { Channel, type Crypto } from './ports.ts';

const LINK = 1 as LinkId;
const [alice, bob, mallory] = [new Signer(1), new Signer(2), new Signer(3)];
const peers = (...numbers: number[]): PeerId[] => numbers.map(peerOf);

const keys = new Map([alice, bob].map(({ peer, crypto }) => [peer, crypto.publicKey]));
const everything: GateQuestions = {
  admitsFrame: () => true,
  signsFrames: () => true,
  hostKey: () => undefined,
  wantsRecord: () => true,
  wantsLinks: () => true,
  publicKeyOf: (id) => keys.get(id),
  linkBase: () => undefined,
  wantsBeacon: () => true,
  wantsCharge: () => true,
  passesSignals: false,
};
const noWork: Crypto = {
  publicKey: alice.crypto.publicKey,
  sha256: () => expect.unreachable('hashed'),
  sign: () => expect.unreachable('signed'),
  verify: () => expect.unreachable('verified'),
};

function setUp(questions: Partial<GateQuestions> = {}, crypto: Crypto = alice.crypto) {
  const verdicts: GateVerdict[] = [];
  const gate = new Gate(crypto, { ...everything, ...questions }, (_link, verdict) => verdicts.push(verdict));
  const receive = (message: WireMessage): GateVerdict | undefined => {
    gate.receive(LINK, Channel.control, encodeMessage(message), START);
    return verdicts.at(-1);
  };
  return { verdicts, receive };
}

const full = (list: LinkList): LinkListForm => ({ form: 'full', list });
const delta = (change: LinkListDelta): LinkListForm => ({ form: 'delta', delta: change });
const links = (...lists: LinkListForm[]): WireMessage => ({ type: MessageType.links, lists });
const passed = (...lists: LinkList[]): GateVerdict => ({
  type: 'packet',
  packet: { type: 'message', message: { type: MessageType.links, lists } },
});
const offence = (what: Offence): GateVerdict => ({ type: 'offence', offence: what });

describe('link lists at the gate', () => {
  const before = alice.links(peers(1, 2, 3, 4));
  const after = alice.links(peers(2, 3, 4, 5), 2);
  const change = deltaBetween(before, after) as LinkListDelta;

  it('[R34] whole ones pass as they are, those without links too', () => {
    const alone = bob.links([]);
    expect(setUp().receive(links(full(before), full(alone)))).toEqual(passed(before, alone));
  });

  it('[R34] a list of a node whose record is not held is left out, without work', () => {
    const { receive } = setUp({ publicKeyOf: () => undefined }, noWork);
    expect(receive(links(full(before), full(mallory.links([]))))).toEqual(passed());
    expect(setUp().receive(links(full(mallory.links([])), full(before)))).toEqual(passed(before));
  });

  it('[R34] a stale list is left out, without work', () => {
    const asked: [PeerId, number][] = [];
    const wantsLinks: GateQuestions['wantsLinks'] = (id, { seq }) => asked.push([id, seq]) === 0;
    const { receive } = setUp({ wantsLinks, linkBase: () => before }, noWork);
    expect(receive(links(full(bob.links([], 9)), delta(change)))).toEqual(passed());
    expect(asked).toEqual([
      [bob.peer, 9],
      [alice.peer, 2],
    ]);
  });

  it.each<[string, LinkList]>([
    ['another signed it', { ...mallory.links(peers(1)), id: alice.peer }],
    ['a tag was added', { ...before, tags: alice.links(peers(1, 2, 3, 4, 5)).tags }],
    ['a tag was taken out', { ...before, tags: before.tags.slice(1) }],
    ['its seq was raised', { ...before, version: { ...before.version, seq: 9 } }],
    ['its epoch was changed', { ...before, version: { ...before.version, epoch: 1_001 } }],
    ['its signature was changed', { ...before, signature: counting(0, 64) }],
  ])('[R31] a whole list is forged where %s, and so is the packet', (_how, forged) => {
    expect(setUp().receive(links(full(bob.links([])), full(forged)))).toEqual(offence(Offence.forgedLinks));
  });

  it('[R34] a change becomes the whole list', () => {
    const linkBase: GateQuestions['linkBase'] = (id) => (id === alice.peer ? before : undefined);
    expect(setUp({ linkBase }).receive(links(delta(change)))).toEqual(passed(after));
  });

  it('[R34] a change of a list that is not held is left out, without work', () => {
    expect(setUp({}, noWork).receive(links(delta(change)))).toEqual(passed());
    const later = { linkBase: () => after };
    expect(setUp(later, noWork).receive(links(delta(change)))).toEqual(passed());
  });

  it('[R34] a change of another list with the seq of the one held is left out, and is no offence', () => {
    const other = setUp({ linkBase: () => alice.links(peers(1, 7)) });
    expect(other.receive(links(delta(change), full(bob.links([]))))).toEqual(passed(bob.links([])));
    const tampered = { ...change, added: alice.links(peers(6)).tags };
    expect(setUp({ linkBase: () => before }).receive(links(delta(tampered)))).toEqual(passed());
  });

  it('[R29] changes that never fit cost no more work after 256 of them, until whole lists make up for it', () => {
    const { receive } = setUp({ linkBase: (id) => (id === alice.peer ? before : undefined) });
    const wrong = { ...change, added: alice.links(peers(6)).tags };
    for (let misfit = 0; misfit < 255; misfit++) receive(links(delta(wrong)));
    expect(receive(links(delta(change)))).toEqual(passed(after));
    for (let misfit = 0; misfit < 10; misfit++) receive(links(delta(wrong)));
    expect(receive(links(delta(change)))).toEqual(passed());
    receive(links(full(bob.links([]))));
    expect(receive(links(delta(change)))).toEqual(passed(after));
  });

  it('[R34] of two lists of one node in a packet the first counts', () => {
    expect(setUp().receive(links(full(before), full(after)))).toEqual(passed(before));
  });

  it('[R34] a list may come whole though the one before it is held', () => {
    expect(setUp({ linkBase: () => before }).receive(links(full(after)))).toEqual(passed(after));
  });

  it('[R7] lists leave in order with other packets, however long the checks take', async () => {
    const crypto = new SlowCrypto(alice.crypto);
    const { receive, verdicts } = setUp({}, crypto);
    receive(links(full(before), full(bob.links([]))));
    receive({ type: MessageType.ping, number: 1 });
    await crypto.release(1);
    expect(verdicts).toEqual([]);
    await crypto.release();
    expect(verdicts[0]).toEqual(passed(before, bob.links([])));
    expect(verdicts).toHaveLength(2);
  });
});

describe('signals at the gate', () => {
  const signal = alice.signal(bob.peer);
  const packet = (message: typeof signal): GateVerdict => ({
    type: 'packet',
    packet: { type: 'message', message },
  });

  it('[R25] pass if their sender signed them, whatever way they came', () => {
    expect(setUp().receive(signal)).toEqual(packet(signal));
    const onTheWay = { ...signal, route: peers(4), path: peers(1, 2, 3) };
    expect(setUp().receive(onTheWay)).toEqual(packet(onTheWay));
  });

  it.each<[string, Partial<typeof signal>]>([
    ['the key is not that of the sender', { publicKey: mallory.crypto.publicKey }],
    ['another claims to be the sender', { ...mallory.signal(bob.peer), from: alice.peer }],
    ['another signed for the sender', { signature: mallory.signal(bob.peer).signature }],
    ['another sender stands there', { from: mallory.peer }],
    ['it goes to another', { to: mallory.peer }],
    ['its session was changed', { session: 8 }],
    ['its payload was changed', { payload: counting(2, 9) }],
    ['its payload was cut', { payload: counting(1, 8) }],
    ['its signature was changed', { signature: counting(0, 64) }],
  ])('[R25] are forged where %s', (_how, changes) => {
    expect(setUp().receive({ ...signal, ...changes })).toEqual({
      ...offence(Offence.forgedSignal),
      from: { ...signal, ...changes }.from,
    });
  });

  it('[R43] are only looked at from outside where they are passed on, and go on as they came', () => {
    const { receive } = setUp({ passesSignals: true }, noWork);
    const forged = { ...signal, publicKey: mallory.crypto.publicKey, signature: counting(0, 64) };
    for (const message of [signal, forged, { ...signal, route: peers(4), path: peers(1, 2, 3) }]) {
      const { to, from, session } = message;
      const passing = {
        type: 'passing-signal',
        signal: { to, from, session },
        bytes: encodeMessage(message),
      };
      expect(receive(message)).toEqual({ type: 'packet', packet: passing });
    }
  });

  it.each<[string, Channel, (packet: Uint8Array) => Uint8Array]>([
    ['cut', Channel.control, (packet) => packet.subarray(1, -1)],
    ['with a byte too many', Channel.control, (packet) => Uint8Array.of(...packet, 0)],
    ['on the wrong channel', Channel.frames, (packet) => packet],
  ])('[R31] [R43] there, too, one that is malformed is an offence: %s', (_how, channel, change) => {
    const verdicts: GateVerdict[] = [];
    const questions = { ...everything, passesSignals: true };
    const gate = new Gate(noWork, questions, (_link, verdict) => verdicts.push(verdict));
    gate.receive(LINK, channel, change(encodeMessage(signal)), START);
    expect(verdicts).toEqual([offence(Offence.malformed)]);
  });

  it('[R7] [R43] passed on ones wait for what came before them on their link', async () => {
    const slow = new SlowCrypto(alice.crypto);
    const { verdicts, receive } = setUp({ passesSignals: true }, slow);
    receive({ type: MessageType.records, records: [alice.record()] });
    receive(signal);
    await slow.settled();
    expect(verdicts).toEqual([]);
    while (slow.waiting > 0) await slow.release();
    expect(verdicts.map((verdict) => verdict.type === 'packet' && verdict.packet.type)).toEqual([
      'message',
      'passing-signal',
    ]);
  });

  it('[R25] a word that one failed is not signed', () => {
    const failed = { type: MessageType.signalFailed, to: bob.peer, from: alice.peer, session: 7 } as const;
    const message = { ...failed, reason: 4 as const, route: peers(1) };
    expect(setUp({}, noWork).receive(message)).toEqual({
      type: 'packet',
      packet: { type: 'message', message },
    });
  });
});
