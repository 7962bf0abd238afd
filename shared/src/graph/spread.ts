/**
 * What a node tells its neighbours unasked: versions that are news to them, each at most once per direction of a link, and where not
 * everybody holds everything, now and then a few random records.
 */
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type Random, randomPick } from '../lib/random.ts';
import { GraphLevel, type SummaryEntry } from '../wire/graph-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { entryOf } from './comparison.ts';
import { graphCaps } from './graph-contract.ts';
import type { Neighbour } from './graph-peers.ts';
import type { Holdings } from './holdings.ts';
import { isAlone } from './listed-links.ts';
import type { News } from './news.ts';
import type { Outbox } from './outbox.ts';
import { shuffleFor } from './sample.ts';
import { WorkInParts } from './work-in-parts.ts';

/** Seconds of budget that must be there before news that are not urgent, and before shuffles, are sent. */
const LAZY_NEEDS_S = 0;
const SHUFFLE_NEEDS_S = 1;
/** A supernode looks that often for whom to tell, ms: it may have thousands of members, and news all the time. */
const CHOOSE_EVERY_MS = 500;
/** and at so many of them at once. */
const CHOSEN_AT_ONCE = 512;

export class Spread {
  readonly #holdings: Holdings;
  readonly #news: News;
  readonly #outbox: Outbox;
  readonly #random: Random;
  #chosen: ReadonlyMap<PeerId, 'all' | 'urgent'> = new Map();
  #chooseAt = 0;
  /** Whom a supernode tells: looked for anew from time to time. */
  readonly choice = new WorkInParts(CHOSEN_AT_ONCE);

  constructor(holdings: Holdings, news: News, outbox: Outbox, random: Random) {
    this.#holdings = holdings;
    this.#news = news;
    this.#outbox = outbox;
    this.#random = random;
  }

  /** Tells the neighbours of what is new. */
  tell(now: number): void {
    const { budget } = this.#outbox;
    const lazyRoom = budget.seconds(now) > LAZY_NEEDS_S;
    const due = this.#news.take(now, lazyRoom, budget.when(LAZY_NEEDS_S, now));
    if (due.size === 0) return;
    const { replica, peers, isSupernode } = this.#holdings;
    // A supernode has thousands of neighbours, and tells few of them.
    const toldBySupernode = isSupernode ? this.#supernodeTells(now) : undefined;
    for (const peer of (toldBySupernode ?? peers).keys()) {
      const neighbour = peers.get(peer);
      const told = toldBySupernode === undefined ? 'all' : toldBySupernode.get(peer);
      if (told === undefined || neighbour === undefined) continue;
      const entries: SummaryEntry[] = [];
      for (const [tag, { knownBy, urgent }] of due) {
        if (knownBy.has(neighbour.peer) || (told === 'urgent' && !urgent)) continue;
        const held = replica.byTag(tag);
        if (held === undefined || held.record.id === neighbour.peer) continue;
        const level = this.#tellsAt(held.record.stream, neighbour);
        // Whoever holds no link lists takes our word for it that this is more than a name.
        if (level === undefined || (!held.proven && level < GraphLevel.streamLinks)) continue;
        entries.push(entryOf(held, level));
      }
      this.#outbox.news(neighbour.peer, entries);
    }
  }

  /** At which level a neighbour is told of a node of this stream; undefined: not at all. */
  #tellsAt(stream: StreamId | undefined, neighbour: Neighbour): GraphLevel | undefined {
    const { level: own, isSupernode } = this.#holdings;
    // Supernodes hear of every member from itself; they are not told by its neighbours.
    if (neighbour.isSupernode) return isSupernode ? GraphLevel.whole : undefined;
    const theirs = neighbour.level ?? own;
    const level = Math.min(theirs, own) as GraphLevel;
    if (level === GraphLevel.whole) return level;
    return stream !== undefined && stream === neighbour.stream && theirs >= GraphLevel.stream
      ? level
      : undefined;
  }

  /** A supernode tells other supernodes everything, and members that nobody else would tell; some of each stream what is urgent. */
  #supernodeTells(now: number): ReadonlyMap<PeerId, 'all' | 'urgent'> {
    if (now >= this.#chooseAt && !this.choice.isUnderWay) {
      this.#chooseAt = now + CHOOSE_EVERY_MS;
      this.choice.begin(this.#choose([...this.#holdings.peers.values()]), now);
    }
    return this.#chosen;
  }

  *#choose(peers: readonly Neighbour[]): Generator<void> {
    const told = new Map<PeerId, 'all' | 'urgent'>();
    const perStream = new Map<StreamId | undefined, number>();
    for (const { peer, stream, isSupernode } of peers) {
      yield;
      if (isSupernode || isAlone(peer, this.#holdings.replica)) {
        told.set(peer, 'all');
        continue;
      }
      const count = perStream.get(stream) ?? 0;
      if (count === graphCaps.supernodeTells) continue;
      perStream.set(stream, count + 1);
      told.set(peer, 'urgent');
    }
    this.#chosen = told;
  }

  /** Gives a neighbour some records that it is not meant to hold exactly, so that samples stay fresh. */
  shuffle(now: number): void {
    const { replica, peers, level: own, isSupernode } = this.#holdings;
    if (isSupernode || this.#outbox.budget.seconds(now) < SHUFFLE_NEEDS_S) return;
    const members = [...peers.values()].filter((peer) => !peer.isSupernode);
    const neighbour = randomPick(this.#random, members);
    if (neighbour === undefined) return;
    const level = neighbour.level ?? own;
    if (level === GraphLevel.whole && own === GraphLevel.whole) return;
    const theirs = { level, stream: neighbour.stream, isNeighbour: (id: PeerId) => id === neighbour.peer };
    const records = shuffleFor(replica, theirs, graphCaps.shuffleRecords, this.#random, now);
    if (records.length > 0) this.#outbox.send(neighbour.peer, { type: MessageType.records, records });
  }
}
