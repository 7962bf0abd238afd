/** Who feeds whom in the trees of all stripes; who gives up a place for another is in making-room.test.ts. */
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
  viewer,
} from '../../test-kit/forest-scene.ts';
import { EPOCH, openSlots } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import { AdvertState, RefusalReason } from '../wire/tree-messages.ts';
import { relayTimings } from './relay-contract.ts';

describe('the trees of all stripes', () => {
  it('[R15] who changes the stripe that it feeds tells its parents', () => {
    const loop = hosted();
    join(loop, A, [HOST]);
    loop.run(500);
    for (const slots of [0, 3]) {
      loop.input(A, { type: 'set-offer', uploadBitsPerSecond: Number.POSITIVE_INFINITY, slots });
      loop.run(2_000);
    }
    const own = forestOf(loop, A).ownStripe;
    expect(own).toBeDefined();
    expect(forestOf(loop, HOST).trees.map(({ children }) => children.get(A)?.interior)).toEqual(
      range(0, STRIPES).map((stripe) => stripe === own),
    );
  });

  it('[R16] a child that falls silent takes up no place, and is told so', () => {
    const { loop, childrenIn, fill, own } = viewer({ neighbours: 9 });
    const [child] = fill() as [PeerId];
    const outputs = loop.input(A, { type: 'peer-health', peer: child, silent: true, rttMs: undefined });
    expect(childrenIn(own)).not.toContain(child);
    expect(refusals(outputs, RefusalReason.full).map(({ peer }) => peer)).toContain(child);
  });

  it('[R15] a leaf leaves a full parent for an idle neighbour, after 5 s, unless it knows of somebody further than three hops in any stripe', () => {
    for (const hops of [3, 4]) {
      const { loop, own, peers } = viewer({ neighbours: 2 });
      const [idle, far] = peers as [PeerId, PeerId];
      const stripe = (own + 1) % STRIPES;
      const advert = (peer: PeerId, at: number, path: readonly PeerId[], free: number): void => {
        const slots = openSlots(free);
        const said = { epoch: EPOCH, stripe: at, state: AdvertState.attached, path, slots };
        loop.input(A, { type: 'message', peer, message: { type: MessageType.advert, ...said } });
      };
      advert(far, (own + 2) % STRIPES, [HOST, ...range(0, hops - 1).map((i) => peerOf(200 + i)), far], 0);
      advert(idle, stripe, [HOST, idle], 5);
      const asksWithin = (ms: number): boolean => {
        loop.run(ms);
        return sentBy(loop, A).some(
          (output) =>
            output.type === 'send' &&
            output.peer === idle &&
            output.message.type === MessageType.subscribe &&
            output.message.stripe === stripe,
        );
      };
      // A second has passed before.
      expect(asksWithin(relayTimings.knowsSwarmAfterMs - 1_000)).toBe(false);
      expect(asksWithin(3_000)).toBe(hops === 3);
    }
  });

  it('[R15] a node to which nothing comes in a stripe feeds nobody new there', () => {
    const { loop, own, subscribe, peers } = viewer({ neighbours: 3 });
    loop.publish(STRIPES * 3);
    loop.run(200);
    loop.drop = (_from, to, output) =>
      to === A && output.type === 'push' && output.frame.header.seq % STRIPES === own;
    loop.publish(STRIPES * 2);
    expect(accepts(subscribe(peers[0] as PeerId))).toBe(true);
    loop.run(relayTimings.dryAfterMs);
    const outputs = subscribe(peers[1] as PeerId);
    expect(refusals(outputs, RefusalReason.notReady).map(({ peer }) => peer)).toEqual([peers[1]]);
  });

  it('[R16] who lives below a dry parent takes the place that the host has', () => {
    const loop = hosted();
    join(loop, A, [HOST], 3);
    join(loop, B, [A], 0);
    loop.run(500);
    loop.connect(B, HOST);
    loop.publish(100);
    expect(parentsOf(loop, B)).toEqual(range(0, STRIPES).map(() => A));
    // In one stripe A is sent nothing, and B only what it is sent as the host’s child: nobody has anything to pull.
    loop.drop = (from, to, output) =>
      from === HOST &&
      output.type === 'push' &&
      output.frame.header.seq % STRIPES === 0 &&
      !(to === B && forestOf(loop, HOST).trees[0]?.children.has(B));
    loop.publish(40);
    expect(parentsOf(loop, B)).toEqual([HOST, A, A, A]);
  });

  it('[R16] one to whom nothing comes asks who has become a child of the host since, not who was one before', () => {
    const { loop, own, peers } = viewer({ neighbours: 2 });
    const advert = (peer: PeerId) => {
      const [type, state, slots] = [MessageType.advert, AdvertState.attached, openSlots(1)] as const;
      const message = { type, epoch: EPOCH, stripe: own, state, slots, path: [HOST, peer] } as const;
      loop.input(A, { type: 'message', peer, message });
    };
    const [before, since] = peers as [PeerId, PeerId];
    advert(before);
    loop.publish(STRIPES * 3);
    loop.drop = (_from, to, output) =>
      to === A && output.type === 'push' && output.frame.header.seq % STRIPES === own;
    loop.publish(STRIPES * 5);
    advert(since);
    const sent = loop.sent.length;
    loop.publish(STRIPES * 15);
    const asked = sentBy(loop, A, sent).flatMap(({ peer, ...output }) =>
      output.type === 'send' && output.message.type === MessageType.subscribe ? [peer] : [],
    );
    expect(asked).toEqual([since]);
  });

  it('[R18] says how far from the host it feeds others, which may be nearer than its deepest place', () => {
    const { forest, own, peers } = viewer({ neighbours: 2 });
    const [above, below] = peers as [PeerId, PeerId];
    for (const { stripe } of forest.trees)
      forest.trees[stripe]?.attach(below, stripe === own ? [HOST, below] : [HOST, above, below]);
    expect([forest.feedingDepth, forest.depth]).toEqual([2, 3]);
  });

  it('[R18] … and without a stripe of its own its deepest place', () => {
    const loop = hosted();
    join(loop, A, [HOST]);
    join(loop, B, [A], 0);
    loop.run(1_000);
    expect([forestOf(loop, B).feedingDepth, forestOf(loop, B).depth]).toEqual([2, 2]);
  });

  it('[R15] a viewer chooses one stripe that it feeds; without slots it feeds none and is fed all the same', () => {
    const loop = hosted();
    join(loop, A, [HOST]);
    join(loop, B, [HOST, A], 0);
    loop.run(1_000);
    loop.publish(40);
    loop.run(500);
    const own = forestOf(loop, A).ownStripe;
    expect(range(0, STRIPES)).toContain(own);
    expect(forestOf(loop, B).ownStripe).toBeUndefined();
    const offers = range(0, STRIPES).map((stripe) => {
      const [last] = sentBy(loop, A)
        .flatMap((output) => (output.type === 'send' ? [output.message] : []))
        .filter((message) => message.type === MessageType.advert && message.stripe === stripe)
        .slice(-1);
      return last?.type === MessageType.advert && last.slots.free > 0;
    });
    expect(offers).toEqual(range(0, STRIPES).map((stripe) => stripe === own));
    for (const id of [A, B]) expect(loop.delivered(id)).toEqual(range(0, 40));
  });

  it('[R16] a child may say what it feeds while its parent looks for one itself; who is refused is no child', () => {
    const { loop, forest, own, subscribe, childrenIn } = viewer({ neighbours: 20 });
    subscribe(NEWCOMER);
    loop.input(A, { type: 'peer-down', peer: HOST });
    expect(forest.trees[own]?.state).toBe(AdvertState.repairing);
    expect(refusals(subscribe(NEWCOMER, { interior: true }), RefusalReason.notReady)).toEqual([]);
    expect(forest.trees[own]?.children.get(NEWCOMER)?.interior).toBe(true);
    loop.run(relayTimings.orphanGraceMs);
    expect(refusals(subscribe(NEWCOMER), RefusalReason.notReady)).toHaveLength(1);
    expect(childrenIn(own)).toEqual([]);
  });

  it('[R15] who starves gets a slot that is kept back from others, but none beyond the last', () => {
    const { forest, own, peers, subscribe, childrenIn } = viewer({ slots: 2, neighbours: 20 });
    const stripe = (own + 1) % STRIPES;
    const [asker] = peers as [PeerId];
    for (const interior of [false, true]) expect(accepts(subscribe(asker, { stripe, interior }))).toBe(false);
    const taken = peers.filter((peer) => accepts(subscribe(peer, { stripe, starving: true })));
    expect(taken).toEqual(peers.slice(0, 2 * STRIPES));
    expect([childrenIn(stripe), forest.freeSlots]).toEqual([taken, 0]);
  });

  it('[R15] a viewer whose only neighbour feeds another stripe starves no longer than it must', () => {
    const loop = hosted();
    join(loop, A, [HOST]);
    loop.run(500);
    join(loop, B, [A]);
    loop.run(relayTimings.chooseStripeAfterMs + 100);
    const own = forestOf(loop, A).ownStripe;
    expect(parentsOf(loop, B)).toEqual(range(0, STRIPES).map((stripe) => (stripe === own ? A : undefined)));
    loop.run(relayTimings.starvingAfterMs);
    expect(parentsOf(loop, B)).toEqual([A, A, A, A]);
    loop.publish(40);
    loop.run(500);
    expect(loop.delivered(B)).toEqual(range(0, 40));
  });

  it('[R15] one that is to be a leaf has no stripe of its own, also in the next epoch, until it may again', () => {
    const { loop } = viewer();
    const offer = { type: 'set-offer', slots: 3, uploadBitsPerSecond: Number.POSITIVE_INFINITY } as const;
    expect(forestOf(loop, A).ownStripe).toBeDefined();
    loop.input(A, { ...offer, leafOnly: true });
    loop.run(5_000);
    expect(forestOf(loop, A).ownStripe).toBeUndefined();
    loop.beacon({ stripes: STRIPES, epoch: EPOCH + 1 });
    loop.run(5_000);
    expect(forestOf(loop, A).ownStripe).toBeUndefined();
    loop.input(A, { ...offer, leafOnly: false });
    loop.run(5_000);
    expect(forestOf(loop, A).ownStripe).toBeDefined();
  });
});
