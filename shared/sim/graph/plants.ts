/**
 * Planted bugs: each breaks one rule of the real machines while it is in, to see that the checks of graph-faults would notice. A
 * plant replaces methods of a class and gives them back afterwards.
 */
import { ByteBudget } from '../../src/graph/byte-budget.ts';
import { Comparison } from '../../src/graph/comparison.ts';
import { Graph } from '../../src/graph/graph.ts';
import { PeerBudget } from '../../src/graph/graph-peers.ts';
import { News } from '../../src/graph/news.ts';
import { OwnWord } from '../../src/graph/own-word.ts';
import { Presence } from '../../src/graph/presence.ts';
import { Pulls } from '../../src/graph/pulls.ts';
import { type HeldNode, Replica } from '../../src/graph/replica.ts';
import { Links } from '../../src/node/links.ts';
import { NeighbourSearch } from '../../src/node/neighbour-search.ts';
import { Authenticity } from './authenticity.ts';
import { HostileKind } from './hostile.ts';

export interface Plant {
  readonly name: string;
  /** What is wrong now, in words. */
  readonly bug: string;
  /** Whom it takes for the bug to show. */
  readonly needs?: HostileKind;
  /** How large a network it takes; 40 unless said. */
  readonly nodesMax?: number;
  /** Puts the bug in; answers with how to take it out. */
  readonly plant: () => () => void;
}

// biome-ignore lint/suspicious/noExplicitAny: a method of any shape is replaced by one of the same.
type AnyMethod = (this: unknown, ...args: any[]) => any;

/** Replaces a method (or getter) of a class. */
function replacing(
  target: { prototype: object },
  method: string,
  make: (original: AnyMethod) => unknown,
): () => () => void {
  return () => {
    const descriptor = Object.getOwnPropertyDescriptor(target.prototype, method) as PropertyDescriptor;
    const changed = descriptor.get
      ? { ...descriptor, get: make(descriptor.get) as () => unknown }
      : { ...descriptor, value: make(descriptor.value) };
    Object.defineProperty(target.prototype, method, changed);
    return () => Object.defineProperty(target.prototype, method, descriptor);
  };
}

/** Puts several changes in. */
const both =
  (...plantings: readonly (() => () => void)[]) =>
  (): (() => void) => {
    const takeOut = plantings.map((plant) => plant());
    return () => {
      for (const back of takeOut) back();
    };
  };

export const plants: readonly Plant[] = [
  {
    name: 'no-gate',
    needs: HostileKind.forger,
    bug: 'signatures are not checked',
    plant: replacing(
      Authenticity,
      'check',
      () => (_machine: unknown, message: { type: number; lists?: { list?: unknown }[] }) => ({
        type: 'packet',
        packet: {
          type: 'message',
          message: message.lists
            ? { ...message, lists: message.lists.flatMap(({ list }) => list ?? []) }
            : message,
        },
      }),
    ),
  },
  {
    name: 'older-wins',
    needs: HostileKind.replayer,
    bug: 'a record of any version is taken',
    plant: replacing(Replica, 'wants', () => () => true),
  },
  {
    name: 'news-kept',
    bug: 'news are not passed on',
    plant: replacing(News, 'add', () => () => undefined),
  },
  {
    name: 'no-comparison',
    bug: 'replicas that differ are taken for equal',
    plant: replacing(Comparison, 'agrees', () => () => true),
  },
  {
    name: 'empty-summaries',
    bug: 'differences are looked for and never told',
    plant: replacing(Comparison, 'summary', () => () => undefined),
  },
  {
    name: 'nothing-pulled',
    bug: 'nobody asks for what is announced',
    plant: replacing(Pulls, 'wants', () => () => false),
  },
  {
    name: 'lists-forgotten',
    bug: 'link lists are never said anew',
    plant: replacing(OwnWord, 'linksChanged', (original) => {
      const said = new WeakSet<OwnWord>();
      return function (this: OwnWord, count: number, now: number) {
        if (said.has(this)) return;
        said.add(this);
        original.call(this, count, now);
      };
    }),
  },
  {
    name: 'lists-not-taken',
    bug: 'link lists are dropped',
    plant: replacing(Replica, 'putLinks', () => () => false),
  },
  {
    name: 'always-present',
    bug: 'who is held counts as there, whatever the links say',
    plant: replacing(Presence, 'reaches', () => () => true),
  },
  {
    name: 'never-present',
    bug: 'chains of links lead nowhere',
    plant: replacing(Presence, 'look', () => () => undefined),
  },
  {
    name: 'no-ration',
    needs: HostileKind.sybil,
    bug: 'a link may introduce any number of ids, and names without links count',
    plant: both(
      replacing(PeerBudget, 'mayIntroduce', () => () => true),
      replacing(
        Replica,
        'put',
        (original) =>
          function (this: Replica, record: unknown, via: unknown, _proven: boolean, now: number) {
            return original.call(this, record, via, true, now);
          },
      ),
    ),
  },
  {
    name: 'serves-all',
    needs: HostileKind.flooder,
    bug: 'a neighbour gets all that it asks for',
    plant: replacing(PeerBudget, 'mayServe', () => () => true),
  },
  {
    name: 'no-caps-of-links',
    nodesMax: 150,
    bug: 'there is always room for one more link',
    plant: replacing(Links, 'room', () => () => 9),
  },
  {
    name: 'nothing-expires',
    needs: HostileKind.sybil,
    bug: 'what has outlived itself is kept, and so are mere names',
    plant: replacing(Replica, 'expire', () => () => []),
  },
  {
    name: 'deaf-heartbeat',
    bug: 'dead links are kept',
    plant: replacing(
      Links,
      'check',
      (original) =>
        function (this: Links, ...args: unknown[]) {
          return { ...original.apply(this, args), dead: [] };
        },
    ),
  },
  {
    name: 'lonely',
    bug: 'members do not look for links inside their stream',
    plant: replacing(NeighbourSearch, 'inside', () => () => []),
  },
  {
    name: 'no-bridges',
    bug: 'nobody looks for links to other streams',
    plant: replacing(NeighbourSearch, 'outside', () => () => []),
  },
  {
    name: 'spendthrift',
    bug: 'the byte budget never ends, and everything is said six times',
    plant: both(
      replacing(ByteBudget, 'seconds', () => () => 9),
      replacing(
        Graph,
        'handle',
        (original) =>
          function (this: Graph, input: unknown, now: number) {
            const outputs = original.call(this, input, now) as { type: string }[];
            return outputs.flatMap((output) => (output.type === 'send' ? Array(6).fill(output) : [output]));
          },
      ),
    ),
  },
  {
    name: 'forgetful-leave',
    bug: 'leave records are ignored',
    plant: replacing(
      Replica,
      'put',
      (original) =>
        function (this: Replica, record: { status: number }, ...rest: unknown[]) {
          return record.status === 0 && original.call(this, record, ...rest);
        },
    ),
  },
  {
    name: 'dropped-at-random',
    bug: 'a replica loses what it holds now and then',
    plant: replacing(Replica, 'aged', (original) => {
      let calls = 0;
      return function (this: Replica, held: HeldNode, now: number) {
        const record = original.call(this, held, now);
        if (++calls % 50 === 0) this.drop(held);
        return record;
      };
    }),
  },
];
