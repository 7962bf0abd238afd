import { describe, expect, it } from 'vitest';
import { GraphLoop } from '../../test-kit/graph-loop.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { tagOf } from '../lib/ids.ts';
import { GraphLevel } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';

const NAME = 700;
const record = recordOf(NAME, { ttlSeconds: 300, ttlMaxSeconds: 300 });
const name = { type: MessageType.records, records: [record] } as const;

/** Members of one stream that is so large that only memberships are held, in a ring where each is linked with four others. */
function memberships(): GraphLoop {
  const loop = new GraphLoop();
  const settings = { wholeNodesMax: 4, streamLinksNodesMax: 4 };
  for (let number = 1; number <= 12; number++) loop.add(number, { settings });
  for (const step of [1, 2])
    for (let number = 0; number < 12; number++) loop.connect(number + 1, ((number + step) % 12) + 1);
  loop.run(40_000);
  return loop;
}

const holders = (loop: GraphLoop, proven: boolean): number[] =>
  Array.from({ length: 12 }, (_, at) => at + 1).filter(
    (number) => loop.graph(number).replica.get(peerOf(NAME))?.proven === proven,
  );

describe('names where only memberships are held', () => {
  it('[R34] what one neighbour alone says stays a name, is told to nobody, and goes', () => {
    const loop = memberships();
    expect(loop.graph(5).level).toBe(GraphLevel.stream);
    loop.inject(5, 4, name);
    loop.run(30_000);
    expect([holders(loop, false), holders(loop, true)]).toEqual([[5], []]);
    const { holdings, replica } = loop.graph(5);
    const held = replica.get(peerOf(NAME));
    expect(held && holdings.isPresent(held, loop.now)).toBe(false);
    loop.run(35_000);
    expect(holders(loop, false)).toEqual([]);
  });

  it('[R34] with a second neighbour that knows it, it counts and is told to all', () => {
    const loop = memberships();
    loop.inject(5, 4, name);
    const entries = [{ tag: tagOf(record.id), epoch: 1_000, seq: 0, linksSeq: 0 }];
    loop.inject(5, 6, { type: MessageType.news, entries });
    expect(loop.graph(5).replica.get(peerOf(NAME))?.proven).toBe(true);
    loop.inject(7, 8, name);
    loop.run(60_000);
    expect(holders(loop, true)).toHaveLength(12);
  });

  it('[R34] a supernode is believed, as it holds link lists', () => {
    const loop = memberships();
    loop.add(20, { role: Role.supernode });
    loop.connect(20, 5);
    loop.run(1_000);
    loop.inject(5, 20, name);
    expect(loop.graph(5).replica.get(peerOf(NAME))?.proven).toBe(true);
  });
});

describe('names where link lists are held', () => {
  it('[R34] whom nothing led to, as lists were lost, is found again once a neighbour vouches for it', () => {
    const loop = new GraphLoop();
    for (const number of [1, 2, 3, 4]) loop.add(number);
    for (const number of [1, 2, 3]) loop.connect(number, number + 1);
    const { links, branches } = MessageType;
    loop.drop = (_, to, { type }) => (to === peerOf(1) && type === links) || type === branches;
    loop.run(75_000);
    expect(loop.graph(1).replica.get(peerOf(4))).toBeUndefined();
    loop.drop = () => false;
    loop.run(12_000);
    expect(loop.graph(1).replica.get(peerOf(4))?.proven).toBe(true);
  });
});
