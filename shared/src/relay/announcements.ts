/**
 * What a node says of its places in the trees (PROTOCOL.md R15, R16): adverts to all neighbours, vacancies up and down each tree. Both
 * wait a little for more news, and only what is news is said, but for a refresh of the adverts now and then.
 */
import type { PeerId } from '../lib/ids.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { type Advert, AdvertState, type Vacancy } from '../wire/tree-messages.ts';
import type { Branch, ForestIdentity } from './branch.ts';
import { relayTimings } from './relay-contract.ts';
import type { SlotPool } from './slot-pool.ts';

export interface AnnouncementsParts {
  readonly identity: ForestIdentity;
  readonly branches: readonly Branch[];
  readonly pool: SlotPool;
  readonly peers: ReadonlySet<PeerId>;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
}

export class Announcements {
  readonly #parts: AnnouncementsParts;
  #advertAt = Number.POSITIVE_INFINITY;
  #refreshAt: number;
  #vacanciesAt = Number.POSITIVE_INFINITY;

  constructor(parts: AnnouncementsParts, now: number) {
    this.#parts = parts;
    this.#refreshAt = now + relayTimings.advertRefreshMs;
  }

  /** When {@link tell} is due, ms. */
  get deadline(): number {
    return Math.min(this.#advertAt, this.#refreshAt, this.#vacanciesAt);
  }

  /** Something that neighbours should hear of: the path, the state, or who has room. */
  changed(now: number): void {
    this.#advertAt = Math.min(this.#advertAt, now + relayTimings.advertBatchMs);
    this.vacanciesChanged(now);
  }

  /** The same, and it cannot wait: others head for the place that was just taken. */
  changedForAll(now: number): void {
    this.#advertAt = 0;
    this.vacanciesChanged(now);
  }

  vacanciesChanged(now: number): void {
    if (this.#parts.branches.length > 1)
      this.#vacanciesAt = Math.min(this.#vacanciesAt, now + relayTimings.vacanciesEveryMs);
  }

  /** Says all there is to say to a new neighbour. */
  greet(peer: PeerId, now: number): void {
    for (const branch of this.#parts.branches) this.#parts.send(peer, this.#advertOf(branch, now));
  }

  /** Says what is due. */
  tell(now: number): void {
    if (now >= this.#advertAt || now >= this.#refreshAt) this.#advertise(now);
    if (now >= this.#vacanciesAt) this.#tellVacancies(now);
  }

  #advertOf({ tree }: Branch, now: number): Advert {
    const { stripe, state, path } = tree;
    const slots = this.#parts.pool.open(stripe, now);
    return { type: MessageType.advert, epoch: this.#parts.identity.epoch, stripe, state, slots, path };
  }

  #advertise(now: number): void {
    const { branches, peers, send } = this.#parts;
    const refresh = now >= this.#refreshAt;
    for (const branch of branches) {
      const advert = this.#advertOf(branch, now);
      const { free, forInterior, forStarving } = advert.slots;
      const words = `${advert.state} ${Math.min(free, 3)} ${forInterior > 0} ${forStarving > 0} ${advert.path.join()}`;
      if (!refresh && words === branch.advertised) continue;
      branch.advertised = words;
      for (const peer of peers) send(peer, advert);
    }
    this.#advertAt = Number.POSITIVE_INFINITY;
    if (refresh) this.#refreshAt = now + relayTimings.advertRefreshMs;
  }

  #tellVacancies(now: number): void {
    this.#vacanciesAt = Number.POSITIVE_INFINITY;
    const { identity, branches, pool, send } = this.#parts;
    const { self, isHost, epoch } = identity;
    for (const { tree, book } of branches) {
      const { stripe, depth, parent, children } = tree;
      const slots = pool.open(stripe, now);
      const hasRoom = slots.free > 0 || slots.forInterior > 0 || (slots.forStarving > 0 && !isHost);
      const own = hasRoom && tree.state === AdvertState.attached ? { peer: self, depth, slots } : undefined;
      const say = (peer: PeerId, places: readonly Vacancy[] | undefined): void => {
        if (places) send(peer, { type: MessageType.vacancies, epoch, stripe, places });
      };
      if (parent !== undefined) say(parent, book.up(own));
      for (const child of children.keys()) say(child, book.down(child, own, depth));
    }
  }
}
