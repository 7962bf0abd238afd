import { describe, expect, it } from 'vitest';
import { STREAM } from '../../test-kit/frames.ts';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { leaveOf, recordOf } from '../../test-kit/records.ts';
import { SearchScene } from '../../test-kit/search-scene.ts';
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import type { MembershipRecord } from '../wire/membership-record.ts';

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);
const records = (numbers: readonly number[]): MembershipRecord[] => numbers.map((number) => recordOf(number));
const peers = (...numbers: number[]): PeerId[] => numbers.map(peerOf);
const abroad = (number: number, stream = 5): MembershipRecord =>
  recordOf(number, { stream: streamOf(stream) });

/** A newcomer to whom one supernode has proposed members 10, 11 … */
function newcomer(proposals = 20): SearchScene {
  const scene = new SearchScene();
  scene.propose(scene.supernode(900), records(range(10, proposals)));
  return scene;
}

describe('how many members are dialed', () => {
  it('[R26] four at a time', () => {
    const scene = newcomer();
    const first = scene.inside();
    expect(first).toHaveLength(4);
    for (const peer of first.slice(0, 3)) scene.dial(peer);
    expect(scene.inside()).toHaveLength(1);
    scene.dial(scene.inside()[0] as PeerId);
    expect(scene.inside()).toEqual([]);
  });

  it('[R26] until there is 5/8 of the target: every link serves two', () => {
    for (const [linksTarget, wanted] of [
      [8, 5],
      [16, 10],
      [1, 1],
    ] as const) {
      const scene = new SearchScene({ linksTarget });
      scene.propose(scene.supernode(900), records(range(10, 30)));
      for (const number of range(100, wanted - 1)) scene.neighbour(recordOf(number));
      expect(scene.inside()).toHaveLength(1);
      scene.neighbour(recordOf(99));
      expect(scene.inside()).toEqual([]);
    }
  });

  it('[R26] dials under way count towards it', () => {
    const scene = newcomer();
    for (const number of range(100, 3)) scene.neighbour(recordOf(number));
    for (const number of range(10, 2)) scene.dial(peerOf(number));
    expect(scene.inside()).toEqual([]);
  });

  it('[R26] links that others dialed count as well; links to other streams and to supernodes do not', () => {
    const scene = newcomer();
    for (const number of range(100, 4)) scene.neighbour(recordOf(number), { dialed: false });
    for (const number of range(200, 4)) scene.neighbour(abroad(number));
    expect(scene.inside()).toHaveLength(1);
  });

  it('[R26] 4 of the 20 links are kept for those that dial this node', () => {
    const scene = new SearchScene({ linksTarget: 100 });
    scene.propose(scene.supernode(900), records(range(10, 30)));
    for (const number of range(100, limits.linksMax - 5)) scene.neighbour(recordOf(number));
    expect(scene.inside()).toHaveLength(1);
    scene.neighbour(recordOf(99));
    expect([scene.inside(), scene.links.room]).toEqual([[], 4]);
  });
});

describe('who is dialed', () => {
  it('[R24] a newcomer takes whom supernodes proposed', () => {
    const scene = newcomer(3);
    // Known from a supernode as well, but not proposed.
    scene.tell(peerOf(900), records([50]));
    expect(new Set(scene.inside())).toEqual(new Set(peers(10, 11, 12)));
  });

  it('[R24] once it has a neighbour, those first of whom members told it', () => {
    const scene = newcomer();
    scene.neighbour(recordOf(100));
    scene.tell(peerOf(100), records([51, 52]));
    const found = scene.search.inside(STREAM, scene.now);
    expect(new Set(found.slice(0, 2).map(({ peer }) => peer))).toEqual(new Set(peers(51, 52)));
    expect(found.map(({ origin }) => origin)).toEqual(['graph', 'graph', 'proposed', 'proposed']);
  });

  it('[R24] without one, those first who were proposed, even if a bridge told of others', () => {
    const scene = newcomer(3);
    scene.neighbour(abroad(100));
    scene.tell(peerOf(100), records(range(51, 9)));
    const origins = scene.search.inside(STREAM, scene.now).map(({ origin }) => origin);
    expect(origins).toEqual(['proposed', 'proposed', 'proposed', 'graph']);
  });

  it('[R24] one who is proposed and found is dialed once', () => {
    const scene = new SearchScene();
    scene.neighbour(recordOf(100));
    scene.tell(peerOf(100), records([10]));
    scene.propose(scene.supernode(900), records([10]));
    expect(scene.inside()).toEqual(peers(10));
  });

  it('[R28] nobody whose record is not held', () => {
    const scene = new SearchScene();
    const nonce = new Uint8Array(16);
    scene.redirection.answered(peerOf(900), { nonce, inside: peers(10, 11), outside: [] }, scene.now);
    expect(scene.inside()).toEqual([]);
  });

  it('[R28] nobody linked, being dialed, backed off from, cut or out of reach, and not itself', () => {
    const scene = new SearchScene();
    scene.propose(scene.supernode(900), records([1, 10, 11, 12, 13, 14, 15]));
    scene.neighbour(recordOf(10));
    scene.dial(peerOf(11));
    scene.ledger.failed(peerOf(12), scene.now);
    scene.ledger.cut(peerOf(13));
    scene.unreachable.add(peerOf(14));
    expect(scene.inside()).toEqual(peers(15));
    scene.now += 2_000;
    expect(new Set(scene.inside())).toEqual(new Set(peers(12, 15)));
  });

  it('[R24] nobody who has left, no supernode, nobody of another stream or of none', () => {
    const scene = new SearchScene();
    scene.neighbour(recordOf(100));
    const others = [leaveOf(10), abroad(12), recordOf(13, { stream: undefined }), recordOf(14)];
    scene.tell(peerOf(100), [...others, recordOf(11, { role: Role.supernode })]);
    scene.redirection.answered(
      peerOf(900),
      { nonce: new Uint8Array(16), inside: peers(10), outside: [] },
      scene.now,
    );
    expect(scene.inside()).toEqual(peers(14));
  });

  it('[R34] nobody to whom no chain of links leads any more', () => {
    const scene = new SearchScene();
    scene.neighbour(recordOf(100));
    scene.tell(peerOf(100), records([10]));
    expect(scene.inside()).toEqual(peers(10));
    scene.wait(25_000);
    expect(scene.inside()).toEqual([]);
  });

  it('[R23] found by the placement rule: free slots before none, near before far', () => {
    const scene = new SearchScene({ linksTarget: 2 });
    scene.neighbour(recordOf(100));
    scene.tell(peerOf(100), [
      recordOf(10, { freeSlots: 0, depth: 1 }),
      recordOf(11, { depth: 4 }),
      recordOf(12, { depth: 2 }),
    ]);
    const order: PeerId[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const [next] = scene.inside();
      order.push(next as PeerId);
      scene.ledger.cut(next as PeerId);
    }
    expect(order).toEqual(peers(12, 11, 10));
  });
});

describe('bridges to other streams', () => {
  it('[R26] two are looked for, among whom supernodes and members tell of', () => {
    const scene = new SearchScene();
    scene.propose(scene.supernode(900), [abroad(10), abroad(11), abroad(12)]);
    const bridges = scene.outside();
    expect(bridges).toHaveLength(2);
    const [first] = bridges;
    scene.dial(first as PeerId);
    expect(scene.outside()).toHaveLength(1);
    scene.neighbour(abroad(20));
    scene.tell(peerOf(20), [abroad(21, 6)]);
    expect(scene.outside()).toEqual([]);
  });

  it('[R26] whom members tell of comes before whom supernodes propose', () => {
    const scene = new SearchScene();
    scene.propose(scene.supernode(900), [abroad(10)]);
    scene.neighbour(abroad(20));
    scene.tell(peerOf(20), [abroad(21, 6), recordOf(30)]);
    expect(scene.search.outside(STREAM, scene.now)).toEqual([{ peer: peerOf(21), origin: 'graph' }]);
  });

  it('[R26] not to who belongs to no stream, and no supernode', () => {
    const scene = new SearchScene();
    scene.neighbour(abroad(20));
    const none = recordOf(30, { stream: undefined });
    scene.tell(peerOf(20), [none, recordOf(31, { role: Role.supernode, stream: streamOf(6) })]);
    expect([scene.outside(), scene.outside(undefined)]).toEqual([[], []]);
  });

  it('[R26] a dial to another stream takes no place of those inside', () => {
    const scene = newcomer();
    scene.tell(peerOf(900), [abroad(50)]);
    scene.dial(peerOf(50));
    expect(scene.inside()).toHaveLength(4);
  });
});

describe('one more, when it is needed', () => {
  it('[R16] a feeder: whom a refusal named, else a member', () => {
    const scene = newcomer();
    scene.neighbour(recordOf(100));
    scene.tell(peerOf(100), records([51]));
    const feeder = (...named: PeerId[]) => scene.search.feeder(STREAM, named, true, scene.now)?.peer;
    scene.ledger.cut(peerOf(60));
    expect(feeder(peerOf(60), peerOf(61))).toBe(peerOf(61));
    expect(feeder(peerOf(60))).toBe(peerOf(51));
    expect(feeder(scene.self)).toBe(peerOf(51));
    expect(scene.search.feeder(STREAM, [peerOf(60)], false, scene.now)).toBeUndefined();
  });

  it('[R16] a feeder may take a place that is kept for others, and one that a link gives up for it', () => {
    const scene = new SearchScene();
    for (const number of range(100, limits.linksMax)) scene.neighbour(recordOf(number));
    expect(scene.links.room).toBe(0);
    expect(scene.search.feeder(STREAM, [peerOf(61)], false, scene.now)?.peer).toBe(peerOf(61));
  });

  it('[R24] to replace a proposed link: only whom a member told of', () => {
    const scene = newcomer();
    expect(scene.search.foundByGraph(STREAM, scene.now)).toBeUndefined();
    scene.neighbour(recordOf(100));
    scene.tell(peerOf(100), records([51]));
    expect(scene.search.foundByGraph(STREAM, scene.now)).toEqual({ peer: peerOf(51), origin: 'graph' });
  });
});

describe('who was a neighbour before a restart', () => {
  it('[R24] is dialed while nobody names anybody, whoever carries the signals', () => {
    const scene = newcomer(0);
    scene.remembered.push(...peers(70, 71, 72));
    expect(scene.inside().sort()).toEqual(peers(70, 71, 72).sort());
    scene.unreachable.add(peerOf(71));
    expect(scene.inside().sort()).toEqual(peers(70, 72).sort());
  });

  it('[R24] is not asked for as soon as there are better ways', () => {
    const named = newcomer(3);
    named.remembered.push(...peers(70, 71));
    expect(named.inside().sort()).toEqual(peers(10, 11, 12).sort());
    const linked = newcomer(0);
    linked.remembered.push(...peers(70, 71));
    linked.neighbour(recordOf(70));
    expect(linked.inside()).toEqual([]);
  });
});
