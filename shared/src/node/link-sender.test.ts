import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import type { LinkId } from '../lib/ids.ts';
import { LinkSender, senderLimits } from './link-sender.ts';
import type { LinkTransport } from './ports.ts';

/** A channel whose buffer empties only when the test says so. */
function setUp() {
  const sent: number[] = [];
  let buffered = 0;
  const transport = {
    bufferedBytes: () => buffered,
    send: (_link: LinkId, _channel: number, packet: Uint8Array) => {
      buffered += packet.length;
      sent.push(packet[0] ?? -1);
      return true;
    },
  } as Pick<LinkTransport, 'bufferedBytes' | 'send'> as LinkTransport;
  const sender = new LinkSender(transport, 1 as LinkId);
  return {
    sender,
    sent,
    buffered: () => buffered,
    empty: () => {
      buffered = 0;
    },
  };
}

const KIB_16 = 16 * 1024;
const packet = (number: number, bytes = KIB_16): Uint8Array => new Uint8Array(bytes).fill(number);

describe('the sender of one link', () => {
  it('[R30] never has more than 64 KiB in the channel’s buffer; the rest follows in order', () => {
    const { sender, sent, buffered, empty } = setUp();
    let bytes = 0;
    for (let number = 0; number < 10; number++) bytes += sender.push(packet(number), START);
    expect([sent, bytes, buffered()]).toEqual([[0, 1, 2, 3], 4 * KIB_16, senderLimits.highWaterBytes]);
    expect(sender.unsentBytes).toBe(10 * KIB_16);
    expect(sender.drain(START)).toBe(0);
    empty();
    expect(sender.drain(START)).toBe(4 * KIB_16);
    empty();
    sender.push(packet(10), START);
    expect([sent, sender.dropped]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0]);
  });

  it('[R30] a push that waited for more than 3 s is dropped', () => {
    const { sender, sent, empty } = setUp();
    for (let number = 0; number < 6; number++) sender.push(packet(number), START + number);
    empty();
    sender.drain(START + 4 + senderLimits.queueAgeMaxMs + 1);
    expect([sent, sender.dropped]).toEqual([[0, 1, 2, 3, 5], 1]);
  });

  it('[R30] no more than 4 MiB wait; the oldest go first', () => {
    const { sender, sent, empty } = setUp();
    for (let number = 0; number < 300; number++) sender.push(packet(number & 255), START);
    expect(sender.dropped).toBe(300 - 4 - senderLimits.queueBytesMax / KIB_16);
    empty();
    sender.drain(START);
    expect(sent.slice(4)).toEqual([44, 45, 46, 47]);
  });
});
