import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { openLink } from '../../test-kit/links.ts';
import { Role } from '../wire/link-messages.ts';
import { Links } from './links.ts';
import { SupernodeContacts } from './supernode-contacts.ts';

const [ONE, TWO] = ['wss://one.example/link', 'wss://two.example/link'] as const;

function setUp(urls: readonly string[] = [ONE, TWO]) {
  const links = new Links(peerOf(1), 20);
  const contacts = new SupernodeContacts(urls, links);
  const dial = (url: string) => {
    const link = links.add({ kind: 'supernode', dialed: true, url }, START);
    contacts.dialed(url, link.id);
    return link;
  };
  const open = (url: string, number: number) => {
    const link = dial(url);
    links.transportOpened(link.id, START);
    links.hello(
      link.id,
      { peer: peerOf(number), version: 1, role: Role.supernode, stream: undefined },
      START,
    );
    contacts.opened(link.id, START);
    return link;
  };
  const lose = (link: { id: ReturnType<typeof dial>['id'] }, now: number): void => {
    links.remove(link.id);
    contacts.closed({ id: link.id, duplicateOf: undefined }, now);
  };
  return { links, contacts, dial, open, lose };
}

describe('contacts with supernodes', () => {
  it('[R24] all are dialed at once, each with its own back-off: 1, 2, 4, 8, 10 s', () => {
    const { contacts, dial, open, lose } = setUp();
    expect(contacts.due(START)).toEqual([ONE, TWO]);
    open(TWO, 2);
    let now = START;
    for (const seconds of [1, 2, 4, 8, 10, 10]) {
      const link = dial(ONE);
      expect(contacts.due(now)).toEqual([]);
      lose(link, now);
      expect(contacts.deadline).toBe(now + seconds * 1_000);
      expect(contacts.due(now + seconds * 1_000 - 1)).toEqual([]);
      now += seconds * 1_000;
      expect(contacts.due(now)).toEqual([ONE]);
    }
    lose(open(ONE, 3), now);
    expect(contacts.deadline).toBe(now + 1_000);
  });

  it('[R24] the first that is open, in the order in which they were named, carries signals', () => {
    const { contacts, open, lose } = setUp();
    const two = open(TWO, 2);
    expect(contacts.open()).toEqual([two.id]);
    const one = open(ONE, 3);
    expect(contacts.open()).toEqual([one.id, two.id]);
    lose(one, START);
    expect(contacts.open()).toEqual([two.id]);
  });

  it('[R24] all have failed only once every one has', () => {
    const { contacts, dial, lose } = setUp();
    expect(contacts.allFailed).toBe(false);
    lose(dial(ONE), START);
    expect(contacts.allFailed).toBe(false);
    lose(dial(TWO), START);
    expect(contacts.allFailed).toBe(true);
  });

  it('[R24] one that is named twice is dialed once', () => {
    const { contacts, open } = setUp([ONE, ONE]);
    expect(contacts.due(START)).toEqual([ONE]);
    open(ONE, 2);
    expect(contacts.open()).toHaveLength(1);
  });

  it('[R24] answers are hoped for from those that are open or have not failed yet, and not from the dead', () => {
    const { contacts, dial, open, lose } = setUp();
    expect(contacts.answering).toBe(2);
    const first = dial(ONE);
    expect(contacts.answering).toBe(2);
    lose(first, START);
    expect(contacts.answering).toBe(1);
    const again = open(ONE, 3);
    expect(contacts.answering).toBe(2);
    lose(again, START);
    lose(dial(TWO), START);
    expect(contacts.answering).toBe(0);
  });

  it('[R24] a socket that is open but not greeted carries nothing yet', () => {
    const { contacts, links, dial } = setUp();
    const link = dial(ONE);
    links.transportOpened(link.id, START);
    expect([contacts.open(), contacts.openLinks()]).toEqual([[], []]);
  });

  it('[R24] who has come by a link of its own meanwhile is not dialed as long as that is open', () => {
    const { contacts, links, open, lose } = setUp([ONE]);
    lose(open(ONE, 3), START);
    const theirs = openLink(links, peerOf(3), { kind: 'socket', dialed: false, role: Role.supernode });
    expect(contacts.due(START + 1_000)).toEqual([]);
    expect(contacts.deadline).toBe(START + 11_000);
    expect(contacts.due(START + 11_000)).toEqual([]);
    links.remove(theirs.id);
    expect(contacts.due(START + 20_999)).toEqual([]);
    expect(contacts.due(START + 21_000)).toEqual([ONE]);
  });

  it('[R24] without supernodes nothing is due', () => {
    const { contacts } = setUp([]);
    expect([contacts.due(START), contacts.deadline, contacts.answering]).toEqual([
      [],
      Number.POSITIVE_INFINITY,
      0,
    ]);
  });
});
