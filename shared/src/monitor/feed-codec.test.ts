import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbFeedMessage } from '../../test-kit/monitor-arbitraries.ts';
import { Role } from '../wire/link-messages.ts';
import { decodeFeedMessage, encodeFeedMessage } from './feed-codec.ts';
import { type FeedMessage, FeedType, feedLimits, linkKey } from './feed-messages.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const picture: FeedMessage = {
  type: FeedType.picture,
  change: {
    atMs: 0x010203040506,
    unlinked: [linkKey(1, 3)],
    gone: [300],
    nodes: [
      { handle: 5, name: 'Host_1', role: Role.host, subnetwork: 'Stream' },
      { handle: 6, name: 'Super-', role: Role.supernode, subnetwork: undefined },
    ],
    linked: [linkKey(5, 6), linkKey(9, 5)],
  },
};
const golden =
  '52 010203040506' + // a picture at a time
  '01 53747265616d' + // one name
  '01 01 01' + // one link less: 1–3
  '01 ac02' + // 300 is gone
  '02 05 01 486f73745f31 01 06 00 53757065722d 00' + // a host of that subnetwork, a supernode
  '02 05 00 00 03'; // 5–6 and 5–9

describe('the feed of the monitor', () => {
  it('[R46] has these bytes', () => {
    expect(hex(encodeFeedMessage(picture))).toBe(golden.replaceAll(' ', ''));
    const start: FeedMessage = { type: FeedType.start, version: 1, nowMs: 1, keepsMs: 600_000 };
    expect(hex(encodeFeedMessage(start))).toBe('50 01 000000000001 c0cf24'.replaceAll(' ', ''));
    expect(hex(encodeFeedMessage({ type: FeedType.caughtUp }))).toBe('53');
  });

  it('[R46] reads what it wrote, and writes that in the same way', () => {
    fc.assert(
      fc.property(arbFeedMessage, (message) => {
        const bytes = encodeFeedMessage(message);
        expect(decodeFeedMessage(bytes)).toEqual({ ok: true, value: message });
      }),
    );
  });

  it('[R46] never throws, whatever comes, and takes nothing that it would not write', () => {
    const spoilt = fc
      .tuple(arbFeedMessage, fc.nat(), fc.nat(255), fc.nat(20))
      .map(([message, at, byte, cut]) => {
        const bytes = encodeFeedMessage(message).slice();
        bytes[at % bytes.length] = byte;
        return bytes.subarray(0, Math.max(0, bytes.length - Math.max(0, cut - 10)));
      });
    const noise = fc
      .tuple(fc.constantFrom(0x50, 0x51, 0x52, 0x53), fc.uint8Array({ maxLength: 200 }))
      .map(([type, rest]) => new Uint8Array([type, ...rest]));
    fc.assert(
      fc.property(fc.oneof(spoilt, noise, fc.uint8Array({ maxLength: 50 })), (bytes) => {
        const result = decodeFeedMessage(bytes);
        if (result.ok) encodeFeedMessage(result.value);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['nothing', '', 'empty'],
    ['another type', '10', 'unknown-type'],
    ['another version', '50 02 000000000001 00', 'bad-field'],
    ['an end in the middle', '50 01 0000', 'truncated'],
    ['something behind the end', '53 00', 'trailing-bytes'],
    ['a number in more bytes than it needs', '50 01 000000000001 8000', 'bad-field'],
    ['a number without an end', '50 01 000000000001 ffffffffff', 'bad-field'],
    ['a name with a blank', '52 000000000001 01 202020202020 00 00 00 00', 'bad-field'],
    ['a role that there is not', '52 000000000001 00 00 00 01 05 07 486f73745f31 00 00', 'bad-field'],
    ['a name that was not given', '52 000000000001 00 00 00 01 05 01 486f73745f31 01 00', 'bad-field'],
    ['a handle that is too large', '52 000000000001 00 00 01 808040 00 00', 'bad-field'],
    ['a link to nowhere', '52 000000000001 00 00 00 00 01 00 ffff3f', 'bad-field'],
    ['more links than a message may hold', '52 000000000001 00 8140 00 00 00', 'bad-field'],
    ['a million points', '51 00 c0843d', 'bad-field'],
  ])('[R46] turns %s away', (_, text, reason) => {
    expect(decodeFeedMessage(bytesOf(text))).toEqual({ ok: false, reason });
  });

  it('[R46] turns away what is too long before it reads it', () => {
    const bytes = new Uint8Array(feedLimits.messageBytesMax + 1).fill(0x53);
    expect(decodeFeedMessage(bytes)).toEqual({ ok: false, reason: 'oversized' });
  });
});
