import { describe, expect, it } from 'vitest';
import { openSlots, START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { randomBelow, randomPick, seededRandom } from '../lib/random.ts';
import { AdvertState, type OpenSlots, type Vacancy } from '../wire/tree-messages.ts';
import { PlaceSeeker, type Search, type Seeker } from './place-seeker.ts';
import { relayTimings } from './relay-contract.ts';
import { StripeTree } from './stripe-tree.ts';

const { attached } = AdvertState;
const [HOST, SELF, A, B, C] = [0, 1, 2, 3, 4].map(peerOf) as [PeerId, PeerId, PeerId, PeerId, PeerId];
const { starvingAfterMs, starvingFirstMs, starvingEveryMs } = relayTimings;

/** Of a small swarm. */
const leaf: Seeker = {
  interior: false,
  mayRise: true,
  isNew: true,
  isSlow: false,
  copiesLeft: 0,
  isAmongFew: () => true,
};
const ofMany: Seeker = { ...leaf, isAmongFew: () => false };
const feeding: Seeker = { ...leaf, interior: true };
const onlyInterior: OpenSlots = { free: 0, forInterior: 1, forStarving: 0 };
const onlyStarving: OpenSlots = { free: 0, forInterior: 0, forStarving: 1 };
const vacancy = (peer: PeerId, depth: number, slots = openSlots(1)): Vacancy => ({ peer, depth, slots });
const ask = (peer: PeerId, seeker: Seeker, starving = false) => ({
  type: 'ask',
  peer,
  interior: seeker.interior,
  starving,
});

function newcomer(seed = 1) {
  const tree = new StripeTree(0, SELF, false, seededRandom(seed), START);
  const seeker = new PlaceSeeker(tree, seededRandom(seed), START);
  let places: Vacancy[] = [];
  const decide = (now: number, who: Seeker = leaf) => seeker.decide(now, who, () => places);
  const learn = (...learnt: Vacancy[]) => {
    places = learnt;
  };
  const hear = (path: readonly PeerId[], slots = openSlots(1)) =>
    tree.advert(path.at(-1) as PeerId, attached, path, slots);
  return { tree, seeker, decide, hear, learn };
}

/** Below C, three hops from the host unless said otherwise. */
function settled(who: Seeker = leaf, above: readonly PeerId[] = [A]) {
  const node = newcomer();
  node.tree.attach(C, [HOST, ...above, C]);
  node.seeker.parentChanged(START, who);
  return node;
}

/** What is decided from one deadline to the next, with the times. */
function decisions({ seeker, decide }: ReturnType<typeof newcomer>, forMs: number, who: Seeker = leaf) {
  const made: { at: number; search: Search }[] = [];
  for (let now = seeker.deadline; now < START + forMs; now = seeker.deadline) {
    const search = decide(now, who);
    if (search) made.push({ at: now - START, search });
    if (seeker.deadline <= now) throw new Error('a deadline in the past');
  }
  return made;
}

describe('the search for a place', () => {
  it('[R16] who is fed by nobody asks whoever is, parent or not, but where answers take long', () => {
    const { seeker, hear } = settled();
    hear([HOST, B], onlyStarving);
    const decide = (who: Seeker, fed: PeerId) =>
      seeker.decide(
        START,
        who,
        () => [],
        (peer) => peer === fed,
      );
    expect(decide({ ...leaf, isSlow: true }, B)).toBeUndefined();
    expect(decide(leaf, C)).toBeUndefined();
    expect(decide(leaf, B)).toEqual(ask(B, leaf, true));
  });

  it('[R15] while answers take long nobody moves to a place that is merely better, but who has to go does', () => {
    const slow = { ...feeding, isSlow: true };
    const waits = settled(feeding);
    waits.hear([HOST, B], openSlots(3));
    expect(decisions(waits, 60_000, slow)).toEqual([]);
    expect(decisions(waits, 120_000, feeding)[0]?.search).toEqual(ask(B, feeding));
    const goes = settled(feeding);
    goes.hear([HOST, B], openSlots(3));
    goes.seeker.makeRoom(START);
    expect(goes.decide(START, slow)).toEqual(ask(B, slow));
  });

  it('[R15] a leaf asks where anybody is taken, a node that feeds others also where leaves make room', () => {
    const { decide, hear } = newcomer();
    hear([HOST], onlyInterior);
    hear([HOST, A, B]);
    expect(decide(START, leaf)).toEqual(ask(B, leaf));
    expect(decide(START, feeding)).toEqual(ask(HOST, feeding));
  });

  it('[R15] near the host a newcomer to a settled stream takes nobody’s place, further down it does', () => {
    const { decide, hear } = newcomer();
    const late = { ...feeding, mayRise: false };
    const far = range(100, 100 + relayTimings.nearRootHops - 1).map(peerOf);
    hear([HOST, ...far], onlyInterior);
    expect(decide(START, late)).toBeUndefined();
    hear([HOST, ...far, A], onlyInterior);
    expect(decide(START, late)).toEqual(ask(A, late));
    hear([HOST, ...far]);
    expect(decide(START, late)).toEqual(ask(far.at(-1) ?? HOST, late));
  });

  it('[R15] kept-back slots are asked for only after a while without a place, and last of all', () => {
    const { decide, hear } = newcomer();
    hear([HOST, A], onlyStarving);
    const isAsked = (now: number) => decide(now)?.type === 'ask';
    expect(isAsked(START + starvingAfterMs - 1)).toBe(false);
    expect(decide(START + starvingAfterMs)).toEqual(ask(A, leaf, true));
    hear([HOST, A, C, B]);
    expect(decide(START + starvingAfterMs)).toEqual(ask(B, leaf));
  });

  it('[R15] whoever has lost a parent asks for them at once, where nothing else is free', () => {
    const { tree, decide, hear } = settled();
    hear([HOST, A], onlyStarving);
    tree.peerDown(C, START);
    expect(decide(START)).toEqual(ask(A, leaf, true));
    hear([HOST, A, C, B]);
    expect(decide(START)).toEqual(ask(B, leaf));
  });

  it('[R16] those who surely have what is missing are asked before all others, be it for slots that they keep back', () => {
    const { tree, seeker, hear } = settled();
    tree.peerDown(C, START);
    hear([HOST, A], openSlots(9));
    hear([HOST, peerOf(50), peerOf(51), B], onlyStarving);
    const decide = (fed: readonly PeerId[]) =>
      seeker.decide(
        START,
        leaf,
        () => [],
        (peer) => fed.includes(peer),
      );
    expect(decide([B])).toEqual(ask(B, leaf, true));
    expect(decide([A, B])).toEqual(ask(A, leaf));
    expect(decide([])).toEqual(ask(A, leaf));
  });

  it('[R15] without anybody to ask, links are wanted after a moment and then now and then', () => {
    const node = newcomer();
    node.learn(vacancy(A, 2, onlyStarving), vacancy(B, 3), vacancy(C, 1, openSlots(0)));
    const wanted = decisions(node, starvingFirstMs + 3 * starvingEveryMs);
    expect(wanted.map(({ at }) => at)).toEqual(
      range(0, 3).map((time) => starvingFirstMs + time * starvingEveryMs),
    );
    for (const { search } of wanted) {
      expect(search).toMatchObject({ type: 'want', starving: true });
      expect(search.type === 'want' && [...search.peers].sort()).toEqual([A, B]);
    }
  });

  it('[R16] an orphan asks at once, one at a time, and without anybody says at once that it starves', () => {
    const { tree, seeker, decide, hear } = settled();
    hear([HOST, B]);
    const later = START + 60_000;
    tree.loseParent(later);
    seeker.parentChanged(later, leaf);
    expect(seeker.deadline).toBeLessThanOrEqual(later);
    expect(decide(later)).toEqual(ask(B, leaf));
    tree.ask(B, later);
    expect([decide(later), seeker.deadline]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    tree.peerDown(B, later);
    expect(decide(later)).toEqual({ type: 'want', peers: [], starving: true });
  });

  it('[R15] a place under a parent with room is left only for one nearer to the host', () => {
    const { tree, seeker, hear, decide } = settled();
    hear([HOST, A, C], openSlots(2));
    hear([HOST, A, B], openSlots(9));
    expect(decide(seeker.deadline)).toBeUndefined();
    hear([HOST, B], onlyStarving);
    expect(decide(seeker.deadline)).toBeUndefined();
    hear([HOST, B], openSlots(3));
    expect(decide(seeker.deadline - 1)).toBeUndefined();
    expect(decide(seeker.deadline)).toEqual(ask(B, leaf));
    expect(tree.parent).toBe(C);
  });

  it('[R15] … or for a link to one, if it is neither a neighbour nor on the own path', () => {
    const { seeker, hear, decide, learn } = settled(leaf, [A, peerOf(7)]);
    hear([HOST, B], openSlots(0));
    learn(vacancy(A, 1), vacancy(B, 1, openSlots(3)), vacancy(peerOf(9), 2, openSlots(3)));
    expect(decide(seeker.deadline)).toBeUndefined();
    learn(
      vacancy(peerOf(8), 1, openSlots(3)),
      vacancy(peerOf(9), 2, openSlots(3)),
      vacancy(peerOf(10), 1, onlyInterior),
    );
    expect(decide(seeker.deadline)).toEqual({ type: 'want', peers: [peerOf(8)], starving: false });
  });

  it('[R15] a leaf has no link made to come one hop nearer, as one that feeds others has, and who has to go', () => {
    const { seeker, decide, learn } = settled();
    learn(vacancy(peerOf(8), 1, openSlots(3)));
    const want = { type: 'want', peers: [peerOf(8)], starving: false };
    expect(decide(seeker.deadline, leaf)).toBeUndefined();
    expect(decide(seeker.deadline, feeding)).toEqual(want);
    seeker.makeRoom(START);
    expect(decide(START, leaf)).toEqual(want);
  });

  it.each([
    ['a newcomer that feeds others', feeding, relayTimings.improveEveryNewMs],
    ['a newcomer that feeds nobody', leaf, 2 * relayTimings.improveEveryNewMs],
    ['a settled node that feeds others', { ...feeding, isNew: false }, relayTimings.improveEveryMs],
    ['a settled leaf', { ...leaf, isNew: false }, 2 * relayTimings.improveEveryMs],
  ] as const)('[R15] %s looks for a better place at its pace', (_who, who, everyMs) => {
    const node = settled(who);
    node.learn(vacancy(B, 0, openSlots(3)));
    const looks = decisions(node, 100 * everyMs, who).length;
    expect(looks).toBeGreaterThan(80);
    expect(looks).toBeLessThan(125);
  });

  it('[R15] a child that must go takes any place, at once, and looks again until it has one', () => {
    const { seeker, hear, decide } = settled();
    const deeper = [HOST, A, peerOf(9), B];
    hear(deeper, openSlots(0));
    seeker.makeRoom(START + 5);
    expect(seeker.deadline).toBe(START + 5);
    expect(decide(START + 5)).toBeUndefined();
    expect(seeker.deadline).toBe(START + 5 + relayTimings.makeRoomRetryMs);
    hear(deeper);
    seeker.lookSoon(B, START + 6);
    expect(decide(START + 6)).toEqual(ask(B, leaf));
    seeker.parentChanged(START + 7, leaf);
    seeker.lookSoon(B, START + 7);
    expect(seeker.deadline).toBeGreaterThan(START + 7);
    expect(decide(seeker.deadline)).toBeUndefined();
  });

  it('[R15] as soon as one speaks with whom a link was wanted it is asked; others wait for the next look', () => {
    const { seeker, hear, decide, learn } = settled(feeding);
    learn(vacancy(A, 1, onlyInterior));
    const now = seeker.deadline;
    // Its parent's parent, too, is worth a link.
    expect(decide(now, feeding)).toEqual({ type: 'want', peers: [A], starving: false });
    seeker.lookSoon(B, now + 1);
    expect(seeker.deadline).toBeGreaterThan(now + 1);
    hear([HOST, A], onlyInterior);
    seeker.lookSoon(A, now + 1);
    expect(seeker.deadline).toBe(now + 1);
    expect(decide(now + 1, feeding)).toEqual(ask(A, feeding));
  });

  it('[R15] a leaf that has a place leaves the last slot of a better one to those who need it, in a small swarm the last two', () => {
    for (const [who, least] of [
      [ofMany, 2],
      [leaf, 3],
    ] as const) {
      const { seeker, hear, decide, learn } = settled();
      hear([HOST, A], openSlots(least - 1));
      learn(vacancy(peerOf(9), 0, openSlots(least - 1)));
      expect(decide(seeker.deadline, who)).toBeUndefined();
      hear([HOST, A], openSlots(least));
      expect(decide(seeker.deadline, who)).toEqual(ask(A, leaf));
    }
  });

  describe('[R15] in a small swarm a leaf below a parent with at most one place left', () => {
    /** Two hops from the host, below C, which has so many places left. */
    const below = (left: number) => {
      const node = settled(leaf, []);
      node.hear([HOST, C], openSlots(left));
      return node;
    };

    it('goes to one who feeds hardly anybody, though that is a hop deeper', () => {
      for (const left of [0, 1]) {
        const { seeker, hear, decide } = below(left);
        hear([HOST, A, B], openSlots(4));
        expect(decide(seeker.deadline)).toBeUndefined();
        hear([HOST, A, B], openSlots(5));
        expect(decide(seeker.deadline)).toEqual(ask(B, leaf));
      }
    });

    it('does not come back for two places, which its leaving has made, but for three', () => {
      const { tree, seeker, hear, decide } = below(1);
      tree.attach(B, [HOST, A, B]);
      seeker.parentChanged(START, leaf);
      hear([HOST, A, B], openSlots(4));
      hear([HOST, C], openSlots(2));
      expect(decide(seeker.deadline)).toBeUndefined();
      hear([HOST, C], openSlots(3));
      expect(decide(seeker.deadline)).toEqual(ask(C, leaf));
    });

    it('stays where the swarm is larger, or the parent has two places, or it feeds others', () => {
      for (const [left, who] of [
        [0, ofMany],
        [2, leaf],
        [0, feeding],
      ] as const) {
        const { seeker, hear, decide } = below(left);
        hear([HOST, A, B], openSlots(9));
        expect(decide(seeker.deadline, who)).toBeUndefined();
      }
    });

    it('does not go where it would be more than three hops from the host, nor to one that was a parent in vain', () => {
      const { tree, seeker, hear, decide } = below(0);
      hear([HOST, A, peerOf(9), B], openSlots(9));
      expect(decide(seeker.deadline)).toBeUndefined();
      hear([HOST, A], openSlots(5));
      tree.wasInVain(A, START);
      expect(decide(seeker.deadline)).toBeUndefined();
      hear([HOST, peerOf(9)], openSlots(5));
      expect(decide(seeker.deadline)).toEqual(ask(peerOf(9), leaf));
    });
  });

  it('[R15] whatever happens, the next deadline lies ahead', () => {
    const random = seededRandom(7);
    const { tree, seeker, hear, decide, learn } = newcomer();
    const events: ((now: number) => void)[] = [
      () => hear([HOST, A, B], openSlots(randomBelow(random, 2))),
      () => hear([HOST, C], [onlyInterior, onlyStarving, openSlots(1)][randomBelow(random, 3)]),
      () => learn(vacancy(peerOf(9), randomBelow(random, 4))),
      (now) => seeker.makeRoom(now),
      (now) => seeker.lookSoon(B, now),
      (now) => {
        if (tree.parent !== undefined) tree.loseParent(now);
        seeker.parentChanged(now, leaf);
      },
    ];
    let decided = 0;
    let now = START;
    for (let round = 0; round < 5_000; round++) {
      now = Math.min(now + randomBelow(random, 500), Math.max(now, tree.deadline), seeker.deadline);
      tree.expire(now);
      randomPick(random, events)?.(now);
      const search = decide(now, randomPick(random, [leaf, feeding]));
      if (search) decided++;
      if (search?.type === 'ask') {
        tree.ask(search.peer, now);
        if (randomBelow(random, 3) === 0) tree.refused(search.peer, now);
        else if (randomBelow(random, 2) === 0) {
          tree.attach(search.peer, tree.neighbour(search.peer)?.path ?? []);
          seeker.parentChanged(now, leaf);
        }
        continue;
      }
      expect(seeker.deadline).toBeGreaterThan(now);
    }
    expect(decided).toBeGreaterThan(500);
  });
});
