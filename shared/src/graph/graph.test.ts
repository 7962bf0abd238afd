import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { counting, peerOf, streamOf } from '../../test-kit/ids.ts';
import { LEAVE_SEQ, leaveOf, recordOf } from '../../test-kit/records.ts';
import type { PeerId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import { encodeMessage } from '../wire/codec.ts';
import type { GraphMessage, MembershipRecord } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Graph } from './graph.ts';
import { type GraphInput, type GraphOutput, graphTimings } from './graph-contract.ts';

const [A, B, C, D] = [1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId];

const graphOf = (self: PeerId, epoch = 1_000): Graph =>
  new Graph({ self, publicKey: counting(0, 32), epoch }, seededRandom(1));

const records = (...list: MembershipRecord[]): GraphMessage => ({ type: MessageType.records, records: list });
const message = (peer: PeerId, what: GraphMessage): GraphInput => ({ type: 'message', peer, message: what });

/** What is sent, as "peer: type ids". */
const sent = (outputs: readonly GraphOutput[]): string[] =>
  outputs.flatMap((output) => {
    if (output.type !== 'send') return [];
    const { message: what } = output;
    if (what.type === MessageType.records) {
      return [`${output.peer} records ${what.records.map(({ id, version }) => `${id}@${version.seq}`)}`];
    }
    const [name] = Object.entries(MessageType).find(([, type]) => type === what.type) ?? [];
    return [`${output.peer} ${name}`];
  });

/** A graph with neighbours, past its first round of anti-entropy. */
function settled(self: PeerId, peers: readonly PeerId[]): Graph {
  const graph = graphOf(self);
  graph.handle({ type: 'tick' }, START);
  for (const peer of peers) graph.handle({ type: 'peer-up', peer }, START);
  return graph;
}

/** Signs at once what a graph wants signed; answers with the other outputs. */
function withSigning(graph: Graph, id: PeerId, input: GraphInput, now: number): GraphOutput[] {
  return graph.handle(input, now).flatMap((output) => {
    if (output.type !== 'sign-record') return [output];
    const record = {
      ...output.body,
      id,
      signature: new Uint8Array(64),
      ttlSeconds: output.body.ttlMaxSeconds,
    };
    return withSigning(graph, id, { type: 'own-record', record }, now);
  });
}

const describeAs = (freeSlots: number, stream = STREAM): GraphInput => ({
  type: 'describe',
  self: { role: Role.viewer, stream, freeSlots },
});

describe('spread', () => {
  it('[R20] news go to every neighbour but the one that brought them and the one they are about', () => {
    const graph = settled(A, [B, C, D]);
    graph.handle(message(B, records(recordOf(9), recordOf(3))), START);
    const due = START + graphTimings.spreadBatchMs;
    expect(graph.nextDeadline()).toBe(due);
    expect(sent(graph.handle({ type: 'tick' }, due))).toEqual([
      `${C} records ${peerOf(9)}@0`,
      `${D} records ${peerOf(9)}@0,${C}@0`,
    ]);
    expect(sent(graph.handle({ type: 'tick' }, due + 1_000))).toEqual([]);
  });

  it('[R20] each news at most once per direction of a link, however often and from wherever it comes', () => {
    const graph = settled(A, [B, C, D]);
    const seen: string[] = [];
    for (const [at, peer] of [B, C, B, D, C].entries()) {
      seen.push(...sent(graph.handle(message(peer, records(recordOf(9, { seq: 4 }))), START + at * 30)));
      seen.push(...sent(graph.handle({ type: 'tick' }, START + at * 30 + 1)));
    }
    expect(seen.sort()).toEqual([`${C} records ${peerOf(9)}@4`, `${D} records ${peerOf(9)}@4`]);
  });

  it('[R20] only the newest of several versions is passed on', () => {
    const graph = settled(A, [B, C]);
    for (const seq of [1, 3, 2]) graph.handle(message(B, records(recordOf(9, { seq }))), START);
    expect(sent(graph.handle({ type: 'tick' }, START + 50))).toEqual([`${C} records ${peerOf(9)}@3`]);
  });

  it('[R22] a leave record is passed on at once, and the application told', () => {
    const graph = settled(A, [B, C]);
    graph.handle(message(B, records(recordOf(9))), START);
    graph.handle({ type: 'tick' }, START + 50);
    const outputs = graph.handle(message(B, records(leaveOf(9))), START + 60);
    expect(sent(outputs)).toEqual([`${C} records ${peerOf(9)}@${LEAVE_SEQ}`]);
    expect(outputs).toContainEqual(expect.objectContaining({ type: 'member', present: false }));
  });

  it('[R19] a record is passed on with the life that is left', () => {
    const graph = settled(A, [B, C]);
    graph.handle(message(B, records(recordOf(9, { ttlSeconds: 40 }))), START);
    graph.handle({ type: 'tick' }, START + 50);
    const [output] = graph.handle(message(C, { type: MessageType.wanted, ids: [peerOf(9)] }), START + 10_000);
    expect(output).toMatchObject({ type: 'send', message: { records: [{ ttlSeconds: 30 }] } });
    expect(graph.handle({ type: 'tick' }, START + 40_000)).toContainEqual(
      expect.objectContaining({ type: 'member', present: false }),
    );
  });

  it('[R18] nobody writes the record of this node', () => {
    const graph = settled(A, [B, C]);
    withSigning(graph, A, describeAs(3), START);
    const outputs = graph.handle(message(B, records(recordOf(1, { epoch: 9_999_999 }))), START + 60);
    expect(sent(outputs)).toEqual([]);
    expect(graph.replica.versionOf(A)?.epoch).toBe(1_000);
  });
});

describe('the own record', () => {
  it('[R18] is announced at once, with its leave record, then every 20 s', () => {
    const graph = settled(A, [B]);
    const first = graph.handle(describeAs(3), START);
    const bodies = first.flatMap((output) => (output.type === 'sign-record' ? [output.body] : []));
    expect(bodies.map(({ status, version }) => [status, version.epoch, version.seq])).toEqual([
      [0, 1_000, 0],
      [1, 1_000, LEAVE_SEQ],
    ]);
    const record = (body: (typeof bodies)[0]): MembershipRecord => ({
      ...body,
      id: A,
      signature: new Uint8Array(64),
      ttlSeconds: 60,
    });
    for (const body of bodies) graph.handle({ type: 'own-record', record: record(body) }, START);
    expect(graph.replica.member(A)).toBeDefined();
    expect(graph.handle(describeAs(3), START + 19_999).filter(({ type }) => type === 'sign-record')).toEqual(
      [],
    );
    const again = graph.handle({ type: 'tick' }, START + 20_000).filter(({ type }) => type === 'sign-record');
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({ body: { version: { seq: 1 }, status: 0 } });
  });

  it('[R18] changes of free slots are announced at most once a second, another stream at once', () => {
    const graph = settled(A, [B]);
    withSigning(graph, A, describeAs(3), START);
    const signed: number[] = [];
    for (let now = START + 10; now < START + 3_000; now += 10) {
      for (const output of graph.handle(describeAs(now % 7), now))
        if (output.type === 'sign-record') signed.push(now);
    }
    expect(signed).toEqual([START + 1_000, START + 2_000]);
    const moved = graph.handle(describeAs(3, streamOf(9)), START + 2_995);
    expect(moved.filter(({ type }) => type === 'sign-record')).toHaveLength(2);
  });

  it('[R22] the leave record was signed ahead: leaving takes one message to each neighbour and no time', () => {
    const graph = settled(A, [B, C]);
    withSigning(graph, A, describeAs(3), START);
    expect(sent(graph.handle({ type: 'leave' }, START + 500))).toEqual([
      `${B} records ${A}@${LEAVE_SEQ}`,
      `${C} records ${A}@${LEAVE_SEQ}`,
    ]);
  });
});

describe('anti-entropy', () => {
  it('[R21] a digest opens a link and goes to some neighbour every 5 s', () => {
    const graph = graphOf(A);
    graph.handle({ type: 'tick' }, START);
    expect(sent(graph.handle({ type: 'peer-up', peer: B }, START))).toEqual([`${B} digest`]);
    expect(sent(graph.handle({ type: 'tick' }, START + 4_999))).toEqual([]);
    expect(sent(graph.handle({ type: 'tick' }, START + 5_000))).toEqual([`${B} digest`]);
  });

  it('[R21] equal digests end it; different ones are answered with a summary', () => {
    const graph = settled(A, [B]);
    graph.handle(message(B, records(recordOf(9))), START);
    const { size: count, fingerprint } = graph.replica;
    const same = { type: MessageType.digest, count, fingerprint } as const;
    expect(sent(graph.handle(message(B, same), START + 10))).toEqual([]);
    expect(sent(graph.handle(message(B, { ...same, count: 2 }), START + 10))).toEqual([`${B} summary`]);
  });

  it('[R21] a summary is answered with what the other lacks and a request for what it has newer', () => {
    const graph = settled(A, [B]);
    for (const [number, seq] of [
      [5, 5],
      [6, 6],
      [7, 7],
      [8, 8],
    ] as const) {
      graph.handle(message(C, records(recordOf(number, { seq }))), START);
    }
    graph.handle({ type: 'tick' }, START + 50);
    const entries = [
      { id: peerOf(5), version: { epoch: 1_000, seq: 5 } },
      { id: peerOf(6), version: { epoch: 1_000, seq: 5 } },
      { id: peerOf(7), version: { epoch: 1_000, seq: 9 } },
      { id: peerOf(9), version: { epoch: 1_000, seq: 0 } },
      { id: A, version: { epoch: 9_999, seq: 0 } },
    ];
    const outputs = graph.handle(message(B, { type: MessageType.summary, entries }), START + 60);
    expect(sent(outputs)).toEqual([`${B} records ${peerOf(6)}@6,${peerOf(8)}@8`, `${B} wanted`]);
    expect(outputs).toContainEqual({
      type: 'send',
      peer: B,
      message: { type: MessageType.wanted, ids: [peerOf(7), peerOf(9)] },
    });
  });

  it('[R6] a full replica says so within the limits of one packet each', () => {
    const graph = settled(A, [B, C]);
    for (let number = 10; number < limits.recordsHeldMax + 400; number++) {
      graph.handle(message(B, records(recordOf(number))), START);
    }
    expect(graph.replica.size).toBe(limits.recordsHeldMax);
    const outputs = [
      ...graph.handle({ type: 'tick' }, START + 50),
      ...graph.handle(message(B, { type: MessageType.digest, count: 0, fingerprint: [0, 0] }), START + 60),
      ...graph.handle(message(C, { type: MessageType.summary, entries: [] }), START + 60),
    ];
    let told = 0;
    for (const output of outputs) {
      if (output.type !== 'send') continue;
      expect(encodeMessage(output.message).length).toBeLessThanOrEqual(limits.packetBytesMax);
      if (output.message.type === MessageType.records) told += output.message.records.length;
    }
    expect(told).toBe(limits.recordsHeldMax * 2);
  });
});

/** Graphs whose messages wait in one queue a direction, so that a test decides what arrives when, and what is lost. */
class Exchange {
  readonly graphs: Map<PeerId, Graph>;
  readonly queues = new Map<string, GraphMessage[]>();
  now = START;

  constructor(ids: readonly PeerId[], links: readonly (readonly [PeerId, PeerId])[]) {
    this.graphs = new Map(ids.map((id) => [id, graphOf(id)]));
    for (const [a, b] of links) {
      this.queues.set(`${a} ${b}`, []).set(`${b} ${a}`, []);
      this.input(a, { type: 'peer-up', peer: b });
      this.input(b, { type: 'peer-up', peer: a });
    }
  }

  input(id: PeerId, input: GraphInput): void {
    for (const output of withSigning(this.graphs.get(id) as Graph, id, input, this.now)) {
      if (output.type === 'send') this.queues.get(`${id} ${output.peer}`)?.push(output.message);
    }
  }

  get waiting(): string[] {
    return [...this.queues].filter(([, queue]) => queue.length > 0).map(([way]) => way);
  }

  deliver(way: string): void {
    const [from, to] = way.split(' ') as [PeerId, PeerId];
    const next = this.queues.get(way)?.shift();
    if (next) this.input(to, message(from, next));
  }

  /** All messages arrive and all timers fire until nothing is left to do. */
  settle(forMs: number): void {
    for (const until = this.now + forMs; ; ) {
      for (let way = this.waiting[0]; way; way = this.waiting[0]) this.deliver(way);
      this.now += 50;
      if (this.now > until) return;
      for (const id of this.graphs.keys()) this.input(id, { type: 'tick' });
    }
  }

  state(): string[] {
    return [...this.graphs.values()].map((graph) =>
      [...graph.replica.members()]
        .map(({ id, version }) => `${id}@${version.seq}`)
        .sort()
        .join(),
    );
  }
}

describe('convergence', () => {
  it('[R20] ten nodes in a line know each other within a second, by spread alone', () => {
    const ids = Array.from({ length: 10 }, (_, at) => peerOf(at + 1));
    const exchange = new Exchange(
      ids,
      ids.slice(1).map((id, at) => [ids[at] as PeerId, id] as const),
    );
    for (const id of ids) exchange.input(id, describeAs(3));
    exchange.settle(1_000);
    expect(new Set(exchange.state())).toEqual(
      new Set([
        ids
          .map((id) => `${id}@0`)
          .sort()
          .join(),
      ]),
    );
  });

  it('[R21] what was lost on the way is repaired by digests', () => {
    const ids = [A, B, C];
    const exchange = new Exchange(ids, [
      [A, B],
      [B, C],
    ]);
    exchange.settle(100);
    for (const id of ids) exchange.input(id, describeAs(3));
    for (let round = 0; round < 5; round++) {
      for (const queue of exchange.queues.values()) queue.length = 0;
      exchange.now += 60;
      for (const id of ids) exchange.input(id, { type: 'tick' });
    }
    for (const queue of exchange.queues.values()) queue.length = 0;
    expect(new Set(exchange.state()).size).toBe(3);
    exchange.settle(12_000);
    expect(new Set(exchange.state())).toEqual(
      new Set([
        ids
          .map((id) => `${id}@0`)
          .sort()
          .join(),
      ]),
    );
  });

  it('[R22] after one leaves, all agree that it is gone, and a replay at the far end changes nothing', () => {
    const exchange = new Exchange(
      [A, B, C],
      [
        [A, B],
        [B, C],
      ],
    );
    for (const id of [A, B, C]) exchange.input(id, describeAs(3));
    exchange.settle(500);
    const kept = exchange.graphs.get(C)?.replica.aged(A, exchange.now) as MembershipRecord;
    exchange.input(A, { type: 'leave' });
    exchange.deliver(`${A} ${B}`);
    exchange.graphs.delete(A);
    exchange.queues.delete(`${A} ${B}`);
    exchange.queues.delete(`${B} ${A}`);
    exchange.input(B, { type: 'peer-down', peer: A });
    exchange.settle(500);
    const left = [B, C]
      .map((id) => `${id}@0`)
      .sort()
      .join();
    expect(exchange.state()).toEqual([left, left]);
    exchange.input(C, message(B, records({ ...kept, ttlSeconds: 60 })));
    exchange.settle(100_000);
    exchange.input(C, message(B, records({ ...kept, ttlSeconds: 60 })));
    exchange.settle(500);
    for (const state of exchange.state()) expect(state).not.toContain(A);
  });

  it('[R20] three nodes in a ring end in the one final state, in every order in which messages may arrive', () => {
    const ends = new Set<string>();
    let runs = 0;
    // Depth-first over all choices of which queue moves next; a run is replayed from its list of choices.
    const pending: number[][] = [[]];
    for (let choices = pending.pop(); choices && runs < 20_000; choices = pending.pop()) {
      const exchange = new Exchange(
        [A, B, C],
        [
          [A, B],
          [B, C],
          [C, A],
        ],
      );
      // Only what follows is explored: A appears, then changes; B leaves.
      for (const queue of exchange.queues.values()) queue.length = 0;
      exchange.input(B, describeAs(3));
      exchange.input(A, describeAs(2));
      exchange.input(B, { type: 'leave' });
      let step = 0;
      for (let waiting = exchange.waiting; waiting.length > 0; waiting = exchange.waiting) {
        if (step === choices.length) {
          for (let other = 1; other < waiting.length; other++) pending.push([...choices, other]);
          choices = [...choices, 0];
        }
        exchange.deliver(waiting[choices[step] as number] as string);
        step++;
        exchange.now++;
        if (exchange.waiting.length === 0) exchange.settle(100);
      }
      ends.add(exchange.state().join(' | '));
      runs++;
    }
    expect(pending).toEqual([]);
    expect(runs).toBeGreaterThan(100);
    // B itself goes on holding its own record; it has left.
    expect([...ends]).toEqual([`${A}@0 | ${[A, B].map((id) => `${id}@0`).join()} | ${A}@0`]);
  });
});
