import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerOf, streamOf } from '../../test-kit/ids.ts';
import { arbChange } from '../../test-kit/monitor-arbitraries.ts';
import type { GraphView } from '../graph/statistics.ts';
import type { PeerId } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { encodeFeedMessage } from './feed-codec.ts';
import { FeedType, feedLimits, linkEnds, type PictureChange } from './feed-messages.ts';
import { Picture } from './picture.ts';
import { PictureHistory } from './picture-history.ts';
import { inParts, PictureSource } from './picture-source.ts';

/** Members, each with the stream that it is in (0: none), and links. */
interface World {
  readonly members: ReadonlyMap<number, number>;
  readonly links: readonly (readonly [number, number])[];
}

const arbWorld: fc.Arbitrary<World> = fc.record({
  members: fc.array(fc.tuple(fc.nat(30), fc.nat(3)), { maxLength: 25 }).map((members) => new Map(members)),
  links: fc.uniqueArray(fc.tuple(fc.nat(30), fc.nat(30)), {
    maxLength: 40,
    selector: ([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`,
  }),
});

const viewOf = ({ members, links }: World): GraphView => ({
  nodes: [...members].map(([number, stream]) => ({
    id: peerOf(number),
    role: stream === 0 ? Role.supernode : Role.viewer,
    stream: stream === 0 ? undefined : streamOf(stream),
  })),
  links: links.map(([a, b]): [PeerId, PeerId] => [peerOf(a), peerOf(b)]),
});

/** What a picture shows, by names, so that handles do not matter. */
function shown(picture: Picture) {
  const name = (handle: number): string => picture.nodes.get(handle)?.name ?? '?';
  return {
    nodes: [...picture.nodes.values()].map((node) => `${node.name} ${node.role} ${node.subnetwork}`).sort(),
    links: [...picture.links].map((link) => linkEnds(link).map(name).sort().join('–')).sort(),
  };
}

/** The same picture, made at once. */
const pictureOf = (world: World): Picture => {
  const picture = new Picture();
  picture.apply(new PictureSource().look(viewOf(world), 0));
  return picture;
};

describe('pictures of the network', () => {
  it('[R46] follow the network from look to look, and show the same as a picture made at once', () => {
    fc.assert(
      fc.property(fc.array(arbWorld, { minLength: 1, maxLength: 6 }), (worlds) => {
        const source = new PictureSource();
        const picture = new Picture();
        for (const [at, world] of worlds.entries()) {
          for (const part of inParts(source.look(viewOf(world), at))) picture.apply(part);
          expect(shown(picture)).toEqual(shown(pictureOf(world)));
        }
      }),
    );
  });

  it('[R45] name nobody by more than six characters', () => {
    const world = { members: new Map([[1, 1]]), links: [] };
    const bytes = encodeFeedMessage({
      type: FeedType.picture,
      change: new PictureSource().look(viewOf(world), 0),
    });
    const text = Buffer.from(bytes).toString('latin1');
    for (const id of [peerOf(1), streamOf(1)]) {
      expect(text).toContain(id.slice(0, 6));
      expect(text).not.toContain(id.slice(0, 7));
    }
  });

  it('[R46] are cut into messages that fit', () => {
    const members = new Map(Array.from({ length: 5_000 }, (_, n) => [n, 1 + (n % 3)] as const));
    const links = Array.from({ length: 20_000 }, (_, n) => [n % 5_000, (n * 7 + 1) % 5_000] as const);
    const source = new PictureSource();
    const change = source.look(viewOf({ members, links }), 1);
    const picture = new Picture();
    const bytes: number[] = [];
    for (const part of inParts(change)) {
      picture.apply(part);
      bytes.push(encodeFeedMessage({ type: FeedType.picture, change: part }).length);
    }
    expect(picture.nodes.size).toBe(5_000);
    expect(picture.links.size).toBe(change.linked.length);
    expect(bytes.length).toBeGreaterThan(3);
    expect(Math.max(...bytes)).toBeLessThan(feedLimits.messageBytesMax);
    const end = [...inParts(source.look(viewOf({ members: new Map(), links: [] }), 2))];
    for (const part of end) picture.apply(part);
    expect([picture.nodes.size, picture.links.size]).toEqual([0, 0]);
  });

  it('take any change, and hold no link without its ends and no more than their limits', () => {
    fc.assert(
      fc.property(fc.array(arbChange, { maxLength: 10 }), (changes) => {
        const picture = new Picture();
        for (const change of changes) picture.apply(change);
        expect(picture.nodes.size).toBeLessThanOrEqual(feedLimits.nodesMax);
      }),
    );
    const picture = new Picture();
    const node = (handle: number) => ({ handle, name: 'abcdef', role: Role.viewer, subnetwork: undefined });
    const nodes = Array.from({ length: feedLimits.nodesMax + 5 }, (_, n) => node(n));
    picture.apply({ atMs: 0, unlinked: [], gone: [], nodes, linked: [3, 2 ** 20 + 2] });
    expect(picture.nodes.size).toBe(feedLimits.nodesMax);
    expect([...picture.links]).toEqual([3, 2 ** 20 + 2]);
  });
});

describe('the history of pictures', () => {
  const worlds = (count: number): World[] =>
    Array.from({ length: count }, (_, at) => ({
      members: new Map([0, 1, 2, 3].map((n) => [at + n, 1 + ((at + n) % 3)])),
      links: [0, 1, 2].map((n) => [at + n, at + n + 1] as const),
    }));

  const fed = (history: PictureHistory, all: readonly World[], everyMs: number): PictureHistory => {
    const source = new PictureSource();
    for (const [at, world] of all.entries())
      for (const part of inParts(source.look(viewOf(world), at * everyMs))) history.push(part);
    return history;
  };

  it('shows each moment as it was', () => {
    const all = worlds(20);
    const history = fed(new PictureHistory(), all, 1_000);
    for (const [at, world] of all.entries())
      expect(shown(history.at(at * 1_000 + 500))).toEqual(shown(pictureOf(world)));
    expect(shown(history.newest)).toEqual(shown(pictureOf(all[19]!)));
    expect([history.fromMs, history.toMs]).toEqual([0, 19_000]);
  });

  it('forgets what is too old, and what is too much, but not the picture', () => {
    const all = worlds(200);
    const byAge = fed(new PictureHistory({ ageMaxMs: 10_000, changesMax: 1e9 }), all, 1_000);
    expect(byAge.toMs - byAge.fromMs).toBeLessThanOrEqual(10_000);
    // Three parts a moment.
    expect(byAge.changes.length).toBeLessThanOrEqual(33);
    const bySize = fed(new PictureHistory({ ageMaxMs: 1e9, changesMax: 40 }), all, 1_000);
    const size = bySize.changes.reduce(
      (sum, { nodes, gone, linked, unlinked }) =>
        sum + nodes.length + gone.length + linked.length + unlinked.length,
      0,
    );
    expect(size).toBeLessThanOrEqual(40);
    for (const history of [byAge, bySize])
      expect(shown(history.at(199_000))).toEqual(shown(pictureOf(all[199]!)));
    expect(shown(byAge.at(0))).toEqual(shown(pictureOf(all[byAge.fromMs / 1_000]!)));
  });

  it('is told to another by its oldest picture and the changes since', () => {
    const history = fed(new PictureHistory({ ageMaxMs: 5_000, changesMax: 1e9 }), worlds(30), 1_000);
    const other = new PictureHistory();
    const tell = (change: PictureChange) => {
      for (const part of inParts(change)) other.push(part);
    };
    tell(history.oldestAsChange());
    history.changes.forEach(tell);
    for (let at = history.fromMs; at <= history.toMs; at += 1_000)
      expect(shown(other.at(at))).toEqual(shown(history.at(at)));
    expect(other.fromMs).toBe(history.fromMs);
  });

  it('goes on with time when nothing changes, and begins anew when the clock is set back', () => {
    const history = fed(new PictureHistory({ ageMaxMs: 5_000, changesMax: 1e9 }), worlds(3), 1_000);
    history.pass(60_000);
    expect([history.fromMs, history.toMs]).toEqual([55_000, 60_000]);
    expect(history.at(55_000).nodes.size).toBe(4);
    history.push({ atMs: 10, unlinked: [], gone: [], nodes: [], linked: [] });
    expect([history.fromMs, history.toMs, history.newest.nodes.size]).toEqual([10, 10, 4]);
  });
});
