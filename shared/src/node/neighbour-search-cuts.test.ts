import { describe, expect, it } from 'vitest';
import { peerOf } from '../../test-kit/ids.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import { SearchScene } from '../../test-kit/search-scene.ts';
import type { PeerId } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);

/** Node 2 is the one neighbour, with `here` members behind it; the members from 500 on hang together, and with nobody here. */
function cutOff({ here = 0, there = 6, seed = 1 }: { here?: number; there?: number; seed?: number } = {}) {
  const scene = new SearchScene({ seed });
  const [near, far] = [range(100, here), range(500, there)];
  scene.neighbour(recordOf(2));
  scene.tell(
    peerOf(2),
    [...near, ...far].map((number) => recordOf(number)),
    [
      linkListOf(2, [1, ...near]),
      ...near.map((number) => linkListOf(number, [2])),
      ...far.map((number) =>
        linkListOf(
          number,
          far.filter((other) => Math.abs(other - number) === 1),
        ),
      ),
    ],
  );
  scene.wait(5_000);
  return scene;
}

/** Whom a node dials in so many looks, `everyMs` apart. */
function looks(scene: SearchScene, count: number): PeerId[] {
  const dialed: PeerId[] = [];
  for (let look = 0; look < count; look++) {
    const candidate = scene.search.separated(scene.now);
    if (candidate) dialed.push(candidate.peer);
  }
  return dialed;
}

describe('parts of the network that were cut off', () => {
  it('[R23] one of their members is dialed, any of them, as the graph told', () => {
    const scene = cutOff();
    expect(scene.search.separated(scene.now)?.origin).toBe('graph');
    expect(new Set(looks(scene, 60))).toEqual(new Set(range(500, 6).map(peerOf)));
  });

  it('[R23] all who miss a part dial a few of it together, however many they are', () => {
    const count = looks(cutOff({ here: 60 }), 1_000).length;
    // 61 nodes are held of this side: in 4 of 61 looks somebody is dialed.
    expect(count).toBeGreaterThan(45);
    expect(count).toBeLessThan(90);
  });

  it('[R23] nobody where nothing was cut off, and one or two who are gone are no part', () => {
    expect(looks(cutOff({ here: 5, there: 0 }), 50)).toEqual([]);
    expect(looks(cutOff({ there: 2 }), 50)).toEqual([]);
    expect(looks(cutOff({ there: 3 }), 50).length).toBeGreaterThan(0);
  });

  it('[R28] nobody who may not be dialed, and no supernode', () => {
    const scene = cutOff({ there: 3 });
    scene.tell(peerOf(2), [recordOf(500, { role: Role.supernode, seq: 1 })]);
    scene.wait(2_000);
    scene.ledger.cut(peerOf(501));
    expect(new Set(looks(scene, 50))).toEqual(new Set([peerOf(502)]));
    scene.dial(peerOf(502));
    expect(looks(scene, 50)).toEqual([]);
  });

  it('[R26] the places that are kept for others are not taken for it', () => {
    const scene = cutOff();
    for (let number = 200; scene.links.room > 4; number++) scene.neighbour(recordOf(number));
    expect([looks(scene, 50), scene.links.room]).toEqual([[], 4]);
  });

  it('[R26] they are not looked for among those to link with', () => {
    const scene = cutOff();
    expect(scene.inside()).toEqual([]);
  });
});

describe('neighbours that were lost together', () => {
  const lose = (scene: SearchScene, ...numbers: number[]): void => {
    for (const number of numbers) scene.search.lost.lost(peerOf(number), scene.now);
  };

  it('[R28] are dialed again, now and then', () => {
    const scene = new SearchScene();
    lose(scene, 10, 11, 12);
    const dialed = looks(scene, 400);
    expect(new Set(dialed)).toEqual(new Set([10, 11, 12].map(peerOf)));
    expect(dialed.length).toBeGreaterThan(70);
    expect(dialed.length).toBeLessThan(130);
  });

  it('[R28] are left alone while they are backed off from, and when they are back', () => {
    const scene = new SearchScene();
    lose(scene, 10, 11, 12);
    scene.ledger.failed(peerOf(10), scene.now);
    scene.search.lost.found(peerOf(11));
    expect(new Set(looks(scene, 200))).toEqual(new Set([peerOf(12)]));
    scene.neighbour(recordOf(12));
    expect(looks(scene, 200)).toEqual([]);
  });
});
