import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { counting, peerOf, streamOf } from '../../test-kit/ids.ts';
import { leaveOf, linkListOf, recordOf } from '../../test-kit/records.ts';
import { Graph } from '../graph/graph.ts';
import type { PeerId, StreamId } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import type { LinkList } from '../wire/link-list.ts';
import { Role } from '../wire/link-messages.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import { SupernodePlacement } from './supernode-placement.ts';

const SELF = 900;
const ASKING = peerOf(1);
const peers = (...numbers: number[]): PeerId[] => numbers.map(peerOf);
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);

/** A supernode's graph and what it proposes out of it. */
class Scene {
  now = START;
  readonly graph: Graph;
  readonly placement: SupernodePlacement;

  constructor(seed = 1) {
    const identity = { self: peerOf(SELF), publicKey: counting(0, 32), role: Role.supernode, epoch: 1_000 };
    const random = seededRandom(seed);
    this.graph = new Graph(identity, random, { bytesPerSecond: 1_000_000 });
    this.placement = new SupernodePlacement(this.graph, random);
  }

  /** A member has a socket here and says of itself what `record` says. */
  member(record: MembershipRecord): void {
    const { id: peer, role, stream } = record;
    this.graph.handle({ type: 'peer-up', peer, role, stream }, this.now);
    this.say(peer, record);
  }

  say(peer: PeerId, record: MembershipRecord): void {
    const message = { type: MessageType.records, records: [record] } as const;
    this.graph.handle({ type: 'message', peer, message }, this.now);
    this.placement.update(record.id);
  }

  /** Members say whom they are linked with. */
  linked(...lists: LinkList[]): void {
    for (const list of lists) {
      const message = { type: MessageType.links, lists: [list] } as const;
      this.graph.handle({ type: 'message', peer: list.id, message }, this.now);
    }
  }

  inside(count = 24, stream = STREAM): PeerId[] {
    return this.placement.inside(stream, count, ASKING, this.now).map(({ id }) => id);
  }

  outside(count = 8, stream: StreamId | undefined = STREAM): PeerId[] {
    return this.placement.outside(stream, count, ASKING, this.now).map(({ id }) => id);
  }
}

const abroad = (number: number, stream: number): MembershipRecord =>
  recordOf(number, { stream: streamOf(stream) });

describe('whom a supernode proposes', () => {
  it('[R24] members of the stream with a socket here, and never the one that asks', () => {
    const scene = new Scene();
    for (const number of [1, 2, 3]) scene.member(recordOf(number));
    scene.member(abroad(4, 5));
    expect(new Set(scene.inside())).toEqual(new Set(peers(2, 3)));
    expect(scene.outside()).toEqual(peers(4));
    scene.placement.remove(peerOf(2));
    expect(scene.inside()).toEqual(peers(3));
    expect(scene.inside(24, streamOf(99))).toEqual([]);
  });

  it('[R24] nobody of whom there is no record, no supernode, nobody of no stream', () => {
    const scene = new Scene();
    scene.member(recordOf(2, { role: Role.supernode, stream: STREAM }));
    scene.member(recordOf(3, { stream: undefined }));
    scene.placement.update(peerOf(4));
    expect([scene.inside(), scene.outside(), scene.outside(8, undefined)]).toEqual([[], [], []]);
  });

  it('[R24] what a member says anew counts at once: another stream, leaving', () => {
    const scene = new Scene();
    for (const number of [2, 3]) scene.member(recordOf(number));
    scene.say(peerOf(2), recordOf(2, { seq: 1, stream: streamOf(5) }));
    expect([scene.inside(), scene.outside()]).toEqual([peers(3), peers(2)]);
    scene.say(peerOf(2), leaveOf(2));
    scene.say(peerOf(3), leaveOf(3));
    expect([scene.inside(), scene.outside()]).toEqual([[], []]);
  });

  it('[R23] in order: a host with room, free slots, near the host', () => {
    const scene = new Scene();
    scene.member(recordOf(2, { freeSlots: 0, depth: 1 }));
    scene.member(recordOf(3, { depth: 3 }));
    scene.member(recordOf(4, { depth: 1 }));
    scene.member(recordOf(5, { role: Role.host, depth: 0 }));
    scene.linked(...[2, 3, 4].map((number) => linkListOf(number, [5])), linkListOf(5, [2, 3, 4]));
    expect(scene.inside()).toEqual(peers(5, 4, 3, 2));
    scene.say(peerOf(5), recordOf(5, { role: Role.host, depth: 0, freeSlots: 0, seq: 1 }));
    expect(scene.inside(3)).toEqual(peers(4, 3, 5));
  });

  it('[R19] records are handed on with the life that is left of them, and not without', () => {
    const scene = new Scene();
    scene.member(recordOf(2, { ttlMaxSeconds: 60, ttlSeconds: 40 }));
    scene.now += 15_000;
    const [record] = scene.placement.inside(STREAM, 8, ASKING, scene.now);
    expect(record?.ttlSeconds).toBe(25);
    scene.now += 25_000;
    expect(scene.inside()).toEqual([]);
  });
});

describe('the shape of the graph', () => {
  /** Members 10 … 19 hang together, and so do 50 … 53. */
  function apart(seed: number): Scene {
    const scene = new Scene(seed);
    const ring = (numbers: number[]): LinkList[] =>
      numbers.map((number, at) => {
        const neighbours = [numbers.at(at - 1), numbers[(at + 1) % numbers.length]] as number[];
        return linkListOf(number, neighbours);
      });
    for (const number of [...range(10, 10), ...range(50, 4)]) scene.member(recordOf(number));
    scene.linked(...ring(range(10, 10)), ...ring(range(50, 4)));
    return scene;
  }
  const small = new Set(peers(...range(50, 4)));

  it('[R23] a newcomer joins together what has come apart: half of its proposals are of the smaller part', () => {
    for (let seed = 0; seed < 20; seed++) {
      const picks = apart(seed).inside(6);
      expect([picks.length, picks.filter((id) => small.has(id)).length]).toEqual([6, 3]);
    }
  });

  it('[R23] the shape is looked at again after 2 s, if anything has changed', () => {
    const scene = apart(1);
    const ofSmall = (): number => scene.inside(4).filter((id) => small.has(id)).length;
    expect(ofSmall()).toBe(2);
    // Links that only one end lists join nothing.
    scene.linked(linkListOf(10, [11, 19, 50], { seq: 2 }));
    scene.now += 2_000;
    expect(ofSmall()).toBe(2);
    scene.linked(linkListOf(50, [51, 53, 10], { seq: 2 }));
    const joined = Array.from({ length: 30 }, ofSmall);
    expect(new Set(joined)).toEqual(new Set([2]));
    scene.now += 2_000;
    const after = Array.from({ length: 30 }, ofSmall);
    expect(new Set(after).size).toBeGreaterThan(1);
  });

  it('[R23] links through supernodes join nothing', () => {
    const scene = apart(1);
    scene.member(recordOf(901, { role: Role.supernode, stream: undefined }));
    scene.linked(
      linkListOf(901, [10, 50]),
      linkListOf(10, [11, 19, 901], { seq: 2 }),
      linkListOf(50, [51, 53, 901], { seq: 2 }),
    );
    expect(scene.inside(6).filter((id) => small.has(id))).toHaveLength(3);
  });

  it('[R23] streams with few bridges come first among those of other streams', () => {
    for (let seed = 0; seed < 10; seed++) {
      const scene = new Scene(seed);
      for (const stream of [5, 6, 7]) {
        for (const number of range(stream * 10, 3)) scene.member(abroad(number, stream));
      }
      scene.linked(linkListOf(50, [60]), linkListOf(60, [50]));
      const [first, ...others] = scene.outside(3);
      expect(peers(70, 71, 72)).toContain(first);
      expect(others).toHaveLength(2);
    }
  });
});
