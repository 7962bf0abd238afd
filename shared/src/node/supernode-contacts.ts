/** A node's sockets to its supernodes: which to dial, when to try again (1, 2, 4, 8, 10 s), which one carries signals. */
import type { LinkId, PeerId } from '../lib/ids.ts';
import type { Link, Links } from './links.ts';

const BACKOFF_MAX_MS = 10_000;

interface Contact {
  readonly url: string;
  link: LinkId | undefined;
  /** Who was behind it when it was last open. */
  peer: PeerId | undefined;
  failures: number;
  notBefore: number;
}

export class SupernodeContacts {
  readonly #contacts: Contact[];
  readonly #links: Links;

  constructor(urls: readonly string[], links: Links) {
    this.#contacts = [...new Set(urls)].map((url) => ({
      url,
      link: undefined,
      peer: undefined,
      failures: 0,
      notBefore: 0,
    }));
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

  opened(link: LinkId): void {
    for (const contact of this.#contacts) {
      if (contact.link !== link) continue;
      contact.failures = 0;
      contact.peer = this.#links.get(link)?.peer;
    }
  }

  closed({ id, duplicateOf }: Pick<Link, 'id' | 'duplicateOf'>, now: number): void {
    for (const contact of this.#contacts) {
      if (contact.link !== id) continue;
      contact.peer = duplicateOf ?? contact.peer;
      contact.link = undefined;
      contact.notBefore = now + Math.min(BACKOFF_MAX_MS, 1000 * 2 ** contact.failures);
      contact.failures++;
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
    for (const { link, notBefore } of this.#contacts) {
      if (link === undefined) deadline = Math.min(deadline, notBefore);
    }
    return deadline;
  }
}
