/**
 * News on their way to the neighbours: each version goes at most once per direction of a link, and not to whoever is known to have
 * it. Who came and who left is urgent; refreshed records and link lists are collected longer, and when the byte budget is spent they
 * wait, at last to fall away: anti-entropy repairs that.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { PeerId, PeerTag } from '../lib/ids.ts';
import { graphCaps, graphTimings } from './graph-contract.ts';

export interface NewsItem {
  /** Neighbours that have this version already. */
  readonly knownBy: ReadonlySet<PeerId>;
  /** Somebody came, left, or has something new to say; not only a life prolonged or links changed. */
  readonly urgent: boolean;
}

interface WaitingItem extends NewsItem {
  readonly knownBy: Set<PeerId>;
  readonly since: number;
}

export class News {
  readonly #items: BoundedMap<PeerTag, WaitingItem>;
  #urgentAt = Number.POSITIVE_INFINITY;
  #lazyAt = Number.POSITIVE_INFINITY;
  /** Items given up because the budget kept them back too long. */
  fallenAway = 0;

  constructor(itemsMax: number = graphCaps.newsMax) {
    this.#items = new BoundedMap(itemsMax);
  }

  get deadline(): number {
    return Math.min(this.#urgentAt, this.#lazyAt);
  }

  /** A newer version of a node's word is held; `from` has it. */
  add(tag: PeerTag, from: readonly PeerId[], urgent: boolean, now: number): void {
    const before = this.#items.get(tag);
    this.#items.set(tag, { knownBy: new Set(from), since: now, urgent: urgent || before?.urgent === true });
    if (urgent) this.#urgentAt = Math.min(this.#urgentAt, now + graphTimings.urgentNewsMs);
    else this.#lazyAt = Math.min(this.#lazyAt, now + graphTimings.lazyNewsMs);
  }

  /** A neighbour has shown that it has the version that is about to be passed on. */
  knows(tag: PeerTag, peer: PeerId): void {
    this.#items.get(tag)?.knownBy.add(peer);
  }

  /**
   * Takes out what is due now: urgent items, and the others if the budget has room for them.
   * @param roomAt when the budget will have room again, if it has none now
   */
  take(now: number, lazyRoom: boolean, roomAt: number): ReadonlyMap<PeerTag, NewsItem> {
    const due = new Map<PeerTag, NewsItem>();
    const lazyDue = now >= this.#lazyAt && lazyRoom;
    let lazyWaits = false;
    for (const [tag, item] of this.#items.entries()) {
      if (item.urgent || lazyDue) due.set(tag, item);
      else if (now - item.since > graphTimings.newsPatienceMs) {
        this.#items.delete(tag);
        this.fallenAway++;
      } else lazyWaits = true;
    }
    for (const tag of due.keys()) this.#items.delete(tag);
    this.#urgentAt = Number.POSITIVE_INFINITY;
    if (!lazyWaits) this.#lazyAt = Number.POSITIVE_INFINITY;
    else if (now >= this.#lazyAt) this.#lazyAt = Math.max(roomAt, now + graphTimings.urgentNewsMs);
    return due;
  }
}
