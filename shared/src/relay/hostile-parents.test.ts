import { describe, expect, it } from 'vitest';
import { EPOCH, frameOf, hashOf, openSlots, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { seededRandom, shuffled } from '../lib/random.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, RefusalReason, type Subscribe } from '../wire/tree-messages.ts';

const [A, B, MALLORY] = [1, 2, 66].map(peerOf) as [PeerId, PeerId, PeerId];
const HOARDERS = [70, 71, 72, 73, 74].map(peerOf);

const say = (loop: RelayLoop, message: RelayMessage, peer = MALLORY, to = A) =>
  loop.input(to, { type: 'message', peer, message });

/** A's parent is Mallory, who is no machine: what it sends is put in by hand. */
function fedByMallory(): RelayLoop {
  const loop = new RelayLoop();
  loop.add(HOST);
  loop.add(A);
  loop.beacon();
  const beacon = loop.member(HOST).relay.beacon as never;
  loop.input(A, { type: 'beacon', peer: MALLORY, beacon, host: HOST });
  loop.input(A, { type: 'peer-up', peer: MALLORY });
  const path = [HOST, MALLORY];
  const slots = openSlots(9);
  say(loop, { type: MessageType.advert, epoch: EPOCH, stripe: 0, state: AdvertState.attached, slots, path });
  loop.run(300);
  say(loop, { type: MessageType.subscribed, epoch: EPOCH, stripe: 0, firstSeq: 0, path });
  expect(loop.parentOf(A)).toBe(MALLORY);
  return loop;
}

const push = (loop: RelayLoop, seq: number, peer = MALLORY) =>
  loop.input(A, { type: 'frame', peer, frame: frameOf(seq) });

describe('hostile parents', () => {
  it('[R13] frames that come in any order are delivered in order, once', () => {
    const loop = fedByMallory();
    for (const seq of shuffled(seededRandom(3), range(0, 200))) push(loop, seq);
    loop.run(1_000);
    expect(loop.delivered(A)).toEqual(range(0, 200));
  });

  it('[R13] frames that are sent again, soon or late, are delivered once and passed on once', () => {
    const loop = fedByMallory();
    loop.add(B);
    loop.connect(A, B);
    loop.input(B, { type: 'beacon', peer: A, beacon: loop.member(A).relay.beacon as never, host: HOST });
    loop.run(500);
    const { relay } = loop.member(A);
    for (const seq of range(0, 100)) {
      push(loop, seq);
      push(loop, seq);
      loop.run(10);
    }
    for (const seq of range(0, 100)) push(loop, seq);
    loop.run(1_000);
    expect([loop.delivered(A), loop.delivered(B)]).toEqual([range(0, 100), range(0, 100)]);
    expect(loop.pushesTo(B)).toEqual(range(0, 100));
    expect(relay.counters.framesDuplicate).toBe(200);
    // Long after they were forgotten.
    loop.run(60_000);
    expect(relay.state?.frames.framesHeld).toBe(0);
    for (const seq of range(0, 100)) {
      expect(relay.admits(frameOf(seq).header, 2, undefined, START)).toBe(false);
      push(loop, seq);
    }
    loop.run(1_000);
    expect(loop.delivered(A)).toEqual(range(0, 100));
  });

  it('[R5] frames, votes and trees of an epoch that is over do nothing in the next', () => {
    const loop = fedByMallory();
    for (const seq of range(0, 20)) push(loop, seq);
    loop.run(500);
    const anew = { ...(loop.member(A).relay.beacon as object), epoch: EPOCH + 1, counter: 0 } as never;
    loop.input(A, { type: 'beacon', peer: MALLORY, beacon: anew, host: HOST });
    for (const seq of range(0, 20)) push(loop, seq);
    say(loop, { type: MessageType.votes, epoch: EPOCH, votes: [{ seq: 1, hash: hashOf(1) }] });
    say(loop, { type: MessageType.subscribed, epoch: EPOCH, stripe: 0, firstSeq: 0, path: [HOST, MALLORY] });
    loop.run(1_000);
    const { relay } = loop.member(A);
    expect(relay.state?.frames.framesHeld).toBe(0);
    expect(loop.parentOf(A)).toBeUndefined();
    expect(loop.delivered(A)).toEqual(range(0, 20));
  });

  it('[R12] payload without a single vote is delivered: its sender is the electorate, and the deadline waits for nobody', () => {
    const loop = fedByMallory();
    for (const seq of range(0, 50)) push(loop, seq);
    loop.run(100);
    expect(loop.delivered(A)).toEqual(range(0, 50));
    expect(loop.member(A).relay.counters.framesConfirmed).toBe(50);
  });

  it('[R12] voters that are ahead and never agree cost the confirmation, not the stream', () => {
    const loop = fedByMallory();
    for (const peer of HOARDERS) loop.input(A, { type: 'peer-up', peer });
    for (const seq of range(0, 50)) {
      for (const peer of HOARDERS)
        say(
          loop,
          { type: MessageType.votes, epoch: EPOCH, votes: [{ seq, hash: hashOf(seq, 'other') }] },
          peer,
        );
      push(loop, seq);
      loop.run(10);
    }
    loop.run(100);
    expect(loop.delivered(A)).toEqual(range(0, 50));
    expect(loop.member(A).relay.counters.framesConfirmed).toBe(0);
  });
});

describe('parents that make a node wait', () => {
  const OTHER = B;
  const patienceOf = (loop: RelayLoop): number =>
    loop.member(A).relay.state?.repair.patienceMs(loop.now) ?? 0;

  /** Mallory pushes every second frame; another neighbour votes for the ones between, is asked for them, and sends them. */
  function fedByHalf(each: (loop: RelayLoop, seq: number) => void): { loop: RelayLoop; before: number } {
    const loop = fedByMallory();
    loop.input(A, { type: 'peer-up', peer: OTHER });
    const before = patienceOf(loop);
    for (const seq of range(0, 20).map((n) => 2 * n)) {
      say(loop, { type: MessageType.votes, epoch: EPOCH, votes: [{ seq, hash: hashOf(seq) }] }, OTHER);
      loop.run(170);
      push(loop, seq, OTHER);
      each(loop, seq);
      push(loop, seq + 1);
    }
    expect(loop.delivered(A)).toEqual(range(0, 40));
    return { loop, before };
  }
  const comesAgain = (loop: RelayLoop, seq: number, peer: PeerId | undefined): void =>
    expect(loop.member(A).relay.admits(frameOf(seq).header, 2, peer, loop.now)).toBe(false);
  const pulledOf = (loop: RelayLoop) => loop.member(A).relay.state?.repair.pulled;

  it('strangers leave no trace with their frames', () => {
    const loop = fedByMallory();
    const bytes = () => loop.member(A).relay.forest?.tableBytes;
    const before = bytes();
    for (const number of range(1_000, 1_100)) push(loop, 0, peerOf(number));
    expect(bytes()).toBe(before);
  });

  it('[R14] are waited for where there is nobody else, though not for long', () => {
    const { loop, before } = fedByHalf((each, seq) => comesAgain(each, seq, MALLORY));
    expect(pulledOf(loop)).toBeLessThan(10);
    expect(patienceOf(loop)).toBeGreaterThan(1.5 * before);
    expect(patienceOf(loop)).toBeLessThanOrEqual(1_500);
  });

  it('[R14] change nothing with frames that they push out of their turn: those were lost above them, and mended', () => {
    const { loop, before } = fedByHalf((each, seq) => {
      if (seq > 0) comesAgain(each, seq - 2, MALLORY);
    });
    expect([pulledOf(loop), patienceOf(loop)]).toEqual([20, before]);
  });

  it('[R14] neighbours that are no parents change nothing with frames that come again', () => {
    const { loop, before } = fedByHalf((each, seq) => {
      for (const peer of [...HOARDERS, OTHER, undefined]) comesAgain(each, seq, peer);
    });
    expect([pulledOf(loop), patienceOf(loop)]).toEqual([20, before]);
    const parenthood = (peer: PeerId, seq: number) => loop.member(A).relay.forest?.parenthood(peer, seq);
    expect([parenthood(MALLORY, 40), parenthood(MALLORY, 38), parenthood(OTHER, 40)]).toEqual([
      'only parent',
      'other',
      'other',
    ]);
  });
});

describe('slot hoarders', () => {
  const subscribe = (interior: boolean, starving: boolean): Subscribe => ({
    type: MessageType.subscribe,
    epoch: EPOCH,
    stripe: 0,
    fromSeq: undefined,
    interior,
    makeshift: false,
    starving,
  });

  /** host — A, and five hoarders at A that take every place they can get. */
  function besieged(): RelayLoop {
    const loop = new RelayLoop();
    for (const id of [HOST, A]) loop.add(id);
    loop.beacon();
    loop.connect(HOST, A);
    loop.run(500);
    for (const peer of HOARDERS) {
      loop.input(A, { type: 'peer-up', peer });
      for (const _ of range(0, 20)) say(loop, subscribe(false, true), peer);
    }
    return loop;
  }

  it('[R15] get one place each, and no more than there are', () => {
    const loop = besieged();
    expect(loop.member(A).relay.forest?.trees[0]?.children.size).toBe(3);
    const refusals = loop.sent.flatMap(({ from, output }) =>
      from === A && output.type === 'send' && output.message.type === MessageType.refused ? [output] : [],
    );
    expect(refusals.length).toBeGreaterThan(0);
    for (const { message } of refusals) expect(message).toMatchObject({ reason: RefusalReason.full });
  });

  it('[R15] cost what the relay has that they sit at: who comes to it and to another is fed by the other', () => {
    const loop = besieged();
    loop.add(B);
    loop.connect(A, B);
    loop.connect(HOST, B);
    loop.run(1_000);
    loop.publish(50);
    loop.run(500);
    expect(loop.parentOf(B)).toBe(HOST);
    expect(loop.delivered(B)).toEqual(range(0, 50));
    expect(loop.delivered(A)).toEqual(range(0, 50));
  });
});
