import { describe, expect, it } from 'vitest';
import { Signer } from '../../test-kit/crypto.ts';
import { START } from '../../test-kit/frames.ts';
import { counting, peerOf } from '../../test-kit/ids.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import type { MembershipRecord } from '../wire/graph-messages.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { AdvertState } from '../wire/relay-messages.ts';
import { type Signal, SignalFailure } from '../wire/supernode-messages.ts';
import { JoinStep, type NodeEvent, Offence } from './events.ts';
import type { CheckedPacket, NodeInput, NodeOutput } from './node-contract.ts';
import { PeerNode } from './peer-node.ts';
import { defaultPeerSettings, type PeerSettings } from './settings.ts';

type Message = Extract<CheckedPacket, { type: 'message' }>['message'];

const URL = 'wss://one.example/link';
const SUPERNODE = peerOf(9_999);
const SELF = peerOf(2);
const host = new Signer(1);
const { stream } = host;
const EPOCH = 1_000;

const recordOf = (signer: Signer, changes: Parameters<Signer['record']>[0] = {}): MembershipRecord => ({
  ...signer.record({ stream, ...changes }),
  id: signer.peer,
});

/** One peer machine; the supernode, the network and the members are the test's words. */
class Scene {
  readonly node: PeerNode;
  readonly outputs: NodeOutput<NodeEvent>[] = [];
  now = START;

  constructor(settings: Partial<PeerSettings> = {}) {
    const identity = { self: SELF, publicKey: counting(0, 32), startedAt: START };
    const all = { ...defaultPeerSettings, role: 'viewer' as const, supernodes: [URL], stream, ...settings };
    this.node = new PeerNode(identity, all, seededRandom(1));
    this.input({ type: 'start' });
  }

  input(input: NodeInput): NodeOutput<NodeEvent>[] {
    const outputs = this.node.handle(input, this.now);
    this.outputs.push(...outputs);
    return outputs;
  }

  run(forMs: number): void {
    const until = this.now + forMs;
    for (let at = this.node.nextDeadline(); at <= until; at = this.node.nextDeadline()) {
      this.now = Math.max(this.now, at);
      this.input({ type: 'tick' });
    }
    this.now = until;
  }

  /** The link of the newest dial of a kind. */
  dialed(kind: 'peer' | 'supernode'): { link: LinkId; peer: PeerId | undefined } {
    const dials = this.outputs.flatMap((output) =>
      output.type === 'dial' && output.address.kind === kind ? [output] : [],
    );
    const last = dials.at(-1);
    if (!last) throw new Error(`no ${kind} was dialed`);
    return { link: last.link, peer: last.address.kind === 'peer' ? last.address.peer : undefined };
  }

  open(link: LinkId, peer: PeerId, role: Role, of = stream as typeof stream | undefined): void {
    this.input({ type: 'opened', link });
    const hello = { peer, version: 1, role, stream: of };
    this.input({ type: 'packet', link, packet: { type: 'hello', hello } });
  }

  say(link: LinkId, message: Message): NodeOutput<NodeEvent>[] {
    return this.input({ type: 'packet', link, packet: { type: 'message', message } });
  }

  toSupernode(): LinkId {
    const { link } = this.dialed('supernode');
    this.open(link, SUPERNODE, Role.supernode, undefined);
    return link;
  }

  answer(link: LinkId, inside: readonly MembershipRecord[]): void {
    this.say(link, { type: MessageType.redirectAnswer, nonce: counting(9, 16), inside, outside: [] });
  }

  events<T extends NodeEvent['type']>(type: T): Extract<NodeEvent, { type: T }>[] {
    return this.outputs.flatMap((output) =>
      output.type === 'event' && output.event.type === type
        ? [output.event as Extract<NodeEvent, { type: T }>]
        : [],
    );
  }

  sent(type: number): (NodeOutput<NodeEvent> & { type: 'send' })[] {
    return this.outputs.flatMap((output) =>
      output.type === 'send' && output.message.type === type ? [output] : [],
    );
  }

  /** Joins with one link, to the host. */
  joined(): { link: LinkId; via: LinkId } {
    const via = this.toSupernode();
    this.answer(via, [recordOf(host, { role: Role.host })]);
    const { link } = this.dialed('peer');
    this.open(link, host.peer, Role.host);
    this.input({
      type: 'packet',
      link,
      packet: { type: 'beacon', beacon: host.beacon({ nextSeq: 10 }), host: host.peer },
    });
    this.say(link, {
      type: MessageType.advert,
      epoch: EPOCH,
      stripe: 0,
      state: AdvertState.attached,
      freeSlots: 3,
      path: [host.peer],
    });
    this.run(300);
    this.say(link, {
      type: MessageType.subscribed,
      epoch: EPOCH,
      stripe: 0,
      firstSeq: 10,
      path: [host.peer],
    });
    return { link, via };
  }
}

describe('joining', () => {
  it('[R24] goes through its steps, in order: contact, redirection, association, validation, a parent, the first frame', () => {
    const scene = new Scene();
    expect(scene.dialed('supernode').link).toBe(1);
    const via = scene.toSupernode();
    expect(scene.sent(MessageType.redirectRequest)).toMatchObject([
      { link: via, message: { intent: 0, stream } },
    ]);
    const joined = new Scene();
    const { link } = joined.joined();
    expect(joined.sent(MessageType.subscribe)).toMatchObject([{ link, message: { fromSeq: undefined } }]);
    joined.input({ type: 'packet', link, packet: { type: 'frame', frame: host.authentic(10) } });
    expect(joined.events('join-step').map(({ step }) => step)).toEqual(Object.values(JoinStep));
    expect(joined.events('message')).toHaveLength(1);
    expect(joined.events('parent-changed')).toEqual([
      { type: 'parent-changed', stripe: 0, parent: host.peer },
    ]);
  });

  it('[R24] asks again every second while there is nobody to link with, and says so', () => {
    const scene = new Scene();
    const via = scene.toSupernode();
    scene.answer(via, []);
    expect(scene.events('join-trouble')).toEqual([{ type: 'join-trouble', reason: 'no-members' }]);
    const before = scene.sent(MessageType.redirectRequest).length;
    scene.run(6_000);
    expect(scene.sent(MessageType.redirectRequest).length - before).toBe(6);
  });

  it('[R24] says when no supernode can be reached, and keeps dialing', () => {
    const scene = new Scene();
    scene.input({ type: 'closed', link: scene.dialed('supernode').link, reason: 'refused' });
    scene.run(3_000);
    expect(scene.events('join-trouble')[0]).toEqual({ type: 'join-trouble', reason: 'no-supernode' });
    expect(scene.outputs.filter(({ type }) => type === 'dial').length).toBeGreaterThanOrEqual(2);
  });

  it('[R24] a redirect answer counts only on a link to a supernode', () => {
    const scene = new Scene();
    const { link } = scene.joined();
    const friend = new Signer(77);
    scene.answer(link, [recordOf(friend)]);
    expect(scene.node.graph.replica.member(friend.peer)).toBeUndefined();
  });

  it('[R28] dials a few members at once, and one that failed not again too soon', () => {
    const scene = new Scene();
    const via = scene.toSupernode();
    const signers = Array.from({ length: 20 }, (_, at) => new Signer(100 + at));
    scene.answer(
      via,
      signers.map((signer) => recordOf(signer)),
    );
    const dials = () =>
      scene.outputs.flatMap((output) =>
        output.type === 'dial' && output.address.kind === 'peer' ? [output.address.peer] : [],
      );
    expect(dials()).toHaveLength(4);
    const [first] = dials();
    scene.input({ type: 'closed', link: scene.dialed('peer').link, reason: 'failed' });
    scene.run(1_500);
    expect(new Set(dials()).size).toBe(dials().length);
    expect(first).toBeDefined();
  });

  it('[R10] notices that the host is silent', () => {
    const scene = new Scene();
    scene.joined();
    scene.run(5_000);
    expect(scene.events('stream-silent')).toEqual([]);
    scene.run(2_000);
    expect(scene.events('stream-silent')[0]?.silentMs).toBeGreaterThanOrEqual(6_000);
  });
});

describe('what others do to a node', () => {
  it('[R31] one forged frame ends the link, and the peer is never linked with again', () => {
    const scene = new Scene();
    const { link, via } = scene.joined();
    const outputs = scene.input({ type: 'offence', link, offence: Offence.forgedFrame });
    expect(outputs).toContainEqual({ type: 'close', link, reason: GoodbyeReason.forgedFrame });
    expect(scene.events('peer-cut')).toEqual([
      { type: 'peer-cut', peer: host.peer, offence: Offence.forgedFrame },
    ]);
    const before = scene.outputs.length;
    scene.answer(via, [recordOf(host, { version: { epoch: 2_000, seq: 0 } })]);
    const offer: Signal = {
      type: MessageType.signal,
      to: SELF,
      from: host.peer,
      session: 4,
      payload: counting(0, 3),
    };
    scene.say(via, offer);
    scene.run(10_000);
    expect(scene.outputs.slice(before).filter(({ type }) => type === 'dial' || type === 'accept')).toEqual(
      [],
    );
  });

  it('[R31] somebody else behind a dialed link ends it, but the one that was meant is not to blame', () => {
    const scene = new Scene();
    const via = scene.toSupernode();
    scene.answer(via, [recordOf(host)]);
    const { link } = scene.dialed('peer');
    scene.open(link, peerOf(66), Role.viewer);
    expect(scene.events('peer-cut')).toMatchObject([{ offence: Offence.wrongIdentity }]);
    expect(scene.node.links.openTo(peerOf(66))).toBeUndefined();
    scene.run(10_000);
    expect(scene.dialed('peer')).toMatchObject({ peer: host.peer });
    expect(scene.dialed('peer').link).not.toBe(link);
  });

  it('[R25] accepts a dial, and refuses the one for which there is no room', () => {
    const scene = new Scene();
    const via = scene.toSupernode();
    const from = (number: number): Signal => ({
      type: MessageType.signal,
      to: SELF,
      from: peerOf(number),
      session: number,
      payload: counting(0, 3),
    });
    for (let number = 1_000; number < 1_030; number++) scene.say(via, from(number));
    expect(scene.outputs.filter(({ type }) => type === 'accept')).toHaveLength(19);
    expect(scene.sent(MessageType.signalFailed)).toHaveLength(11);
    expect(scene.sent(MessageType.signalFailed)[0]?.message).toMatchObject({
      to: SELF,
      from: peerOf(1_019),
      reason: SignalFailure.noRoom,
    });
  });

  it('[R25] takes signals and failures from supernodes only: a neighbour could forge who they are from', () => {
    const scene = new Scene();
    const { link } = scene.joined();
    const forged: Signal = {
      type: MessageType.signal,
      to: SELF,
      from: peerOf(7_777),
      session: 1,
      payload: counting(0, 3),
    };
    expect(scene.say(link, forged).filter(({ type }) => type === 'accept')).toEqual([]);
    expect(scene.node.links.knows(peerOf(7_777))).toBe(false);
  });

  it('[R3] nothing counts on a link before its hello', () => {
    const scene = new Scene();
    const { link } = scene.dialed('supernode');
    scene.input({ type: 'opened', link });
    scene.answer(link, [recordOf(host)]);
    expect(scene.node.graph.replica.size).toBe(0);
    expect(scene.node.rejected).toEqual({ 'before-hello': 1 });
  });

  it('[R2] a link to a member of another stream is no link of this stream', () => {
    const scene = new Scene();
    const via = scene.toSupernode();
    const signal: Signal = {
      type: MessageType.signal,
      to: SELF,
      from: peerOf(77),
      session: 1,
      payload: counting(0, 3),
    };
    scene.say(via, signal);
    const accepted = scene.outputs.find((output) => output.type === 'accept') as { link: LinkId };
    scene.open(accepted.link, peerOf(77), Role.viewer, new Signer(5).stream);
    scene.say(accepted.link, { type: MessageType.pull, epoch: EPOCH, seqs: [1] });
    expect(scene.events('join-step').map(({ step }) => step)).not.toContain(JoinStep.associated);
    expect(scene.outputs.filter(({ type }) => type === 'push')).toEqual([]);
  });
});

describe('hosting', () => {
  it('[R4] is proposed a nonce, goes live, and gives its word every 2 s', () => {
    const scene = new Scene({ role: 'host', stream: undefined });
    const via = scene.toSupernode();
    expect(scene.sent(MessageType.redirectRequest)).toMatchObject([
      { message: { intent: 1, stream: undefined } },
    ]);
    scene.answer(via, []);
    expect(scene.events('nonce-proposed')).toEqual([{ type: 'nonce-proposed', nonce: counting(9, 16) }]);
    const { nonce } = host;
    scene.input({ type: 'go-live', live: { stream, nonce, epoch: EPOCH, title: 'a', bitsPerSecond: 1 } });
    scene.run(4_100);
    const beacons = scene.outputs.flatMap((output) => (output.type === 'sign-beacon' ? [output.body] : []));
    expect(beacons.map(({ counter, epoch }) => [counter, epoch])).toEqual([
      [0, EPOCH],
      [1, EPOCH],
      [2, EPOCH],
    ]);
  });

  it('[R10] takes no beacon of its stream from others', () => {
    const scene = new Scene({ role: 'host', stream: undefined });
    scene.input({
      type: 'go-live',
      live: { stream, nonce: host.nonce, epoch: EPOCH, title: 'a', bitsPerSecond: 1 },
    });
    expect(scene.node.wantsBeacon(host.beacon({ epoch: 9_999 }))).toBe(false);
  });
});
