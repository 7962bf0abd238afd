import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { counting, peerOf, streamOf } from '../../test-kit/ids.ts';
import { recordOf } from '../../test-kit/records.ts';
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { MembershipRecord } from '../wire/graph-messages.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import {
  REDIRECT_RECORDS_MAX,
  type RedirectAnswer,
  RedirectIntent,
  type Signal,
  SignalFailure,
} from '../wire/supernode-messages.ts';
import { Offence } from './events.ts';
import type { CheckedPacket, NodeOutput } from './node-contract.ts';
import { SupernodeNode } from './supernode-node.ts';
import {
  defaultSupernodeSettings,
  type SupernodeEvent,
  type SupernodeSettings,
} from './supernode-settings.ts';

type Output = NodeOutput<SupernodeEvent>;
type Message = Extract<CheckedPacket, { type: 'message' }>['message'];

const [A, B, C] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];

/** A running supernode, and links to it that have said hello. */
class Supernode {
  readonly node: SupernodeNode;
  readonly linkOf = new Map<PeerId, LinkId>();
  now = START;

  constructor(settings: Partial<SupernodeSettings> = {}) {
    const identity = { self: peerOf(0), publicKey: counting(0, 32), startedAt: START };
    this.node = new SupernodeNode(identity, { ...defaultSupernodeSettings, ...settings }, seededRandom(1));
    this.node.handle({ type: 'start' }, this.now);
  }

  connect(peer: PeerId, stream: StreamId | undefined = STREAM): LinkId | undefined {
    const link = this.node.incoming(this.now);
    if (link === undefined) return undefined;
    this.node.handle({ type: 'opened', link }, this.now);
    const hello = { peer, version: 1, role: Role.viewer, stream };
    this.node.handle({ type: 'packet', link, packet: { type: 'hello', hello } }, this.now);
    this.linkOf.set(peer, link);
    return link;
  }

  say(peer: PeerId, message: Message): Output[] {
    const link = this.linkOf.get(peer) as LinkId;
    return this.node.handle({ type: 'packet', link, packet: { type: 'message', message } }, this.now);
  }

  member(number: number, changes: Partial<MembershipRecord> = {}): void {
    this.connect(peerOf(number), changes.stream);
    this.say(peerOf(number), { type: MessageType.records, records: [recordOf(number, changes)] });
  }

  redirect(peer: PeerId, stream: StreamId = STREAM): RedirectAnswer | undefined {
    const outputs = this.say(peer, {
      type: MessageType.redirectRequest,
      intent: RedirectIntent.join,
      stream,
    });
    for (const output of outputs) {
      if (output.type === 'send' && output.message.type === MessageType.redirectAnswer) return output.message;
    }
    return undefined;
  }
}

const signal = (from: PeerId, to: PeerId): Signal => ({
  type: MessageType.signal,
  to,
  from,
  session: 5,
  payload: counting(0, 3),
});

describe('forwarding signals', () => {
  it('[R25] passes a signal on unread to the link of the one it is for', () => {
    const supernode = new Supernode();
    supernode.connect(A);
    const link = supernode.connect(B);
    expect(supernode.say(A, signal(A, B))).toEqual([{ type: 'send', link, message: signal(A, B) }]);
    expect(supernode.node.signalsForwarded).toBe(1);
  });

  it('[R25] nobody signals in the name of another', () => {
    const supernode = new Supernode();
    for (const peer of [A, B, C]) supernode.connect(peer);
    expect(supernode.say(A, signal(C, B))).toEqual([]);
    const failure = { type: MessageType.signalFailed, to: C, from: B, session: 5, reason: 3 } as const;
    expect(supernode.say(A, failure)).toEqual([]);
    expect(supernode.node.rejected).toEqual({ 'signal-from-another': 2 });
  });

  it('[R25] a signal to somebody who is not here is answered with failure', () => {
    const supernode = new Supernode();
    const link = supernode.connect(A);
    const { payload: _, ...envelope } = signal(A, B);
    const message = { ...envelope, type: MessageType.signalFailed, reason: SignalFailure.unknownPeer };
    expect(supernode.say(A, signal(A, B))).toEqual([{ type: 'send', link, message }]);
  });

  it('[R25] a peer that has no room can say so to the one that dials', () => {
    const supernode = new Supernode();
    const link = supernode.connect(A);
    supernode.connect(B);
    const message = {
      type: MessageType.signalFailed,
      to: B,
      from: A,
      session: 5,
      reason: SignalFailure.noRoom,
    } as const;
    expect(supernode.say(B, message)).toEqual([{ type: 'send', link, message }]);
  });

  it('[R29] 200 signals at once and 40 a second from one link; more fail, and others are not affected', () => {
    const supernode = new Supernode();
    for (const peer of [A, B, C]) supernode.connect(peer);
    const forwarded = (from: PeerId, count: number): number => {
      const before = supernode.node.signalsForwarded;
      for (let i = 0; i < count; i++) supernode.say(from, signal(from, B));
      return supernode.node.signalsForwarded - before;
    };
    expect(forwarded(A, 300)).toBe(200);
    const refusal = supernode.say(A, signal(A, B))[0];
    expect(refusal).toMatchObject({ message: { reason: SignalFailure.tooFast } });
    supernode.now += 1_000;
    expect([forwarded(A, 300), forwarded(C, 10)]).toEqual([40, 10]);
  });
});

describe('redirection', () => {
  it('[R24] proposes members of the stream that are linked here now, and never the one that asks', () => {
    const supernode = new Supernode();
    for (const number of [1, 2, 3]) supernode.member(number);
    // Known, but not linked: the supernode could not carry a signal to it.
    supernode.say(A, { type: MessageType.records, records: [recordOf(9)] });
    const answer = supernode.redirect(A);
    expect(new Set(answer?.inside.map(({ id }) => id))).toEqual(new Set([B, C]));
    expect(answer?.nonce).toHaveLength(16);
    const link = supernode.linkOf.get(B) as LinkId;
    supernode.node.handle({ type: 'closed', link, reason: 'gone' }, supernode.now);
    expect(supernode.redirect(A)?.inside.map(({ id }) => id)).toEqual([C]);
  });

  it('[R24] names members of other streams apart, and those of none not at all', () => {
    const supernode = new Supernode();
    supernode.member(1);
    supernode.member(2, { stream: streamOf(9) });
    supernode.member(3, { stream: undefined });
    const answer = supernode.redirect(A);
    expect([answer?.inside, answer?.outside.map(({ id }) => id)]).toEqual([[], [B]]);
  });

  it('[R6] an answer stays within its limits, whatever the operator set', () => {
    const supernode = new Supernode({ proposals: 1_000 });
    for (let number = 1; number < 100; number++) supernode.member(number);
    for (let number = 200; number < 250; number++) supernode.member(number, { stream: streamOf(9) });
    const answer = supernode.redirect(A) as RedirectAnswer;
    expect([answer.inside.length, answer.outside.length]).toEqual([REDIRECT_RECORDS_MAX, 8]);
    expect(encodeMessage(answer).length).toBeLessThan(16_384);
  });

  it('[R29] 10 requests at once and one a second from one link', () => {
    const supernode = new Supernode();
    supernode.member(1);
    const answers = (): number =>
      Array.from({ length: 20 }, () => supernode.redirect(A)).filter(Boolean).length;
    expect(answers()).toBe(10);
    supernode.now += 3_000;
    expect(answers()).toBe(3);
    expect(supernode.node.rejected).toEqual({ 'redirects-too-fast': 27 });
  });

  it('[R24] proposes another nonce each time', () => {
    const supernode = new Supernode();
    supernode.connect(A);
    const nonces = [1, 2, 3].map(() => supernode.redirect(A)?.nonce.join());
    expect(new Set(nonces).size).toBe(3);
  });
});

describe('links of a supernode', () => {
  it('[R6] takes as many as it has room for', () => {
    const supernode = new Supernode({ linksMax: 2 });
    expect([supernode.connect(A), supernode.connect(B), supernode.connect(C)].map(Boolean)).toEqual([
      true,
      true,
      false,
    ]);
    expect(supernode.node.rejected).toEqual({ 'no-room': 1 });
  });

  it('[R26] a peer that connects again replaces its old link, and is not gone', () => {
    const supernode = new Supernode();
    const old = supernode.connect(A);
    supernode.connect(B);
    const link = supernode.node.incoming(supernode.now) as LinkId;
    supernode.node.handle({ type: 'opened', link }, supernode.now);
    const hello = { peer: A, version: 1, role: Role.viewer, stream: STREAM };
    const outputs = supernode.node.handle(
      { type: 'packet', link, packet: { type: 'hello', hello } },
      supernode.now,
    );
    expect(outputs).toContainEqual({ type: 'close', link: old, reason: GoodbyeReason.duplicateLink });
    supernode.node.handle({ type: 'closed', link: old as LinkId, reason: 'closed' }, supernode.now);
    expect(supernode.say(B, signal(B, A))).toEqual([{ type: 'send', link, message: signal(B, A) }]);
  });

  it('[R3] nothing counts before the hello', () => {
    const supernode = new Supernode();
    supernode.connect(B);
    const link = supernode.node.incoming(supernode.now) as LinkId;
    supernode.linkOf.set(A, link);
    supernode.node.handle({ type: 'opened', link }, supernode.now);
    expect(supernode.say(A, signal(A, B))).toEqual([]);
    expect(supernode.say(A, { type: MessageType.records, records: [recordOf(1)] })).toEqual([]);
    expect([supernode.node.rejected, supernode.node.graph.replica.size]).toEqual([
      { 'unexpected-packet': 2 },
      0,
    ]);
  });

  it('[R31] an offence ends the link and is counted by its name', () => {
    const supernode = new Supernode();
    const link = supernode.connect(A) as LinkId;
    const outputs = supernode.node.handle({ type: 'offence', link, offence: Offence.flood }, supernode.now);
    expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.tooFast });
    expect(outputs).toContainEqual({
      type: 'event',
      event: { type: 'peer-cut', peer: A, offence: Offence.flood },
    });
    expect(supernode.node.rejected).toEqual({ flood: 1 });
  });

  it('[R2] never keeps a frame or a beacon, and does not answer what is none of its business', () => {
    const supernode = new Supernode();
    supernode.connect(A);
    expect([supernode.node.admitsFrame(), supernode.node.hostKey(), supernode.node.wantsBeacon()]).toEqual([
      false,
      undefined,
      false,
    ]);
    expect(supernode.say(A, { type: MessageType.unsubscribe, epoch: 1, stripe: 0 })).toEqual([]);
    expect(supernode.node.rejected).toEqual({ 'unexpected-message': 1 });
  });

  it('[R22] stopping says goodbye to all', () => {
    const supernode = new Supernode();
    const links = [supernode.connect(A), supernode.connect(B)];
    const outputs = supernode.node.handle({ type: 'stop' }, supernode.now);
    for (const link of links)
      expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.shuttingDown });
  });
});
