/**
 * A supernode's links with other supernodes, called trunks (PROTOCOL.md R40): with whom it has one at all, whom to dial and when, and
 * the proof that both ends ask for before a trunk is open. What travels on trunks is none of this file's business.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { type Random, randomFloat } from '../lib/random.ts';
import { GoodbyeReason, PROTOCOL_VERSION, Role } from '../wire/link-messages.ts';
import type { CheckedHello, Link, Links } from './links.ts';
import { type ListedSupernode, TrunkFailure } from './supernode-settings.ts';

/** Delays in ms. */
export const trunkTimings = {
  /** A dial that failed, or a trunk that was lost, is tried again after this, then twice as long each time, */
  againAfterMs: 1_000,
  /** up to that; */
  againAfterMaxMs: 30_000,
  /** each time more or less by up to this share, so that those who were cut off together do not come back together. */
  jitterShare: 0.25,
  /** A trunk that was open for so long was a success: the next dial comes soon. */
  settledAfterMs: 30_000,
  /** Whoever turned out to be somebody else, or does not list this supernode, is tried again after this: a person has to act. */
  helplessMs: 60_000,
  /** A listed supernode that offends is cut off for so long, and for twice as long each further time, */
  cutOffMs: 60_000,
  /** up to that. */
  cutOffMaxMs: 3_600_000,
} as const;

/** Supernodes that an operator can list: every trunk carries the news of the whole graph. */
export const LISTED_MAX = 64;

interface Contact {
  readonly id: PeerId;
  readonly url: string | undefined;
  /** The own dial that is under way or open. */
  dial: LinkId | undefined;
  failures: number;
  notBefore: number;
  offences: number;
  cutOffUntil: number;
}

/** A hello that was verified, as long as the proofs are not exchanged. */
interface Pending {
  readonly hello: CheckedHello;
  /** The own proof is out. */
  proved: boolean;
  /** The other end's proof is here. */
  proven: boolean;
}

export type TrunkVerdict =
  /** No supernode's hello, or one that no list is needed to refuse: as on any link. */
  | { readonly type: 'as-usual' }
  /** Sign a proof; the hello counts when both proofs are exchanged. */
  | { readonly type: 'prove' }
  | { readonly type: 'refuse'; readonly reason: 'not-listed' | 'cut-off' }
  /** The one that was dialed is not who it should be. */
  | { readonly type: 'wrong'; readonly reason: TrunkFailure };

export class Trunks {
  readonly #self: PeerId;
  readonly #links: Links;
  readonly #random: Random;
  #contacts = new Map<PeerId, Contact>();
  readonly #pending = new Map<LinkId, Pending>();

  constructor(self: PeerId, links: Links, random: Random) {
    this.#self = self;
    this.#links = links;
    this.#random = random;
  }

  /** Replaces the list; who stays on it under the same address keeps its history. Answers with links to those who are off it. */
  list(listed: readonly ListedSupernode[], now: number): LinkId[] {
    const before = this.#contacts;
    this.#contacts = new Map();
    for (const { id, url } of listed.slice(0, LISTED_MAX)) {
      if (id === this.#self) continue;
      const known = before.get(id);
      this.#contacts.set(id, known?.url === url && known ? known : contactOf(id, url, now));
    }
    const gone = [...before.values()].filter((contact) => this.#contacts.get(contact.id) !== contact);
    return gone.flatMap(({ id, dial }) => this.#links.openTo(id)?.id ?? dial ?? []);
  }

  /** How many supernodes are listed. */
  get size(): number {
    return this.#contacts.size;
  }

  /** Listed supernodes, and whether there is a trunk with each. */
  *states(): IterableIterator<{
    readonly id: PeerId;
    readonly url: string | undefined;
    readonly up: boolean;
  }> {
    for (const { id, url } of this.#contacts.values())
      yield { id, url, up: this.#links.openTo(id)?.role === Role.supernode };
  }

  /** Whom to dial now; the caller reports each new link with {@link dialed}. */
  due(now: number): { readonly id: PeerId; readonly url: string }[] {
    return [...this.#contacts.values()].flatMap((contact) =>
      now >= this.#dialAt(contact) ? { id: contact.id, url: contact.url as string } : [],
    );
  }

  /** When to dial a contact; infinity while there is a link with it, or one under way. */
  #dialAt({ id, url, dial, notBefore, cutOffUntil }: Contact): number {
    const waits = url === undefined || dial !== undefined || this.#links.openTo(id) !== undefined;
    return waits ? Number.POSITIVE_INFINITY : Math.max(notBefore, cutOffUntil);
  }

  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const contact of this.#contacts.values()) deadline = Math.min(deadline, this.#dialAt(contact));
    return deadline;
  }

  dialed(id: PeerId, link: LinkId): void {
    const contact = this.#contacts.get(id);
    if (contact) contact.dial = link;
  }

  /** Decides over a verified hello on a link that is not open yet. */
  greeted(link: Link, hello: CheckedHello, now: number): TrunkVerdict {
    const { peer, role, version } = hello;
    if (version !== PROTOCOL_VERSION) return { type: 'as-usual' };
    if (link.expected !== undefined && peer !== link.expected) {
      const reason = peer === this.#self ? TrunkFailure.itself : TrunkFailure.another;
      return { type: 'wrong', reason };
    }
    if (role !== Role.supernode)
      return link.dialed ? { type: 'wrong', reason: TrunkFailure.none } : { type: 'as-usual' };
    if (peer === this.#self) return { type: 'as-usual' };
    const contact = this.#contacts.get(peer);
    if (contact === undefined) return { type: 'refuse', reason: 'not-listed' };
    if (now < contact.cutOffUntil) return { type: 'refuse', reason: 'cut-off' };
    this.#pending.set(link.id, { hello, proved: false, proven: false });
    return { type: 'prove' };
  }

  /** Whether the other end has said hello, and the proofs are being exchanged. */
  isPending(link: LinkId): boolean {
    return this.#pending.has(link);
  }

  /** The own proof went out, or the other end's came in: answers with the hello that counts from now on, if that was the last. */
  exchanged(link: LinkId, what: 'proved' | 'proven'): CheckedHello | undefined {
    const pending = this.#pending.get(link);
    if (pending === undefined) return undefined;
    pending[what] = true;
    if (!pending.proved || !pending.proven) return undefined;
    this.#pending.delete(link);
    return pending.hello;
  }

  /** Somebody else has to act before another dial makes sense. */
  helpless(link: Link, now: number): void {
    const contact = link.expected === undefined ? undefined : this.#contacts.get(link.expected);
    if (contact) contact.notBefore = now + this.#spread(trunkTimings.helplessMs);
  }

  /** The dialed supernode said goodbye before a trunk was open. True if it does not list this one. */
  dismissed(link: Link, reason: GoodbyeReason, now: number): boolean {
    if (!link.dialed || reason !== GoodbyeReason.notListed) return false;
    this.helpless(link, now);
    return true;
  }

  /** A listed supernode did something that an honest one does not do. */
  offended(peer: PeerId, now: number): void {
    const contact = this.#contacts.get(peer);
    if (contact === undefined) return;
    const forMs = Math.min(trunkTimings.cutOffMaxMs, trunkTimings.cutOffMs * 2 ** contact.offences);
    contact.offences++;
    contact.cutOffUntil = now + forMs;
  }

  /** Any link of the supernode was removed. */
  closed(link: Link, now: number): void {
    this.#pending.delete(link.id);
    const id = link.peer ?? link.expected;
    const contact = id === undefined ? undefined : this.#contacts.get(id);
    if (contact === undefined || (link.dialed ? contact.dial !== link.id : link.role !== Role.supernode))
      return;
    if (link.dialed) contact.dial = undefined;
    const { againAfterMs, againAfterMaxMs, settledAfterMs } = trunkTimings;
    if (link.state === 'open' && now - link.openedAt >= settledAfterMs) contact.failures = 0;
    const delayMs = Math.min(againAfterMaxMs, againAfterMs * 2 ** contact.failures);
    contact.failures++;
    contact.notBefore = Math.max(contact.notBefore, now + this.#spread(delayMs));
  }

  #spread(delayMs: number): number {
    return delayMs * (1 + trunkTimings.jitterShare * (2 * randomFloat(this.#random) - 1));
  }
}

const contactOf = (id: PeerId, url: string | undefined, now: number): Contact => ({
  id,
  url,
  dial: undefined,
  failures: 0,
  notBefore: now,
  offences: 0,
  cutOffUntil: now,
});
