/** A node's sockets to its supernodes: which to dial, when to try again (1, 2, 4, 8, 10 s), which one carries signals. */
import type { LinkId } from '../lib/ids.ts';
import type { Links } from './links.ts';

const BACKOFF_MAX_MS = 10_000;

interface Contact {
  readonly url: string;
  link: LinkId | undefined;
  failures: number;
  notBefore: number;
}

export class SupernodeContacts {
  readonly #contacts: Contact[];
  readonly #links: Links;

  constructor(urls: readonly string[], links: Links) {
    this.#contacts = [...new Set(urls)].map((url) => ({ url, link: undefined, failures: 0, notBefore: 0 }));
    this.#links = links;
  }

  /** Contacts to dial now; the caller reports each new link with {@link dialed}. */
  due(now: number): readonly string[] {
    return this.#contacts
      .filter((contact) => contact.link === undefined && now >= contact.notBefore)
      .map((contact) => contact.url);
  }

  dialed(url: string, link: LinkId): void {
    for (const contact of this.#contacts) if (contact.url === url) contact.link = link;
  }

  opened(link: LinkId): void {
    for (const contact of this.#contacts) if (contact.link === link) contact.failures = 0;
  }

  closed(link: LinkId, now: number): void {
    for (const contact of this.#contacts) {
      if (contact.link !== link) continue;
      contact.link = undefined;
      contact.notBefore = now + Math.min(BACKOFF_MAX_MS, 1000 * 2 ** contact.failures);
      contact.failures++;
    }
  }

  /** Open sockets, in the order in which the supernodes were named. */
  open(): LinkId[] {
    const open: LinkId[] = [];
    for (const { link } of this.#contacts) {
      if (link !== undefined && this.#links.get(link)?.state === 'open') open.push(link);
    }
    return open;
  }

  /** True once every supernode has failed at least once and none is open. */
  get allFailed(): boolean {
    return this.open().length === 0 && this.#contacts.every((contact) => contact.failures > 0);
  }

  get deadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const { link, notBefore } of this.#contacts) {
      if (link === undefined) deadline = Math.min(deadline, notBefore);
    }
    return deadline;
  }
}
