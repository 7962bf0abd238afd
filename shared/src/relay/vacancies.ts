/**
 * Where there is room in the tree of one stripe. Each node tells its parent the best places of its branch, the host so knows
 * those of the whole tree, and each node hands what it hears from its parent on to its children. So everybody knows some good
 * places, a second or so old, for the price of a message where something changed. Not everybody the same ones: a crowd that heads for one
 * place is turned away there. So each node adds its own place for those below it and, far from the host, those of its branch: the host hears
 * of a few of thousands. And half of what is handed on is drawn for the child.
 */
import type { PeerId } from '../lib/ids.ts';
import { pairLot } from '../lib/pair-lot.ts';
import { limits } from '../wire/limits.ts';
import type { OpenSlots, Vacancy } from '../wire/tree-messages.ts';
import { OBJECT_BYTES, TEXT_BYTES, tableBytes } from './held-bytes.ts';
import type { Claim } from './neighbours.ts';
import { relayTimings } from './relay-contract.ts';

/** Of each kind of place at most so many are named. */
const NAMED: Record<Claim, number> = { free: 3, forInterior: 4, forStarving: 1 };

export class VacancyBook {
  readonly #below = new Map<PeerId, readonly Vacancy[]>();
  #above: readonly Vacancy[] = [];
  #toldUp = '';
  readonly #toldDown = new Map<PeerId, string>();

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    const places = this.#above.length + this.#places().length;
    let bytes = tableBytes(this.#below.size, OBJECT_BYTES) + places * (2 * OBJECT_BYTES + TEXT_BYTES);
    bytes += tableBytes(this.#toldDown.size, TEXT_BYTES) + this.#toldUp.length;
    for (const words of this.#toldDown.values()) bytes += words.length;
    return bytes;
  }

  /** @param ownDepth hops from the host to this node: whatever a child says, its branch lies deeper */
  childSays(child: PeerId, places: readonly Vacancy[], ownDepth: number): void {
    const deeper = (place: Vacancy): Vacancy => ({ ...place, depth: Math.max(place.depth, ownDepth + 1) });
    this.#below.set(child, places.map(deeper));
  }

  parentSays(places: readonly Vacancy[]): void {
    this.#above = places;
  }

  childGone(child: PeerId): void {
    this.#below.delete(child);
    this.#toldDown.delete(child);
  }

  /** The new parent knows nothing of this branch, and what the former one said is of the past. */
  parentChanged(): void {
    this.#above = [];
    this.#toldUp = '';
  }

  /** The best places of this branch: the own one and those that the children told of. */
  branch(own: Vacancy | undefined): Vacancy[] {
    return named([...(own ? [own] : []), ...this.#places()], (ranked, most) => ranked.slice(0, most));
  }

  /** All places known, own excepted. */
  known(): Vacancy[] {
    return [...this.#above, ...this.#places()];
  }

  /** Those that are not below this node, as far as it knows. */
  elsewhere(): Vacancy[] {
    const below = new Set(this.#places().map(({ peer }) => peer));
    return this.#above.filter(({ peer }) => !below.has(peer) && !this.#below.has(peer));
  }

  /** In the branches of other children, as far as nothing is heard of them from above. */
  #beside(child: PeerId): Vacancy[] {
    const above = new Set(this.#above.map(({ peer }) => peer));
    const others = [...this.#below].flatMap(([peer, places]) => (peer === child ? [] : places));
    return others.filter(({ peer }) => !above.has(peer));
  }

  #places(): Vacancy[] {
    return [...this.#below.values()].flat();
  }

  /** What the parent should be told; undefined if it knows. */
  up(own: Vacancy | undefined): Vacancy[] | undefined {
    const places = this.branch(own);
    const words = inShort(places);
    if (words === this.#toldUp) return undefined;
    this.#toldUp = words;
    return places;
  }

  /**
   * What a child should be told; undefined if it knows.
   * @param depth hops from the host to this node
   */
  down(child: PeerId, own: Vacancy | undefined, depth: number): Vacancy[] | undefined {
    const tree = depth === 0 ? this.#places() : this.#above;
    const branch = depth > relayTimings.nearRootHops ? this.#beside(child) : [];
    const offered = [...(own ? [own] : []), ...tree, ...branch];
    const places = named(offered, (ranked, most) => someFor(child, ranked, most));
    const words = inShort(places);
    if (words === (this.#toldDown.get(child) ?? '')) return undefined;
    this.#toldDown.set(child, words);
    return places;
  }
}

/** Some places of each kind, of a list that begins near the host and, there, where most is open. */
function named(
  places: readonly Vacancy[],
  choose: (ranked: readonly Vacancy[], most: number) => readonly Vacancy[],
): Vacancy[] {
  const chosen = new Set<Vacancy>();
  const isNews: Record<Claim, (slots: OpenSlots) => boolean> = {
    free: ({ free }) => free > 0,
    forInterior: ({ free, forInterior }) => free === 0 && forInterior > 0,
    forStarving: ({ free, forStarving }) => free === 0 && forStarving > 0,
  };
  for (const claim of ['free', 'forInterior', 'forStarving'] as const) {
    const ranked = places
      .filter(({ slots }) => isNews[claim](slots))
      .sort((a, b) => a.depth - b.depth || b.slots[claim] - a.slots[claim]);
    for (const place of choose(ranked, NAMED[claim])) chosen.add(place);
  }
  return [...chosen].slice(0, limits.vacanciesMax);
}

/** The first of a list, and as many others that are drawn for this child, always the same ones. */
function someFor(child: PeerId, ranked: readonly Vacancy[], most: number): Vacancy[] {
  const first = ranked.slice(0, Math.ceil(most / 2));
  const drawn = ranked
    .slice(first.length)
    .map((place) => ({ place, lot: pairLot(child, place.peer) }))
    .sort((a, b) => a.lot - b.lot);
  return [...first, ...drawn.slice(0, most - first.length).map(({ place }) => place)];
}

/** Without numbers, which change all the time. */
const inShort = (places: readonly Vacancy[]): string =>
  places
    .map(
      ({ peer, depth, slots: { free, forInterior, forStarving } }) =>
        `${peer}${depth}${free > 0}${forInterior > 0}${forStarving > 0}`,
    )
    .sort()
    .join();
