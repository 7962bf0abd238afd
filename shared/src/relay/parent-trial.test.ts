import { beforeEach, describe, expect, it } from 'vitest';
import { EPOCH, frameOf, openSlots } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { HOST, RelayLoop } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, RefusalReason } from '../wire/tree-messages.ts';
import { relayTimings } from './relay-contract.ts';

const [A, B, C, NEARER] = [1, 2, 3, 66].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];
const path = [HOST, NEARER];
const stripe = 0;
const epoch = EPOCH;

/** host → B → C → A, and one nearer to the host took A as a child, which is no machine: what it sends is put in by hand. */
describe('[R15] a better parent is tried out first', () => {
  let loop: RelayLoop;
  const say = (message: RelayMessage) => loop.input(A, { type: 'message', peer: NEARER, message });
  const saidTo = (peer: PeerId, type: number, since: number) =>
    loop.sent.filter(
      ({ from, to, output, at }) =>
        from === A && to === peer && at >= since && output.type === 'send' && output.message.type === type,
    ).length;

  const takesA = (pauseMs = 0) => {
    say({ type: MessageType.advert, epoch, stripe, state: AdvertState.attached, slots: openSlots(9), path });
    for (
      let waitedMs = 0;
      saidTo(NEARER, MessageType.subscribe, 0) === 0 && waitedMs < 20_000;
      waitedMs += 10
    )
      loop.publish(1);
    loop.run(pauseMs);
    say({ type: MessageType.subscribed, epoch, stripe, firstSeq: 0, path });
  };

  beforeEach(() => {
    loop = new RelayLoop();
    loop.add(HOST);
    for (const [id, parent] of [
      [B, HOST],
      [C, B],
      [A, C],
    ] as const) {
      loop.add(id);
      loop.connect(parent, id);
      loop.beacon();
      loop.publish(30);
    }
    expect(loop.parentOf(A)).toBe(C);
    loop.input(A, { type: 'peer-up', peer: NEARER });
  });

  it('one that asks it to make room at once is left: it would go on feeding a node that has its parent', () => {
    takesA();
    const since = loop.now;
    say({ type: MessageType.refused, epoch, stripe, reason: RefusalReason.makeRoom, alternatives: [] });
    loop.publish(1);
    expect([loop.parentOf(A), saidTo(NEARER, MessageType.unsubscribe, since)]).toEqual([C, 1]);
  });

  it('one that pushes nothing never becomes the parent, and is not asked again for long', () => {
    takesA();
    const since = loop.now;
    loop.publish(relayTimings.trialMs / 10 - 1);
    expect([loop.parentOf(A), saidTo(NEARER, MessageType.unsubscribe, since)]).toEqual([C, 0]);
    loop.publish(5);
    expect([loop.parentOf(A), saidTo(NEARER, MessageType.unsubscribe, since)]).toEqual([C, 1]);
    loop.publish(4_000);
    expect([saidTo(NEARER, MessageType.subscribe, since), saidTo(C, MessageType.unsubscribe, 0)]).toEqual([
      0, 0,
    ]);
    expect(loop.delivered(A).length).toBeGreaterThan(4_000);
  });

  it('it is the parent with the first frame that it pushes', () => {
    takesA();
    const { headSeq = 0 } = loop.member(A).relay.state?.frames ?? {};
    expect(loop.parentOf(A)).toBe(C);
    loop.input(A, { type: 'frame', peer: NEARER, frame: frameOf(headSeq + 1) });
    expect([loop.parentOf(A), saidTo(C, MessageType.unsubscribe, 0)]).toEqual([NEARER, 1]);
  });

  it('it may push what is there already, as the gate or the machine finds', () => {
    takesA();
    const { relay } = loop.member(A);
    const held = frameOf(relay.state?.frames.headSeq ?? 0);
    expect(relay.admits(held.header, held.payload.length, B, loop.now)).toBe(false);
    loop.input(A, { type: 'tick' });
    expect(loop.parentOf(A)).toBe(C);
    expect(relay.admits(held.header, held.payload.length, NEARER, loop.now)).toBe(false);
    loop.input(A, { type: 'tick' });
    expect(loop.parentOf(A)).toBe(NEARER);
  });

  it('where the present parent pushes nothing either, silence proves nothing', () => {
    takesA(100);
    expect(loop.parentOf(A)).toBe(C);
    loop.run(relayTimings.trialMs);
    expect([loop.parentOf(A), saidTo(C, MessageType.unsubscribe, 0)]).toEqual([NEARER, 1]);
  });

  it('it takes over at once where the present parent is lost, and is forgotten where it goes or refuses', () => {
    takesA();
    loop.disconnect(A, C);
    expect(loop.parentOf(A)).toBe(NEARER);
    for (const end of [
      () => loop.input(A, { type: 'peer-down', peer: NEARER }),
      () => loop.input(A, { type: 'peer-health', peer: NEARER, silent: true, rttMs: undefined }),
      () =>
        say({
          type: MessageType.refused,
          epoch,
          stripe,
          reason: RefusalReason.full,
          alternatives: [],
        }),
    ]) {
      loop.input(A, { type: 'peer-down', peer: NEARER });
      loop.connect(A, C);
      loop.publish(300);
      expect(loop.parentOf(A)).toBe(C);
      loop.input(A, { type: 'peer-up', peer: NEARER });
      loop.sent.length = 0;
      takesA();
      const trees = loop.member(A).relay.forest?.trees ?? [];
      expect(trees[0]?.trial?.peer).toBe(NEARER);
      end();
      expect([trees[0]?.trial, loop.parentOf(A)]).toEqual([undefined, C]);
      loop.disconnect(A, C);
    }
  });

  it('whom a node tries out it does not take as a child', () => {
    takesA();
    const fromSeq = undefined;
    say({
      type: MessageType.subscribe,
      epoch,
      stripe,
      fromSeq,
      interior: false,
      makeshift: false,
      starving: true,
    });
    expect(saidTo(NEARER, MessageType.refused, 0)).toBe(1);
  });
});
