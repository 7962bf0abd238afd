import { describe, expect, it } from 'vitest';
import { peerOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { failureOf, signalOf } from '../../test-kit/signals.ts';
import { passed, SupernodeScene } from '../../test-kit/supernode-scene.ts';
import { type LinkId, type PeerId, tagOf } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';
import type { SupernodeSettings } from './supernode-settings.ts';

const [A, B, C, FAR] = [1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];
const [OTHER, THIRD] = [91, 92].map(peerOf) as [PeerId, PeerId];

/** What one may send to one other has a limit of its own, which is not what these are about. */
const manyToOne = { pairSignalsBurst: 10_000, pairSignalsPerSecond: 10_000 };

describe('signals between members of one supernode', () => {
  it('[R25] [R43] go to the link of the one they are for as they came, with whatever way they name', () => {
    const supernode = new SupernodeScene();
    supernode.connect(A);
    const link = supernode.connect(B);
    const message = signalOf(A, B, { path: [C], route: [FAR] });
    expect(supernode.say(A, message)).toEqual([passed(link, message)]);
    expect(supernode.node.signalsForwarded).toBe(1);
  });

  it('[R43] nobody signals in the name of another', () => {
    const supernode = new SupernodeScene();
    for (const peer of [A, B, C]) supernode.connect(peer);
    expect(supernode.say(A, signalOf(C, B))).toEqual([]);
    expect(supernode.say(A, failureOf(signalOf(B, C)))).toEqual([]);
    expect(supernode.node.rejected).toEqual({ 'signal-from-another': 2 });
  });

  it('[R25] to somebody who is not here are answered with failure, and so are those to oneself', () => {
    const supernode = new SupernodeScene();
    const link = supernode.connect(A);
    for (const to of [B, A]) {
      const message = failureOf(signalOf(A, to), { reason: SignalFailure.unknownPeer });
      expect(supernode.say(A, signalOf(A, to))).toEqual([{ type: 'send', link, message }]);
    }
    expect(supernode.node.signalsFailed).toBe(2);
  });

  it('[R25] a peer that has no room can say so to the one that dials', () => {
    const supernode = new SupernodeScene();
    const link = supernode.connect(A);
    supernode.connect(B);
    const message = failureOf(signalOf(A, B), { reason: SignalFailure.noRoom });
    expect(supernode.say(B, message)).toEqual([{ type: 'send', link, message }]);
  });

  it('[R29] 200 signals at once and 40 a second from one link; more fail, and others are not affected', () => {
    const supernode = new SupernodeScene(manyToOne);
    for (const peer of [A, B, C]) supernode.connect(peer);
    const forwarded = (from: PeerId, count: number): number => {
      const before = supernode.node.signalsForwarded;
      for (let i = 0; i < count; i++) supernode.say(from, signalOf(from, B));
      return supernode.node.signalsForwarded - before;
    };
    expect(forwarded(A, 300)).toBe(200);
    const refusal = supernode.say(A, signalOf(A, B))[0];
    expect(refusal).toMatchObject({ message: { reason: SignalFailure.tooFast } });
    supernode.now += 1_000;
    expect([forwarded(A, 300), forwarded(C, 10)]).toEqual([40, 10]);
  });
});

describe('signals to members of other supernodes', () => {
  /** A is a member here; FAR is one of OTHER, as its record says. THIRD is a supernode, too. */
  function setUp(settings: Partial<SupernodeSettings> = {}) {
    const supernode = new SupernodeScene(settings);
    const third = supernode.connect(THIRD, { role: Role.supernode }) as LinkId;
    const other = supernode.connect(OTHER, { role: Role.supernode }) as LinkId;
    supernode.member(1);
    const records = [recordOf(4, { supernodes: [tagOf(peerOf(99)), tagOf(OTHER)] }), recordOf(5)];
    supernode.say(OTHER, { type: MessageType.records, records });
    return { supernode, third, other };
  }

  it('[R25] go to the supernode that the record of the peer names', () => {
    const { supernode, other } = setUp();
    const message = signalOf(A, FAR);
    expect(supernode.say(A, message)).toContainEqual(passed(other, message));
    expect(supernode.node.signalsForwarded).toBe(1);
  });

  it('[R25] fail where none of its supernodes is known here', () => {
    const { supernode } = setUp();
    const message = failureOf(signalOf(A, peerOf(5)), { reason: SignalFailure.unknownPeer });
    const link = supernode.linkOf(A);
    expect(supernode.say(A, signalOf(A, peerOf(5)))).toContainEqual({ type: 'send', link, message });
  });

  it('[R25] that come from another supernode go to members here, whoever they are from', () => {
    const { supernode } = setUp();
    const message = signalOf(FAR, A);
    const link = supernode.linkOf(A);
    expect(supernode.say(OTHER, message)).toContainEqual(passed(link, message));
  });

  it('[R25] that come from another supernode go no further: they cannot go in circles', () => {
    const { supernode, third } = setUp();
    const message = failureOf(signalOf(C, FAR), { reason: SignalFailure.unknownPeer });
    const outputs = supernode.say(THIRD, signalOf(C, FAR));
    expect(outputs.filter(({ type }) => type === 'send')).toEqual([{ type: 'send', link: third, message }]);
    expect(supernode.node.signalsForwarded).toBe(0);
  });

  it('[R25] word of a failure goes back the same way, and no further either', () => {
    const { supernode, other } = setUp();
    const toA = failureOf(signalOf(A, FAR));
    const link = supernode.linkOf(A);
    expect(supernode.say(OTHER, toA)).toContainEqual({ type: 'send', link, message: toA });
    const fromA = failureOf(signalOf(FAR, A));
    expect(supernode.say(A, fromA)).toContainEqual({ type: 'send', link: other, message: fromA });
    const astray = failureOf(signalOf(FAR, C));
    expect(supernode.say(THIRD, astray).filter(({ type }) => type === 'send')).toEqual([]);
  });

  it('[R29] [R43] a supernode that lies about a sender uses up its own share only, not that of the sender', () => {
    const { supernode } = setUp({ pairSignalsBurst: 3, pairSignalsPerSecond: 1 });
    supernode.connect(B);
    const count = (say: () => unknown): number => {
      const before = supernode.node.signalsForwarded;
      for (let i = 0; i < 10; i++) say();
      return supernode.node.signalsForwarded - before;
    };
    expect(count(() => supernode.say(OTHER, signalOf(B, A)))).toBe(3);
    expect(count(() => supernode.say(THIRD, signalOf(B, A)))).toBe(3);
    expect(count(() => supernode.say(B, signalOf(B, A)))).toBe(3);
  });

  it('[R29] who answers a dial that a supernode brought approaches nobody', () => {
    const { supernode, other } = setUp({ fanOutBurst: 1, fanOutPerMinute: 1 });
    supernode.connect(B);
    supernode.say(A, signalOf(A, B));
    const refused = { message: { reason: SignalFailure.tooFast } };
    expect(supernode.say(A, signalOf(A, FAR))[0]).toMatchObject(refused);
    supernode.say(OTHER, signalOf(FAR, A));
    expect(supernode.say(A, signalOf(A, FAR))).toContainEqual(passed(other, signalOf(A, FAR)));
  });

  it('[R29] a supernode speaks for many: 20 times as many signals', () => {
    const { supernode } = setUp(manyToOne);
    for (let i = 0; i < 5_000; i++) supernode.say(OTHER, signalOf(FAR, A));
    expect(supernode.node.signalsForwarded).toBe(4_000);
    supernode.now += 1_000;
    for (let i = 0; i < 5_000; i++) supernode.say(OTHER, signalOf(FAR, A));
    expect(supernode.node.signalsForwarded).toBe(4_800);
  });
});
