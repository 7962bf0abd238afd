/** One stripe at this node: its place in the tree, the search for a better one, and what is known of the rest of the tree. */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { Vacancy } from '../wire/tree-messages.ts';
import type { Acquaintance } from './acquaintance.ts';
import type { Claim } from './neighbours.ts';
import { PlaceSeeker } from './place-seeker.ts';
import { StripeTree } from './stripe-tree.ts';
import { VacancyBook } from './vacancies.ts';

export interface ForestIdentity {
  readonly self: PeerId;
  readonly isHost: boolean;
  readonly epoch: number;
  readonly stripes: number;
  /** How long the stream had run when this node learnt of it, ms. */
  readonly streamAgeMs: number;
}

/** What a node does for others in a stripe: nothing, feed them because it is its own, or because nobody else does. */
export type StripeRole = 'leaf' | 'own' | 'makeshift';

export interface Branch {
  readonly tree: StripeTree;
  readonly seeker: PlaceSeeker;
  readonly book: VacancyBook;
  /** When children were asked to make room for others, ms; the latest ones. */
  displacedAt: number[];
  /** What the last advert said. */
  advertised: string;
  /** What the parent was told. */
  told: StripeRole;
}

export function newBranch(
  stripe: number,
  { self, isHost }: ForestIdentity,
  acquaintance: Acquaintance,
  random: Random,
  now: number,
): Branch {
  const tree = new StripeTree(stripe, self, isHost, random, now, acquaintance);
  const seeker = new PlaceSeeker(tree, random, now);
  return { tree, seeker, book: new VacancyBook(), displacedAt: [], advertised: '', told: 'leaf' };
}

export const byClaim = (claim: Claim) => (place: Vacancy) => place.slots[claim] > 0;

/** The peers of some places, each once. */
export const peersOf = (places: readonly Vacancy[]): PeerId[] => [...new Set(places.map(({ peer }) => peer))];
