import { describe, expect, it } from 'vitest';
import { EPOCH, openSlots } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { decodeMessage, encodeMessage } from '../wire/codec.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, RefusalReason, type Subscribe, type Vacancy } from '../wire/tree-messages.ts';
import type { Forest } from './forest.ts';
import { type RelayOutput, relayTimings } from './relay-contract.ts';

const STRIPES = 4;
const [A, B, NEWCOMER, MALLORY, STRANGER] = [1, 2, 50, 66, 99].map(peerOf) as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
  PeerId,
];

const forestOf = (loop: RelayLoop, id: PeerId) => loop.member(id).relay.forest as Forest;
const parentsOf = (loop: RelayLoop, id: PeerId) => forestOf(loop, id).trees.map(({ parent }) => parent);

/** A viewer comes, and has a link to each of these. */
function join(loop: RelayLoop, id: PeerId, neighbours: readonly PeerId[], slots = 3): void {
  loop.add(id, { slots });
  for (const neighbour of neighbours) loop.connect(id, neighbour);
}

function hosted(slots = 3, stripes = STRIPES): RelayLoop {
  const loop = new RelayLoop();
  loop.add(HOST, { slots });
  loop.beacon({ stripes });
  return loop;
}

/** host — A, and at A neighbours that are no machines: what they say is put in by hand. */
function viewer(options: { slots?: number; stripes?: number; neighbours?: number } = {}) {
  const { slots = 3, stripes = STRIPES, neighbours = 0 } = options;
  const loop = hosted(3, stripes);
  join(loop, A, [HOST], slots);
  loop.run(1_000);
  const peers = range(100, 100 + neighbours).map(peerOf);
  for (const peer of [...peers, NEWCOMER, MALLORY]) loop.input(A, { type: 'peer-up', peer });
  const forest = forestOf(loop, A);
  const own = forest.ownStripe ?? -1;
  const say = (peer: PeerId, message: RelayMessage) => loop.input(A, { type: 'message', peer, message });
  const subscribe = (peer: PeerId, how: Partial<Subscribe> = {}) =>
    say(peer, {
      type: MessageType.subscribe,
      epoch: EPOCH,
      stripe: own,
      fromSeq: undefined,
      interior: false,
      makeshift: false,
      starving: false,
      ...how,
    });
  const unsubscribe = (peer: PeerId, stripe = own) =>
    say(peer, { type: MessageType.unsubscribe, epoch: EPOCH, stripe });
  const tell = (peer: PeerId, places: readonly Vacancy[], stripe = own) =>
    say(peer, { type: MessageType.vacancies, epoch: EPOCH, stripe, places });
  /** Neighbours take every place in its own stripe. */
  const fill = () => {
    const leaves = peers.slice(0, forest.freeSlots);
    for (const leaf of leaves) subscribe(leaf);
    return leaves;
  };
  const childrenIn = (stripe: number) => [...(forest.trees[stripe]?.children.keys() ?? [])];
  return { loop, forest, own, peers, subscribe, unsubscribe, tell, fill, childrenIn };
}

const accepts = (outputs: readonly RelayOutput[]) =>
  outputs.some((output) => output.type === 'send' && output.message.type === MessageType.subscribed);

/** Who was refused, or asked to make room, and where it was sent. */
const refusals = (outputs: readonly RelayOutput[], reason: RefusalReason) =>
  outputs.flatMap((output) =>
    output.type === 'send' && output.message.type === MessageType.refused && output.message.reason === reason
      ? [{ peer: output.peer, alternatives: output.message.alternatives }]
      : [],
  );

const sentBy = (loop: RelayLoop, id: PeerId, since = 0) =>
  loop.sent.slice(since).flatMap(({ from, output }) => (from === id ? [output] : []));

const vacancy = (number: number, depth = 1, slots = openSlots(2)): Vacancy => ({
  peer: peerOf(number),
  depth,
  slots,
});

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

/** A host and neighbours that are no machines, so many children in each stripe. */
function fedByHost(perStripe: readonly number[], slots = 3) {
  const loop = hosted(slots);
  const forest = forestOf(loop, HOST);
  let next = 100;
  const children = perStripe.map((count, stripe) =>
    range(0, count).map(() => {
      const peer = peerOf(next++);
      loop.input(HOST, { type: 'peer-up', peer });
      const how = { fromSeq: undefined, interior: false, makeshift: false, starving: true };
      loop.input(HOST, {
        type: 'message',
        peer,
        message: { type: MessageType.subscribe, epoch: EPOCH, stripe, ...how },
      });
      return peer;
    }),
  );
  const wait = (peer: PeerId, ms: number) => {
    for (let waited = 0; waited <= ms; waited += 250) {
      loop.input(HOST, { type: 'backlog', peer, waitedMs: relayTimings.backlogMs });
      loop.run(250);
    }
  };
  const sizes = () => forest.trees.map((tree) => tree.children.size);
  return { loop, forest, children, wait, sizes };
}

describe('a host whose uplink carries less than it offers', () => {
  const { backlogPauseMs } = relayTimings;

  it('[R15] gives up children where it feeds most, and the last one of no stripe as long as another has two', () => {
    const { sizes, wait, children } = fedByHost([3, 2, 2, 2]);
    expect(sizes()).toEqual([3, 2, 2, 2]);
    const [[slow]] = children as [[PeerId]];
    wait(slow, backlogPauseMs + 50);
    expect(sizes()).toEqual([2, 2, 2, 2]);
    wait(peerOf(999), 4 * backlogPauseMs);
    expect(sizes()).toEqual([1, 1, 1, 1]);
  });

  it('[R15] lets a slow child go that is the only one of its stripe, and keeps a place there for another', () => {
    const { loop, sizes, wait, children, forest } = fedByHost([1, 2, 2, 2]);
    const [[slow]] = children as [[PeerId]];
    wait(slow, backlogPauseMs + 50);
    expect(sizes().sort()).toEqual([0, 1, 2, 2]);
    expect(forest.freeSlots).toBe(1);
    loop.input(HOST, { type: 'peer-up', peer: NEWCOMER });
    const how = { fromSeq: undefined, interior: false, makeshift: false, starving: false };
    for (const stripe of [1, 2, 3, 0]) {
      const message = { type: MessageType.subscribe, epoch: EPOCH, stripe, ...how } as const;
      loop.input(HOST, { type: 'message', peer: NEWCOMER, message });
    }
    expect(forest.trees.map((tree) => tree.children.has(NEWCOMER))).toEqual([true, false, false, false]);
  });

  it('[R15] takes one more after a while, in whatever stripe it is asked for', () => {
    const { loop, sizes, wait, children, forest } = fedByHost([2, 2, 1, 1]);
    wait((children as [[PeerId]])[0][0], 3 * backlogPauseMs);
    expect(sizes()).toEqual([1, 1, 1, 1]);
    loop.run(relayTimings.backlogRaiseAfterMs + relayTimings.relieveEveryMs);
    expect([forest.freeSlots > 0, forest.trees.every((tree) => tree.children.size === 1)]).toEqual([
      true,
      true,
    ]);
  });
});

describe('hostile neighbours in the trees', () => {
  it('[R15] places named by strangers, by mere neighbours or in no stripe reach nobody', () => {
    const { loop, own, peers, subscribe, tell } = viewer({ neighbours: 2 });
    const [child, later] = peers as [PeerId, PeerId];
    subscribe(child);
    loop.run(2 * relayTimings.vacanciesEveryMs);
    loop.drop = (from) => from === HOST;
    const before = loop.sent.length;
    tell(STRANGER, [vacancy(200)]);
    tell(MALLORY, [vacancy(200)]);
    tell(child, [vacancy(200)], (own + 1) % STRIPES);
    for (const stripe of range(STRIPES, 256))
      for (const peer of [child, HOST]) tell(peer, [vacancy(200)], stripe);
    subscribe(later);
    loop.run(10 * relayTimings.vacanciesEveryMs);
    const said = sentBy(loop, A, before).flatMap((output) =>
      output.type === 'send' && output.message.type === MessageType.vacancies ? output.message.places : [],
    );
    expect(said).not.toEqual([]);
    expect(said.map(({ peer }) => peer)).not.toContain(peerOf(200));
    expect(loop.member(A).told.filter(({ type }) => type === 'want-link')).toEqual([]);
  });

  it('[R15] one who takes frames slowly loses its own place, whatever it says that it feeds, and nobody else does', () => {
    const { loop, own, subscribe, fill, childrenIn, unsubscribe } = viewer({ neighbours: 20 });
    const honest = fill().slice(1);
    unsubscribe(peerOf(100));
    subscribe(MALLORY, { interior: true });
    expect(childrenIn(own)).toContain(MALLORY);
    for (let waited = 0; waited <= 3 * relayTimings.backlogPauseMs; waited += 250) {
      if (childrenIn(own).includes(MALLORY))
        loop.input(A, { type: 'backlog', peer: MALLORY, waitedMs: relayTimings.backlogMs });
      loop.run(250);
    }
    expect(childrenIn(own).sort()).toEqual(honest.sort());
  });

  it('[R15] a subscribe by a stranger, or for a stripe that does not exist, is not answered', () => {
    const { forest, own, subscribe, childrenIn } = viewer();
    const free = forest.freeSlots;
    const outputs = [
      ...subscribe(STRANGER, { starving: true }),
      ...[STRIPES, 15, 255, -1, 0.5].flatMap((stripe) => subscribe(MALLORY, { stripe, starving: true })),
    ];
    expect(outputs).toEqual([]);
    expect([childrenIn(own), forest.freeSlots]).toEqual([[], free]);
  });

  it('[R6] a child that names a thousand places has a few of them told, now and then', () => {
    const { loop, own, peers, subscribe, tell } = viewer({ neighbours: 1 });
    const [child] = peers as [PeerId];
    subscribe(child);
    loop.run(1_000);
    const many = range(0, 1_000).map((number) => vacancy(1_000 + number));
    const message = { type: MessageType.vacancies, epoch: EPOCH, stripe: own } as const;
    const tooMany = encodeMessage({ ...message, places: many.slice(0, limits.vacanciesMax + 1) });
    expect(decodeMessage(tooMany)).toMatchObject({ ok: false });

    const before = loop.sent.length;
    const forMs = 10_000;
    for (let at = 0; at < many.length; at += limits.vacanciesMax) {
      tell(child, many.slice(at, at + limits.vacanciesMax));
      loop.run(forMs / (many.length / limits.vacanciesMax));
    }
    const told = sentBy(loop, A, before).flatMap((output) =>
      output.type === 'send' && output.message.type === MessageType.vacancies ? [output] : [],
    );
    const up = told.filter(({ peer }) => peer === HOST);
    expect(up.length).toBeGreaterThan(1);
    expect(up.length).toBeLessThanOrEqual(forMs / relayTimings.vacanciesEveryMs + 1);
    for (const { message } of told)
      if (message.type === MessageType.vacancies)
        expect(message.places.length).toBeLessThanOrEqual(limits.vacanciesMax);
  });

  it('[R15] a child that comes and goes a thousand times leaves the others their places, and the tables as they were', () => {
    const { forest, own, peers, subscribe, unsubscribe, fill, childrenIn } = viewer({ neighbours: 20 });
    const free = forest.freeSlots;
    const leaves = fill();
    const outputs = range(0, 1_000).flatMap((round) => {
      const said = subscribe(MALLORY, { interior: round % 2 === 0, starving: round % 3 === 0 });
      expect(childrenIn(own).length).toBeLessThanOrEqual(free + 1);
      return [...said, ...unsubscribe(MALLORY)];
    });
    expect(refusals(outputs, RefusalReason.makeRoom).length).toBeLessThanOrEqual(relayTimings.displacedMax);
    expect(childrenIn(own)).toEqual(leaves);
    for (const leaf of leaves) unsubscribe(leaf);
    expect([forest.freeSlots, childrenIn(own)]).toEqual([free, []]);
    expect(accepts(subscribe(peers[0] as PeerId))).toBe(true);
  });
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
