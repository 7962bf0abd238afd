import { describe, expect, it } from 'vitest';
import { peerOf } from '../../test-kit/ids.ts';
import { failureOf, signalOf } from '../../test-kit/signals.ts';
import { passed, SupernodeScene } from '../../test-kit/supernode-scene.ts';
import type { PeerId } from '../lib/ids.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';

const [A, B, C, FAR] = [1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];
const [_OTHER, _THIRD] = [91, 92].map(peerOf) as [PeerId, PeerId];

/** What one may send to one other has a limit of its own, which is not what these are about. */
const manyToOne = { pairSignalsBurst: 10_000, pairSignalsPerSecond: 10_000 };

describe('signals between members of one supernode', () => {
  it('[R25] [R43] go to the link of the one they are for as they came, with whatever way they name', () => {
    const supernode = new SupernodeScene();
    supernode.connect(A);
    const link = supernode.connect(B);
    const message = signalOf(A, B, { path: [C], route: [FAR] });
    expect(supernode.say(A, message)).toEqual([passed(link, message)]);
    expect(supernode.node.signals.forwarded).toBe(1);
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
    expect(supernode.node.signals.failed).toBe(2);
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
      const before = supernode.node.signals.forwarded;
      for (let i = 0; i < count; i++) supernode.say(from, signalOf(from, B));
      return supernode.node.signals.forwarded - before;
    };
    expect(forwarded(A, 300)).toBe(200);
    const refusal = supernode.say(A, signalOf(A, B))[0];
    expect(refusal).toMatchObject({ message: { reason: SignalFailure.tooFast } });
    supernode.now += 1_000;
    expect([forwarded(A, 300), forwarded(C, 10)]).toEqual([40, 10]);
  });
});
