/** Places in the trees that somebody gives up for another, as whole networks and single viewers do it. */
import { describe, expect, it } from 'vitest';
import {
  A,
  accepts,
  B,
  forestOf,
  hosted,
  join,
  NEWCOMER,
  parentsOf,
  refusals,
  STRIPES,
  sentBy,
  vacancy,
  viewer,
} from '../../test-kit/forest-scene.ts';
import { EPOCH } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { RefusalReason } from '../wire/tree-messages.ts';
import { relayTimings } from './relay-contract.ts';

describe('making room', () => {
  it('[R16] two that are asked to make room at once do not come to hang on each other', () => {
    const loop = hosted(3, 1);
    for (const id of [A, B]) join(loop, id, [HOST]);
    loop.run(500);
    loop.connect(A, B);
    loop.run(500);
    const reason = RefusalReason.makeRoom;
    const message = { type: MessageType.refused, epoch: EPOCH, stripe: 0, reason, alternatives: [] } as const;
    for (const id of [A, B]) loop.input(id, { type: 'message', peer: HOST, message });
    loop.run(15);
    expect([loop.parentOf(A), loop.parentOf(B)]).toContain(HOST);
  });

  it('[R15] a newcomer that feeds others takes a leaf’s place at the full host, and the leaf misses nothing', () => {
    const loop = hosted(1);
    join(loop, A, [HOST]);
    loop.run(500);
    expect(parentsOf(loop, A)).toEqual([HOST, HOST, HOST, HOST]);
    loop.publish(20);
    join(loop, B, [HOST, A]);
    loop.publish(200);
    loop.run(500);
    const own = forestOf(loop, B).ownStripe ?? -1;
    expect(own).not.toBe(forestOf(loop, A).ownStripe);
    expect([parentsOf(loop, B)[own], parentsOf(loop, A)[own]]).toEqual([HOST, B]);
    expect(loop.delivered(A)).toEqual(range(0, 220));
    expect(loop.delivered(B).at(-1)).toBe(219);
    expect(loop.member(A).relay.counters.framesSkipped).toBe(0);
  });

  it('[R15] a crowd that comes one by one to a host with one slot is fed in every stripe, and misses nothing', () => {
    const loop = hosted(1);
    const crowd = range(1, 13).map(peerOf);
    crowd.forEach((id, at) => {
      join(loop, id, [HOST, ...crowd.slice(0, at)]);
      loop.publish(30);
    });
    loop.publish(300);
    loop.run(500);
    for (const id of crowd) {
      expect(parentsOf(loop, id)).not.toContain(undefined);
      const frames = loop.delivered(id);
      expect(frames).toEqual(range(frames[0] ?? 0, 660));
    }
    expect(forestOf(loop, HOST).trees.map(({ children }) => children.size)).toEqual([1, 1, 1, 1]);
  });

  it('[R15] who makes room is told of the newcomer and fed until it goes; those that feed others are first', () => {
    const { loop, forest, own, subscribe, unsubscribe, fill } = viewer({ neighbours: 20 });
    const leaves = fill();
    expect(refusals(subscribe(NEWCOMER), RefusalReason.full)).toHaveLength(1);
    const outputs = subscribe(NEWCOMER, { interior: true });
    expect(accepts(outputs)).toBe(true);
    const asked = refusals(outputs, RefusalReason.makeRoom);
    expect(asked).toEqual([{ peer: expect.toBeOneOf(leaves), alternatives: [NEWCOMER] }]);
    expect(forest.childrenOf(own)).toEqual([NEWCOMER, ...leaves]);

    const before = loop.sent.length;
    const pushed = () =>
      sentBy(loop, A, before).flatMap((output) => (output.type === 'push' ? [output.peer] : []));
    loop.publish(STRIPES);
    loop.run(100);
    expect(pushed()).toEqual([NEWCOMER, ...leaves]);
    for (const { peer } of asked) unsubscribe(peer);
    loop.publish(STRIPES);
    loop.run(100);
    expect(pushed()).toHaveLength(2 * leaves.length + 1);
  });

  it('[R15] who feeds others only because it had to gives way too, once no leaf is left that could', () => {
    const { forest, own, peers, subscribe, fill } = viewer({ neighbours: 20 });
    const children = fill();
    const [makeshift, leaf, ...others] = children as [PeerId, PeerId, ...PeerId[]];
    for (const peer of others) subscribe(peer, { interior: true });
    subscribe(makeshift, { interior: true, makeshift: true });
    expect(forest.childrenOf(own)).toEqual([makeshift, ...others, leaf]);
    const [first, second] = peers.slice(children.length) as [PeerId, PeerId];
    const askedToGo = [first, second].flatMap((peer) =>
      refusals(subscribe(peer, { interior: true }), RefusalReason.makeRoom).map((asked) => asked.peer),
    );
    expect(askedToGo).toEqual([leaf, makeshift]);
  });

  it('[R15] only so many children are asked to make room within a time', () => {
    const { displacedMax, displacedWithinMs } = relayTimings;
    const { loop, subscribe, unsubscribe, fill, peers } = viewer({
      stripes: limits.stripesMax,
      neighbours: 60,
    });
    const leaves = fill();
    expect(leaves.length).toBeGreaterThan(displacedMax + 1);
    const newcomers = peers.slice(leaves.length);
    const isTaken = () => {
      const outputs = subscribe(newcomers.shift() as PeerId, { interior: true });
      for (const { peer } of refusals(outputs, RefusalReason.makeRoom)) unsubscribe(peer);
      return accepts(outputs);
    };
    expect(range(0, displacedMax + 1).map(isTaken)).toEqual([
      ...range(0, displacedMax).map(() => true),
      false,
    ]);
    loop.run(displacedWithinMs - 1);
    expect(isTaken()).toBe(false);
    loop.run(1);
    expect(isTaken()).toBe(true);
  });

  it('[R15] children beyond the share are asked to go one at a time where there is room, leaves first, then small branches', () => {
    const { loop, own, peers, subscribe, unsubscribe, tell } = viewer({ neighbours: 6 });
    const stripe = (own + 1) % STRIPES;
    const [leaf, ...others] = peers as [PeerId, ...PeerId[]];
    const feeding = others.slice(0, 3);
    for (const peer of others.slice(3)) subscribe(peer);
    for (const peer of peers.slice(0, 4))
      subscribe(peer, { stripe, starving: true, interior: peer !== leaf });
    for (const [at, peer] of feeding.entries()) {
      const count = { nodes: 30 - 10 * at, starving: 0, spare: 0 };
      const message: RelayMessage = { type: MessageType.census, epoch: EPOCH, stripe, ...count };
      loop.input(A, { type: 'message', peer, message });
    }
    let before = loop.sent.length;
    const asked = () => {
      const { length } = loop.sent;
      const found = refusals(sentBy(loop, A, before), RefusalReason.makeRoom);
      before = length;
      return found;
    };
    tell(HOST, [], stripe);
    loop.run(3 * relayTimings.relieveEveryMs);
    expect(asked()).toEqual([]);
    tell(HOST, [vacancy(8)], stripe);
    const rounds = range(0, 5).map(() => {
      loop.run(relayTimings.relieveEveryMs);
      const round = asked();
      for (const { peer } of round) unsubscribe(peer, stripe);
      return round;
    });
    expect(rounds.map((round) => round.length)).toEqual([1, 1, 1, 1, 0]);
    expect(rounds[0]).toEqual([{ peer: leaf, alternatives: [peerOf(8)] }]);
    expect(rounds.flat().map(({ peer }) => peer)).toEqual([leaf, ...feeding.toReversed()]);
  });

  it('[R16] a child that is asked to make room goes where there is room, though it be deeper, and misses nothing', () => {
    const loop = hosted();
    join(loop, A, [HOST]);
    loop.run(500);
    join(loop, B, [HOST, A]);
    loop.run(500);
    loop.publish(20);
    const stripe = forestOf(loop, A).ownStripe ?? -1;
    expect(parentsOf(loop, B)).toEqual([HOST, HOST, HOST, HOST]);
    const message: RelayMessage = {
      type: MessageType.refused,
      epoch: EPOCH,
      stripe,
      reason: RefusalReason.makeRoom,
      alternatives: [],
    };
    loop.input(B, { type: 'message', peer: HOST, message });
    loop.publish(20);
    expect(parentsOf(loop, B)[stripe]).toBe(A);
    expect(forestOf(loop, HOST).trees[stripe]?.children.has(B)).toBe(false);
    loop.publish(20);
    loop.run(500);
    expect(loop.delivered(B)).toEqual(range(0, 60));
  });
});
