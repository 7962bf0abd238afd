import { describe, expect, it } from 'vitest';
import { STREAM } from '../../test-kit/frames.ts';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import { signalOf } from '../../test-kit/signals.ts';
import { passed, SupernodeScene } from '../../test-kit/supernode-scene.ts';
import { type LinkId, type PeerId, tagOf } from '../lib/ids.ts';
import { encodeMessage } from '../wire/codec.ts';
import { WantedWhat } from '../wire/graph-messages.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { REDIRECT_RECORDS_MAX, type RedirectAnswer, RedirectIntent } from '../wire/supernode-messages.ts';
import { Offence } from './events.ts';
import type { CheckedPacket } from './node-contract.ts';

const [A, B, C] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];

describe('redirection', () => {
  it('[R24] proposes members of the stream that are linked here now, and never the one that asks', () => {
    const supernode = new SupernodeScene();
    for (const number of [1, 2, 3]) supernode.member(number);
    // Known, but not linked: the supernode could not carry a signal to it.
    supernode.say(A, { type: MessageType.records, records: [recordOf(9)] });
    const answer = supernode.redirect(A);
    expect(new Set(answer?.inside.map(({ id }) => id))).toEqual(new Set([B, C]));
    expect(answer?.nonce).toHaveLength(16);
    supernode.input({ type: 'closed', link: supernode.linkOf(B), reason: 'gone' });
    expect(supernode.redirect(A)?.inside.map(({ id }) => id)).toEqual([C]);
  });

  it('[R24] a member is proposed whether its record or its socket came first', () => {
    const supernode = new SupernodeScene();
    supernode.member(1);
    supernode.say(A, { type: MessageType.records, records: [recordOf(2)] });
    supernode.connect(B);
    expect(supernode.redirect(A)?.inside.map(({ id }) => id)).toEqual([B]);
  });

  it('[R24] names members of other streams apart, and those of none not at all', () => {
    const supernode = new SupernodeScene();
    supernode.member(1);
    supernode.member(2, { stream: streamOf(9) });
    supernode.member(3, { stream: undefined });
    const answer = supernode.redirect(A);
    expect([answer?.inside, answer?.outside.map(({ id }) => id)]).toEqual([[], [B]]);
  });

  it('[R6] an answer stays within its limits, whatever the operator set', () => {
    const supernode = new SupernodeScene({ proposals: 1_000 });
    const supernodes = [91, 92, 93, 94].map((number) => tagOf(peerOf(number)));
    for (let number = 1; number < 100; number++) supernode.member(number, { supernodes });
    for (let number = 200; number < 250; number++)
      supernode.member(number, { stream: streamOf(9), supernodes });
    const answer = supernode.redirect(A) as RedirectAnswer;
    expect([answer.inside.length, answer.outside.length]).toEqual([REDIRECT_RECORDS_MAX, 8]);
    expect(encodeMessage(answer).length).toBeLessThan(16_384);
  });

  it('[R29] 10 requests at once and one a second from one link', () => {
    const supernode = new SupernodeScene();
    supernode.member(1);
    const answers = (): number =>
      Array.from({ length: 20 }, () => supernode.redirect(A)).filter(Boolean).length;
    expect(answers()).toBe(10);
    supernode.now += 3_000;
    expect(answers()).toBe(3);
    expect(supernode.node.rejected).toEqual({ 'redirects-too-fast': 27 });
  });

  it('[R24] an answer does not wait for what else is due', () => {
    const supernode = new SupernodeScene();
    for (const number of [1, 2, 3]) supernode.member(number);
    supernode.now += 60_000;
    const intent = RedirectIntent.join;
    const outputs = supernode.say(A, { type: MessageType.redirectRequest, intent, stream: STREAM });
    expect(outputs).toEqual([
      expect.objectContaining({ message: expect.objectContaining({ type: MessageType.redirectAnswer }) }),
    ]);
    expect(supernode.node.nextDeadline()).toBeLessThan(supernode.now);
  });

  it('[R24] proposes another nonce each time', () => {
    const supernode = new SupernodeScene();
    supernode.connect(A);
    const nonces = [1, 2, 3].map(() => supernode.redirect(A)?.nonce.join());
    expect(new Set(nonces).size).toBe(3);
  });
});

describe('links of a supernode', () => {
  it('[R6] takes as many as it has room for', () => {
    const supernode = new SupernodeScene({ linksMax: 2 });
    expect([supernode.connect(A), supernode.connect(B), supernode.connect(C)].map(Boolean)).toEqual([
      true,
      true,
      false,
    ]);
    expect(supernode.node.rejected).toEqual({ 'no-room': 1 });
  });

  it('[R26] a peer that connects again replaces its old link, and is not gone', () => {
    const supernode = new SupernodeScene();
    supernode.member(2);
    supernode.member(1);
    const old = supernode.linkOf(A);
    const link = supernode.node.incoming(supernode.now) as LinkId;
    const outputs = supernode.greet(link, A);
    expect(outputs).toContainEqual({ type: 'close', link: old, reason: GoodbyeReason.duplicateLink });
    supernode.input({ type: 'closed', link: old, reason: 'closed' });
    const message = signalOf(B, A);
    expect(supernode.say(B, message)).toEqual([passed(link, message)]);
    expect(supernode.redirect(B)?.inside.map(({ id }) => id)).toEqual([A]);
  });

  it('[R3] nothing counts before the hello', () => {
    const supernode = new SupernodeScene();
    const link = supernode.node.incoming(supernode.now) as LinkId;
    supernode.input({ type: 'opened', link });
    const say = (packet: CheckedPacket) => supernode.input({ type: 'packet', link, packet });
    const signal = signalOf(A, B);
    expect(say({ type: 'passing-signal', signal, bytes: encodeMessage(signal) })).toEqual([]);
    const message = { type: MessageType.records, records: [recordOf(1)] } as const;
    expect(say({ type: 'message', message })).toEqual([]);
    expect([supernode.node.rejected, supernode.node.graph.replica.size]).toEqual([
      { 'unexpected-packet': 2 },
      0,
    ]);
  });

  it('[R31] an offence ends the link and is counted by its name', () => {
    const supernode = new SupernodeScene();
    const link = supernode.connect(A) as LinkId;
    const outputs = supernode.input({ type: 'offence', link, offence: Offence.flood });
    expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.tooFast });
    expect(outputs).toContainEqual({
      type: 'event',
      event: { type: 'peer-cut', peer: A, offence: Offence.flood },
    });
    expect(supernode.node.rejected).toEqual({ flood: 1 });
  });

  it('[R29] who asks for far more than anybody needs is cut', () => {
    const supernode = new SupernodeScene();
    supernode.member(1);
    const link = supernode.linkOf(A);
    const entry = { tag: tagOf(A), what: WantedWhat.record, linksSeqHeld: 0 };
    const entries = Array.from({ length: 256 }, () => entry);
    for (let ask = 0; ask < 60; ask++) supernode.say(A, { type: MessageType.wanted, entries });
    expect(supernode.outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.tooFast });
    expect(supernode.node.rejected).toEqual({ flood: 1 });
  });

  it('[R2] does not answer what is none of its business', () => {
    const supernode = new SupernodeScene();
    supernode.connect(A);
    expect(supernode.say(A, { type: MessageType.unsubscribe, epoch: 1, stripe: 0 })).toEqual([]);
    expect(supernode.node.rejected).toEqual({ 'unexpected-message': 1 });
  });

  it('[R27] a member that says nothing for a minute is gone', () => {
    const supernode = new SupernodeScene();
    supernode.connect(A);
    supernode.run(59_000);
    expect(supernode.node.links.openTo(A)).toBeDefined();
    supernode.run(2_000);
    expect(supernode.node.links.openTo(A)).toBeUndefined();
  });

  it('[R22] stopping says goodbye to all', () => {
    const supernode = new SupernodeScene();
    const links = [supernode.connect(A), supernode.connect(B)];
    const outputs = supernode.input({ type: 'stop' });
    for (const link of links)
      expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.shuttingDown });
  });
});

describe('supernodes among themselves', () => {
  it('[R24] it tells them what it holds, and does not ask them whom to dial', () => {
    const supernode = new SupernodeScene();
    supernode.connect(C, { role: Role.supernode });
    const types = supernode.outputs.flatMap((output) =>
      output.type === 'send' ? [output.message.type] : [],
    );
    expect(types).toContain(MessageType.digest);
    expect(types).not.toContain(MessageType.redirectRequest);
  });

  it('[R24] members that only another supernode is linked with are not proposed', () => {
    const supernode = new SupernodeScene();
    supernode.member(1);
    supernode.connect(C, { role: Role.supernode });
    supernode.say(C, { type: MessageType.records, records: [recordOf(8), recordOf(9)] });
    expect(supernode.node.graph.replica.size).toBe(3);
    expect(supernode.redirect(A)?.inside).toEqual([]);
  });

  it('[R18] it says of itself that it is one, and belongs to no stream', () => {
    const supernode = new SupernodeScene();
    supernode.run(1_000);
    const signed = supernode.outputs.find((output) => output.type === 'sign-record');
    expect(signed?.body).toMatchObject({ role: Role.supernode, stream: undefined, freeSlots: 0 });
    expect(supernode.node.stream).toBeUndefined();
  });
});
