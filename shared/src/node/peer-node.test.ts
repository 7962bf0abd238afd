import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { host, hostRecord, PeerScene, SELF, stream, supernodeOf } from '../../test-kit/peer-scene.ts';
import { signalOf } from '../../test-kit/signals.ts';
import { tagOf } from '../lib/ids.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { SignalFailure } from '../wire/supernode-messages.ts';
import { JoinStep } from './events.ts';

const EPOCH = 1_000;

describe('what others do to a node', () => {
  it('[R21] who announces and never delivers is left for another, unless it feeds this node', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    const other = scene.accepted(via, peerOf(77));
    for (let round = 0; round < 15; round++) {
      for (const [at, from] of [link, other].entries()) {
        const entry = { tag: tagOf(peerOf(500 + 2 * round + at)), epoch: EPOCH, seq: 0, linksSeq: 0 };
        scene.say(from, { type: MessageType.news, entries: [entry] });
      }
      scene.live(2_000);
    }
    expect(scene.events('peer-lagging')).toEqual([{ type: 'peer-lagging', peer: peerOf(77) }]);
    expect(scene.of('close')).toEqual([{ type: 'close', link: other, reason: GoodbyeReason.unneeded }]);
    expect(scene.node.links.openTo(host.peer)).toBeDefined();
  });

  it('[R25] accepts a dial, and refuses the one for which there is no room', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    for (let number = 1_000; number < 1_030; number++)
      scene.say(via, signalOf(peerOf(number), SELF, { session: number }));
    expect(scene.of('accept')).toHaveLength(19);
    expect(scene.sent(MessageType.signalFailed)).toHaveLength(11);
    expect(scene.sent(MessageType.signalFailed)[0]?.message).toMatchObject({
      to: SELF,
      from: peerOf(1_019),
      reason: SignalFailure.noRoom,
    });
  });

  it('[R3] nothing counts on a link before its hello', () => {
    const scene = new PeerScene();
    const { link } = scene.dialed('supernode');
    scene.input({ type: 'opened', link });
    scene.answer(link, [hostRecord()]);
    expect(scene.node.graph.replica.size).toBe(0);
    expect(scene.node.rejected).toEqual({ 'before-hello': 1 });
  });

  it('[R2] a link to a member of another stream is no link of this stream', () => {
    const scene = new PeerScene();
    const via = scene.toSupernode();
    const link = scene.accepted(via, peerOf(77), new Signer(5).stream);
    scene.say(link, { type: MessageType.pull, epoch: EPOCH, seqs: [1] });
    expect(scene.events('join-step').map(({ step }) => step)).not.toContain(JoinStep.associated);
    expect(scene.of('push')).toEqual([]);
  });

  it('[R27] only who feeds this node is asked for signs of life more than every 2 s, a supernode every 10 s', () => {
    const scene = new PeerScene();
    const { link, via } = scene.joined();
    const other = scene.accepted(via, peerOf(77));
    const before = scene.outputs.length;
    scene.live(10_000);
    const pings = (to: number): number =>
      scene.outputs
        .slice(before)
        .filter((output) => output.type === 'send' && output.link === to)
        .filter((output) => output.type === 'send' && output.message.type === MessageType.ping).length;
    // Everybody speaks every 500 ms, so that a feeder is asked once in between.
    expect([pings(link), pings(other), pings(via)]).toEqual([20, 5, 1]);
  });
});

describe('what a node says of itself', () => {
  it('[R18] where it stands, how many members it is linked with, and through which supernodes it is reached', () => {
    const scene = new PeerScene({ supernodeCount: 6, slots: 4 });
    for (let at = 0; at < 6; at++) scene.toSupernode(at);
    scene.joined();
    scene.live(20_000);
    const { body } = scene.of('sign-record').findLast(({ body }) => body.status === 0) ?? {};
    expect(body).toMatchObject({ role: Role.viewer, stream, links: 1, depth: 1, freeSlots: 4 });
    expect(body?.supernodes).toEqual([0, 1, 2, 3].map((at) => tagOf(supernodeOf(at))));
  });

  it('[R34] a list of its links, supernodes included, in order', () => {
    const scene = new PeerScene();
    const { via } = scene.joined();
    scene.accepted(via, peerOf(77));
    scene.live(3_000);
    const record = scene.of('sign-record').find(({ body }) => body.status === 0)?.body;
    if (!record) throw new Error('no record was signed');
    const signature = new Uint8Array(64);
    scene.input({ type: 'record-signed', record: { ...record, id: SELF, signature, ttlSeconds: 300 } });
    scene.live(11_000);
    const body = scene.of('sign-links').at(-1)?.body;
    const ends = [supernodeOf(0), host.peer, peerOf(77)].map(tagOf).sort();
    expect(body).toMatchObject({ id: SELF, tags: ends });
  });
});
