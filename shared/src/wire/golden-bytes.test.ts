import { describe, expect, it } from 'vitest';
import { counting, fromHex, toHex } from '../../test-kit/ids.ts';
import { peerIdFromBytes, streamIdFromBytes } from '../lib/ids.ts';
import { decodeMessage, encodeMessage, type WireMessage } from './codec.ts';
import { decodeFrame, encodeUnsignedFrame, frameSigningBytes } from './frame.ts';
import { recordSigningBytes } from './graph-messages.ts';
import { helloSigningBytes } from './link-messages.ts';
import { MessageType } from './message-type.ts';
import { beaconSigningBytes, voteHash } from './relay-messages.ts';
import { socketBindingBytes } from './socket-handshake.ts';

// Written by hand from the byte tables of PROTOCOL.md, so that a change of the wire format cannot go unnoticed.
const STREAM = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3';
const PEER_1 = '101112131415161718191a1b1c1d1e1f20212223';
const PEER_2 = '404142434445464748494a4b4c4d4e4f50515253';
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

const RECORD_BODY = `${KEY} 02 01 ${STREAM} 03 ${EPOCH} 0000002a 003c`;
const RECORD = `${RECORD_BODY} ${SIGNATURE} 001e`;
const record = {
  id: '' as never,
  publicKey,
  role: 2 as const,
  status: 1 as const,
  stream,
  freeSlots: 3,
  version: { epoch, seq: 42 },
  ttlMaxSeconds: 60,
  signature,
  ttlSeconds: 30,
};

const BEACON = `10 ${STREAM} ${KEY} ${NONCE} ${EPOCH} 00000007 00000102 01 002625a0 05 ${text('Ünit')}`;
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
  title: 'Ünit',
  signature,
};

const HELLO = `01 01 02 ${STREAM} ${KEY}`;
const hello = { type: MessageType.hello, version: 1, role: 2 as const, stream, publicKey, signature };

const golden: [string, WireMessage, string][] = [
  ['hello', hello, `${HELLO} ${SIGNATURE}`],
  ['hello of a supernode', { ...hello, role: 0, stream: undefined }, `01 01 00 ${NONE} ${KEY} ${SIGNATURE}`],
  ['goodbye', { type: MessageType.goodbye, reason: 9 }, '02 09'],
  ['ping', { type: MessageType.ping, number: 0xfffefdfc }, '03 fffefdfc'],
  ['pong', { type: MessageType.pong, number: 1 }, '04 00000001'],
  ['beacon', beacon, `${BEACON} ${SIGNATURE}`],
  [
    'votes',
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
  ['pull', { type: MessageType.pull, epoch, seqs: [9, 5, 260] }, `13 ${EPOCH} 00000005 0003 0004 0000 00ff`],
  ['pull missing', { type: MessageType.pullMissing, epoch, seqs: [] }, `14 ${EPOCH} 00000000 0000`],
  [
    'subscribe from the newest key',
    { type: MessageType.subscribe, epoch, stripe: 3, fromSeq: undefined },
    `15 ${EPOCH} 03 00 00000000`,
  ],
  [
    'subscribe from a seq',
    { type: MessageType.subscribe, epoch, stripe: 0, fromSeq: 0 },
    `15 ${EPOCH} 00 01 00000000`,
  ],
  [
    'subscribed',
    { type: MessageType.subscribed, epoch, stripe: 0, firstSeq: 77, path: [one, two] },
    `16 ${EPOCH} 00 0000004d 02 ${PEER_1} ${PEER_2}`,
  ],
  [
    'refused',
    { type: MessageType.refused, epoch, stripe: 1, reason: 2, alternatives: [two] },
    `17 ${EPOCH} 01 02 01 ${PEER_2}`,
  ],
  ['unsubscribe', { type: MessageType.unsubscribe, epoch, stripe: 15 }, `18 ${EPOCH} 0f`],
  [
    'advert',
    { type: MessageType.advert, epoch, stripe: 0, state: 1, freeSlots: 255, path: [one] },
    `19 ${EPOCH} 00 01 ff 01 ${PEER_1}`,
  ],
  ['records', { type: MessageType.records, records: [record] }, `20 01 ${RECORD}`],
  [
    'digest',
    { type: MessageType.digest, count: 258, fingerprint: [1, 0xffffffff] },
    '21 0102 00000001 ffffffff',
  ],
  [
    'summary',
    { type: MessageType.summary, entries: [{ id: one, version: { epoch, seq: 3 } }] },
    `22 0001 ${PEER_1} ${EPOCH} 00000003`,
  ],
  ['wanted', { type: MessageType.wanted, ids: [two, one] }, `23 0002 ${PEER_2} ${PEER_1}`],
  ['redirect request to join', { type: MessageType.redirectRequest, intent: 0, stream }, `30 00 ${STREAM}`],
  [
    'redirect request to host',
    { type: MessageType.redirectRequest, intent: 1, stream: undefined },
    `30 01 ${NONE}`,
  ],
  [
    'redirect answer',
    { type: MessageType.redirectAnswer, nonce, inside: [], outside: [record] },
    `31 ${NONCE} 00 01 ${RECORD}`,
  ],
  [
    'signal',
    { type: MessageType.signal, to: one, from: two, session: 0xdeadbeef, payload: counting(1, 3) },
    `32 ${PEER_1} ${PEER_2} deadbeef 0003 010203`,
  ],
  [
    'signal failed',
    { type: MessageType.signalFailed, to: one, from: two, session: 1, reason: 3 },
    `33 ${PEER_1} ${PEER_2} 00000001 03`,
  ],
];

describe('golden bytes', () => {
  it.each(golden)('[R1] %s', (_name, message, hex) => {
    expect(toHex(encodeMessage(message))).toBe(hex.replaceAll(' ', ''));
    expect(decodeMessage(fromHex(hex))).toEqual({ ok: true, value: message });
  });

  it('[R1] there is one for every type but the frame, which follows', () => {
    const types = new Set<number>(golden.map(([, message]) => message.type));
    const missing = Object.entries(MessageType).filter(([, type]) => !types.has(type));
    expect(missing.map(([name]) => name)).toEqual(['frame']);
  });

  it('[R8] a frame', () => {
    const header = { stream, epoch, seq: 0x1_0001, key: false, index: 1, count: 3, keySeq: 0xfff0 };
    const hex = `11 ${STREAM} ${EPOCH} 00010001 00 0001 0003 0000fff0 0a0b0c`;
    expect(toHex(encodeUnsignedFrame(header, fromHex('0a0b0c')))).toBe(hex.replaceAll(' ', ''));
    const packet = fromHex(`${hex} ${SIGNATURE}`);
    expect(decodeFrame(packet)).toEqual({
      ok: true,
      value: {
        type: 0x11,
        header,
        payload: fromHex('0a0b0c'),
        signature,
        hashed: fromHex(hex),
        packet,
      },
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

  it('[R10] a beacon: its context and the bytes before the signature', () => {
    expect(signed(beaconSigningBytes(beacon))).toBe(expected(`${text('murmuration beacon')} ${BEACON}`));
  });

  it('[R18] a record: its context and the bytes before the signature, so not the life that is left', () => {
    expect(signed(recordSigningBytes(record))).toBe(expected(`${text('murmuration record')} ${RECORD_BODY}`));
  });

  it('[R3] the binding of a WebSocket: its context, the nonce of the supernode, then that of the client', () => {
    expect(signed(socketBindingBytes(counting(1, 32), counting(100, 32)))).toBe(
      `${text('murmuration websocket')}${toHex(counting(1, 32))}${toHex(counting(100, 32))}`,
    );
  });
});
