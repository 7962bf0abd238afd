/**
 * When a node looks for a parent in one stripe, and where: at once while it has none, now and then for a place nearer to the host, and
 * soon where the parent asked it to make room. Decides; the forest acts.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, randomFloat, shuffled } from '../lib/random.ts';
import { AdvertState, type Vacancy } from '../wire/tree-messages.ts';
import type { Claim } from './neighbours.ts';
import { relayTimings } from './relay-contract.ts';
import type { StripeTree } from './stripe-tree.ts';

export type Search =
  | { readonly type: 'ask'; readonly peer: PeerId; readonly interior: boolean; readonly starving: boolean }
  /** Nobody among the neighbours; these may be worth a link. `starving`: so may anybody else with room. */
  | { readonly type: 'want'; readonly peers: readonly PeerId[]; readonly starving: boolean };

/** What the decision needs to know of the node. */
export interface Seeker {
  /** It feeds others in this stripe. */
  readonly interior: boolean;
  /** Copies of the stream that it could still upload: whoever starves below it would be fed with them. */
  readonly copiesLeft: number;
  /** It may take the place of another near the host. */
  readonly mayRise: boolean;
  /** It joined a short while ago. */
  readonly isNew: boolean;
  /** Its neighbours take long to answer: a move would be one more thing that they have to see to. */
  readonly isSlow: boolean;
  /** It knows of nobody who is far from the host, in whatever stripe, and has been there for long enough to know. */
  readonly isAmongFew: () => boolean;
}

/** A leaf moves nearer to the host only where so much is left that the last place stays for those who need one: so loads stay even. */
const LEAF_MOVES_TO = 2;
/** And it has a link made only to come so many hops nearer: it moves alone, where one who feeds others moves all that hang below it. */
const LEAF_LINKS_FOR_HOPS = 2;
/**
 * In a swarm so small that nobody is far from the host, those right below it could feed all, and the others would give nothing: there a leaf
 * leaves a parent with at most so much left for one with at least so much, who feeds hardly anybody, and comes back only for more than its
 * leaving has made. Larger swarms mend faster where some have much left.
 */
const EVENS_FROM = 1;
const EVENS_TO = 5;
const EVENS_BACK_TO = 3;
/** With so much upload left a node feeds whole branches. */
const MANY_COPIES = 2;
/** Places that are told to the node at once. */
const WANTED_MAX = 4;

export class PlaceSeeker {
  readonly #tree: StripeTree;
  readonly #random: Random;
  #improveAt: number;
  #starvingToldAt: number;
  /** The parent has asked to be left. */
  #mustGo = false;
  /** Those with whom the node was last told that a link would be of use. */
  #wanted: readonly PeerId[] = [];
  /** The orphanhood that has lasted for so long that kept-back slots were asked for: when it began. */
  #starvingSince: number | undefined;

  constructor(tree: StripeTree, random: Random, now: number) {
    this.#tree = tree;
    this.#random = random;
    this.#starvingToldAt = now - relayTimings.starvingEveryMs + relayTimings.starvingFirstMs;
    this.#improveAt = now + this.#improveMs({ interior: true, isNew: true });
  }

  /** The parent needs the place. */
  makeRoom(now: number): void {
    this.#mustGo = true;
    this.#improveAt = now;
  }

  /** There is another parent, or none. */
  parentChanged(now: number, seeker: Seeker): void {
    this.#mustGo = false;
    this.#wanted = [];
    this.#improveAt = now + this.#improveMs(seeker);
  }

  /** A neighbour said something of its place: if that may be a better one, it is looked at soon. */
  lookSoon(peer: PeerId, now: number): void {
    if (this.#mustGo || this.#wanted.includes(peer)) this.#improveAt = Math.min(this.#improveAt, now);
  }

  #improveMs({ interior, isNew }: Pick<Seeker, 'interior' | 'isNew'>): number {
    const usual = isNew ? relayTimings.improveEveryNewMs : relayTimings.improveEveryMs;
    return usual * (interior ? 1 : 2) * (0.5 + randomFloat(this.#random));
  }

  /** @param isFed who is known to have what this node has long been missing; undefined: nothing is known */
  decide(
    now: number,
    seeker: Seeker,
    places: () => readonly Vacancy[],
    isFed?: (peer: PeerId) => boolean,
  ): Search | undefined {
    if (this.#tree.isAsking || this.#tree.trial) return undefined;
    const { orphanedAt } = this.#tree;
    if (isFed && (orphanedAt !== undefined || !seeker.isSlow)) {
      const sure = this.#askAmong(isFed, seeker, now);
      if (sure) return sure;
    }
    if (orphanedAt !== undefined) return this.#seek(now, seeker, now - orphanedAt, places);
    if (this.#tree.parent === undefined || now < this.#improveAt) return undefined;
    this.#improveAt = now + (this.#mustGo ? relayTimings.makeRoomRetryMs : this.#improveMs(seeker));
    return seeker.isSlow && !this.#mustGo ? undefined : this.#improve(now, seeker, places);
  }

  /** Whole branches may have dried up, and do not know yet: those who surely have not go first, be it with slots that they keep back. */
  #askAmong(
    isFed: (peer: PeerId) => boolean,
    { interior, mayRise }: Seeker,
    now: number,
  ): Search | undefined {
    for (const claim of [interior ? 'forInterior' : 'free', 'forStarving'] as const) {
      const peer = this.#tree.candidate(now, claim, mayRise, isFed);
      if (peer !== undefined) return { type: 'ask', peer, interior, starving: claim === 'forStarving' };
    }
    return undefined;
  }

  #seek(now: number, seeker: Seeker, orphanMs: number, places: () => readonly Vacancy[]): Search | undefined {
    const { interior, mayRise } = seeker;
    const claim: Claim = interior ? 'forInterior' : 'free';
    const peer = this.#tree.candidate(now, claim, mayRise);
    if (peer !== undefined) return { type: 'ask', peer, interior, starving: false };
    if (orphanMs >= this.#starvesAfterMs) {
      this.#starvingSince = this.#tree.orphanedAt;
      const last = this.#tree.candidate(now, 'forStarving', mayRise);
      if (last !== undefined) return { type: 'ask', peer: last, interior, starving: true };
      // Where those who feed nobody have taken every place near the host, nobody could feed them.
      const taken = this.#mayTakePlace(seeker, orphanMs)
        ? this.#tree.candidate(now, 'forInterior', true)
        : undefined;
      if (taken !== undefined) return { type: 'ask', peer: taken, interior: true, starving: false };
    }
    if (now - this.#starvingToldAt < relayTimings.starvingEveryMs) return undefined;
    this.#starvingToldAt = now;
    const open = places().filter(
      (place) => this.#isNew(place, now) && (place.slots[claim] > 0 || place.slots.forStarving > 0),
    );
    return { type: 'want', peers: this.#some(open), starving: true };
  }

  /** One that could feed many soon, one that could feed anybody when nothing else has helped: else they would take places from each other. */
  #mayTakePlace({ copiesLeft }: Seeker, orphanMs: number): boolean {
    const afterMs =
      copiesLeft >= MANY_COPIES ? relayTimings.takesPlaceAfterMs : relayTimings.fewTakePlaceAfterMs;
    return copiesLeft > 0 && orphanMs >= afterMs;
  }

  /** Whoever has lost a parent has children and a picture to lose: at once. A newcomer can look around first. */
  get #starvesAfterMs(): number {
    return this.#tree.state === AdvertState.repairing ? 0 : relayTimings.starvingAfterMs;
  }

  #improve(
    now: number,
    { interior, mayRise, isAmongFew }: Seeker,
    places: () => readonly Vacancy[],
  ): Search | undefined {
    const tree = this.#tree;
    const claim: Claim = interior ? 'forInterior' : 'free';
    const depthMax = this.#mustGo ? Number.POSITIVE_INFINITY : tree.depth - 1;
    const isEven = !interior && !this.#mustGo && isAmongFew();
    const least = interior || this.#mustGo ? 1 : isEven ? EVENS_BACK_TO : LEAF_MOVES_TO;
    const linkDepthMax = interior || this.#mustGo ? depthMax : tree.depth - LEAF_LINKS_FOR_HOPS;
    const peer = tree.betterThan(depthMax, least, now, claim, mayRise);
    if (peer !== undefined) return { type: 'ask', peer, interior, starving: false };
    const idle = isEven ? this.#idle(now, mayRise) : undefined;
    if (idle !== undefined) return { type: 'ask', peer: idle, interior, starving: false };
    const open = places().filter(
      (place) =>
        this.#isNew(place, now) &&
        place.slots[claim] >= least &&
        place.depth + 1 <= linkDepthMax &&
        (mayRise || place.slots.free > 0 || place.depth >= relayTimings.nearRootHops),
    );
    return open.length > 0 ? { type: 'want', peers: this.#some(open), starving: false } : undefined;
  }

  /** One who feeds hardly anybody, while the parent has hardly a place left. */
  #idle(now: number, mayRise: boolean): PeerId | undefined {
    const { parent } = this.#tree;
    const left = parent === undefined ? undefined : this.#tree.neighbour(parent)?.slots.free;
    if (left === undefined || left > EVENS_FROM) return undefined;
    return this.#tree.betterThan(relayTimings.smallSwarmHops, EVENS_TO, now, 'free', mayRise);
  }

  /** Neighbours were looked at already, and those who were parents in vain offer room as loudly as any. */
  #isNew({ peer }: Vacancy, now: number): boolean {
    return this.#tree.neighbour(peer) === undefined && !this.#tree.isDoubted(peer, now);
  }

  #some(places: readonly Vacancy[]): readonly PeerId[] {
    const peers = new Set(shuffled(this.#random, places).map(({ peer }) => peer));
    this.#wanted = [...peers].slice(0, WANTED_MAX);
    return this.#wanted;
  }

  /** When {@link decide} may have something new, ms. */
  get deadline(): number {
    const { orphanedAt, parent } = this.#tree;
    if (this.#tree.isAsking || this.#tree.trial) return Number.POSITIVE_INFINITY;
    if (orphanedAt === undefined) return parent === undefined ? Number.POSITIVE_INFINITY : this.#improveAt;
    const tellAt = this.#starvingToldAt + relayTimings.starvingEveryMs;
    return this.#starvingSince === orphanedAt ? tellAt : Math.min(tellAt, orphanedAt + this.#starvesAfterMs);
  }
}
