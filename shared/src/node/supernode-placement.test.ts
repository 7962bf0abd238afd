import { describe, expect, it } from 'vitest';
import { START, STREAM } from '../../test-kit/frames.ts';
import { counting, peerOf, streamOf } from '../../test-kit/ids.ts';
import { openLink } from '../../test-kit/links.ts';
import { leaveOf, linkListOf, recordOf } from '../../test-kit/records.ts';
import { Graph } from '../graph/graph.ts';
import { type LinkId, type PeerId, type StreamId, tagOf } from '../lib/ids.ts';
import { seededRandom } from '../lib/random.ts';
import type { LinkList } from '../wire/link-list.ts';
import { Role } from '../wire/link-messages.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import { Links } from './links.ts';
import { SupernodePlacement } from './supernode-placement.ts';
import { SupernodeRoutes } from './supernode-routes.ts';

const SELF = 900;
const ASKING = peerOf(1);
const peers = (...numbers: number[]): PeerId[] => numbers.map(peerOf);
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);

/** A supernode's graph and what it proposes out of it. */
class Scene {
  now = START;
  readonly graph: Graph;
  readonly links = new Links(peerOf(SELF), 1_000);
  readonly routes: SupernodeRoutes;
  readonly placement: SupernodePlacement;

  constructor(seed = 1) {
    const identity = { self: peerOf(SELF), publicKey: counting(0, 32), role: Role.supernode, epoch: 1_000 };
    const random = seededRandom(seed);
    this.graph = new Graph(identity, random, { bytesPerSecond: 1_000_000, recordsMax: 20_000 });
    this.routes = new SupernodeRoutes(this.links, this.graph);
    this.placement = new SupernodePlacement(this.graph, this.links, this.routes, random);
  }

  /** A member has a socket here and says of itself what `record` says. */
  member(record: MembershipRecord): void {
    const { id: peer, role, stream } = record;
    openLink(this.links, peer, { kind: 'socket', dialed: false, role, stream });
    this.graph.handle({ type: 'peer-up', peer, role, stream }, this.now);
    this.say(peer, record);
  }

  /** Its socket is gone. */
  gone(peer: PeerId): void {
    this.links.remove(this.links.openTo(peer)?.id as LinkId);
    this.graph.handle({ type: 'peer-down', peer }, this.now);
    this.routes.changed();
    this.placement.update(peer, this.now);
  }

  /** There is a trunk with another supernode, and it tells of its members. */
  trunk(number: number, ...members: number[]): void {
    const peer = peerOf(number);
    this.member(recordOf(number, { role: Role.supernode, stream: undefined }));
    this.routes.changed();
    const named = { supernodes: [tagOf(peer)] };
    for (const member of members) this.say(peer, recordOf(member, named));
  }

  say(peer: PeerId, record: MembershipRecord): void {
    const message = { type: MessageType.records, records: [record] } as const;
    this.graph.handle({ type: 'message', peer, message }, this.now);
    this.placement.update(record.id, this.now);
  }

  /** Members say whom they are linked with. */
  linked(...lists: LinkList[]): void {
    for (const list of lists) {
      const message = { type: MessageType.links, lists: [list] } as const;
      this.graph.handle({ type: 'message', peer: list.id, message }, this.now);
    }
  }

  /** It looks at the shape of the graph, to the end, if that is due within a second; in how many parts. */
  look(): number {
    let parts = 0;
    do {
      this.part();
      parts++;
    } while (this.placement.deadline - this.now < 1_000);
    return parts;
  }

  /** The next part of such a look. */
  part(): void {
    this.now = Math.max(this.now, this.placement.deadline);
    this.placement.tick(this.now);
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
    scene.gone(peerOf(2));
    expect(scene.inside()).toEqual(peers(3));
    expect(scene.inside(24, streamOf(99))).toEqual([]);
  });

  it('[R24] nobody of whom there is no record, no supernode, nobody of no stream', () => {
    const scene = new Scene();
    scene.member(recordOf(2, { role: Role.supernode, stream: STREAM }));
    scene.member(recordOf(3, { stream: undefined }));
    scene.placement.update(peerOf(4), scene.now);
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
      const scene = apart(seed);
      scene.look();
      const picks = scene.inside(6);
      expect([picks.length, picks.filter((id) => small.has(id)).length]).toEqual([6, 3]);
    }
  });

  it('[R23] the shape is looked at again after 2 s, if anything has changed', () => {
    const scene = apart(1);
    const ofSmall = (): number => {
      scene.placement.tick(scene.now);
      return scene.inside(4).filter((id) => small.has(id)).length;
    };
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

  it('[R23] a large graph is looked at in parts, and until all are done answers go by the look before', () => {
    const scene = apart(1);
    expect(scene.look()).toBe(1);
    for (const number of range(1_000, 3_000)) scene.member(abroad(number, 7));
    for (const number of range(1_000, 3_000)) scene.linked(linkListOf(number, [number - 1, number + 1]));
    scene.linked(linkListOf(10, [11, 19, 50], { seq: 2 }), linkListOf(50, [51, 53, 10], { seq: 2 }));
    scene.now += 2_000;
    scene.part();
    const ofSmall = (): number => scene.inside(4).filter((id) => small.has(id)).length;
    expect(new Set(Array.from({ length: 30 }, ofSmall))).toEqual(new Set([2]));
    expect(scene.look()).toBeGreaterThan(3);
    expect(new Set(Array.from({ length: 30 }, ofSmall)).size).toBeGreaterThan(1);
  });

  it('[R23] links through supernodes join nothing', () => {
    const scene = apart(1);
    scene.member(recordOf(901, { role: Role.supernode, stream: undefined }));
    scene.linked(
      linkListOf(901, [10, 50]),
      linkListOf(10, [11, 19, 901], { seq: 2 }),
      linkListOf(50, [51, 53, 901], { seq: 2 }),
    );
    scene.look();
    expect(scene.inside(6).filter((id) => small.has(id))).toHaveLength(3);
  });

  it('[R23] streams with few bridges come first among those of other streams', () => {
    for (let seed = 0; seed < 10; seed++) {
      const scene = new Scene(seed);
      for (const stream of [5, 6, 7]) {
        for (const number of range(stream * 10, 3)) scene.member(abroad(number, stream));
      }
      scene.linked(linkListOf(50, [60]), linkListOf(60, [50]));
      scene.look();
      const [first, ...others] = scene.outside(3);
      expect(peers(70, 71, 72)).toContain(first);
      expect(others).toHaveLength(2);
    }
  });
});

describe('members of other supernodes', () => {
  it('[R42] are proposed while a trunk leads to a supernode that they name', () => {
    const scene = new Scene();
    scene.member(recordOf(2));
    expect(scene.inside()).toEqual(peers(2));
    scene.trunk(901, 3, 4);
    expect(new Set(scene.inside())).toEqual(new Set(peers(2, 3, 4)));
    expect(new Set(scene.inside(24, streamOf(5)))).toEqual(new Set());
    scene.gone(peerOf(901));
    expect(scene.inside()).toEqual(peers(2));
  });

  it('[R42] are left out if they name none that can be reached, or have left', () => {
    const scene = new Scene();
    scene.trunk(901, 3, 4);
    scene.say(peerOf(901), recordOf(5, { supernodes: [tagOf(peerOf(950))] }));
    scene.say(peerOf(901), recordOf(6));
    scene.say(peerOf(901), leaveOf(3));
    expect(scene.inside()).toEqual(peers(4));
  });

  it('[R42] take half of an answer at most, as long as there are enough of the own', () => {
    const scene = new Scene();
    for (const number of range(2, 20)) scene.member(recordOf(number));
    scene.trunk(901, ...range(100, 200));
    const of = (ids: PeerId[]) => ids.filter((id) => scene.links.openTo(id) !== undefined).length;
    expect([scene.inside(24).length, of(scene.inside(24))]).toEqual([24, 12]);
    // The others are better by the order of placement: near the host. It is the same half.
    for (const number of range(100, 200))
      scene.say(peerOf(901), recordOf(number, { seq: 1, depth: 1, supernodes: [tagOf(peerOf(901))] }));
    expect(of(scene.inside(24))).toBe(12);
  });

  it('[R42] fill up where there are few of the own, and the other way round', () => {
    const few = new Scene();
    for (const number of range(2, 3)) few.member(recordOf(number));
    few.trunk(901, ...range(100, 50));
    expect(few.inside(24)).toHaveLength(24);
    const many = new Scene();
    for (const number of range(2, 30)) many.member(recordOf(number));
    many.trunk(901, 100, 101);
    expect(many.inside(24)).toHaveLength(24);
    expect(many.inside(24)).toEqual(expect.arrayContaining(peers(100, 101)));
  });

  it('[R42] whoever has a socket here too is one of the own', () => {
    const scene = new Scene();
    scene.trunk(901, 3);
    scene.member(recordOf(3, { seq: 1, supernodes: [tagOf(peerOf(901)), tagOf(peerOf(SELF))] }));
    expect(scene.inside()).toEqual(peers(3));
    scene.gone(peerOf(3));
    expect(scene.inside()).toEqual(peers(3));
  });

  it('[R42] who comes or leaves while the graph is looked at is not overlooked', () => {
    const scene = new Scene();
    scene.trunk(901, ...range(1_000, 1_500));
    scene.part();
    const named = { supernodes: [tagOf(peerOf(901))], stream: streamOf(5) };
    for (const number of [2, 3]) scene.say(peerOf(901), recordOf(number, named));
    scene.say(peerOf(901), leaveOf(3));
    expect(scene.look()).toBeGreaterThan(1);
    expect(scene.inside(24, streamOf(5))).toEqual(peers(2));
  });

  it('[R42] who has not been led to by any chain of links for a while is not proposed', () => {
    const scene = new Scene();
    scene.trunk(901, 3);
    scene.now += 25_000;
    expect(scene.inside()).toEqual([]);
  });
});
