/**
 * A node's sockets to its supernodes: which to dial, when to try again (1, 2, 4, 8, 10 s), which one carries signals. A supernode
 * that will stop sends its clients away (PROTOCOL.md R36): another one stands in for it until it is back.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import { type Random, randomFloat, shuffled } from '../lib/random.ts';
import type { GoAway } from '../wire/service-messages.ts';
import type { Link, Links } from './links.ts';
import { SUPERNODES_MAX } from './settings.ts';

const BACKOFF_MAX_MS = 10_000;
/** A move is put off by at most this, however long the supernode says that it will stay. */
const MOVE_WITHIN_MAX_MS = 30_000;
/** The rest of that time is for dialing. */
const MOVE_SHARE = 0.8;
/** After the stand-in is open, the old socket stays for so long: answers to signals are on their way. */
const LINGER_MS = 2_000;
/** One that stops is not dialed again at once: it has just been left by all. */
const RETURN_AFTER_MS = 3_000;

interface Contact {
  url: string;
  link: LinkId | undefined;
  /** Who was behind it when it was last open. */
  peer: PeerId | undefined;
  failures: number;
  notBefore: number;
  /** Set once it has sent its clients away; counts until it is open again. */
  standIn: Contact | undefined;
  /** What it said when it sent its clients away. */
  goAway: Pick<GoAway, 'alternates' | 'withinMs'> | undefined;
  /** When the socket to it is given up, because another one is open in its place; infinite if none is. */
  leaveAt: number;
  /** Of a stand-in: others to try if this one fails. */
  others: string[];
}

const contactOf = (url: string, notBefore: number, others: string[] = []): Contact => ({
  url,
  link: undefined,
  peer: undefined,
  failures: 0,
  notBefore,
  standIn: undefined,
  goAway: undefined,
  leaveAt: Number.POSITIVE_INFINITY,
  others,
});

export class SupernodeContacts {
  #contacts: Contact[];
  readonly #links: Links;

  constructor(urls: readonly string[], links: Links) {
    this.#contacts = [...new Set(urls)].map((url) => contactOf(url, 0));
    this.#links = links;
  }

  /** Contacts to dial now; the caller reports each new link with {@link dialed}. */
  due(now: number): readonly string[] {
    const due: string[] = [];
    for (const contact of this.#contacts) {
      if (contact.link !== undefined || now < contact.notBefore) continue;
      // It may have dialed us meanwhile.
      const linked = contact.peer !== undefined && this.#links.openTo(contact.peer) !== undefined;
      if (linked) contact.notBefore = now + BACKOFF_MAX_MS;
      else due.push(contact.url);
    }
    return due;
  }

  dialed(url: string, link: LinkId): void {
    for (const contact of this.#contacts) if (contact.url === url) contact.link = link;
  }

  /** Answers with links that are not needed any more, if one that others stood in for is back. */
  opened(link: LinkId, now: number): LinkId[] {
    const contact = this.#contacts.find((each) => each.link === link);
    if (contact === undefined) return [];
    contact.failures = 0;
    contact.peer = this.#links.get(link)?.peer;
    for (const each of this.#contacts)
      if (each.standIn === contact && each.link !== undefined) each.leaveAt = now + LINGER_MS;
    // One that stood in may have been sent away itself.
    const unneeded: Contact[] = [];
    for (let at = contact.standIn; at !== undefined; at = at.standIn) unneeded.push(at);
    contact.standIn = undefined;
    this.#contacts = this.#contacts.filter((each) => !unneeded.includes(each));
    return unneeded.flatMap((each) => each.link ?? []);
  }

  /**
   * The supernode behind a link will stop. The other supernodes that a node has stand in for it, and the socket is closed soon; a
   * node without another moves to one of the alternates, at a random time within what it was given, so that not all come at once.
   */
  sendAway(link: LinkId, goAway: Pick<GoAway, 'alternates' | 'withinMs'>, random: Random, now: number): void {
    const contact = this.#contacts.find((each) => each.link === link);
    if (contact === undefined || contact.goAway !== undefined) return;
    contact.goAway = goAway;
    if (this.#hasAnother(contact)) contact.leaveAt = now + LINGER_MS;
    else this.#move(contact, goAway, random, now);
  }

  /** Whether a socket to another supernode is open that has not sent its clients away itself. */
  #hasAnother(contact: Contact): boolean {
    return this.#contacts.some(
      ({ link, goAway }) =>
        link !== undefined &&
        link !== contact.link &&
        goAway === undefined &&
        this.#links.get(link)?.state === 'open',
    );
  }

  #move(
    contact: Contact,
    { alternates, withinMs }: Pick<GoAway, 'alternates' | 'withinMs'>,
    random: Random,
    now: number,
  ): void {
    const known = new Set(this.#contacts.map(({ url }) => url));
    const others = shuffled(
      random,
      alternates.filter((url) => !known.has(url)),
    );
    const [first] = others;
    if (first === undefined || this.#contacts.length >= SUPERNODES_MAX) return;
    const spreadMs = Math.min(withinMs, MOVE_WITHIN_MAX_MS) * MOVE_SHARE;
    contact.standIn = contactOf(first, now + spreadMs * randomFloat(random), others);
    this.#contacts.push(contact.standIn);
  }

  /** Links to supernodes that will stop, and that are not needed any more. Where no other is open by now, the node moves after all. */
  leaving(random: Random, now: number): LinkId[] {
    const leaving: LinkId[] = [];
    for (const contact of [...this.#contacts]) {
      const { link, leaveAt, goAway } = contact;
      if (link === undefined || now < leaveAt) continue;
      if (this.#hasAnother(contact)) {
        leaving.push(link);
        continue;
      }
      contact.leaveAt = Number.POSITIVE_INFINITY;
      if (goAway !== undefined && contact.standIn === undefined) this.#move(contact, goAway, random, now);
    }
    return leaving;
  }

  closed({ id, duplicateOf }: Pick<Link, 'id' | 'duplicateOf'>, now: number): void {
    for (const contact of this.#contacts) {
      if (contact.link !== id) continue;
      contact.peer = duplicateOf ?? contact.peer;
      contact.link = undefined;
      contact.notBefore = now + Math.min(BACKOFF_MAX_MS, 1000 * 2 ** contact.failures);
      contact.failures++;
      contact.leaveAt = Number.POSITIVE_INFINITY;
      if (contact.goAway !== undefined)
        contact.notBefore = Math.max(contact.notBefore, now + RETURN_AFTER_MS);
      contact.goAway = undefined;
      const next = contact.others.shift();
      if (next === undefined) continue;
      contact.others.push(next);
      contact.url = contact.others[0] ?? next;
    }
  }

  /** Open sockets, in the order in which the supernodes were named. */
  openLinks(): Link[] {
    const open: Link[] = [];
    for (const contact of this.#contacts) {
      const link = contact.link === undefined ? undefined : this.#links.get(contact.link);
      if (link?.state === 'open') open.push(link);
    }
    return open;
  }

  open(): LinkId[] {
    return this.openLinks().map(({ id }) => id);
  }

  /** Supernodes that are connected, or have not failed yet: so many answers can be hoped for. */
  get answering(): number {
    const hopeful = this.#contacts.filter(({ link, failures }) => {
      const open = link !== undefined && this.#links.get(link)?.state === 'open';
      return open || failures === 0;
    });
    return hopeful.length;
  }

  /** True once every supernode has failed at least once and none is open. */
  get allFailed(): boolean {
    return this.open().length === 0 && this.#contacts.every((contact) => contact.failures > 0);
  }

  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const { link, notBefore, leaveAt } of this.#contacts)
      deadline = Math.min(deadline, link === undefined ? notBefore : leaveAt);
    return deadline;
  }
}
