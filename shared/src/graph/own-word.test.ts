/** When a graph machine says something of itself, and how its neighbours hear it. */
import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { GraphLoop, line, listed } from '../../test-kit/graph-loop.ts';
import { counting, peerOf, streamOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { seededRandom } from '../lib/random.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Graph } from './graph.ts';
import { graphTimings } from './graph-contract.ts';

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
