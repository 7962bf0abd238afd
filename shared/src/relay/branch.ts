/** One stripe at this node: its place in the tree, the search for a better one, and what is known of the rest of the tree. */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { Vacancy } from '../wire/relay-messages.ts';
import { PlaceSeeker } from './place-seeker.ts';
import { type Claim, StripeTree } from './stripe-tree.ts';
import { VacancyBook } from './vacancies.ts';

export interface ForestIdentity {
  readonly self: PeerId;
  readonly isHost: boolean;
  readonly epoch: number;
  readonly stripes: number;
  /** How long the stream had run when this node learnt of it, ms. */
  readonly streamAgeMs: number;
}

export interface Branch {
  readonly tree: StripeTree;
  readonly seeker: PlaceSeeker;
  readonly book: VacancyBook;
  /** When children were asked to make room for others, ms; the latest ones. */
  displacedAt: number[];
  /** What the last advert said. */
  advertised: string;
  /** Whether the parent was told that this node feeds others in the stripe. */
  toldInterior: boolean;
}

export function newBranch(
  stripe: number,
  { self, isHost }: ForestIdentity,
  random: Random,
  now: number,
): Branch {
  const tree = new StripeTree(stripe, self, isHost, random, now);
  const seeker = new PlaceSeeker(tree, random, now);
  return { tree, seeker, book: new VacancyBook(), displacedAt: [], advertised: '', toldInterior: false };
}

export const byClaim = (claim: Claim) => (place: Vacancy) => place.slots[claim] > 0;

/** The peers of some places, each once. */
export const peersOf = (places: readonly Vacancy[]): PeerId[] => [...new Set(places.map(({ peer }) => peer))];
