/** Comparing with neighbours as a whole network does it; what differs between two replicas is found in comparison.test.ts. */
import { describe, expect, it } from 'vitest';
import { line, listed, range } from '../../test-kit/graph-loop.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { GraphLevel } from '../wire/graph-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { graphTimings } from './graph-contract.ts';

describe('anti-entropy', () => {
  it('[R21] what was lost on the way is repaired, with nothing but comparisons', () => {
    const loop = line(5);
    loop.drop = (_, __, { type }) => type === MessageType.news;
    loop.run(4_000);
    loop.drop = () => false;
    loop.run(60_000);
    for (const number of range(1, 5)) expect(listed(loop, number, range(1, 5))).toHaveLength(5);
  });

  it('[R21] two replicas that hold the same stop at digests', () => {
    const loop = line(2);
    loop.run(30_000);
    const from = loop.sent.length;
    loop.run(20_000);
    expect(new Set(loop.sent.slice(from).map(({ message }) => message.type))).toEqual(
      new Set([MessageType.digest]),
    );
    expect(loop.told(1)).toContainEqual({ type: 'agreed', peers: 1 });
  });

  it('[R6] a summary that nobody asked for is not looked at', () => {
    const loop = line(3);
    loop.run(30_000);
    const before = loop.graph(2).budget.spent;
    const leaves = range(0, 63);
    for (let at = 0; at < 50; at++)
      loop.inject(2, 1, { type: MessageType.summary, stream: undefined, leaves, entries: [] });
    expect(loop.graph(2).budget.spent).toBe(before);
  });
});

describe('reminding', () => {
  const heldOfTwo = (linksSeq: number) => ({
    type: MessageType.digest,
    level: GraphLevel.whole,
    stream: undefined,
    count: 3,
    nodes: 3,
    fingerprint: [0, 0] as const,
    yours: { epoch: 1_000, seq: 0, linksSeq },
  });

  it('[R21] a neighbour that lacks an older word is sent all of it, though the newest is on its way', () => {
    const loop = line(2);
    loop.run(30_000);
    for (const number of [3, 4, 5]) {
      loop.add(number);
      loop.connect(2, number);
      loop.run(number < 5 ? graphTimings.linksMs + 50 : 50);
    }
    const seq = loop.graph(2).replica.get(peerOf(2))?.links?.version.seq as number;
    const whole = (from: number) =>
      loop.sent.slice(from).filter(({ message, to }) => {
        return to === peerOf(1) && message.type === MessageType.links && message.lists[0]?.form === 'full';
      });
    const before = loop.sent.length;
    loop.inject(2, 1, heldOfTwo(seq - 1));
    expect(whole(before)).toHaveLength(0);
    loop.inject(2, 1, heldOfTwo(seq - 2));
    expect(whole(before)).toHaveLength(1);
  });
});
