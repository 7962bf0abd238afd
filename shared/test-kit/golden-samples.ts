/** Messages and the hex of their parts, written by hand from the byte tables of PROTOCOL.md. Hex may have spaces. */
import { peerIdFromBytes, streamIdFromBytes, tagOf } from '../src/lib/ids.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { counting, fromHex } from './ids.ts';

export const STREAM = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3';
export const PEER_1 = '101112131415161718191a1b1c1d1e1f20212223';
export const PEER_2 = '404142434445464748494a4b4c4d4e4f50515253';
export const TAG_1 = '101112131415161718';
export const TAG_2 = '404142434445464748';
export const KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
export const NONCE = 'c0c1c2c3c4c5c6c7c8c9cacbcccdcecf';
export const SIGNATURE = '55'.repeat(64);
export const EPOCH = '0199a1b2c3d4';
export const NONE = '00'.repeat(20);
export const HASH_1 = '303132333435363738393a3b3c3d3e3f';
export const HASH_2 = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff';
export const text = (words: string): string => Buffer.from(words).toString('hex');

export const stream = streamIdFromBytes(fromHex(STREAM));
export const [one, two] = [peerIdFromBytes(fromHex(PEER_1)), peerIdFromBytes(fromHex(PEER_2))];
export const publicKey = fromHex(KEY);
export const nonce = fromHex(NONCE);
export const signature = fromHex(SIGNATURE);
export const epoch = 0x0199a1b2c3d4;

export const RECORD_BODY = `${KEY} 02 01 ${STREAM} 03 04 05 02 ${TAG_2} ${TAG_1} ${EPOCH} 0000002a 003c`;
export const RECORD = `${RECORD_BODY} ${SIGNATURE} 001e`;
export const record = {
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
export const HEAD = `00 0001 0003 0000fff0 ${KEY} ${SIGNATURE}`;
export const head = {
  key: false,
  bundle: false,
  index: 1,
  count: 3,
  keySeq: 0xfff0,
  payloadHash: fromHex(KEY),
  signature,
};
export const otherHead = { ...head, key: true, index: 0, keySeq: 0x1_0001 };
export const SUPERNODE_RECORD = `${KEY} 00 00 ${NONE} 00 ff 00 00 ${EPOCH} 00000001 0078 ${SIGNATURE} 0078`;
export const supernodeRecord = {
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

export const list = { id: one, version: { epoch, seq: 5 }, tags: [tagOf(one), tagOf(two)], signature };
export const delta = { id: one, version: { epoch, seq: 6 }, added: [], removed: [tagOf(one)], signature };
export const FULL_LIST = `${PEER_1} ${EPOCH} 00000005 00 0002 ${TAG_1} ${TAG_2} ${SIGNATURE}`;
export const DELTA_LIST = `${PEER_1} ${EPOCH} 00000006 01 00 01 ${TAG_1} ${SIGNATURE}`;

export const BEACON = `10 ${STREAM} ${KEY} ${NONCE} ${EPOCH} 00000007 00000102 01 002625a0 00040000 03 05 ${text('Ünit')}`;
export const beacon = {
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

export const HELLO = `01 01 02 ${STREAM} ${KEY}`;
export const hello = { type: MessageType.hello, version: 1, role: 2 as const, stream, publicKey, signature };

export const SIGNED_SIGNAL = `${PEER_1} ${PEER_2} deadbeef`;
export const SIGNAL = `32 ${SIGNED_SIGNAL} 0003 010203 ${KEY} ${SIGNATURE}`;
export const signal = {
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
