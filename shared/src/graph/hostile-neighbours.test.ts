/** What a graph machine puts up with from neighbours that make up nodes, ask for too much, or answer nothing. */
import { describe, expect, it } from 'vitest';
import { line, range } from '../../test-kit/graph-loop.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { tagOf } from '../lib/ids.ts';
import { WantedWhat } from '../wire/graph-messages.ts';
import { MessageType } from '../wire/message-type.ts';

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
