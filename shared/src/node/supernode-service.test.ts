/** What one identity may ask of a supernode, and what a supernode says of services and of its end. */
import { describe, expect, it } from 'vitest';
import { peerOf } from '../../test-kit/ids.ts';
import { signalOf } from '../../test-kit/signals.ts';
import { SupernodeScene } from '../../test-kit/supernode-scene.ts';
import type { PeerId } from '../lib/ids.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';

const [A, B, OTHER] = [1, 2, 91].map(peerOf) as [PeerId, PeerId, PeerId];

/** How many of `count` signals go through, each from one to the next of the others. */
function forwarded(supernode: SupernodeScene, from: PeerId, to: readonly PeerId[], count: number): number {
  const before = supernode.node.signals.forwarded;
  for (let at = 0; at < count; at++) supernode.say(from, signalOf(from, to[at % to.length] as PeerId));
  return supernode.node.signals.forwarded - before;
}

describe('limits of one identity', () => {
  it('[R29] 60 signals at once and 10 a second to one other; more fail, those to others do not', () => {
    const supernode = new SupernodeScene();
    for (const number of [1, 2, 3]) supernode.connect(peerOf(number));
    expect(forwarded(supernode, A, [B], 100)).toBe(60);
    expect(supernode.say(A, signalOf(A, B))[0]).toMatchObject({
      message: { type: MessageType.signalFailed, reason: SignalFailure.tooFast },
    });
    expect(forwarded(supernode, A, [peerOf(3)], 20)).toBe(20);
    supernode.now += 1_000;
    expect(forwarded(supernode, A, [B], 20)).toBe(10);
  });

  it('[R29] 64 others are approached at once and 1 a second; who answers has approached nobody', () => {
    const supernode = new SupernodeScene();
    const others = Array.from({ length: 150 }, (_, at) => peerOf(100 + at));
    for (const peer of [A, ...others]) supernode.connect(peer);
    expect(forwarded(supernode, A, others.slice(0, 100), 100)).toBe(64);
    supernode.now += 5_000;
    expect(forwarded(supernode, A, others.slice(100), 50)).toBe(5);
    // Those that come to A are answered all the same.
    for (const other of others.slice(64, 100)) {
      expect(forwarded(supernode, other, [A], 1)).toBe(1);
      expect(forwarded(supernode, A, [other], 1)).toBe(1);
    }
  });

  it('[R29] 30 links of one identity at once and 12 a minute; more are told that they come too fast', () => {
    const supernode = new SupernodeScene();
    const joined = (count: number): number => {
      let open = 0;
      for (let at = 0; at < count; at++) {
        const link = supernode.connect(A);
        if (link !== undefined && supernode.node.links.get(link)?.state === 'open') open++;
      }
      return open;
    };
    expect(joined(40)).toBe(30);
    expect(supernode.outputs.at(-1)).toMatchObject({ type: 'event', event: { type: 'link-closed' } });
    const last = supernode.outputs.findLast(({ type }) => type === 'close');
    expect(last).toMatchObject({ reason: GoodbyeReason.tooFast });
    supernode.now += 60_000;
    expect(joined(20)).toBe(12);
  });

  it('[R29] coming again gives nothing anew', () => {
    const supernode = new SupernodeScene();
    supernode.connect(A);
    for (let at = 0; at < 20; at++) supernode.redirect(A);
    expect(supernode.node.redirects).toBe(10);
    supernode.input({ type: 'closed', link: supernode.linkOf(A), reason: 'gone' });
    supernode.connect(A);
    expect(supernode.redirect(A)).toBeUndefined();
  });
});

describe('a slow receiver', () => {
  it('[R25] whose socket is full: who sent the signal is told', () => {
    const supernode = new SupernodeScene();
    const link = supernode.connect(A);
    supernode.connect(B);
    const signal = signalOf(A, B);
    supernode.say(A, signal);
    const [told] = supernode.input({ type: 'undelivered', signal });
    const reason = SignalFailure.slowReceiver;
    expect(told).toMatchObject({ type: 'send', link, message: { type: MessageType.signalFailed, reason } });
    expect([supernode.node.signals.forwarded, supernode.node.signals.failed]).toEqual([0, 1]);
  });
});

describe('going away', () => {
  it('[R36] clients are told where else to go, supernodes are not; then they are let go in parts', () => {
    const supernode = new SupernodeScene();
    const links = [A, B].map((peer) => supernode.connect(peer));
    supernode.connect(OTHER, { role: Role.supernode });
    const alternates = ['wss://b/link'];
    const message = { type: MessageType.goAway, withinMs: 5_000, alternates };
    expect(supernode.input({ type: 'send-away', withinMs: 5_000, alternates })).toEqual(
      links.map((link) => ({ type: 'send', link, message })),
    );
    const closed = () =>
      supernode.outputs.flatMap((output) => (output.type === 'close' ? [output.link] : []));
    supernode.input({ type: 'shed', links: 1 });
    expect(closed()).toEqual(links.slice(0, 1));
    supernode.input({ type: 'shed', links: 5 });
    expect(closed()).toEqual(links);
    expect(supernode.node.links.openTo(OTHER)).toBeDefined();
  });
});

describe('ICE servers', () => {
  const iceServersFor = (peer: PeerId, now: number) => ({
    lifetimeSeconds: 60,
    servers: [{ url: 'turn:t', username: `${now}:${peer}`, credential: 'c' }],
  });
  const told = (supernode: SupernodeScene) =>
    supernode.outputs.filter(
      (output) => output.type === 'send' && output.message.type === MessageType.iceServers,
    );

  it('[R37] are told once it is known who asks, not before, and not to supernodes', () => {
    const supernode = new SupernodeScene({ iceServersFor });
    const link = supernode.node.incoming(supernode.now);
    expect(link).toBeDefined();
    if (link === undefined) return;
    supernode.input({ type: 'opened', link });
    expect(told(supernode)).toEqual([]);
    supernode.connect(OTHER, { role: Role.supernode });
    expect(told(supernode)).toEqual([]);
    supernode.connect(A);
    expect(told(supernode)).toMatchObject([
      { message: { servers: [{ username: `${supernode.now}:${A}` }] } },
    ]);
  });

  it('[R37] are told anew with a heartbeat when half of their life is over', () => {
    const supernode = new SupernodeScene({ iceServersFor });
    supernode.connect(A);
    const beat = (): number => {
      supernode.say(A, { type: MessageType.ping, number: 1 });
      return told(supernode).length;
    };
    expect(beat()).toBe(1);
    supernode.now += 29_000;
    expect(beat()).toBe(1);
    supernode.now += 1_000;
    expect([beat(), beat()]).toEqual([2, 2]);
  });

  it('[R37] without any nothing is told', () => {
    const supernode = new SupernodeScene();
    supernode.connect(A);
    expect(told(supernode)).toEqual([]);
  });
});
