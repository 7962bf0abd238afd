import { describe, expect, it } from 'vitest';
import { counting } from '../../test-kit/ids.ts';
import { host, hostRecord, PeerScene, stream } from '../../test-kit/peer-scene.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';

describe('hosting', () => {
  it('[R4] is proposed a nonce, goes live, and gives its word every 2 s', () => {
    const scene = new PeerScene({ role: 'host', stream: undefined });
    const via = scene.toSupernode();
    expect(scene.sent(MessageType.redirectRequest)).toMatchObject([
      { message: { intent: 1, stream: undefined } },
    ]);
    scene.answer(via, []);
    expect(scene.events('nonce-proposed')).toEqual([{ type: 'nonce-proposed', nonce: counting(9, 16) }]);
    const { nonce } = host;
    scene.input({ type: 'go-live', live: { stream, nonce, epoch: 1_000, title: 'a', bitsPerSecond: 1 } });
    scene.run(4_100);
    const beacons = scene.of('sign-beacon').map(({ body }) => body);
    expect(beacons.map(({ counter, epoch }) => [counter, epoch])).toEqual([
      [0, 1_000],
      [1, 1_000],
      [2, 1_000],
    ]);
  });

  it('[R10] takes no beacon of its stream from others', () => {
    const scene = new PeerScene({ role: 'host', stream: undefined });
    scene.input({
      type: 'go-live',
      live: { stream, nonce: host.nonce, epoch: 1_000, title: 'a', bitsPerSecond: 1 },
    });
    expect(scene.node.gateAnswers.wantsBeacon(host.beacon({ epoch: 9_999 }))).toBe(false);
  });

  it('[R15] what it offered before it went live counts from the first', () => {
    const scene = new PeerScene({ role: 'host', stream: undefined });
    scene.input({ type: 'set-offer', uploadBitsPerSecond: Number.POSITIVE_INFINITY, slots: 5 });
    scene.input({
      type: 'go-live',
      live: { stream, nonce: host.nonce, epoch: 1_000, title: 'a', bitsPerSecond: 1 },
    });
    scene.input({ type: 'beacon-signed', beacon: host.beacon() });
    expect(scene.node.relay?.forest?.slots).toBe(5);
  });
});

describe('taking part in a stream', () => {
  it('[R24] a stream whose limits are beyond this node’s is told, and not taken part in', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    scene.answer(via, [hostRecord()]);
    const { link } = scene.dialed('peer');
    scene.open(link, host.peer, Role.host);
    const beacon = host.beacon({ messageBytesMax: limits.messageBytesMax + 1 });
    scene.input({ type: 'packet', link, packet: { type: 'beacon', beacon, host: host.peer } });
    expect(scene.events('join-trouble')).toEqual([{ type: 'join-trouble', reason: 'limits' }]);
    expect([scene.events('stream'), scene.sent(MessageType.subscribe)]).toEqual([[], []]);
  });
});
