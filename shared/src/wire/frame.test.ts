import { describe, expect, it } from 'vitest';
import { streamOf } from '../../test-kit/ids.ts';
import { decodeMessage } from './codec.ts';
import { decodeFrame, encodeFrameBody, encodeUnsealedFrame, type FrameHeader, sealFrame } from './frame.ts';
import { limits } from './limits.ts';

const header: FrameHeader = {
  stream: streamOf(1),
  epoch: 5,
  seq: 10,
  key: false,
  bundle: false,
  index: 0,
  count: 1,
  keySeq: 10,
};
const packetOf = (changes: Partial<FrameHeader>, payloadBytes = 3): Uint8Array =>
  encodeUnsealedFrame({ ...header, ...changes }, new Uint8Array(payloadBytes).fill(1));
const reasonOf = (packet: Uint8Array): string => {
  const result = decodeFrame(packet);
  return result.ok ? 'ok' : result.reason;
};

describe('frames', () => {
  it.each([
    ['a single frame', {}, 'ok'],
    ['the last of its message', { seq: 12, index: 2, count: 3 }, 'ok'],
    ['an index that is not below the count', { index: 1, count: 1 }, 'bad-field'],
    ['no frame in the message', { count: 0 }, 'bad-field'],
    ['a key still to come', { keySeq: 11 }, 'bad-field'],
    ['a message that began before seq 0', { seq: 1, index: 2, count: 3, keySeq: 0 }, 'bad-field'],
    ['a key that is not the start of its own message', { key: true, keySeq: 9 }, 'bad-field'],
    ['a bundle', { bundle: true }, 'ok'],
    ['a bundle to start from', { bundle: true, key: true }, 'ok'],
    ['a bundle of two frames', { bundle: true, count: 2 }, 'bad-field'],
    ['a key message of two frames', { key: true, seq: 11, index: 1, count: 2, keySeq: 10 }, 'ok'],
  ])('[R8] %s: %o is %s', (_what, changes, reason) => {
    expect(reasonOf(packetOf(changes))).toBe(reason);
  });

  it('[R8] flags that are not defined are refused', () => {
    for (let flags = 8; flags < 256; flags++) {
      const packet = packetOf({});
      packet[31] = flags;
      expect(reasonOf(packet)).toBe('bad-field');
    }
  });

  it('[R6] carries 16,256 bytes of payload and not one more', () => {
    expect(limits.framePayloadBytesMax).toBe(16_256);
    expect(reasonOf(packetOf({}, limits.framePayloadBytesMax))).toBe('ok');
    expect(reasonOf(packetOf({}, limits.framePayloadBytesMax + 1))).toBe('oversized');
    expect(decodeMessage(packetOf({}, limits.framePayloadBytesMax + 1))).toEqual({
      ok: false,
      reason: 'oversized',
    });
  });

  it('[R8] may carry nothing', () => {
    expect(reasonOf(packetOf({}, 0))).toBe('ok');
  });

  it('[R39] a frame that says that it has no signature ends with its payload', () => {
    const packet = encodeFrameBody({ ...header, key: true }, Uint8Array.of(1, 2, 3), false);
    expect(packet[31]).toBe(3);
    const result = decodeFrame(packet);
    expect(result).toMatchObject({
      ok: true,
      value: { payload: Uint8Array.of(1, 2, 3), signature: undefined },
    });
    expect(result.ok && result.value.header.key).toBe(true);
    expect(reasonOf(encodeFrameBody(header, new Uint8Array(0), false))).toBe('ok');
    expect(reasonOf(packet.subarray(0, 39))).toBe('truncated');
    expect(reasonOf(encodeFrameBody(header, new Uint8Array(limits.framePayloadBytesMax + 1), false))).toBe(
      'oversized',
    );
  });

  it('[R8] is laid out with room for its signature, which is put in place', () => {
    const packet = packetOf({ key: true });
    const signature = new Uint8Array(64).fill(7);
    sealFrame(packet, signature);
    const body = encodeFrameBody({ ...header, key: true }, new Uint8Array(3).fill(1));
    expect(packet).toEqual(Uint8Array.of(...body, ...signature));
  });

  it('[R8] a frame that has lost a part of its signature is cut short', () => {
    expect(reasonOf(packetOf({}, 0).subarray(0, 103))).toBe('truncated');
  });

  it('[R8] payload and signature are views of the packet, which is forwarded as it came', () => {
    const packet = packetOf({}, 5);
    const result = decodeFrame(packet);
    if (!result.ok) throw new Error(result.reason);
    expect(result.value.packet).toBe(packet);
    expect(result.value.payload.buffer).toBe(packet.buffer);
    expect(result.value.signature?.buffer).toBe(packet.buffer);
  });
});
