/** One peer machine; the supernodes, the network and the members are the test's words. */
import type { LinkId, PeerId, StreamId } from '../src/lib/ids.ts';
import { seededRandom } from '../src/lib/random.ts';
import type { NodeEvent } from '../src/node/events.ts';
import type { CheckedPacket, NodeInput, NodeOutput } from '../src/node/node-contract.ts';
import { PeerNode } from '../src/node/peer-node.ts';
import { defaultPeerSettings, type PeerSettings } from '../src/node/settings.ts';
import { PROTOCOL_VERSION, Role } from '../src/wire/link-messages.ts';
import type { MembershipRecord } from '../src/wire/membership-record.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { AdvertState } from '../src/wire/tree-messages.ts';
import { Signer } from './crypto.ts';
import { openSlots, START } from './frames.ts';
import { counting, peerOf } from './ids.ts';
import { recordOf } from './records.ts';

type SceneMessage = Extract<CheckedPacket, { type: 'message' }>['message'];
type Output = NodeOutput<NodeEvent>;

interface Dial {
  readonly link: LinkId;
  readonly peer: PeerId | undefined;
  readonly url: string | undefined;
}

export const SELF = peerOf(2);
export const host = new Signer(1);
export const { stream } = host;
/** Who is behind the first, second … of the node's supernodes. */
export const supernodeOf = (at: number): PeerId => peerOf(9_000 + at);
export const supernodeUrl = (at: number): string => `wss://${at}.example/link`;

/** A member of the host's stream. */
export const memberOf = (number: number, changes: Parameters<typeof recordOf>[1] = {}): MembershipRecord =>
  recordOf(number, { stream, ...changes });
export const hostRecord = (): MembershipRecord => ({
  ...host.record({ role: Role.host, depth: 0 }),
  id: host.peer,
});

export class PeerScene {
  readonly node: PeerNode;
  readonly outputs: Output[] = [];
  now = START;

  constructor({ supernodeCount = 1, ...settings }: Partial<PeerSettings> & { supernodeCount?: number } = {}) {
    const identity = { self: SELF, publicKey: counting(0, 32), startedAt: START };
    const supernodes = Array.from({ length: supernodeCount }, (_, at) => supernodeUrl(at));
    const all = { ...defaultPeerSettings, role: 'viewer' as const, supernodes, stream, ...settings };
    this.node = new PeerNode(identity, all, seededRandom(1));
    this.input({ type: 'start' });
  }

  input(input: NodeInput): Output[] {
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

  /** As long as all far ends give signs of life; every dial to a peer opens within a second if `opens` says so. */
  live(forMs: number, opens: (peer: PeerId) => boolean = () => false): void {
    for (let ms = 0; ms < forMs; ms += 500) {
      this.run(500);
      for (const { id, state, expected } of [...this.node.links.all()]) {
        if (state === 'open') this.say(id, { type: MessageType.ping, number: 1 });
        else if (state === 'opening' && expected !== undefined && opens(expected)) this.open(id, expected);
      }
    }
  }

  /** Dials of a kind so far. */
  dials(kind: 'peer' | 'supernode'): Dial[] {
    return this.of('dial').flatMap(({ link, address }): Dial[] => {
      if (address.kind !== kind) return [];
      const isPeer = address.kind === 'peer';
      return [{ link, peer: isPeer ? address.peer : undefined, url: isPeer ? undefined : address.url }];
    });
  }

  dialedPeers(): PeerId[] {
    return this.dials('peer').flatMap(({ peer }) => peer ?? []);
  }

  /** The newest dial of a kind. */
  dialed(kind: 'peer' | 'supernode'): Dial {
    const last = this.dials(kind).at(-1);
    if (!last) throw new Error(`no ${kind} was dialed`);
    return last;
  }

  open(link: LinkId, peer: PeerId, role: Role = Role.viewer, of: StreamId | undefined = stream): void {
    this.input({ type: 'opened', link });
    const hello = { peer, version: PROTOCOL_VERSION, role, stream: of };
    this.input({ type: 'packet', link, packet: { type: 'hello', hello } });
  }

  say(link: LinkId, message: SceneMessage): Output[] {
    return this.input({ type: 'packet', link, packet: { type: 'message', message } });
  }

  /** The socket to one of the supernodes opens. */
  toSupernode(at = 0): LinkId {
    const dial = this.dials('supernode').findLast(({ url }) => url === supernodeUrl(at));
    if (!dial) throw new Error('this supernode was not dialed');
    this.input({ type: 'opened', link: dial.link });
    const hello = {
      peer: supernodeOf(at),
      version: PROTOCOL_VERSION,
      role: Role.supernode,
      stream: undefined,
    };
    this.input({ type: 'packet', link: dial.link, packet: { type: 'hello', hello } });
    return dial.link;
  }

  /** A supernode proposes members of the stream, and of others. */
  answer(
    link: LinkId,
    inside: readonly MembershipRecord[],
    outside: readonly MembershipRecord[] = [],
    nonce = counting(9, 16),
  ): void {
    this.say(link, { type: MessageType.redirectAnswer, nonce, inside, outside });
  }

  /** Another node has dialed this one, by a signal that `via` brought, and the link is open. */
  accepted(via: LinkId, peer: PeerId, of: StreamId | undefined = stream): LinkId {
    const signal = { to: SELF, from: peer, session: 77, payload: counting(0, 3), route: [], path: [] };
    const signed = { publicKey: counting(0, 32), signature: new Uint8Array(64) };
    this.say(via, { type: MessageType.signal, ...signal, ...signed });
    const accept = this.outputs.findLast((output) => output.type === 'accept');
    if (accept?.type !== 'accept') throw new Error('the dial was not accepted');
    this.open(accept.link, peer, Role.viewer, of);
    return accept.link;
  }

  events<T extends NodeEvent['type']>(type: T): Extract<NodeEvent, { type: T }>[] {
    return this.outputs.flatMap((output) =>
      output.type === 'event' && output.event.type === type
        ? [output.event as Extract<NodeEvent, { type: T }>]
        : [],
    );
  }

  of<T extends Output['type']>(type: T): Extract<Output, { type: T }>[] {
    return this.outputs.filter((output) => output.type === type) as Extract<Output, { type: T }>[];
  }

  sent(type: number): Extract<Output, { type: 'send' }>[] {
    return this.of('send').filter(({ message }) => message.type === type);
  }

  /** Joins with one link, to the host, which feeds it. */
  joined(): { link: LinkId; via: LinkId } {
    const via = this.toSupernode();
    this.answer(via, [hostRecord()]);
    // With several supernodes the answers of the others are waited for.
    if (this.dials('peer').length === 0) this.run(1_000);
    const { link } = this.dialed('peer');
    this.open(link, host.peer, Role.host);
    this.input({
      type: 'packet',
      link,
      packet: { type: 'beacon', beacon: host.beacon({ nextSeq: 10 }), host: host.peer },
    });
    const inEpoch = { epoch: 1_000, stripe: 0, path: [host.peer] };
    const state = AdvertState.attached;
    this.say(link, { type: MessageType.advert, ...inEpoch, state, slots: openSlots(3) });
    this.run(300);
    this.say(link, { type: MessageType.subscribed, ...inEpoch, firstSeq: 10 });
    return { link, via };
  }
}
