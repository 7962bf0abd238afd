import type { PeerId } from '@murmuration/shared/lib/ids.ts';
import { expect, test } from 'vitest';
import type { Mesh, Neighbour } from '../swarm-figures.ts';
import { NeighbourhoodBook } from './neighbourhood.ts';
import { meshWords, neighbourWords } from './neighbourhood-words.ts';

const neighbour = (peer: string, part: Partial<Neighbour> = {}): Neighbour => ({
  peer: peer as PeerId,
  kind: 'viewer',
  isHost: part.kind === 'host',
  partsIn: 0,
  partsOut: 0,
  rttMs: undefined,
  payloadBytesIn: 0,
  payloadBytesOut: 0,
  ...part,
});

const mesh = (neighbours: readonly Neighbour[], part: Partial<Mesh> = {}): Mesh => ({
  self: 'me' as PeerId,
  isHost: false,
  stripes: 4,
  depth: 2,
  neighbours,
  ...part,
});

const host = neighbour('the-host', { kind: 'host', partsIn: 1 });
const supernode = neighbour('super-node', { kind: 'supernode' });

test('the host is at the top, supernodes are apart, members of other streams are in the ring', () => {
  const { ring, supernodes, hidden, stepsToHost } = new NeighbourhoodBook().look(
    mesh([neighbour('a'), supernode, host, neighbour('o', { kind: 'outsider' })]),
    0,
  );
  expect(ring[0]).toMatchObject({ peer: 'the-host', seat: 0 });
  expect(ring.map(({ peer }) => peer).sort()).toEqual(['a', 'o', 'the-host']);
  expect(supernodes.map(({ peer, seat }) => [peer, seat])).toEqual([['super-node', 0]]);
  expect([hidden, stepsToHost]).toEqual([0, undefined]);
});

test('without a link to the host its seat stays free, and the steps to it are told', () => {
  const fifteen = Array.from({ length: 15 }, (_, i) => neighbour(`peer${i}`));
  const { ring, stepsToHost } = new NeighbourhoodBook().look(mesh(fifteen), 0);
  expect(ring).toHaveLength(15);
  expect(ring.map(({ seat }) => seat)).not.toContain(0);
  expect(stepsToHost).toBe(2);
  expect(new NeighbourhoodBook().look(mesh(fifteen, { isHost: true }), 0).stepsToHost).toBeUndefined();
});

test('who gives or takes has a seat before those who do nothing, and the rest is counted', () => {
  const book = new NeighbourhoodBook();
  const idle = Array.from({ length: 40 }, (_, i) => neighbour(`idle${i}`));
  book.look(mesh(idle), 0);
  const { ring, hidden } = book.look(
    mesh([...idle, neighbour('zz-parent', { partsIn: 1 }), neighbour('zz-child', { partsOut: 4 })]),
    2_000,
  );
  const drawn = ring.map(({ peer }) => peer);
  expect(drawn).toContain('zz-parent');
  expect(drawn).toContain('zz-child');
  expect([drawn.length, hidden]).toEqual([15, 27]);
});

test('a newcomer who does nothing displaces nobody', () => {
  const book = new NeighbourhoodBook();
  const idle = Array.from({ length: 20 }, (_, i) => neighbour(`idle${i}`));
  const before = book.look(mesh(idle), 0).ring.map(({ peer, seat }) => [peer, seat]);
  const after = book.look(mesh([neighbour('aa'), ...idle]), 1_000).ring.map(({ peer, seat }) => [peer, seat]);
  expect(after).toEqual(before);
});

test('nobody changes seats when parents and children change', () => {
  const book = new NeighbourhoodBook();
  const names = ['a', 'b', 'c', 'd'];
  const seatsOf = (atMs: number, parent: string) =>
    book
      .look(mesh([host, ...names.map((name) => neighbour(name, { partsIn: name === parent ? 1 : 0 }))]), atMs)
      .ring.map(({ peer, seat }) => [peer, seat]);
  expect(seatsOf(1_000, 'd')).toEqual(seatsOf(0, 'a'));
});

test('it is drawn anew about once a second, with rates of each link', () => {
  const book = new NeighbourhoodBook();
  const at = (atMs: number, payloadBytesIn: number) =>
    book.look(
      mesh([neighbour('a', { partsIn: 4, payloadBytesIn, payloadBytesOut: 2 * payloadBytesIn })]),
      atMs,
    );
  const first = at(0, 0);
  expect(at(500, 50_000)).toBe(first);
  const [a] = at(1_000, 100_000).ring;
  expect(a).toMatchObject({ bitsPerSecondIn: 800_000, bitsPerSecondOut: 1_600_000 });
});

test('the whole picture in words names who sends and who gets', () => {
  const relay = neighbour('abcdefgh', { partsIn: 1, partsOut: 1 });
  expect(meshWords(mesh([host, relay, supernode]))).toBe(
    'I am linked with 2 peers and 1 supernode. Sent to me by the-ho (host), abcdef. Passed on to abcdef.',
  );
  expect(meshWords(mesh([relay], { isHost: true }))).toBe(
    'I am linked with 1 peer and 0 supernodes. Sent to abcdef.',
  );
});

test('a neighbour in words: who it is, how far away, and what goes over the link', () => {
  const words = (part: Partial<Neighbour>, stripes = 4) => {
    const seated = { ...neighbour('abcdefgh', part), seat: 1, bitsPerSecondIn: 330_000, bitsPerSecondOut: 0 };
    return neighbourWords(seated, stripes);
  };
  expect(words({ rttMs: 66.6, partsIn: 2, partsOut: 4 })).toEqual({
    name: 'abcdef',
    about: 'a viewer, 67 ms away',
    traffic: [
      { direction: 'in', words: 'sends me 2 of 4 parts: 330 kbit/s' },
      { direction: 'out', words: 'gets the stream: 0 bit/s' },
    ],
  });
  for (const kind of ['host', 'viewer', 'supernode', 'outsider'] as const)
    expect(words({ kind }).traffic).toHaveLength(1);
});
