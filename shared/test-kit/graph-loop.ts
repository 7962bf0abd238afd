/**
 * Some net graph machines in one loop of virtual time. What one sends reaches the other `latencyMs` later, in order; a test may
 * look at every message on its way and drop it. No links, no gate: the machines' peers are each other, and what they want signed
 * is signed at once.
 */
import { Graph } from '../src/graph/graph.ts';
import type {
  CheckedGraphMessage,
  GraphInput,
  GraphOutput,
  GraphSettings,
  SelfDescription,
} from '../src/graph/graph-contract.ts';
import { NO_DEPTH } from '../src/graph/own-word.ts';
import { Heap } from '../src/lib/heap.ts';
import type { PeerId, StreamId } from '../src/lib/ids.ts';
import { seededRandom } from '../src/lib/random.ts';
import type { GraphMessage } from '../src/wire/graph-messages.ts';
import { applyDelta, type LinkList } from '../src/wire/link-list.ts';
import { Role } from '../src/wire/link-messages.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { START, STREAM } from './frames.ts';
import { counting, peerOf } from './ids.ts';

export interface GraphNodeOptions {
  readonly role?: Role;
  readonly stream?: StreamId | undefined;
  readonly epoch?: number;
  readonly settings?: Partial<GraphSettings>;
}

interface Member {
  readonly graph: Graph;
  readonly role: Role;
  readonly stream: StreamId | undefined;
  readonly told: GraphOutput[];
}

interface Arrival {
  readonly at: number;
  readonly order: number;
  readonly from: PeerId;
  readonly to: PeerId;
  readonly message: GraphMessage;
}

const pair = (a: PeerId, b: PeerId): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

export class GraphLoop {
  now = START;
  latencyMs = 5;
  /** Return true to lose what `from` sends to `to`. */
  drop: (from: PeerId, to: PeerId, message: GraphMessage) => boolean = () => false;
  readonly sent: {
    readonly from: PeerId;
    readonly to: PeerId;
    readonly message: GraphMessage;
    readonly at: number;
  }[] = [];
  readonly #members = new Map<PeerId, Member>();
  readonly #links = new Set<string>();
  readonly #arrivals = new Heap<Arrival>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  #order = 0;

  /** Adds a node that describes itself at once. */
  add(number: number, options: GraphNodeOptions = {}): Graph {
    const { role = Role.viewer, epoch = 1_000, settings = {} } = options;
    const stream = 'stream' in options ? options.stream : role === Role.supernode ? undefined : STREAM;
    const self = peerOf(number);
    const graph = new Graph(
      { self, publicKey: counting(number, 32), role, epoch },
      seededRandom(number + 1),
      settings,
    );
    this.#members.set(self, { graph, role, stream, told: [] });
    this.describe(number, {});
    return graph;
  }

  describe(number: number, changes: Partial<SelfDescription>): void {
    const self = peerOf(number);
    const { role, stream } = this.#member(self);
    const all = { role, stream, freeSlots: 3, depth: NO_DEPTH, links: 1, supernodes: [], ...changes };
    this.#feed(self, { type: 'describe', self: all });
  }

  #member(id: PeerId): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error('no such node');
    return member;
  }

  graph(number: number): Graph {
    return this.#member(peerOf(number)).graph;
  }

  /** What a node told the node around it, apart from messages and signing. */
  told(number: number): readonly GraphOutput[] {
    return this.#member(peerOf(number)).told;
  }

  connect(a: number, b: number): void {
    const [first, second] = [peerOf(a), peerOf(b)];
    this.#links.add(pair(first, second));
    for (const [self, peer] of [
      [first, second],
      [second, first],
    ] as const) {
      const { role, stream } = this.#member(peer);
      this.#feed(self, { type: 'peer-up', peer, role, stream });
    }
  }

  disconnect(a: number, b: number): void {
    const [first, second] = [peerOf(a), peerOf(b)];
    if (!this.#links.delete(pair(first, second))) return;
    if (this.#members.has(first)) this.#feed(first, { type: 'peer-down', peer: second });
    if (this.#members.has(second)) this.#feed(second, { type: 'peer-down', peer: first });
  }

  /** The node vanishes; its neighbours notice. */
  crash(number: number): void {
    const id = peerOf(number);
    this.#members.delete(id);
    for (const link of [...this.#links]) {
      const [a, b] = link.split(' ') as [PeerId, PeerId];
      if (a !== id && b !== id) continue;
      this.#links.delete(link);
      this.#feed(a === id ? b : a, { type: 'peer-down', peer: id });
    }
  }

  leave(number: number): void {
    this.#feed(peerOf(number), { type: 'leave' });
    this.run(this.latencyMs * 2);
    this.crash(number);
  }

  /** Hands a node a message as if a neighbour had sent it. */
  inject(to: number, from: number, message: CheckedGraphMessage): void {
    this.#feed(peerOf(to), { type: 'message', peer: peerOf(from), message });
  }

  run(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const arrival = this.#arrivals.peek();
      let next = arrival?.at ?? Number.POSITIVE_INFINITY;
      let due: PeerId | undefined;
      for (const [id, { graph }] of this.#members) {
        const deadline = Math.max(graph.nextDeadline(), this.now);
        if (deadline >= next) continue;
        next = deadline;
        due = id;
      }
      if (next > until) break;
      this.now = next;
      if (due !== undefined) this.#feed(due, { type: 'tick' });
      else this.#arrive(this.#arrivals.pop() as Arrival);
    }
    this.now = until;
  }

  #arrive({ from, to, message }: Arrival): void {
    const member = this.#members.get(to);
    if (member === undefined || !this.#links.has(pair(from, to))) return;
    const checked = message.type === MessageType.links ? this.#whole(member.graph, message) : message;
    this.#feed(to, { type: 'message', peer: from, message: checked });
  }

  /** What the gate makes of link lists. */
  #whole(
    graph: Graph,
    message: Extract<GraphMessage, { type: typeof MessageType.links }>,
  ): CheckedGraphMessage {
    const lists: LinkList[] = [];
    for (const form of message.lists) {
      if (form.form === 'full') {
        lists.push(form.list);
        continue;
      }
      const base = graph.replica.get(form.delta.id)?.links;
      const body = base && applyDelta(base, form.delta);
      if (body) lists.push({ ...body, signature: form.delta.signature });
    }
    return { type: MessageType.links, lists };
  }

  #feed(self: PeerId, input: GraphInput): void {
    const member = this.#members.get(self);
    if (member === undefined) return;
    for (const output of member.graph.handle(input, this.now)) {
      if (output.type === 'send') this.#send(self, output.peer, output.message);
      else if (output.type === 'sign-record') {
        const { body } = output;
        const signature = new Uint8Array(64);
        const record = { ...body, id: self, signature, ttlSeconds: body.ttlMaxSeconds };
        this.#feed(self, { type: 'own-record', record });
      } else if (output.type === 'sign-links') {
        this.#feed(self, { type: 'own-links', list: { ...output.body, signature: new Uint8Array(64) } });
      } else member.told.push(output);
    }
  }

  #send(from: PeerId, to: PeerId, message: GraphMessage): void {
    this.sent.push({ from, to, message, at: this.now });
    if (!this.#links.has(pair(from, to)) || this.drop(from, to, message)) return;
    this.#arrivals.push({ at: this.now + this.latencyMs, order: this.#order++, from, to, message });
  }
}

/** Who is listed as present by a node, by the number given to {@link GraphLoop.add}. */
export function listed(loop: GraphLoop, by: number, of: readonly number[]): number[] {
  const { holdings, replica } = loop.graph(by);
  holdings.look(loop.now);
  return of.filter((number) => {
    const held = replica.get(peerOf(number));
    return held !== undefined && holdings.isPresent(held, loop.now);
  });
}

/** Numbers of nodes, the last one included. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** Nodes in a line, each linked with the next. */
export function line(count: number): GraphLoop {
  const loop = new GraphLoop();
  for (const number of range(1, count)) loop.add(number);
  for (const number of range(1, count - 1)) loop.connect(number, number + 1);
  return loop;
}
