import { describe, expect, it } from 'vitest';
import { EPOCH, frameOf, hashOf, openSlots, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop, range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { randomBelow, seededRandom } from '../lib/random.ts';
import { encodeMessage } from '../wire/codec.ts';
import { limits } from '../wire/limits.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, RefusalReason } from '../wire/tree-messages.ts';
import { relayCaps, relayTimings } from './relay-contract.ts';

const [A, MALLORY, STRANGER] = [1, 66, 99].map(peerOf) as [PeerId, PeerId, PeerId];

/** host — A — Mallory, with `frames` published; Mallory is no machine: what it says is put in by hand. */
function victim(frames = 50): RelayLoop {
  const loop = new RelayLoop();
  for (const id of [HOST, A]) loop.add(id);
  loop.beacon();
  loop.connect(HOST, A);
  loop.run(1_000);
  loop.input(A, { type: 'peer-up', peer: MALLORY });
  loop.publish(frames);
  loop.run(300);
  return loop;
}

const say = (loop: RelayLoop, message: RelayMessage, peer = MALLORY) =>
  loop.input(A, { type: 'message', peer, message });

const votes = (seqs: readonly number[], other = 'forged'): RelayMessage => ({
  type: MessageType.votes,
  epoch: EPOCH,
  votes: seqs.map((seq) => ({ seq, hash: hashOf(seq, other) })),
});

const subscribe = (fromSeq: number | undefined): RelayMessage => ({
  type: MessageType.subscribe,
  epoch: EPOCH,
  stripe: 0,
  fromSeq,
  interior: false,
  makeshift: false,
  starving: false,
});

const pushesTo = (loop: RelayLoop, peer: PeerId): number =>
  loop.sent.filter(({ to, output }) => to === peer && output.type === 'push').length;

describe('hostile neighbours', () => {
  it('[R11] votes for frames far ahead change nothing, before the first frame as little as after it', () => {
    const loop = new RelayLoop();
    for (const id of [HOST, A]) loop.add(id);
    loop.beacon();
    loop.input(A, { type: 'peer-up', peer: MALLORY });
    loop.connect(HOST, A);
    loop.run(200);
    const early = range(0, 256).map((at) => 1_000_000 + at * 200);
    for (const at of range(0, 4)) say(loop, votes(early.map((seq) => seq + at)));
    loop.run(5_000);
    expect(loop.member(A).relay.state?.repair.missing).toBe(0);
    loop.publish(30);
    say(loop, votes(early));
    loop.run(5_000);
    expect(loop.delivered(A)).toEqual(range(0, 30));
    expect(loop.sent.filter(({ to }) => to === MALLORY).map(({ output }) => output.type)).not.toContain(
      'pull',
    );
    expect(loop.member(A).relay.state?.repair.missing).toBe(0);
  });

  it('[R14] votes for frames that are never published cost a bounded number of small pulls', () => {
    const loop = victim();
    say(loop, votes(range(50, 50 + 256)));
    say(loop, votes(range(306, 306 + 256)));
    loop.publish(40);
    loop.run(1_000);
    expect(loop.delivered(A)).toEqual(range(0, 90));
    const pulls = loop.sent.flatMap(({ from, output }) =>
      from === A && output.type === 'send' && output.message.type === MessageType.pull
        ? [output.message]
        : [],
    );
    for (const pull of pulls) {
      expect(pull.seqs.length).toBeLessThanOrEqual(limits.pullSeqsMax);
      expect(encodeMessage(pull).length).toBeLessThan(150);
    }
    expect(loop.member(A).relay.state?.repair.missing).toBeLessThanOrEqual(relayCaps.votesAheadMax);
  });

  it('[R29] huge pulls are served within the budget', () => {
    const loop = victim(60);
    for (let packet = 0; packet < 100; packet++) {
      say(loop, { type: MessageType.pull, epoch: EPOCH, seqs: range(0, 64) });
    }
    expect(pushesTo(loop, MALLORY)).toBe(relayCaps.pullsServedPerSlotMax);
  });

  it('[R15] a stranger is neither fed nor answered', () => {
    const loop = victim();
    const before = loop.sent.length;
    say(loop, subscribe(0), STRANGER);
    say(loop, { type: MessageType.pull, epoch: EPOCH, seqs: [1, 2] }, STRANGER);
    say(loop, votes([50]), STRANGER);
    loop.publish(3);
    loop.run(300);
    expect(loop.sent.slice(before).filter(({ to }) => to === STRANGER)).toEqual([]);
    expect(loop.member(A).relay.counters.rejected).toMatchObject({ stranger: 3 });
  });

  it('[R29] a neighbour that subscribes over and over is not sent the past over and over', () => {
    const loop = victim();
    for (let round = 0; round < 100; round++) {
      say(loop, { type: MessageType.unsubscribe, epoch: EPOCH, stripe: 0 });
      say(loop, subscribe(0));
    }
    expect(pushesTo(loop, MALLORY)).toBe(relayCaps.backfillPushedMax);
    loop.run(relayTimings.subscribeTimeoutMs);
    say(loop, subscribe(0));
    expect(pushesTo(loop, MALLORY)).toBe(2 * relayCaps.backfillPushedMax);
  });

  it('[R6] a back-fill ends at its cap', () => {
    const loop = victim(10);
    for (const seq of range(10, 6_000)) {
      loop.input(A, { type: 'frame', peer: HOST, frame: frameOf(seq, { payload: new Uint8Array(1) }) });
    }
    say(loop, subscribe(0));
    expect(pushesTo(loop, MALLORY)).toBe(relayCaps.backfillPushedMax);
    const answer = loop.sent.find(
      ({ to, output }) =>
        to === MALLORY && output.type === 'send' && output.message.type === MessageType.subscribed,
    );
    expect(answer?.output).toMatchObject({ message: { firstSeq: 6_000 - relayCaps.backfillFramesMax } });
  });

  it('[R15] subscribed without being asked is answered with unsubscribe and changes nothing', () => {
    const loop = victim();
    const outputs = say(loop, {
      type: MessageType.subscribed,
      epoch: EPOCH,
      stripe: 0,
      firstSeq: 0,
      path: [HOST, MALLORY],
    });
    expect(outputs).toContainEqual({
      type: 'send',
      peer: MALLORY,
      message: { type: MessageType.unsubscribe, epoch: EPOCH, stripe: 0 },
    });
    expect(loop.parentOf(A)).toBe(HOST);
  });

  it('[R15] a second answer of the parent itself does not end the subscription', () => {
    const loop = victim();
    say(loop, { type: MessageType.subscribed, epoch: EPOCH, stripe: 0, firstSeq: 50, path: [HOST] }, HOST);
    loop.publish(50);
    loop.run(300);
    expect(loop.parentOf(A)).toBe(HOST);
    expect(loop.pushesTo(A)).toEqual(range(0, 100));
    expect(loop.member(A).relay.state?.repair.pulled).toBe(0);
  });

  it.each([0, 20_300, 0xffffffff])(
    '[R15] a parent that lies about where it begins (at %d) costs a moment, not the stream',
    (firstSeq) => {
      const loop = new RelayLoop();
      for (const id of [HOST, A]) loop.add(id, { retentionMs: 1_000 });
      loop.beacon();
      // Twenty thousand frames ago the stream began; A comes to Mallory first.
      loop.publish(20_000, 1);
      loop.beacon();
      loop.input(A, { type: 'peer-up', peer: MALLORY });
      loop.input(A, { type: 'own-beacon', beacon: loop.member(HOST).relay.beacon as never });
      say(loop, {
        type: MessageType.advert,
        epoch: EPOCH,
        stripe: 0,
        state: AdvertState.attached,
        slots: openSlots(9),
        path: [HOST, MALLORY],
      });
      loop.run(300);
      say(loop, { type: MessageType.subscribed, epoch: EPOCH, stripe: 0, firstSeq, path: [HOST, MALLORY] });
      expect(loop.parentOf(A)).toBe(MALLORY);
      loop.connect(HOST, A);
      loop.run(500);
      loop.input(A, { type: 'peer-down', peer: MALLORY });
      loop.publish(1_500);
      loop.run(1_000);
      expect(loop.delivered(A).slice(-100)).toEqual(range(21_400, 21_500));
    },
  );

  it('[R16] a path that leads through this node is refused, and so is a child on the own path', () => {
    const loop = victim();
    const outputs = loop.input(HOST, { type: 'message', peer: A, message: subscribe(0) });
    const accepted = expect.objectContaining({ type: MessageType.subscribed });
    expect(outputs).toContainEqual(expect.objectContaining({ peer: A, message: accepted }));
    const own = say(loop, subscribe(0), HOST);
    expect(own).toContainEqual(
      expect.objectContaining({
        peer: HOST,
        message: expect.objectContaining({ type: MessageType.refused, reason: RefusalReason.loop }),
      }),
    );
  });

  it('[R13] frames far out of the window are turned away before anything is checked', () => {
    const loop = victim();
    const { relay } = loop.member(A);
    expect(relay.admits(frameOf(50 + limits.framesAheadMax).header, 2, undefined, START)).toBe(true);
    expect(relay.admits(frameOf(51 + limits.framesAheadMax).header, 2, undefined, START)).toBe(false);
    expect(relay.admits(frameOf(3).header, 2, undefined, START)).toBe(false);
    expect(relay.admits(frameOf(60, { epoch: EPOCH + 1 }).header, 2, undefined, START)).toBe(false);
    expect(relay.counters.rejected).toEqual({ 'out-of-window': 1, 'other-epoch': 1 });
  });

  it('[R6] a hundred thousand hostile inputs leave every table within its cap, and the stream unharmed', () => {
    const loop = victim();
    const random = seededRandom(1);
    const some = (below: number): number => randomBelow(random, below);
    const seq = (): number => (some(2) === 0 ? some(2_000) : random.u32());
    const seqs = (): number[] => range(0, some(64)).map(() => seq());
    const path = (): PeerId[] => range(0, some(limits.pathIdsMax)).map(() => peerOf(some(200)));
    const kinds: (() => RelayMessage)[] = [
      () => votes(seqs(), some(3) === 0 ? '' : 'forged'),
      () => ({ type: MessageType.pull, epoch: EPOCH, seqs: seqs() }),
      () => ({ type: MessageType.pullMissing, epoch: EPOCH, seqs: seqs() }),
      () => ({ ...(subscribe(seq()) as object), stripe: some(16) }) as RelayMessage,
      () => ({ type: MessageType.subscribed, epoch: EPOCH, stripe: some(16), firstSeq: seq(), path: path() }),
      () => ({
        type: MessageType.refused,
        epoch: EPOCH,
        stripe: some(16),
        reason: 0,
        alternatives: path().slice(0, 8),
      }),
      () => ({ type: MessageType.unsubscribe, epoch: EPOCH, stripe: some(16) }),
      () => ({
        type: MessageType.advert,
        epoch: EPOCH + (some(50) === 0 ? 1 : 0),
        stripe: some(16),
        state: some(3) as AdvertState,
        slots: { free: some(256), forInterior: some(256), forStarving: some(256) },
        path: path(),
      }),
    ];
    const { relay } = loop.member(A);
    for (let round = 0; round < 100_000; round++) {
      const peer = some(10) === 0 ? peerOf(some(1_000) + 1_000) : MALLORY;
      relay.handle(
        { type: 'message', peer, message: (kinds[some(kinds.length)] as () => RelayMessage)() },
        loop.now,
      );
      if (round % 100 === 0) loop.now++;
    }
    const state = relay.state;
    expect(state?.frames.framesHeld).toBe(50);
    expect(state?.frames.bytesHeld).toBe(100);
    expect(state?.repair.missing).toBeLessThanOrEqual(relayCaps.missingMax);
    expect(relay.forest?.trees[0]?.children.size).toBeLessThanOrEqual(3);
    expect(Object.keys(relay.counters.rejected).length).toBeLessThan(10);
    loop.input(A, { type: 'peer-down', peer: MALLORY });
    loop.publish(50);
    loop.run(1_000);
    expect(loop.delivered(A)).toEqual(range(0, 100));
  });

  it('[R17] retention bounds what a node keeps for others, however long a stream runs', () => {
    const loop = new RelayLoop();
    for (const id of [HOST, A]) loop.add(id, { retentionMs: 500, retentionBytesMax: 60 });
    loop.beacon();
    loop.connect(HOST, A);
    loop.run(1_000);
    loop.publish(1_000);
    for (const id of [HOST, A]) {
      const frames = loop.member(id).relay.state?.frames;
      expect(frames?.bytesHeld).toBeLessThanOrEqual(60 + 2 * 60);
      expect(frames?.lowestSeq).toBeGreaterThan(900);
    }
    expect(loop.delivered(A)).toEqual(range(0, 1_000));
  });
});
