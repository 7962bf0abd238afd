/** What nodes hold of networks that are too large to be held whole. */
import { describe, expect, it } from 'vitest';
import { STREAM } from '../../test-kit/frames.ts';
import { GraphLoop, listed, range } from '../../test-kit/graph-loop.ts';
import { streamOf } from '../../test-kit/ids.ts';
import { GraphLevel } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';

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
