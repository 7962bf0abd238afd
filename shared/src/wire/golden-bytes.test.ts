import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { counting, fromHex, toHex } from '../../test-kit/ids.ts';
import { LEAVES, peerIdFromBytes, streamIdFromBytes, tagOf } from '../lib/ids.ts';
import { beaconSigningBytes } from './beacon.ts';
import { decodeMessage, encodeMessage, type WireMessage } from './codec.ts';
import { decodeFrame, encodeFrameBody, frameHash, frameSigningBytes } from './frame.ts';
import { headHash } from './frame-head.ts';
import { linkListSigningBytes } from './link-list.ts';
import { helloSigningBytes } from './link-messages.ts';
import { recordSigningBytes } from './membership-record.ts';
import { decodeBundle, encodeBundle } from './message-bundle.ts';
import { MessageType } from './message-type.ts';
import { voteHash } from './relay-messages.ts';
import { socketBindingBytes } from './socket-handshake.ts';
import { signalSigningBytes } from './supernode-messages.ts';
import { trunkProofSigningBytes } from './trunk-messages.ts';

// Written by hand from the byte tables of PROTOCOL.md, so that a change of the wire format cannot go unnoticed.
const STREAM = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3';
const PEER_1 = '101112131415161718191a1b1c1d1e1f20212223';
const PEER_2 = '404142434445464748494a4b4c4d4e4f50515253';
const TAG_1 = '101112131415161718';
const TAG_2 = '404142434445464748';
const KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const NONCE = 'c0c1c2c3c4c5c6c7c8c9cacbcccdcecf';
const SIGNATURE = '55'.repeat(64);
const EPOCH = '0199a1b2c3d4';
const NONE = '00'.repeat(20);
const HASH_1 = '303132333435363738393a3b3c3d3e3f';
const HASH_2 = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff';
const text = (words: string): string => Buffer.from(words).toString('hex');

const stream = streamIdFromBytes(fromHex(STREAM));
const [one, two] = [peerIdFromBytes(fromHex(PEER_1)), peerIdFromBytes(fromHex(PEER_2))];
const publicKey = fromHex(KEY);
const nonce = fromHex(NONCE);
const signature = fromHex(SIGNATURE);
const epoch = 0x0199a1b2c3d4;

const RECORD_BODY = `${KEY} 02 01 ${STREAM} 03 04 05 02 ${TAG_2} ${TAG_1} ${EPOCH} 0000002a 003c`;
const RECORD = `${RECORD_BODY} ${SIGNATURE} 001e`;
const record = {
  id: '' as never,
  publicKey,
  role: 2 as const,
  status: 1 as const,
  stream,
  freeSlots: 3,
  depth: 4,
  links: 5,
  supernodes: [tagOf(two), tagOf(one)],
  version: { epoch, seq: 42 },
  ttlMaxSeconds: 60,
  signature,
  ttlSeconds: 30,
};
const HEAD = `00 0001 0003 0000fff0 ${KEY} ${SIGNATURE}`;
const head = {
  key: false,
  bundle: false,
  index: 1,
  count: 3,
  keySeq: 0xfff0,
  payloadHash: fromHex(KEY),
  signature,
};
const otherHead = { ...head, key: true, index: 0, keySeq: 0x1_0001 };
const SUPERNODE_RECORD = `${KEY} 00 00 ${NONE} 00 ff 00 00 ${EPOCH} 00000001 0078 ${SIGNATURE} 0078`;
const supernodeRecord = {
  ...record,
  role: 0 as const,
  status: 0 as const,
  stream: undefined,
  freeSlots: 0,
  depth: 255,
  links: 0,
  supernodes: [],
  version: { epoch, seq: 1 },
  ttlMaxSeconds: 120,
  ttlSeconds: 120,
};

const list = { id: one, version: { epoch, seq: 5 }, tags: [tagOf(one), tagOf(two)], signature };
const delta = { id: one, version: { epoch, seq: 6 }, added: [], removed: [tagOf(one)], signature };
const FULL_LIST = `${PEER_1} ${EPOCH} 00000005 00 0002 ${TAG_1} ${TAG_2} ${SIGNATURE}`;
const DELTA_LIST = `${PEER_1} ${EPOCH} 00000006 01 00 01 ${TAG_1} ${SIGNATURE}`;

const BEACON = `10 ${STREAM} ${KEY} ${NONCE} ${EPOCH} 00000007 00000102 01 002625a0 00040000 03 05 ${text('Ünit')}`;
const beacon = {
  type: MessageType.beacon,
  stream,
  hostKey: publicKey,
  nonce,
  epoch,
  counter: 7,
  nextSeq: 0x102,
  stripes: 1,
  bitsPerSecond: 2_500_000,
  messageBytesMax: 0x40000,
  minVotes: 3,
  title: 'Ünit',
  signature,
};

const HELLO = `01 01 02 ${STREAM} ${KEY}`;
const hello = { type: MessageType.hello, version: 1, role: 2 as const, stream, publicKey, signature };

const SIGNED_SIGNAL = `${PEER_1} ${PEER_2} deadbeef`;
const SIGNAL = `32 ${SIGNED_SIGNAL} 0003 010203 ${KEY} ${SIGNATURE}`;
const signal = {
  type: MessageType.signal,
  to: one,
  from: two,
  session: 0xdeadbeef,
  payload: counting(1, 3),
  publicKey,
  signature,
  route: [],
  path: [],
};

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

describe('what is signed', () => {
  const signed = (bytes: Uint8Array): string => toHex(bytes);
  const expected = (hex: string): string => hex.replaceAll(' ', '');

  it('[R3] a hello: its context, the binding of the link, the bytes before the signature', () => {
    const binding = '77'.repeat(32);
    expect(signed(helloSigningBytes(hello, fromHex(binding)))).toBe(
      expected(`${text('murmuration hello')} ${binding} ${HELLO}`),
    );
  });

  it('[R8] a frame: its context and its whole hash', () => {
    expect(signed(frameSigningBytes(fromHex(KEY)))).toBe(expected(`${text('murmuration frame')} ${KEY}`));
  });

  it('[R8] a frame is hashed as its header and the hash of its payload; so is its head, without the payload', () => {
    const header = `11 ${STREAM} ${EPOCH} 00010001 00 0001 0003 0000fff0`;
    const hash = createHash('sha256')
      .update(fromHex(`${header} ${KEY}`))
      .digest('hex');
    expect(toHex(frameHash(fromHex(`${header} 0a0b0c`), fromHex(KEY)))).toBe(hash);
    expect(toHex(headHash({ stream, epoch, seq: 0x1_0001 }, head))).toBe(hash);
  });

  it('[R10] a beacon: its context and the bytes before the signature', () => {
    expect(signed(beaconSigningBytes(beacon))).toBe(expected(`${text('murmuration beacon')} ${BEACON}`));
  });

  it('[R18] a record: its context and the bytes before the signature, so not the life that is left', () => {
    expect(signed(recordSigningBytes(record))).toBe(expected(`${text('murmuration record')} ${RECORD_BODY}`));
  });

  it('[R34] a link list: its context and the whole list, without its form', () => {
    expect(signed(linkListSigningBytes(list))).toBe(
      expected(`${text('murmuration links')} ${PEER_1} ${EPOCH} 00000005 0002 ${TAG_1} ${TAG_2}`),
    );
  });

  it('[R25] a signal: its context, both ends, the session and the payload, so not the way', () => {
    const onTheWay = { ...signal, route: [one], path: [two] };
    expect(signed(signalSigningBytes(onTheWay))).toBe(
      expected(`${text('murmuration signal')} ${SIGNED_SIGNAL} 010203`),
    );
  });

  it('[R40] a trunk proof: its context, the binding of the link, the key of who it is for', () => {
    expect(signed(trunkProofSigningBytes(counting(1, 32), counting(100, 32)))).toBe(
      `${text('murmuration trunk')}${toHex(counting(1, 32))}${toHex(counting(100, 32))}`,
    );
  });

  it('[R3] the binding of a WebSocket: its context, the nonce of the supernode, then that of the client', () => {
    expect(signed(socketBindingBytes(counting(1, 32), counting(100, 32)))).toBe(
      `${text('murmuration websocket')}${toHex(counting(1, 32))}${toHex(counting(100, 32))}`,
    );
  });
});
