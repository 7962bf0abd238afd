/** Signals between members of different supernodes: which way they go, and what a supernode that lies can do. */
import { describe, expect, it } from 'vitest';
import { counting, peerOf } from '../../test-kit/ids.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import { failureOf, signalOf } from '../../test-kit/signals.ts';
import { passed, SupernodeScene } from '../../test-kit/supernode-scene.ts';
import { type LinkId, type PeerId, tagOf } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';
import type { SupernodeSettings } from './supernode-settings.ts';

const [A, B, C, FAR] = [1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];
/** Linked with this supernode, which is 0; BEYOND is linked with OTHER only. */
const [OTHER, THIRD, BEYOND] = [91, 92, 93].map(peerOf) as [PeerId, PeerId, PeerId];
const manyToOne = { pairSignalsBurst: 10_000, pairSignalsPerSecond: 10_000 };
const supernode = { role: Role.supernode, stream: undefined };

/** A and B are members here; FAR is one of OTHER, as its record says. THIRD is a supernode, too. */
function setUp(settings: Partial<SupernodeSettings> = {}) {
  const scene = new SupernodeScene(settings);
  const third = scene.connect(THIRD, { role: Role.supernode }) as LinkId;
  const other = scene.connect(OTHER, { role: Role.supernode }) as LinkId;
  for (const number of [1, 2]) scene.member(number, { supernodes: [tagOf(peerOf(0))] });
  const records = [recordOf(4, { supernodes: [tagOf(peerOf(99)), tagOf(OTHER)] }), recordOf(5)];
  scene.say(OTHER, { type: MessageType.records, records });
  const sent = (outputs: ReturnType<SupernodeScene['say']>) =>
    outputs.flatMap((output) =>
      output.type === 'send' &&
      (output.message.type === MessageType.signal || output.message.type === MessageType.signalFailed)
        ? [output]
        : [],
    );
  const say = (...given: Parameters<SupernodeScene['say']>) => sent(scene.say(...given));
  return { scene, third, other, say };
}

/** C is a member of BEYOND, which has a trunk with OTHER. */
function withBeyond() {
  const all = setUp();
  const { scene } = all;
  const records = [
    recordOf(91, supernode),
    recordOf(93, supernode),
    recordOf(3, { supernodes: [tagOf(BEYOND)] }),
  ];
  scene.say(OTHER, { type: MessageType.records, records });
  scene.say(OTHER, { type: MessageType.links, lists: [linkListOf(91, [0, 93]), linkListOf(93, [91])] });
  scene.now += 2_000;
  return all;
}

describe('signals of a member', () => {
  it('[R41] go as they are to the supernode that the record of the peer names', () => {
    const { scene, other } = setUp();
    const message = signalOf(A, FAR);
    expect(scene.say(A, message)).toContainEqual(passed(other, message));
    expect([scene.node.signals.forwarded, scene.node.signals.overTrunks]).toEqual([1, { out: 1, in: 0 }]);
  });

  it('[R41] go by the trunks that both ends list, where there is none to the one that is named', () => {
    const { scene, other } = withBeyond();
    const message = signalOf(A, C);
    expect(scene.say(A, message)).toContainEqual(passed(other, message));
  });

  it('[R41] a trunk that only one end lists leads nowhere', () => {
    const { scene, say } = setUp();
    const records = [
      recordOf(91, supernode),
      recordOf(93, supernode),
      recordOf(3, { supernodes: [tagOf(BEYOND)] }),
    ];
    scene.say(OTHER, { type: MessageType.records, records });
    scene.say(OTHER, { type: MessageType.links, lists: [linkListOf(91, [0, 93]), linkListOf(93, [])] });
    scene.now += 2_000;
    expect(say(A, signalOf(A, C))[0]).toMatchObject({ message: { reason: SignalFailure.unknownPeer } });
  });

  it('[R41] fail where no supernode of the peer can be reached', () => {
    const { scene, say } = setUp();
    const message = failureOf(signalOf(A, peerOf(5)), { reason: SignalFailure.unknownPeer });
    expect(say(A, signalOf(A, peerOf(5)))).toEqual([{ type: 'send', link: scene.linkOf(A), message }]);
  });

  it('[R41] a trunk that has fallen silent carries none', () => {
    const { scene, say } = setUp();
    for (let second = 0; second < 10; second++) {
      scene.run(1_000);
      scene.say(A, { type: MessageType.ping, number: 1 });
      scene.say(THIRD, { type: MessageType.ping, number: 1 });
    }
    expect(say(A, signalOf(A, FAR))[0]).toMatchObject({ message: { reason: SignalFailure.unknownPeer } });
  });
});

describe('signals that another supernode brings', () => {
  it('[R41] go to members here as they are', () => {
    const { scene, say } = setUp();
    const message = signalOf(FAR, A);
    expect(say(OTHER, message)).toEqual([{ type: 'send', link: scene.linkOf(A), message }]);
    expect(scene.node.signals.overTrunks).toEqual({ out: 0, in: 1 });
  });

  it('[R41] answers find back by where the dial came from, before there is a record that names the way', () => {
    const { scene, third, say } = setUp();
    const newcomer = peerOf(77);
    say(THIRD, signalOf(newcomer, A));
    const answer = signalOf(A, newcomer);
    expect(scene.say(A, answer)).toContainEqual(passed(third, answer));
    expect(say(A, signalOf(A, newcomer, { session: 6 }))[0]).toMatchObject({
      message: { reason: SignalFailure.unknownPeer },
    });
  });

  it('[R41] go on over another trunk, with those on their path that they have passed', () => {
    const { scene, other, say } = withBeyond();
    const signal = signalOf(peerOf(77), C);
    const message = { ...signal, path: [THIRD] };
    expect(say(THIRD, signal)).toEqual([{ type: 'send', link: other, message }]);
    expect(scene.node.signals.overTrunks).toEqual({ out: 1, in: 1 });
    const answer = signalOf(C, peerOf(77), { path: [BEYOND] });
    expect(say(OTHER, answer)).toEqual([
      { type: 'send', link: scene.linkOf(THIRD), message: { ...answer, path: [BEYOND, OTHER] } },
    ]);
  });

  it('[R41] cross three trunks at most', () => {
    const { third, say } = withBeyond();
    const signal = signalOf(peerOf(77), C, { path: [peerOf(80), peerOf(81)] });
    const message = failureOf(signal, { reason: SignalFailure.noRoute });
    expect(say(THIRD, signal)).toEqual([{ type: 'send', link: third, message }]);
  });

  it('[R41] do not go in circles, nor back to where they came from', () => {
    const { scene, other, say } = withBeyond();
    const from = peerOf(77);
    expect(say(THIRD, signalOf(from, C, { path: [peerOf(0)] }))).toEqual([]);
    expect(say(THIRD, signalOf(from, C, { path: [OTHER], session: 6 }))).toMatchObject([
      { message: { type: MessageType.signalFailed, reason: SignalFailure.noRoute } },
    ]);
    expect(say(OTHER, signalOf(from, C, { session: 7 }))).toEqual([
      {
        type: 'send',
        link: other,
        message: failureOf(signalOf(from, C, { session: 7 }), { reason: SignalFailure.unknownPeer }),
      },
    ]);
    expect(scene.node.rejected).toEqual({ 'signal-loop': 1 });
  });

  it('[R41] pass once: a repeated one is dropped', () => {
    const { scene, say } = setUp();
    expect(say(OTHER, signalOf(FAR, A))).toHaveLength(1);
    expect(say(OTHER, signalOf(FAR, A))).toEqual([]);
    expect(say(THIRD, signalOf(FAR, A))).toEqual([]);
    expect(say(OTHER, signalOf(FAR, A, { payload: counting(1, 3) }))).toHaveLength(1);
    expect(scene.node.rejected).toEqual({ 'signal-repeated': 2 });
  });
});

describe('a supernode that lies', () => {
  it('[R41] brings no signals from who is a member here and nowhere else', () => {
    const { scene, say } = setUp();
    expect(say(OTHER, signalOf(B, A))).toEqual([]);
    expect(say(OTHER, signalOf(peerOf(0), A))).toEqual([]);
    expect(scene.node.rejected).toEqual({ 'signal-of-own-member': 2 });
    const both = recordOf(2, { seq: 1, supernodes: [tagOf(OTHER), tagOf(peerOf(0))] });
    scene.say(B, { type: MessageType.records, records: [both] });
    expect(say(OTHER, signalOf(B, A))).toHaveLength(1);
  });

  it('[R41] word of a failure counts only from where the signal went', () => {
    const { scene, say } = setUp();
    const failure = failureOf(signalOf(A, FAR));
    expect([say(OTHER, failure), say(THIRD, failure)]).toEqual([[], []]);
    scene.say(A, signalOf(A, FAR));
    expect(say(THIRD, failure)).toEqual([]);
    expect(say(OTHER, failureOf(signalOf(A, FAR, { session: 6 })))).toEqual([]);
    expect(say(OTHER, failure)).toEqual([{ type: 'send', link: scene.linkOf(A), message: failure }]);
    expect(scene.node.rejected).toEqual({ 'signal-from-another': 4 });
  });

  it('[R41] word of a failure goes back over all trunks that the signal crossed', () => {
    const { scene, other, third, say } = withBeyond();
    const signal = signalOf(peerOf(77), C);
    say(THIRD, signal);
    const failure = failureOf(signal, { reason: SignalFailure.noRoom });
    expect(say(OTHER, failure)).toEqual([{ type: 'send', link: third, message: failure }]);
    // And from a member here, to whom a dial came.
    say(OTHER, signalOf(FAR, A));
    const refusal = failureOf(signalOf(FAR, A), { reason: SignalFailure.noRoom });
    expect(say(A, refusal)).toEqual([{ type: 'send', link: other, message: refusal }]);
    expect(say(B, refusal)).toEqual([]);
    expect(scene.node.rejected).toEqual({ 'signal-from-another': 1 });
  });

  it('[R29][R41] uses up its own share only, not that of the sender or of another supernode', () => {
    const { scene } = setUp({ pairSignalsBurst: 3, pairSignalsPerSecond: 1 });
    const far = recordOf(6, { supernodes: [tagOf(OTHER), tagOf(THIRD)] });
    scene.say(OTHER, { type: MessageType.records, records: [far] });
    const count = (from: PeerId): number => {
      const before = scene.node.signals.forwarded;
      for (let i = 0; i < 10; i++)
        scene.say(from, signalOf(peerOf(6), A, { payload: counting(i, 3), session: from === OTHER ? 1 : 2 }));
      return scene.node.signals.forwarded - before;
    };
    expect([count(OTHER), count(THIRD)]).toEqual([3, 3]);
    for (let i = 0; i < 10; i++) scene.say(B, signalOf(B, A));
    expect(scene.node.signals.forwarded).toBe(9);
  });

  it('[R29] who answers a dial that a supernode brought approaches nobody', () => {
    const { scene, other, say } = setUp({ fanOutBurst: 1, fanOutPerMinute: 1 });
    scene.say(A, signalOf(A, B));
    expect(say(A, signalOf(A, FAR))[0]).toMatchObject({ message: { reason: SignalFailure.tooFast } });
    scene.say(OTHER, signalOf(FAR, A));
    expect(scene.say(A, signalOf(A, FAR))).toContainEqual(passed(other, signalOf(A, FAR)));
  });

  it('[R29] speaks for many: 20 times as many signals, and no more', () => {
    const { scene } = setUp(manyToOne);
    let session = 0;
    const bring = (count: number): number => {
      const before = scene.node.signals.forwarded;
      for (let i = 0; i < count; i++) scene.say(OTHER, signalOf(FAR, A, { session: session++ }));
      return scene.node.signals.forwarded - before;
    };
    expect(bring(5_000)).toBe(4_000);
    scene.now += 1_000;
    expect(bring(5_000)).toBe(800);
  });
});
