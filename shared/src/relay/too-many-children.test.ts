/** A viewer with more children than it should have: whom it takes all the same, and whom it sends away. */
import { describe, expect, it } from 'vitest';
import {
  A,
  accepts,
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
import { EPOCH, openSlots } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, RefusalReason } from '../wire/tree-messages.ts';
import { relayTimings } from './relay-contract.ts';

const { relieveEveryMs, makeRoomAgainMs, branchSinksAHopAfterMs } = relayTimings;

/** A viewer, one hop from the host, and who was asked to go since the last time. */
function pressed() {
  const scene = viewer({ neighbours: 20 });
  const { loop } = scene;
  let before = loop.sent.length;
  const asked = () => {
    const { length } = loop.sent;
    const found = refusals(sentBy(loop, A, before), RefusalReason.makeRoom);
    before = length;
    return found;
  };
  /** A child says how many are below it. */
  const counts = (peer: PeerId, nodes: number, stripe = scene.own) => {
    const message: RelayMessage = {
      type: MessageType.census,
      epoch: EPOCH,
      stripe,
      nodes,
      starving: 0,
      spare: 0,
    };
    loop.input(A, { type: 'message', peer, message });
  };
  return { ...scene, asked, counts };
}

describe('too many children', () => {
  it('[R15] children beyond the share are asked to go one at a time where there is room, leaves first, then small branches', () => {
    const { loop, own, peers, subscribe, unsubscribe, tell, asked, counts } = pressed();
    const stripe = (own + 1) % STRIPES;
    const [leaf, ...others] = peers as [PeerId, ...PeerId[]];
    const feeding = others.slice(0, 3);
    for (const peer of others.slice(3, 5)) subscribe(peer);
    for (const peer of peers.slice(0, 4))
      subscribe(peer, { stripe, starving: true, interior: peer !== leaf });
    for (const [at, peer] of feeding.entries()) counts(peer, 30 - 10 * at, stripe);
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

  it('[R15] whoever was asked, and is still looking, is as good as gone: nobody else is asked for its sake', () => {
    const { loop, subscribe, fill, tell, asked } = pressed();
    const leaves = fill();
    tell(HOST, [vacancy(8)]);
    subscribe(NEWCOMER, { interior: true });
    const [first] = asked();
    expect(leaves).toContain(first?.peer);
    loop.run(makeRoomAgainMs - 1);
    expect(asked()).toEqual([]);
    loop.run(relieveEveryMs);
    expect(asked()).toHaveLength(1);
  });

  it('[R15] a larger branch goes to a place as near to the host, or, the longer there was none, a deeper one', () => {
    const { loop, own, peers, subscribe, tell, asked, counts } = pressed();
    const stripe = (own + 1) % STRIPES;
    const children = peers.slice(0, 3);
    for (const [n, peer] of children.entries()) {
      subscribe(peer, { stripe, interior: true, starving: true });
      counts(peer, 20 + n, stripe);
    }
    tell(HOST, [vacancy(8, 3), vacancy(9, 4)], stripe);
    loop.run(2 * branchSinksAHopAfterMs);
    expect(asked()).toEqual([]);
    loop.run(2 * relieveEveryMs);
    expect(asked()[0]).toEqual({ peer: children[0], alternatives: [peerOf(8)] });
  });

  it('[R15] a few nodes may sink however far, and those of a makeshift feeder go first', () => {
    const { loop, own, peers, subscribe, tell, asked, counts } = pressed();
    const stripe = (own + 1) % STRIPES;
    const [few, makeshift, ...others] = peers.slice(0, 4) as [PeerId, PeerId, ...PeerId[]];
    for (const peer of [few, makeshift, ...others]) {
      subscribe(peer, { stripe, interior: true, makeshift: peer === makeshift, starving: true });
      counts(peer, peer === few ? 1 : 2, stripe);
    }
    tell(HOST, [vacancy(8, 6, { ...openSlots(0), forInterior: 1 })], stripe);
    const rounds = range(0, 2).map(() => {
      loop.run(relieveEveryMs);
      return asked();
    });
    const alternatives = [peerOf(8)];
    expect(rounds).toEqual([[{ peer: makeshift, alternatives }], [{ peer: few, alternatives }]]);
  });

  it('[R15] one that feeds others is not taken beyond the share, to be sent away with its branch, unless it has lost its parent', () => {
    const { loop, own, peers, subscribe, fill } = pressed();
    const children = fill();
    const leaf = peers.at(-1) as PeerId;
    for (const peer of children) subscribe(peer, { interior: true });
    subscribe(leaf, { starving: true });
    const path = [HOST, peerOf(8), NEWCOMER];
    const says = (state: AdvertState) =>
      loop.input(A, {
        type: 'message',
        peer: NEWCOMER,
        message: { type: MessageType.advert, epoch: EPOCH, stripe: own, state, path, slots: openSlots(0) },
      });
    says(AdvertState.attached);
    const refused = subscribe(NEWCOMER, { interior: true });
    expect(refusals(refused, RefusalReason.full).map(({ peer }) => peer)).toEqual([NEWCOMER]);
    says(AdvertState.repairing);
    const taken = subscribe(NEWCOMER, { interior: true });
    expect(accepts(taken)).toBe(true);
    expect(refusals(taken, RefusalReason.makeRoom).map(({ peer }) => peer)).toEqual([leaf]);
  });

  it('[R16] a node that has lost its parent says so before it asks for a place, so that it is taken', () => {
    const loop = hosted();
    const crowd = range(1, 6).map(peerOf);
    crowd.forEach((id, at) => {
      join(loop, id, [HOST, ...crowd.slice(0, at)]);
      loop.run(500);
    });
    const stripes = range(0, STRIPES);
    const [orphan, stripe] = crowd
      .flatMap((id) => stripes.map((each) => [id, each] as const))
      .find(([id, each]) => parentsOf(loop, id)[each] !== HOST) as readonly [PeerId, number];
    const before = loop.sent.length;
    loop.disconnect(orphan, parentsOf(loop, orphan)[stripe] as PeerId);
    loop.run(500);
    const said = new Map<PeerId, AdvertState>();
    for (const output of sentBy(loop, orphan, before)) {
      if (output.type !== 'send' || !('stripe' in output.message) || output.message.stripe !== stripe)
        continue;
      const { peer, message } = output;
      if (message.type === MessageType.advert) said.set(peer, message.state);
      if (message.type !== MessageType.subscribe) continue;
      expect(said.get(peer)).toBe(AdvertState.repairing);
      return;
    }
    expect.unreachable('it never asked');
  });
});
