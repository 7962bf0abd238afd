/**
 * The network of thesis 4.1.1 for exhaustive exploration: three hosts, each alone in its subnetwork, all linked with each other. They
 * are real net graph machines; what is in flight waits in one queue for each direction of a link, and every node has a time of
 * its own, so that an explorer decides what happens next: a message arrives, or a node's timer fires.
 */
import { Graph } from '../../src/graph/graph.ts';
import type { GraphInput, GraphOutput } from '../../src/graph/graph-contract.ts';
import { NO_DEPTH } from '../../src/graph/own-word.ts';
import { type PeerId, peerIdFromBytes, type StreamId, streamIdFromBytes, tagOf } from '../../src/lib/ids.ts';
import { seededRandom } from '../../src/lib/random.ts';
import type { GraphMessage } from '../../src/wire/graph-messages.ts';
import { applyDelta, type LinkList } from '../../src/wire/link-list.ts';
import { Role } from '../../src/wire/link-messages.ts';
import { MessageType } from '../../src/wire/message-type.ts';

const COUNT = 3;
const START_MS = 1_000_000;
/** All have heard of all, and no periodic duty is near. */
const SETTLED_MS = START_MS + 26_050;
/** Timers up to then fire at any moment that the explorer likes; those of periodic duties come later. */
const HORIZON_MS = SETTLED_MS + 1_900;

/** What the first node does. */
export const Change = {
  slots: 'its last free slot is taken',
  moved: 'it hosts another stream',
  leave: 'it leaves',
} as const;
export type Change = (typeof Change)[keyof typeof Change];

interface Node {
  readonly id: PeerId;
  readonly stream: StreamId;
  readonly graph: Graph;
  now: number;
}

/** Notices that came and updates that were taken since the change, of one node. */
export interface Told {
  readonly notices: number;
  readonly taken: number;
}

const filled = (number: number): Uint8Array => new Uint8Array(20).fill(number);

export class ThreeNodes {
  readonly #nodes: Node[] = [];
  readonly #queues = new Map<string, GraphMessage[]>();
  readonly #before: Told[];

  constructor(change: Change) {
    for (let i = 0; i < COUNT; i++) {
      const id = peerIdFromBytes(filled(i + 1));
      const graph = new Graph(
        { self: id, publicKey: filled(i + 1), role: Role.host, epoch: START_MS },
        seededRandom(i + 1),
      );
      this.#nodes.push({ id, stream: streamIdFromBytes(filled(i + 101)), graph, now: START_MS });
    }
    this.#meet();
    this.#before = this.#nodes.map(({ graph }) => ({ ...graph.counters }));
    this.#change(change);
  }

  #describe({ id, stream }: Node, changes: { freeSlots?: number; stream?: StreamId }): GraphInput {
    const supernodes = [tagOf(id)];
    const self = { role: Role.host, stream, freeSlots: 1, depth: NO_DEPTH, links: 0, supernodes, ...changes };
    return { type: 'describe', self };
  }

  /** All link up and come to rest. */
  #meet(): void {
    for (const [i, node] of this.#nodes.entries()) {
      this.#feed(i, this.#describe(node, {}));
      for (const [j, { id, stream }] of this.#nodes.entries()) {
        if (i === j) continue;
        this.#queues.set(`${i} ${j}`, []);
        this.#feed(i, { type: 'peer-up', peer: id, role: Role.host, stream });
      }
    }
    for (let now = START_MS; now <= SETTLED_MS; now += 50) {
      for (const [i, node] of this.#nodes.entries()) {
        node.now = now;
        this.#feed(i, { type: 'tick' });
      }
      for (let way = this.choices(now)[0]; way !== undefined; way = this.choices(now)[0]) this.choose(way);
    }
  }

  #change(change: Change): void {
    const first = this.#nodes[0] as Node;
    if (change === Change.leave) this.#feed(0, { type: 'leave' });
    else {
      const changes = change === Change.slots ? { freeSlots: 0 } : { stream: streamIdFromBytes(filled(104)) };
      this.#feed(0, this.#describe(first, changes));
    }
  }

  /** What may happen next: "0 1": what node 0 sent first to node 1 arrives; "2": node 2's timer fires. */
  choices(horizonMs = HORIZON_MS): string[] {
    const possible = [...this.#queues].filter(([, queue]) => queue.length > 0).map(([way]) => way);
    for (const [i, { graph }] of this.#nodes.entries())
      if (graph.nextDeadline() <= horizonMs) possible.push(`${i}`);
    return possible;
  }

  choose(choice: string): void {
    const [from, to] = choice.split(' ').map(Number) as [number, number | undefined];
    const node = this.#nodes[to ?? from] as Node;
    if (to === undefined) {
      node.now = Math.max(node.now, node.graph.nextDeadline());
      this.#feed(from, { type: 'tick' });
      return;
    }
    const message = this.#queues.get(choice)?.shift();
    if (message === undefined) return;
    const peer = (this.#nodes[from] as Node).id;
    const checked = message.type === MessageType.links ? wholeLists(node.graph, message) : message;
    this.#feed(to, { type: 'message', peer, message: checked });
  }

  #feed(index: number, input: GraphInput): void {
    const { graph, now } = this.#nodes[index] as Node;
    for (const output of graph.handle(input, now)) this.#perform(index, output);
  }

  #perform(index: number, output: GraphOutput): void {
    const { id } = this.#nodes[index] as Node;
    const signature = new Uint8Array(64);
    if (output.type === 'send') {
      const to = this.#nodes.findIndex((node) => node.id === output.peer);
      this.#queues.get(`${index} ${to}`)?.push(output.message);
    } else if (output.type === 'sign-record') {
      const record = { ...output.body, id, signature, ttlSeconds: output.body.ttlMaxSeconds };
      this.#feed(index, { type: 'own-record', record });
    } else if (output.type === 'sign-links') {
      this.#feed(index, { type: 'own-links', list: { ...output.body, signature } });
    }
  }

  /** What was told to each node since the change. */
  told(): Told[] {
    return this.#nodes.map(({ graph: { counters } }, i) => {
      const { notices, taken } = this.#before[i] as Told;
      return { notices: counters.notices - notices, taken: counters.taken - taken };
    });
  }

  /** What every node holds, as text; equal texts are equal graphs. */
  state(): string[] {
    return this.#nodes.map(({ graph }) =>
      [...graph.replica.nodes()]
        .map(({ tag, record, links }) => {
          const { version, status, freeSlots, stream } = record;
          return `${tag} ${version.seq} ${status} ${freeSlots} ${stream} ${links?.version.seq}`;
        })
        .sort()
        .join('; '),
    );
  }
}

/** What the gate makes of link lists. */
function wholeLists(
  graph: Graph,
  { type, lists }: Extract<GraphMessage, { type: typeof MessageType.links }>,
) {
  const whole = lists.flatMap((form): LinkList[] => {
    if (form.form === 'full') return [form.list];
    const base = graph.replica.get(form.delta.id)?.links;
    const body = base && applyDelta(base, form.delta);
    return body ? [{ ...body, signature: form.delta.signature }] : [];
  });
  return { type, lists: whole };
}
