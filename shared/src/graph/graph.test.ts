/** How words spread in networks of graph machines, and who is taken to be there. */
import { describe, expect, it } from 'vitest';
import { GraphLoop, line, listed, range } from '../../test-kit/graph-loop.ts';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { LEAVE_SEQ, leaveOf, recordOf } from '../../test-kit/records.ts';
import { type PeerId, tagOf } from '../lib/ids.ts';
import { encodeMessage } from '../wire/codec.ts';
import { type GraphMessage, WantedWhat } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { graphTimings } from './graph-contract.ts';

const isAbout = (message: GraphMessage, id: PeerId): boolean => {
  if (message.type === MessageType.records) return message.records.some((record) => record.id === id);
  if (message.type === MessageType.news) return message.entries.some(({ tag }) => tag === tagOf(id));
  return false;
};

describe('spread', () => {
  it('[R20] ten nodes in a line know each other within two seconds, by spread alone', () => {
    const loop = line(10);
    loop.drop = (_, __, { type }) => type === MessageType.branches || type === MessageType.summary;
    loop.run(2_000);
    for (const number of range(1, 10)) expect(listed(loop, number, range(1, 10))).toHaveLength(10);
  });

  it('[R20] each update at most once per direction of a link, and never back to where it came from', () => {
    const loop = new GraphLoop();
    for (const number of range(1, 8)) loop.add(number);
    for (const a of range(1, 8)) for (const b of range(a + 1, 8)) loop.connect(a, b);
    loop.run(10_000);
    const from = loop.sent.length;
    loop.describe(1, { freeSlots: 0 });
    loop.run(3_000);
    const ways = loop.sent
      .slice(from)
      .filter(({ message }) => isAbout(message, peerOf(1)))
      .map((sent) => `${sent.from} ${sent.to}`);
    expect(new Set(ways).size).toBe(ways.length);
    expect(ways.filter((way) => way.endsWith(peerOf(1)))).toEqual([]);
    for (const number of range(2, 8)) expect(loop.graph(number).replica.member(peerOf(1))?.freeSlots).toBe(0);
  });

  it('[R20] a record that was announced is asked of one neighbour, and of the next if that one is silent', () => {
    const loop = new GraphLoop();
    for (const number of range(1, 3)) loop.add(number);
    loop.connect(1, 2);
    loop.connect(1, 3);
    loop.run(5_000);
    const entries = [{ tag: tagOf(peerOf(9)), epoch: 1_000, seq: 0, linksSeq: 0 }];
    const news = { type: MessageType.news, entries } as const;
    const from = loop.sent.length;
    loop.inject(1, 2, news);
    loop.inject(1, 3, news);
    loop.run(graphTimings.pullPatienceMs + 100);
    const asked = loop.sent.slice(from).filter(({ message }) => message.type === MessageType.wanted);
    expect(asked.map(({ to }) => to)).toEqual([peerOf(2), peerOf(3)]);
  });

  it('[R19] a record is passed on with the life that is left', () => {
    const loop = line(2);
    loop.run(1_000);
    loop.inject(1, 2, { type: MessageType.records, records: [recordOf(9, { ttlSeconds: 40 })] });
    loop.run(10_000);
    const from = loop.sent.length;
    const entries = [{ tag: tagOf(peerOf(9)), what: WantedWhat.record, linksSeqHeld: 0 }];
    loop.inject(1, 2, { type: MessageType.wanted, entries });
    const answer = loop.sent.slice(from).find(({ message }) => message.type === MessageType.records);
    expect(answer?.message).toMatchObject({ records: [{ ttlSeconds: 30 }] });
  });

  it('[R22] after one leaves, all agree that it is gone, and a replay at the far end changes nothing', () => {
    const loop = line(4);
    loop.run(5_000);
    const replay = loop.graph(4).replica.member(peerOf(1));
    expect(replay).toBeDefined();
    loop.leave(1);
    loop.run(1_000);
    for (const number of [2, 3, 4]) expect(listed(loop, number, [1])).toEqual([]);
    for (let at = 0; at < 10; at++) {
      loop.inject(4, 3, {
        type: MessageType.records,
        records: replay ? [{ ...replay, ttlSeconds: 300 }] : [],
      });
      loop.run(60_000);
      for (const number of [2, 3, 4]) expect(listed(loop, number, [1])).toEqual([]);
    }
  });

  it('[R22] a forged leave record is the gate’s business; a genuine one ends that epoch only', () => {
    const loop = line(3);
    loop.run(3_000);
    loop.inject(3, 2, { type: MessageType.records, records: [leaveOf(1)] });
    expect(loop.graph(3).replica.versionOf(peerOf(1))?.seq).toBe(LEAVE_SEQ);
    loop.inject(3, 2, { type: MessageType.records, records: [recordOf(1, { epoch: 1_001 })] });
    expect(loop.graph(3).replica.member(peerOf(1))?.version.epoch).toBe(1_001);
  });

  it('[R6] whatever is held is told in packets within the limit', () => {
    const loop = line(3);
    loop.run(1_000);
    for (const number of range(100, 400)) {
      loop.inject(2, 1, { type: MessageType.records, records: [recordOf(number * 2 ** 20)] });
    }
    loop.run(5_000);
    for (const { message } of loop.sent)
      expect(encodeMessage(message).length).toBeLessThanOrEqual(limits.packetBytesMax);
  });
});

describe('presence', () => {
  it('[R34] who crashed is listed no more once all its neighbours have dropped it, grace over', () => {
    const loop = line(5);
    loop.connect(1, 5);
    loop.run(30_000);
    loop.crash(3);
    expect(listed(loop, 1, range(1, 5))).toHaveLength(5);
    loop.run(graphTimings.linksMs + graphTimings.presenceGraceMs + 5_000);
    for (const number of [1, 2, 4, 5]) expect(listed(loop, number, range(1, 5))).toEqual([1, 2, 4, 5]);
  });

  it('[R34] a single accuser changes nothing', () => {
    const loop = line(5);
    loop.connect(1, 5);
    loop.run(30_000);
    loop.disconnect(2, 3);
    loop.run(60_000);
    for (const number of range(1, 5)) expect(listed(loop, number, range(1, 5))).toHaveLength(5);
  });

  it('[R34] a claim of one end makes no link, and keeps nobody alive', () => {
    const loop = line(3);
    loop.run(5_000);
    loop.inject(1, 2, {
      type: MessageType.records,
      records: [recordOf(9, { ttlSeconds: 300, ttlMaxSeconds: 300 })],
    });
    expect(listed(loop, 1, [9])).toEqual([9]);
    loop.run(graphTimings.presenceGraceMs + 5_000);
    expect(listed(loop, 1, [9])).toEqual([]);
  });

  it('[R34] lone members hang on their supernode', () => {
    const loop = new GraphLoop();
    loop.add(1, { role: Role.supernode, stream: undefined });
    loop.add(2, { role: Role.host });
    loop.add(3, { role: Role.host, stream: streamOf(8) });
    for (const number of [2, 3]) loop.describe(number, { links: 0, supernodes: [tagOf(peerOf(1))] });
    loop.connect(1, 2);
    loop.connect(1, 3);
    loop.run(60_000);
    expect(listed(loop, 2, [3])).toEqual([3]);
    expect(listed(loop, 3, [2])).toEqual([2]);
  });
});
