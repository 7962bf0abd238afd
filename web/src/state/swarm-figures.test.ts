import type { PeerId, StreamId } from '@murmuration/shared/lib/ids.ts';
import type { LinkSnapshot, NodeSnapshot, RelaySnapshot } from '@murmuration/shared/node/snapshot.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { expect, test } from 'vitest';
import {
  bridges,
  bridgeWords,
  children,
  copiesSent,
  meshAround,
  names,
  originOfBytes,
  parents,
  peersConnected,
  rejections,
  unneededPackets,
  viewersKnown,
} from './swarm-figures.ts';

const link = (peer: string, part: Partial<LinkSnapshot> = {}): LinkSnapshot => ({
  peer: peer as PeerId,
  role: Role.viewer,
  outside: false,
  rttMs: undefined,
  parentOf: [],
  childOf: [],
  standbyOf: [],
  framesIn: 0,
  framesOut: 0,
  payloadBytesIn: 0,
  payloadBytesOut: 0,
  ...part,
});

const node = (part: Partial<NodeSnapshot>): NodeSnapshot => ({
  peer: 'me' as PeerId,
  stream: 's' as StreamId,
  links: [],
  supernodesConnected: 1,
  relay: undefined,
  members: [],
  rejected: {},
  bytesIn: 0,
  bytesOut: 0,
  controlBytesOut: 0,
  ...part,
});

const relay = (payloadBytesIn: number, payloadBytesFromHost: number) =>
  ({ payloadBytesIn, payloadBytesFromHost }) as RelaySnapshot;

test('bytes come from the host or from viewers; before the first there is no share', () => {
  expect(originOfBytes(undefined).hostShare).toBeUndefined();
  expect(originOfBytes(relay(0, 0)).hostShare).toBeUndefined();
  expect(originOfBytes(relay(1_000, 250))).toEqual({ hostBytes: 250, viewerBytes: 750, hostShare: 0.25 });
});

test('parents and children are the links that carry a stripe', () => {
  const links = [
    link('a', { parentOf: [0], role: Role.host }),
    link('b', { childOf: [0] }),
    link('c', { standbyOf: [0] }),
  ];
  expect(parents(node({ links })).map(({ peer, isHost }) => [peer, isHost])).toEqual([['a', true]]);
  expect(children(node({ links })).map(({ peer }) => peer)).toEqual(['b']);
});

test('a node’s place in the mesh: all its links, of what kind they are and what they carry', () => {
  const links = [
    link('h', { role: Role.host, parentOf: [0, 2] }),
    link('v', { parentOf: [1], childOf: [3] }),
    link('s', { role: Role.supernode }),
    link('o', { role: Role.host, outside: true }),
  ];
  const mesh = meshAround(node({ links }), 'viewer');
  expect(mesh).toMatchObject({ self: 'me', isHost: false, stripes: 0, depth: undefined });
  expect(mesh.neighbours.map(({ kind, partsIn, partsOut }) => [kind, partsIn, partsOut])).toEqual([
    ['host', 2, 0],
    ['viewer', 1, 1],
    ['supernode', 0, 0],
    ['outsider', 0, 0],
  ]);
  const attached = { stripes: 4, depth: 2 } as RelaySnapshot;
  expect(meshAround(node({ relay: attached }), 'host')).toMatchObject({ isHost: true, stripes: 4, depth: 2 });
});

test('copies sent are the parts that all children get, together', () => {
  const links = [link('a', { childOf: [0, 1, 2, 3] }), link('b', { childOf: [2] }), link('c')];
  expect(copiesSent(node({ links }))).toBe(0);
  expect(copiesSent(node({ links, relay: { stripes: 4 } as NodeSnapshot['relay'] }))).toBe(1.25);
});

test('a supernode is a link but no peer, and neither is a member of another stream', () => {
  const links = [link('a'), link('s', { role: Role.supernode }), link('o', { outside: true })];
  expect(peersConnected(node({ links }))).toBe(1);
});

test('bridges are the links to members of other streams, counted in words', () => {
  const found = bridges(
    node({ links: [link('a'), link('o', { outside: true }), link('h', { outside: true, role: Role.host })] }),
  );
  expect(found.map(({ peer, isHost }) => [peer, isHost])).toEqual([
    ['o', false],
    ['h', true],
  ]);
  expect(bridgeWords(found)).toBe('2 bridges to other streams');
  expect(bridgeWords(found.slice(1))).toBe('1 bridge to other streams');
  expect(bridgeWords([])).toBe('no bridges to other streams');
  expect(names(found)).toBe('o, h (host)');
  expect(names([])).toBe('nobody yet');
});

test('viewers are members of this stream, without hosts, other streams and oneself', () => {
  const member = (id: string, role: Role, stream: string) => ({
    id: id as PeerId,
    role,
    stream: stream as StreamId,
  });
  const members = [
    member('me', Role.viewer, 's'),
    member('a', Role.viewer, 's'),
    member('b', Role.viewer, 'other'),
    member('h', Role.host, 's'),
  ];
  expect(viewersKnown(node({ members }))).toBe(1);
});

test('rejections are named in words, the most frequent first; what is merely of no use is counted apart', () => {
  const rejected = { 'bad-field': 2, 'forged-frame': 5, 'too-long': 0, duplicate: 3, 'out-of-window': 1 };
  expect(rejections(node({ rejected }))).toEqual([
    { words: 'forged frame', count: 5 },
    { words: 'bad field', count: 2 },
  ]);
  expect(unneededPackets(node({ rejected }))).toBe(4);
});
