import { describe, expect, it } from 'vitest';
import { openSlots } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { range } from '../../test-kit/relay-loop.ts';
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import type { OpenSlots, Vacancy } from '../wire/tree-messages.ts';
import { relayTimings } from './relay-contract.ts';
import { VacancyBook } from './vacancies.ts';

const [SELF, CHILD, OTHER] = [1, 2, 3].map(peerOf) as [PeerId, PeerId, PeerId];

const { nearRootHops } = relayTimings;
const FAR = nearRootHops + 1;

const place = (number: number, depth: number, slots: OpenSlots = openSlots(1)): Vacancy => ({
  peer: peerOf(number),
  depth,
  slots,
});
const own = { ...place(0, 1), peer: SELF };
const onlyInterior: OpenSlots = { free: 0, forInterior: 1, forStarving: 0 };
const onlyStarving: OpenSlots = { free: 0, forInterior: 0, forStarving: 1 };
const peersOf = (places: readonly Vacancy[] | undefined) => places?.map(({ peer }) => peer);

describe('what is known of vacant places', () => {
  it('[R15] a parent is told the best of the branch: near the host first, then where most is open', () => {
    const book = new VacancyBook();
    book.childSays(CHILD, [place(11, 2, openSlots(1))], 1);
    book.childSays(OTHER, [place(12, 2, openSlots(5))], 1);
    expect(peersOf(book.up(own))).toEqual([SELF, peerOf(12), peerOf(11)]);
  });

  it('[R15] a place for anybody is named before one that only some may have, and a full one not at all', () => {
    const book = new VacancyBook();
    book.childSays(CHILD, [place(10, 1, onlyStarving), place(11, 1, onlyInterior)], 0);
    book.childSays(OTHER, [place(12, 9), place(13, 1, openSlots(0))], 0);
    expect(peersOf(book.up(undefined))).toEqual([peerOf(12), peerOf(11), peerOf(10)]);
  });

  it('[R15] the host tells its children of the whole tree, anybody else hands on what its parent said and its own', () => {
    const book = new VacancyBook();
    book.childSays(OTHER, [place(10, 3)], 1);
    expect(peersOf(book.down(CHILD, own, 0))).toEqual([SELF, peerOf(10)]);
    book.parentSays([place(20, 2)]);
    expect(peersOf(book.down(CHILD, own, nearRootHops))).toEqual([SELF, peerOf(20)]);
    expect(peersOf(book.known())).toEqual([peerOf(20), peerOf(10)]);
  });

  it('[R15] far from the host those below other children are told of as well, each once', () => {
    const book = new VacancyBook();
    book.childSays(OTHER, [place(10, 6), place(20, 5)], FAR);
    book.parentSays([place(20, 5)]);
    expect(peersOf(book.down(CHILD, own, FAR))).toEqual([SELF, peerOf(20), peerOf(10)]);
    expect(peersOf(book.down(OTHER, own, FAR))).toEqual([SELF, peerOf(20)]);
  });

  it('[R15] beside the nearest places in all the tree children hear of different ones in the branch that they are in', () => {
    const book = new VacancyBook();
    book.parentSays(range(0, 3).map((at) => place(20 + at, 2 + at)));
    const children = range(100, 120).map(peerOf);
    for (const [at, child] of children.entries()) book.childSays(child, [place(200 + at, 5)], 4);
    const told = children.map((child) => peersOf(book.down(child, undefined, FAR)) ?? []);
    for (const places of told) expect(places.slice(0, 2)).toEqual([peerOf(20), peerOf(21)]);
    expect(new Set(told.map((places) => places[2])).size).toBeGreaterThan(8);
  });

  it('[R15] children hear of the nearest places all, and of different ones among the others', () => {
    const book = new VacancyBook();
    book.childSays(
      OTHER,
      range(0, 8).map((at) => place(10 + at, 2 + at, onlyInterior)),
      1,
    );
    book.childSays(
      CHILD,
      range(0, 8).map((at) => place(20 + at, 2 + at, onlyInterior)),
      1,
    );
    const told = range(0, 20).map((child) => peersOf(book.down(peerOf(1_000 + child), undefined, 0)) ?? []);
    expect(new Set(told.flatMap((places) => places.slice(0, 2)))).toEqual(new Set([peerOf(10), peerOf(20)]));
    expect(new Set(told.flatMap((places) => places.slice(2))).size).toBeGreaterThan(8);
    // Drawn by lot, but always the same: what has not changed is not told again.
    expect(book.down(peerOf(1_000), undefined, 0)).toBeUndefined();
  });

  it('[R15] only what has changed is told: a place that comes, goes, moves or fills, not one with a slot less', () => {
    const book = new VacancyBook();
    const tellings = [
      [place(10, 2, openSlots(5))],
      [place(10, 2, openSlots(4))],
      [place(10, 3, openSlots(4))],
      [place(10, 3, onlyStarving)],
      [],
    ].map((places) => {
      book.childSays(CHILD, places, 1);
      return [book.up(undefined), book.down(OTHER, undefined, 0)].map((told) => told !== undefined);
    });
    expect(tellings).toEqual([true, false, true, true, true].map((told) => [told, told]));
  });

  it('[R15] nothing is said of nothing, and each child is told for itself', () => {
    const book = new VacancyBook();
    expect([book.up(undefined), book.down(CHILD, undefined, 1)]).toEqual([undefined, undefined]);
    book.parentSays([place(20, 1)]);
    expect(book.down(CHILD, undefined, 1)).toHaveLength(1);
    expect(book.down(CHILD, undefined, 1)).toBeUndefined();
    expect(book.down(OTHER, undefined, 1)).toHaveLength(1);
    book.childGone(CHILD);
    expect(book.down(CHILD, undefined, 1)).toHaveLength(1);
  });

  it('[R16] places behind a child that is gone are gone; a new parent is told all, what the former one said is past', () => {
    const book = new VacancyBook();
    book.parentSays([place(20, 1)]);
    book.childSays(OTHER, [place(10, 2)], 1);
    book.up(own);
    book.down(CHILD, own, 1);
    book.parentChanged();
    expect(peersOf(book.known())).toEqual([peerOf(10)]);
    expect(peersOf(book.up(own))).toEqual([SELF, peerOf(10)]);
    expect(peersOf(book.down(CHILD, own, 1))).toEqual([SELF]);
    book.childGone(OTHER);
    expect(book.known()).toEqual([]);
    expect(peersOf(book.up(own))).toEqual([SELF]);
  });

  it('[R6] whatever a child says, its branch lies below this node', () => {
    const book = new VacancyBook();
    const lies = range(0, limits.vacanciesMax).map((at) => place(500 + at, 0, openSlots(255)));
    book.childSays(CHILD, lies, 4);
    expect(peersOf(book.up({ ...own, depth: 4 }))?.[0]).toBe(SELF);
    expect(book.known().map(({ depth }) => depth)).toEqual(lies.map(() => 5));
  });

  it('[R16] a node that seeks a place is shown none of its own branch', () => {
    const book = new VacancyBook();
    book.parentSays([place(20, 1), place(10, 3), { ...place(0, 2), peer: CHILD }]);
    book.childSays(CHILD, [place(10, 3)], 1);
    expect(peersOf(book.elsewhere())).toEqual([peerOf(20)]);
  });

  it('[R6] however many children name places, one message holds them, and some of each kind', () => {
    const book = new VacancyBook();
    for (const child of range(0, limits.linksMax)) {
      const slots = [openSlots(9), onlyInterior, onlyStarving][child % 3];
      book.childSays(
        peerOf(100 + child),
        range(0, limits.vacanciesMax).map((at) => place(1_000 + child * 8 + at, 2 + child, slots)),
        1,
      );
    }
    const told = book.up(own) ?? [];
    expect(told.length).toBeLessThanOrEqual(limits.vacanciesMax);
    expect(told.some(({ slots }) => slots.free > 0)).toBe(true);
    expect(told.some(({ slots }) => slots === onlyInterior)).toBe(true);
    expect(told.some(({ slots }) => slots === onlyStarving)).toBe(true);
    expect(told[0]).toBe(own);
  });
});
