import { linkKey } from '@murmuration/shared/monitor/feed-messages.ts';
import { Picture } from '@murmuration/shared/monitor/picture.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import { degreesOf, factsOf, findNodes, membersOf } from './nodes.ts';

const picture = new Picture();
picture.apply({
  atMs: 0,
  unlinked: [],
  gone: [],
  nodes: [
    { handle: 0, name: 'abViewr', role: Role.viewer, subnetwork: 'one' },
    { handle: 1, name: 'AbHost', role: Role.host, subnetwork: 'one' },
    { handle: 2, name: 'abSupr', role: Role.supernode, subnetwork: undefined },
    { handle: 3, name: 'cdView', role: Role.viewer, subnetwork: 'two' },
    { handle: 4, name: 'AbView', role: Role.viewer, subnetwork: undefined },
  ],
  linked: [linkKey(0, 1), linkKey(0, 2), linkKey(0, 3), linkKey(0, 4)],
});
const names = (nodes: readonly { readonly name: string }[]) => nodes.map(({ name }) => name);

test('a node is found by how its name begins, as it was typed first', () => {
  expect(names(findNodes(picture, 'ab', 9))).toEqual(['abSupr', 'abViewr', 'AbHost', 'AbView']);
  expect(names(findNodes(picture, ' CDV ', 9))).toEqual(['cdView']);
  expect(names(findNodes(picture, 'ab', 2))).toHaveLength(2);
  expect([findNodes(picture, '', 9), findNodes(picture, 'zz', 9)]).toEqual([[], []]);
});

test('what is known of a node are its links: inside, outside, to supernodes', () => {
  const facts = factsOf(picture, 0);
  expect(facts && [names(facts.inner), names(facts.outer), names(facts.supernodes)]).toEqual([
    ['AbHost'],
    ['cdView', 'AbView'],
    ['abSupr'],
  ]);
  expect(factsOf(picture, 99)).toBeUndefined();
  expect([0, 3, 99].map((handle) => degreesOf(picture).get(handle))).toEqual([4, 1, undefined]);
});

test('tables begin with supernodes and hosts', () => {
  expect(names(membersOf(picture, undefined))).toEqual(['abSupr', 'AbHost', 'AbView', 'abViewr', 'cdView']);
  expect(names(membersOf(picture, 'one'))).toEqual(['AbHost', 'abViewr']);
});
