import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { GraphLoop, line, listed, range } from '../../test-kit/graph-loop.ts';
import { counting, peerOf, streamOf } from '../../test-kit/ids.ts';
import { LEAVE_SEQ, leaveOf, recordOf } from '../../test-kit/records.ts';
import { type PeerId, tagOf } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { encodeMessage } from '../wire/codec.ts';
import { GraphLevel, type GraphMessage, WantedWhat } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Graph } from './graph.ts';
import { graphTimings } from './graph-contract.ts';

const isAbout = (message: GraphMessage, id: PeerId): boolean => {
  if (message.type === MessageType.records) return message.records.some((record) => record.id === id);
  if (message.type === MessageType.news) return message.entries.some(({ tag }) => tag === tagOf(id));
  return false;
};

describe('the own word', () => {
  it('[R18] is signed with its leave record as soon as there is somebody to tell, then every two minutes, more or less', () => {
    const loop = new GraphLoop();
    loop.add(1);
    loop.add(2);
    loop.connect(1, 2);
    loop.run(10_000);
    const own = () => loop.graph(1).replica.get(peerOf(1))?.record.version;
    expect(own()).toEqual({ epoch: 1_000, seq: 0 });
    loop.run(140_000);
    expect(own()?.seq).toBe(1);
    expect(loop.graph(2).replica.versionOf(peerOf(1))?.seq).toBe(1);
  });

  it('[R18] what newcomers look for is said soon, the rest at leisure; another stream at once', () => {
    const loop = line(2);
    loop.run(5_000);
    const seq = () => loop.graph(2).replica.versionOf(peerOf(1))?.seq;
    const before = seq() as number;
    loop.describe(1, { freeSlots: 2 });
    loop.run(20_000);
    expect(seq()).toBe(before);
    loop.describe(1, { freeSlots: 0 });
    loop.run(graphTimings.describeSoonMs + 100);
    expect(seq()).toBe(before + 1);
    loop.describe(1, { freeSlots: 0, stream: streamOf(9) });
    loop.run(100);
    expect(loop.graph(2).replica.member(peerOf(1))?.stream).toBe(streamOf(9));
  });

  it('[R18] a slot that is free only for a moment is no news', () => {
    const loop = line(2);
    loop.describe(1, { freeSlots: 0 });
    loop.run(5_000);
    const seq = () => loop.graph(2).replica.versionOf(peerOf(1))?.seq ?? Number.NaN;
    // Its last word is as old as can be, so nothing but the moment itself keeps it from speaking.
    loop.run(graphTimings.describeMs);
    const before = seq();
    // A node describes itself many times while things are as they are.
    const stays = (freeSlots: number, forMs: number) => {
      for (let ms = 0; ms < forMs; ms += 50) {
        loop.describe(1, { freeSlots });
        loop.run(50);
      }
    };
    for (let time = 0; time < 5; time++) {
      stays(2, graphTimings.describeSoonMs / 2);
      stays(0, graphTimings.describeSoonMs);
    }
    expect(seq()).toBe(before);
    loop.run(2 * graphTimings.refreshMs);
    expect(seq()).toBeGreaterThan(before);
  });

  it('[R34] a supernode lists thousands of links in parts, and a change meanwhile begins nothing anew', () => {
    const identity = { self: peerOf(1), publicKey: counting(1, 32), role: Role.supernode, epoch: 1_000 };
    const graph = new Graph(identity, seededRandom(1));
    const self = {
      role: Role.supernode,
      stream: undefined,
      freeSlots: 0,
      depth: 0,
      links: 0,
      supernodes: [],
    };
    graph.handle({ type: 'describe', self }, START);
    const up = (number: number, now: number) =>
      graph.handle({ type: 'peer-up', peer: peerOf(number), role: Role.supernode, stream: undefined }, now);
    for (let number = 2; number <= 2_001; number++) up(number, START);
    const { firstLinksMs, linksMs } = graphTimings;
    const everyMs = (linksMs * 2_000) / limits.linkTagsMax;
    const listedAt: number[] = [];
    let isUp = true;
    for (let now = START; now < START + 1.5 * everyMs; now = Math.max(now + 1, graph.nextDeadline())) {
      const outputs = graph.handle({ type: 'tick' }, now);
      if (now > START + firstLinksMs) {
        outputs.push(...(isUp ? graph.handle({ type: 'peer-down', peer: peerOf(2) }, now) : up(2, now)));
        isUp = !isUp;
      }
      if (outputs.some(({ type }) => type === 'sign-links')) listedAt.push(now - START);
    }
    // Four parts, with three pauses.
    const [first = 0, second = 0] = listedAt;
    expect(first - firstLinksMs).toBeGreaterThanOrEqual(15);
    expect(first - firstLinksMs).toBeLessThan(50);
    expect(Math.abs(second - first - everyMs)).toBeLessThan(50);
    expect(listedAt).toHaveLength(2);
  });

  it('[R18] whose place changes all the time is not in a hurry each time', () => {
    const loop = line(2);
    loop.run(5_000);
    const before = loop.graph(2).replica.versionOf(peerOf(1))?.seq as number;
    for (let second = 0; second < 60; second++) {
      loop.describe(1, { freeSlots: second % 2 });
      loop.run(1_000);
    }
    const said = (loop.graph(2).replica.versionOf(peerOf(1))?.seq as number) - before;
    expect(said).toBeGreaterThan(3);
    expect(said).toBeLessThanOrEqual(4 + 6 + 4);
  });

  it('[R22] leaving takes one message to each neighbour and no time', () => {
    const loop = line(3);
    loop.run(5_000);
    const from = loop.sent.length;
    loop.leave(2);
    const told = loop.sent.slice(from).filter(({ from: sender }) => sender === peerOf(2));
    expect(told.map(({ to, at }) => [to, at])).toEqual([
      [peerOf(1), START + 5_000],
      [peerOf(3), START + 5_000],
    ]);
    expect(listed(loop, 1, [2])).toEqual([]);
  });

  it('[R34] links that come and go before the first record leave nothing to do', () => {
    const alone = new Graph(
      { self: peerOf(3), publicKey: counting(3, 32), role: Role.viewer, epoch: 1 },
      seededRandom(1),
    );
    alone.handle({ type: 'tick' }, START);
    alone.handle({ type: 'peer-up', peer: peerOf(1), role: Role.supernode, stream: undefined }, START);
    alone.handle({ type: 'peer-down', peer: peerOf(1) }, START + 10);
    alone.handle({ type: 'tick' }, START + 1_990);
    expect(alone.nextDeadline()).toBeGreaterThan(START + 1_990);
  });

  it('[R18] nobody writes the record of this node', () => {
    const loop = line(2);
    loop.run(1_000);
    loop.inject(1, 2, { type: MessageType.records, records: [recordOf(1, { epoch: 9_999_999 })] });
    expect(loop.graph(1).replica.versionOf(peerOf(1))?.epoch).toBe(1_000);
  });
});

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

describe('hostile neighbours', () => {
  const sybil = (number: number) => recordOf(number * 2 ** 12 + 7, { ttlSeconds: 300, ttlMaxSeconds: 300 });

  it('[R6] new ids are rationed by the link that introduces them, and names alone stay few', () => {
    const loop = line(3);
    loop.run(5_000);
    for (let number = 100; number < 5_000; number += 10) {
      const records = range(number, number + 9).map(sybil);
      loop.inject(2, 1, { type: MessageType.records, records });
    }
    expect(loop.graph(2).replica.unproven).toBeLessThanOrEqual(64);
    expect(loop.graph(3).replica.size).toBeLessThanOrEqual(3 + 64);
    loop.run(80_000);
    expect(loop.graph(2).replica.size).toBe(3);
  });

  it('[R6] who comes again finds the same ration', () => {
    const loop = line(2);
    loop.run(1_000);
    const bring = (from: number): void => {
      for (let number = from; number < from + 800; number++)
        loop.inject(1, 2, {
          type: MessageType.news,
          entries: [{ tag: tagOf(peerOf(number * 2 ** 16)), epoch: 1, seq: 1, linksSeq: 0 }],
        });
    };
    const asked = (): number =>
      loop.sent
        .filter(({ from, message }) => from === peerOf(1) && message.type === MessageType.wanted)
        .reduce(
          (sum, { message }) => sum + (message.type === MessageType.wanted ? message.entries.length : 0),
          0,
        );
    bring(1_000);
    const first = asked();
    expect(first).toBeLessThanOrEqual(640);
    loop.disconnect(1, 2);
    loop.connect(1, 2);
    bring(4_000);
    expect(asked() - first).toBeLessThan(100);
  });

  it('[R35] who asks for far more than anybody needs is told of as flooding, and served no more', () => {
    const loop = line(2);
    loop.run(1_000);
    for (const number of range(100, 160))
      loop.inject(1, 2, { type: MessageType.records, records: [sybil(number)] });
    const entries = range(100, 160).map((number) => ({
      tag: tagOf(sybil(number).id),
      what: WantedWhat.record,
      linksSeqHeld: 0,
    }));
    const before = loop.graph(1).budget.spent;
    for (let at = 0; at < 400; at++) loop.inject(1, 2, { type: MessageType.wanted, entries });
    expect(loop.told(1)).toContainEqual({ type: 'flooding-peer', peer: peerOf(2) });
    expect(loop.graph(1).budget.spent - before).toBeLessThan(300 * 1024);
  });

  it('[R21] a neighbour that answers nothing is told of as lagging', () => {
    const loop = line(2);
    loop.run(1_000);
    loop.drop = (from) => from === peerOf(2);
    for (let at = 0; at < 8; at++) {
      const entries = [{ tag: tagOf(peerOf(300 + at)), epoch: 1, seq: 1, linksSeq: 0 }];
      loop.inject(1, 2, { type: MessageType.news, entries });
      loop.run(5_000);
    }
    expect(loop.told(1)).toContainEqual({ type: 'lagging-peer', peer: peerOf(2) });
  });
});

describe('what is held', () => {
  it('[R35] a network that grows beyond the limits is held in part', () => {
    const loop = new GraphLoop();
    const settings = {
      wholeNodesMax: 12,
      streamLinksNodesMax: 8,
      streamNodesMax: 16,
      sampleNodes: 12,
      contactsPerStream: 2,
    };
    const streams = [streamOf(20), STREAM];
    for (const number of range(0, 59)) loop.add(number + 1, { settings, stream: streams[number % 2] });
    for (const step of [1, 2, 6, 14, 22])
      for (const number of range(0, 59)) loop.connect(number + 1, ((number + step) % 60) + 1);
    loop.run(120_000);
    for (const number of range(1, 60)) {
      const { replica, level } = loop.graph(number);
      expect(level).toBe(GraphLevel.sample);
      // A sample, two members of the other stream, ten neighbours, and oneself.
      expect(replica.size).toBeLessThanOrEqual(12 + 2 + 10 + 1);
    }
  });

  it('[R35] all that follow the same rule hold the same', () => {
    const loop = new GraphLoop();
    const settings = { wholeNodesMax: 12 };
    for (const number of range(1, 30))
      loop.add(number, { settings, stream: number <= 10 ? streamOf(20) : STREAM });
    for (const number of range(1, 29)) loop.connect(number, number + 1);
    for (const number of range(1, 27)) loop.connect(number, number + 3);
    loop.run(120_000);
    for (const number of range(11, 30)) {
      expect(loop.graph(number).level).toBe(GraphLevel.streamLinks);
      expect(listed(loop, number, range(11, 30))).toHaveLength(20);
    }
    for (const number of range(1, 10)) expect(listed(loop, number, range(1, 10))).toHaveLength(10);
  });

  it('[R35] whoever holds too much of a stream that grew is told of its size by its supernode soon', () => {
    const loop = new GraphLoop();
    const settings = { wholeNodesMax: 4, streamLinksNodesMax: 4, streamNodesMax: 8, sampleNodes: 6 };
    loop.add(1, { role: Role.supernode, stream: undefined });
    const join = (number: number): void => {
      loop.add(number, { settings });
      loop.connect(1, number);
      for (const other of [number - 1, number - 2]) if (other > 1) loop.connect(other, number);
    };
    for (const number of range(2, 8)) join(number);
    loop.run(60_000);
    for (const number of range(2, 8)) expect(loop.graph(number).level).toBe(GraphLevel.stream);
    for (const number of range(9, 21)) {
      join(number);
      loop.run(200);
    }
    loop.run(15_000);
    for (const number of range(2, 8)) expect(loop.graph(number).level).toBe(GraphLevel.sample);
  });
});
