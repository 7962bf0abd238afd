import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  BEACON,
  beacon,
  EPOCH,
  epoch,
  HELLO,
  head,
  hello,
  KEY,
  list,
  one,
  PEER_1,
  RECORD_BODY,
  record,
  SIGNED_SIGNAL,
  STREAM,
  signal,
  stream,
  TAG_1,
  TAG_2,
  text,
  two,
} from '../../test-kit/golden-samples.ts';
import { counting, fromHex, toHex } from '../../test-kit/ids.ts';
import { beaconSigningBytes } from './beacon.ts';
import { frameHash, frameSigningBytes } from './frame.ts';
import { headHash } from './frame-head.ts';
import { linkListSigningBytes } from './link-list.ts';
import { helloSigningBytes } from './link-messages.ts';
import { recordSigningBytes } from './membership-record.ts';
import { socketBindingBytes } from './socket-handshake.ts';
import { signalSigningBytes } from './supernode-messages.ts';
import { trunkProofSigningBytes } from './trunk-messages.ts';

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
