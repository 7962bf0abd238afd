import { describe, expect, it } from 'vitest';
import { peerIdFromBytes } from '../../src/lib/ids.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import { encodeRelayMessage, type RelayMessage } from '../../src/wire/relay-messages.ts';
import { messageBytes } from './message-size.ts';
import { STREAM } from './stream-feed.ts';

const id = (of: number) => peerIdFromBytes(new Uint8Array(20).fill(of));
const slots = { free: 1, forInterior: 2, forStarving: 3 };
const hash = 'x'.repeat(16);

const messages: readonly RelayMessage[] = [
  {
    type: MessageType.beacon,
    stream: STREAM,
    hostKey: new Uint8Array(32),
    nonce: new Uint8Array(16),
    epoch: 1,
    counter: 2,
    nextSeq: 3,
    stripes: 4,
    bitsPerSecond: 5,
    messageBytesMax: 6,
    minVotes: 0,
    title: 'a title',
    signature: new Uint8Array(64),
  },
  { type: MessageType.votes, epoch: 1, votes: [4, 5, 6].map((seq) => ({ seq, hash })) },
  { type: MessageType.voteDigest, epoch: 1, base: 16, count: 16, digest: hash },
  { type: MessageType.pull, epoch: 1, seqs: [4, 5] },
  { type: MessageType.pullMissing, epoch: 1, seqs: [4, 5, 9] },
  {
    type: MessageType.subscribe,
    epoch: 1,
    stripe: 1,
    fromSeq: 7,
    interior: true,
    starving: false,
    makeshift: true,
  },
  { type: MessageType.subscribed, epoch: 1, stripe: 1, firstSeq: 7, path: [id(1), id(2)] },
  { type: MessageType.refused, epoch: 1, stripe: 1, reason: 0, alternatives: [id(1)] },
  { type: MessageType.unsubscribe, epoch: 1, stripe: 1 },
  { type: MessageType.advert, epoch: 1, stripe: 1, state: 1, slots, path: [id(1), id(2), id(3)] },
  { type: MessageType.census, epoch: 1, stripe: 1, nodes: 9, starving: 4, spare: 2 },
  { type: MessageType.vacancies, epoch: 1, stripe: 1, places: [{ peer: id(1), depth: 2, slots }] },
];

describe('the size of a message', () => {
  it.each(messages.map((message) => [message.type, message] as const))(
    'is that of its packet (type %i)',
    (_type, message) => {
      expect(messageBytes(message)).toBe(encodeRelayMessage(message).length);
    },
  );
});
