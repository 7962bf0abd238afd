/** A running supernode, and links to it that have said hello. */
import type { LinkId, PeerId, StreamId } from '../src/lib/ids.ts';
import { seededRandom } from '../src/lib/random.ts';
import type { CheckedPacket, NodeInput, NodeOutput } from '../src/node/node-contract.ts';
import { SupernodeNode } from '../src/node/supernode-node.ts';
import {
  defaultSupernodeSettings,
  type ListedSupernode,
  type SupernodeEvent,
  type SupernodeSettings,
} from '../src/node/supernode-settings.ts';
import { encodeMessage } from '../src/wire/codec.ts';
import { PROTOCOL_VERSION, Role } from '../src/wire/link-messages.ts';
import type { MembershipRecord } from '../src/wire/membership-record.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { type RedirectAnswer, RedirectIntent, type Signal } from '../src/wire/supernode-messages.ts';
import { START, STREAM } from './frames.ts';
import { counting, peerOf } from './ids.ts';
import { recordOf } from './records.ts';

type Output = NodeOutput<SupernodeEvent>;
type Message = Extract<CheckedPacket, { type: 'message' }>['message'];

const PROOF = new Uint8Array(64);

interface Greeting {
  readonly role?: Role;
  readonly stream?: StreamId;
}

export class SupernodeScene {
  readonly node: SupernodeNode;
  readonly outputs: Output[] = [];
  readonly #linkOf = new Map<PeerId, LinkId>();
  #listed: readonly ListedSupernode[];
  now = START;

  constructor(settings: Partial<SupernodeSettings> = {}, self = peerOf(0)) {
    const identity = { self, publicKey: counting(0, 32), startedAt: START };
    this.#listed = settings.listed ?? [];
    this.node = new SupernodeNode(identity, { ...defaultSupernodeSettings, ...settings }, seededRandom(1));
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

  linkOf(peer: PeerId): LinkId {
    const link = this.#linkOf.get(peer);
    if (link === undefined) throw new Error('not connected');
    return link;
  }

  /** Who is behind a link says so; a supernode is listed, and proves itself. */
  greet(link: LinkId, peer: PeerId, { role = Role.viewer, stream = STREAM }: Greeting = {}): Output[] {
    if (role !== Role.supernode) return this.hello(link, peer, role, stream);
    if (!this.#listed.some(({ id }) => id === peer)) this.list([...this.#listed, { id: peer }]);
    return [...this.hello(link, peer, role, undefined), ...this.proves(link), ...this.takesProof(link)];
  }

  hello(link: LinkId, peer: PeerId, role: Role, stream: StreamId | undefined): Output[] {
    this.#linkOf.set(peer, link);
    this.input({ type: 'opened', link });
    const hello = { peer, version: PROTOCOL_VERSION, role, stream };
    return this.input({ type: 'packet', link, packet: { type: 'hello', hello } });
  }

  /** The own proof for who is behind a link is signed. */
  proves(link: LinkId): Output[] {
    return this.input({ type: 'proof-signed', link, signature: PROOF });
  }

  /** The proof of who is behind a link came, and was good. */
  takesProof(link: LinkId): Output[] {
    const message = { type: MessageType.trunkProof, signature: PROOF };
    return this.input({ type: 'packet', link, packet: { type: 'message', message } });
  }

  list(listed: readonly ListedSupernode[]): Output[] {
    this.#listed = listed;
    return this.input({ type: 'list-supernodes', listed });
  }

  /** Somebody has dialed this supernode; undefined if there is no room. */
  connect(peer: PeerId, greeting: Greeting = {}): LinkId | undefined {
    const link = this.node.incoming(this.now);
    if (link !== undefined) this.greet(link, peer, greeting);
    return link;
  }

  /** Dials to other supernodes so far. */
  get dials(): Extract<Output, { type: 'dial' }>[] {
    return this.outputs.filter((output) => output.type === 'dial');
  }

  say(peer: PeerId, message: Message): Output[] {
    return this.input({ type: 'packet', link: this.linkOf(peer), packet: this.#checked(peer, message) });
  }

  /** As the gate of a supernode hands it over. */
  #checked(peer: PeerId, message: Message): CheckedPacket {
    const isTrunk = this.node.links.openTo(peer)?.role === Role.supernode;
    if (message.type !== MessageType.signal || isTrunk) return { type: 'message', message };
    return { type: 'passing-signal', signal: message, bytes: encodeMessage(message) };
  }

  member(number: number, changes: Partial<MembershipRecord> = {}): void {
    this.connect(peerOf(number), changes.stream === undefined ? {} : { stream: changes.stream });
    this.say(peerOf(number), { type: MessageType.records, records: [recordOf(number, changes)] });
  }

  redirect(peer: PeerId, stream: StreamId = STREAM): RedirectAnswer | undefined {
    const intent = RedirectIntent.join;
    for (const output of this.say(peer, { type: MessageType.redirectRequest, intent, stream })) {
      if (output.type === 'send' && output.message.type === MessageType.redirectAnswer) return output.message;
    }
    return undefined;
  }
}

/** What a supernode does with a signal that it passes on. */
export const passed = (link: LinkId | undefined, signal: Signal): unknown => ({
  type: 'pass',
  link,
  signal,
  bytes: encodeMessage(signal),
});
