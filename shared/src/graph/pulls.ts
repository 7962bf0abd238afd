/** Records and link lists that were asked for: each of one neighbour at a time, then of another that has them too. */
import type { PeerId, PeerTag } from '../lib/ids.ts';
import { type SummaryEntry, type WantedEntry, WantedWhat } from '../wire/graph-messages.ts';
import { graphCaps, graphTimings } from './graph-contract.ts';

interface Pull {
  readonly entry: SummaryEntry;
  what: WantedWhat;
  from: PeerId;
  askedAt: number;
  readonly others: PeerId[];
  /** A neighbour holds it as a node that counts, and not only as a name. */
  vouched: boolean;
}

/** What is known of a pull that was answered. */
export interface Pulled {
  readonly announcers: readonly PeerId[];
  readonly vouched: boolean;
}

const OTHERS_MAX = 4;

export class Pulls {
  readonly #pulls = new Map<PeerTag, Pull>();
  readonly #pullsMax: number;
  #checkAt = Number.POSITIVE_INFINITY;

  constructor(pullsMax: number = graphCaps.pullsMax) {
    this.#pullsMax = pullsMax;
  }

  /** Whether nothing more can be asked for until something comes. */
  get isFull(): boolean {
    return this.#pulls.size >= this.#pullsMax;
  }

  get size(): number {
    return this.#pulls.size;
  }

  get deadline(): number {
    return this.#checkAt;
  }

  /** Whether to ask this neighbour now for what it announced; if it was asked of another already, the neighbour is remembered. */
  wants(entry: SummaryEntry, what: WantedWhat, from: PeerId, vouched: boolean, now: number): boolean {
    const pull = this.#pulls.get(entry.tag);
    if (pull !== undefined && !isBeyond(entry, pull.entry)) {
      if (vouched) pull.vouched = true;
      if (pull.from !== from && pull.others.length < OTHERS_MAX && !pull.others.includes(from))
        pull.others.push(from);
      return false;
    }
    if (pull === undefined && this.isFull) return false;
    this.#pulls.set(entry.tag, { entry, what, from, askedAt: now, others: [], vouched });
    this.#checkAt = Math.min(this.#checkAt, now + graphTimings.pullPatienceMs);
    return true;
  }

  /** Something of a node came; undefined if it was not asked for. */
  came(tag: PeerTag, part: 'record' | 'links'): Pulled | undefined {
    const pull = this.#pulls.get(tag);
    if (pull === undefined) return undefined;
    const left = pull.what & ~(part === 'record' ? WantedWhat.record : WantedWhat.links);
    if (left === 0) this.#pulls.delete(tag);
    else pull.what = left as WantedWhat;
    return { announcers: [pull.from, ...pull.others], vouched: pull.vouched };
  }

  /** A neighbour is gone. */
  lost(peer: PeerId): void {
    for (const pull of this.#pulls.values()) {
      const at = pull.others.indexOf(peer);
      if (at >= 0) pull.others.splice(at, 1);
      if (pull.from !== peer) continue;
      pull.askedAt = Number.NEGATIVE_INFINITY;
      this.#checkAt = 0;
    }
  }

  /** What nobody answered: to be asked of others, and who did not answer. */
  overdue(now: number): { readonly ask: Map<PeerId, WantedEntry[]>; readonly silent: PeerId[] } {
    const ask = new Map<PeerId, WantedEntry[]>();
    const silent: PeerId[] = [];
    if (now < this.#checkAt) return { ask, silent };
    this.#checkAt = Number.POSITIVE_INFINITY;
    for (const [tag, pull] of this.#pulls) {
      const due = pull.askedAt + graphTimings.pullPatienceMs;
      if (now < due) {
        this.#checkAt = Math.min(this.#checkAt, due);
        continue;
      }
      if (pull.askedAt !== Number.NEGATIVE_INFINITY) silent.push(pull.from);
      const next = pull.others.shift();
      if (next === undefined) {
        this.#pulls.delete(tag);
        continue;
      }
      pull.from = next;
      pull.askedAt = now;
      this.#checkAt = Math.min(this.#checkAt, now + graphTimings.pullPatienceMs);
      const entries = ask.get(next) ?? [];
      entries.push({ tag, what: pull.what, linksSeqHeld: 0 });
      ask.set(next, entries);
    }
    return { ask, silent };
  }
}

const isBeyond = (a: SummaryEntry, b: SummaryEntry): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && (a.seq > b.seq || a.linksSeq > b.linksSeq));
