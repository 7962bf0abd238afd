import { describe, expect, it } from 'vitest';
import {
  BEACON,
  beacon,
  DELTA_LIST,
  delta,
  EPOCH,
  epoch,
  FULL_LIST,
  HASH_1,
  HASH_2,
  HEAD,
  HELLO,
  head,
  hello,
  KEY,
  list,
  NONCE,
  NONE,
  nonce,
  one,
  otherHead,
  PEER_1,
  PEER_2,
  RECORD,
  record,
  SIGNAL,
  SIGNATURE,
  STREAM,
  SUPERNODE_RECORD,
  signal,
  signature,
  stream,
  supernodeRecord,
  TAG_1,
  TAG_2,
  text,
  two,
} from '../../test-kit/golden-samples.ts';
import { counting, fromHex, toHex } from '../../test-kit/ids.ts';
import { LEAVES, tagOf } from '../lib/ids.ts';
import { decodeMessage, encodeMessage, type WireMessage } from './codec.ts';
import { decodeFrame, encodeFrameBody } from './frame.ts';
import { decodeBundle, encodeBundle } from './message-bundle.ts';
import { MessageType } from './message-type.ts';
import { voteHash } from './relay-messages.ts';

// Written by hand, so that a change of the wire format cannot go unnoticed.
const golden: [string, WireMessage, string][] = [
  ['[R1] hello', hello, `${HELLO} ${SIGNATURE}`],
  [
    '[R1] hello of a supernode',
    { ...hello, role: 0, stream: undefined },
    `01 01 00 ${NONE} ${KEY} ${SIGNATURE}`,
  ],
  ['[R1] goodbye', { type: MessageType.goodbye, reason: 9 }, '02 09'],
  ['[R1] ping', { type: MessageType.ping, number: 0xfffefdfc }, '03 fffefdfc'],
  ['[R1] pong', { type: MessageType.pong, number: 1 }, '04 00000001'],
  ['[R10] beacon', beacon, `${BEACON} ${SIGNATURE}`],
  [
    '[R1] votes',
    {
      type: MessageType.votes,
      epoch,
      votes: [
        { seq: 1_002, hash: voteHash(fromHex(HASH_2)) },
        { seq: 1_000, hash: voteHash(fromHex(HASH_1)) },
      ],
    },
    `12 ${EPOCH} 000003e8 0002 0002 ${HASH_2} 0000 ${HASH_1}`,
  ],
  [
    '[R1] pull',
    { type: MessageType.pull, epoch, seqs: [9, 5, 260] },
    `13 ${EPOCH} 00000005 0003 0004 0000 00ff`,
  ],
  ['[R1] pull missing', { type: MessageType.pullMissing, epoch, seqs: [] }, `14 ${EPOCH} 00000000 0000`],
  [
    '[R1] subscribe from the newest key',
    {
      type: MessageType.subscribe,
      epoch,
      stripe: 3,
      fromSeq: undefined,
      interior: true,
      makeshift: false,
      starving: false,
    },
    `15 ${EPOCH} 03 02 00000000`,
  ],
  [
    '[R1] subscribe from a seq',
    {
      type: MessageType.subscribe,
      epoch,
      stripe: 0,
      fromSeq: 0,
      interior: true,
      makeshift: true,
      starving: true,
    },
    `15 ${EPOCH} 00 0f 00000000`,
  ],
  [
    '[R1] subscribed',
    { type: MessageType.subscribed, epoch, stripe: 0, firstSeq: 77, path: [one, two] },
    `16 ${EPOCH} 00 0000004d 02 ${PEER_1} ${PEER_2}`,
  ],
  [
    '[R1] refused',
    { type: MessageType.refused, epoch, stripe: 1, reason: 2, alternatives: [two] },
    `17 ${EPOCH} 01 02 01 ${PEER_2}`,
  ],
  ['[R1] unsubscribe', { type: MessageType.unsubscribe, epoch, stripe: 15 }, `18 ${EPOCH} 0f`],
  [
    '[R1] advert',
    {
      type: MessageType.advert,
      epoch,
      stripe: 0,
      state: 1,
      slots: { free: 255, forInterior: 2, forStarving: 3 },
      path: [one],
    },
    `19 ${EPOCH} 00 01 ff 02 03 01 ${PEER_1}`,
  ],
  [
    '[R38] frame head',
    { type: MessageType.frameHead, stream, epoch, seq: 0x1_0001, head },
    `1c ${STREAM} ${EPOCH} 00010001 ${HEAD}`,
  ],
  [
    '[R38] equivocation',
    { type: MessageType.equivocation, stream, epoch, seq: 0x1_0001, heads: [head, otherHead] },
    `1d ${STREAM} ${EPOCH} 00010001 ${HEAD} 01 0000 0003 00010001 ${KEY} ${SIGNATURE}`,
  ],
  [
    '[R38] frame head of a bundle',
    {
      type: MessageType.frameHead,
      stream,
      epoch,
      seq: 0x1_0001,
      head: { ...otherHead, bundle: true, count: 1 },
    },
    `1c ${STREAM} ${EPOCH} 00010001 05 0000 0001 00010001 ${KEY} ${SIGNATURE}`,
  ],
  [
    '[R15] vacancies',
    {
      type: MessageType.vacancies,
      epoch,
      stripe: 2,
      places: [{ peer: one, depth: 4, slots: { free: 1, forInterior: 2, forStarving: 3 } }],
    },
    `1a ${EPOCH} 02 01 ${PEER_1} 04 01 02 03`,
  ],
  [
    '[R47] census',
    { type: MessageType.census, epoch, stripe: 2, nodes: 0x1_0203, starving: 0x405, spare: 6 },
    `1e ${EPOCH} 02 00010203 00000405 00000006`,
  ],
  [
    '[R11] vote digest',
    { type: MessageType.voteDigest, epoch, base: 0x120, count: 16, digest: voteHash(fromHex(HASH_1)) },
    `1b ${EPOCH} 00000120 10 ${HASH_1}`,
  ],
  [
    '[R18] records',
    { type: MessageType.records, records: [record, supernodeRecord] },
    `20 02 ${RECORD} ${SUPERNODE_RECORD}`,
  ],
  [
    '[R34] links',
    {
      type: MessageType.links,
      lists: [
        { form: 'full', list },
        { form: 'delta', delta },
      ],
    },
    `24 02 ${FULL_LIST} ${DELTA_LIST}`,
  ],
  [
    '[R34] links that came and went',
    {
      type: MessageType.links,
      lists: [{ form: 'delta', delta: { ...delta, added: [tagOf(two), tagOf(one)], removed: [] } }],
    },
    `24 01 ${PEER_1} ${EPOCH} 00000006 01 02 ${TAG_2} ${TAG_1} 00 ${SIGNATURE}`,
  ],
  [
    '[R21] digest of everything',
    {
      type: MessageType.digest,
      level: 3,
      stream: undefined,
      count: 258,
      nodes: 259,
      fingerprint: [1, 0xffffffff],
      yours: { epoch: 5, seq: 6, linksSeq: 7 },
    },
    `21 03 ${NONE} 0102 0103 00000001 ffffffff 000000000005 00000006 00000007`,
  ],
  [
    '[R21] digest of a stream',
    {
      type: MessageType.digest,
      level: 1,
      stream,
      count: 1,
      nodes: 4,
      fingerprint: [0, 2],
      yours: { epoch: 0, seq: 0, linksSeq: 0 },
    },
    `21 01 ${STREAM} 0001 0004 00000000 00000002 000000000000 00000000 00000000`,
  ],
  [
    '[R21] branches',
    {
      type: MessageType.branches,
      stream,
      fingerprints: Array.from({ length: LEAVES }, (_, leaf) => 0xfe000000 + leaf),
    },
    `26 ${STREAM} ${Array.from({ length: 64 }, (_, leaf) => `fe0000${toHex(Uint8Array.of(leaf))}`).join(' ')}`,
  ],
  [
    '[R21] summary',
    {
      type: MessageType.summary,
      stream: undefined,
      leaves: [0, 4, 63],
      entries: [{ tag: tagOf(one), epoch, seq: 3, linksSeq: 0 }],
    },
    `22 ${NONE} 03 00 04 3f 0001 ${TAG_1} ${EPOCH} 00000003 00000000`,
  ],
  [
    '[R21] summary of nothing held',
    { type: MessageType.summary, stream, leaves: [], entries: [] },
    `22 ${STREAM} 00 0000`,
  ],
  [
    '[R21] wanted',
    {
      type: MessageType.wanted,
      entries: [
        { tag: tagOf(two), what: 1, linksSeqHeld: 0 },
        { tag: tagOf(one), what: 3, linksSeqHeld: 0x1_0002 },
      ],
    },
    `23 0002 ${TAG_2} 01 00000000 ${TAG_1} 03 00010002`,
  ],
  [
    '[R21] news',
    {
      type: MessageType.news,
      entries: [
        { tag: tagOf(two), epoch, seq: 0xffffffff, linksSeq: 0 },
        { tag: tagOf(one), epoch: 1, seq: 2, linksSeq: 9 },
      ],
    },
    `25 0002 ${TAG_2} ${EPOCH} ffffffff 00000000 ${TAG_1} 000000000001 00000002 00000009`,
  ],
  [
    '[R1] redirect request to join',
    { type: MessageType.redirectRequest, intent: 0, stream },
    `30 00 ${STREAM}`,
  ],
  [
    '[R1] redirect request to host',
    { type: MessageType.redirectRequest, intent: 1, stream: undefined },
    `30 01 ${NONE}`,
  ],
  [
    '[R1] redirect answer',
    { type: MessageType.redirectAnswer, nonce, inside: [], outside: [record] },
    `31 ${NONCE} 00 01 ${RECORD}`,
  ],
  ['[R25] signal', signal, `${SIGNAL} 00 00`],
  [
    '[R25] signal through the mesh',
    { ...signal, route: [two, one], path: [one] },
    `${SIGNAL} 02 ${PEER_2} ${PEER_1} 01 ${PEER_1}`,
  ],
  [
    '[R25] signal failed',
    { type: MessageType.signalFailed, to: one, from: two, session: 1, reason: 3, route: [] },
    `33 ${PEER_1} ${PEER_2} 00000001 03 00`,
  ],
  [
    '[R36] go away',
    { type: MessageType.goAway, withinMs: 12_000, alternates: ['wss://b/link', 'ws://c'] },
    `38 00002ee0 02 0c ${text('wss://b/link')} 06 ${text('ws://c')}`,
  ],
  [
    '[R37] ice servers',
    {
      type: MessageType.iceServers,
      lifetimeSeconds: 3_600,
      servers: [
        { url: 'stun:s', username: '', credential: '' },
        { url: 'turn:t:1', username: '9:a', credential: 'c=' },
      ],
    },
    `39 00000e10 02 06 ${text('stun:s')} 00 00 08 ${text('turn:t:1')} 03 ${text('9:a')} 02 ${text('c=')}`,
  ],
  [
    '[R40] trunk proof',
    { type: MessageType.trunkProof, signature: counting(1, 64) },
    `3a ${toHex(counting(1, 64))}`,
  ],
  [
    '[R25] signal failed in the mesh',
    { type: MessageType.signalFailed, to: one, from: two, session: 1, reason: 4, route: [one, two] },
    `33 ${PEER_1} ${PEER_2} 00000001 04 02 ${PEER_1} ${PEER_2}`,
  ],
];

describe('golden bytes', () => {
  it.each(golden)('%s', (_name, message, hex) => {
    expect(toHex(encodeMessage(message))).toBe(hex.replaceAll(' ', ''));
    expect(decodeMessage(fromHex(hex))).toEqual({ ok: true, value: message });
  });

  it('[R1] there is one for every type but the frame, which follows', () => {
    const types = new Set<number>(golden.map(([, message]) => message.type));
    const missing = Object.entries(MessageType).filter(([, type]) => !types.has(type));
    expect(missing.map(([name]) => name)).toEqual(['frame']);
  });

  it('[R8] a frame', () => {
    const header = {
      stream,
      epoch,
      seq: 0x1_0001,
      key: false,
      bundle: false,
      index: 1,
      count: 3,
      keySeq: 0xfff0,
    };
    const hex = `11 ${STREAM} ${EPOCH} 00010001 00 0001 0003 0000fff0 0a0b0c`;
    expect(toHex(encodeFrameBody(header, fromHex('0a0b0c')))).toBe(hex.replaceAll(' ', ''));
    const packet = fromHex(`${hex} ${SIGNATURE}`);
    expect(decodeFrame(packet)).toEqual({
      ok: true,
      value: {
        type: 0x11,
        header,
        payload: fromHex('0a0b0c'),
        signature,
        packet,
      },
    });
  });

  it('[R39] a frame without a signature', () => {
    const header = {
      stream,
      epoch,
      seq: 0x1_0001,
      key: true,
      bundle: false,
      index: 1,
      count: 3,
      keySeq: 0x1_0000,
    };
    const packet = fromHex(`11 ${STREAM} ${EPOCH} 00010001 03 0001 0003 00010000 0a0b0c`);
    const payload = fromHex('0a0b0c');
    expect(toHex(encodeFrameBody(header, payload, false))).toBe(toHex(packet));
    const value = { type: 0x11, header, payload, signature: undefined, packet };
    expect(decodeFrame(packet)).toEqual({ ok: true, value });
  });
});

describe('golden bytes of a bundle', () => {
  const header = {
    stream,
    epoch,
    seq: 0x1_0001,
    key: true,
    bundle: true,
    index: 0,
    count: 1,
    keySeq: 0x1_0001,
  };
  const messages = [fromHex('0a0b0c'), new Uint8Array(0), counting(0, 258)];
  const payload = `0003 0a0b0c 0000 0102 ${toHex(counting(0, 258))}`.replaceAll(' ', '');

  it('[R9] its payload', () => {
    expect(toHex(encodeBundle(messages))).toBe(payload);
    expect(decodeBundle(fromHex(payload), 258)).toEqual({ ok: true, value: messages });
  });

  it.each([
    ['signed', '05', true],
    ['unsigned', '07', false],
  ])('[R8] its frame, %s', (_how, flags, signed) => {
    const body = `11 ${STREAM} ${EPOCH} 00010001 ${flags} 0000 0001 00010001 ${payload}`;
    expect(toHex(encodeFrameBody(header, fromHex(payload), signed))).toBe(body.replaceAll(' ', ''));
    const packet = fromHex(signed ? `${body} ${SIGNATURE}` : body);
    expect(decodeFrame(packet)).toMatchObject({
      ok: true,
      value: { header, payload: fromHex(payload), signature: signed ? signature : undefined },
    });
  });
});
