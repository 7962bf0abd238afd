/**
 * How the swarm as a whole is supplied (PROTOCOL.md R47). Each viewer is counted once, in the tree of one stripe: with how many of its stripes
 * nobody feeds, and how many slots it has left. Parents add up what their children say and tell their own parent, so the host learns
 * in a few hops whether the swarm can carry the stream. What one branch claims cannot move that by much: see {@link supplyOf}.
 */
import type { PeerId } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import type { Count } from '../wire/tree-messages.ts';
import { OBJECT_BYTES, tableBytes } from './held-bytes.ts';
import { relayTimings, type Supply } from './relay-contract.ts';

/** A parent is told when a number has changed by this share of the nodes' places. */
const NEWS_SHARE = 0.05;
/** Up to so many viewers the branches are believed as they are: everyone counts where few watch. */
const FEW = 16;
/** Beyond that this share of the branches, those with the most to tell, is left out. */
const LEFT_OUT = 0.25;
/** And a branch weighs at most so many times what the middle one does. */
const WEIGHT_MAX = 2;

interface Stray {
  readonly count: Count;
  readonly at: number;
}

export class Census {
  readonly #stripes: number;
  readonly #below: readonly Map<PeerId, Count>[];
  readonly #told: (Count | undefined)[];
  /** Neighbours that nobody feeds at all, in whichever stripe: they tell somebody else. */
  readonly #strays = new Map<PeerId, Stray>();

  constructor(stripes: number) {
    this.#stripes = stripes;
    this.#below = Array.from({ length: stripes }, () => new Map<PeerId, Count>());
    this.#told = new Array<Count | undefined>(stripes).fill(undefined);
  }

  /** Bytes of all that is held, about. */
  get tableBytes(): number {
    const entries = this.#below.reduce((sum, { size }) => sum + size, this.#strays.size);
    return tableBytes(entries, OBJECT_BYTES) + tableBytes(this.#stripes, OBJECT_BYTES);
  }

  childSays(stripe: number, child: PeerId, count: Count): void {
    const places = count.nodes * this.#stripes;
    this.#below[stripe]?.set(child, { ...count, starving: Math.min(count.starving, places) });
  }

  /** Of the nodes that count in this stripe, how many a child says are in its branch: its size as against that of others. */
  nodesBelow(stripe: number, child: PeerId): number {
    return this.#below[stripe]?.get(child)?.nodes ?? 0;
  }

  /** Whoever is no child any more counts no more. */
  keep(stripe: number, children: ReadonlyMap<PeerId, unknown>): void {
    const below = this.#below[stripe];
    if (below) for (const child of below.keys()) if (!children.has(child)) below.delete(child);
  }

  /** A neighbour that is no child is counted as one node that nobody feeds, for a while. */
  straySays(peer: PeerId, now: number): void {
    this.#strays.set(peer, { count: { nodes: 1, starving: this.#stripes, spare: 0 }, at: now });
  }

  /** The new parent has heard nothing. */
  parentChanged(stripe: number): void {
    this.#told[stripe] = undefined;
  }

  /** What the parent of a stripe should be told; undefined if it knows. `own`: this node's count, where it belongs to this stripe. */
  up(stripe: number, own: Count | undefined): Count | undefined {
    const count = sum([...(this.#below[stripe]?.values() ?? []), ...(own ? [own] : [])]);
    const told = this.#told[stripe] ?? NOBODY;
    if (!isNews(told, count, this.#stripes)) return undefined;
    this.#told[stripe] = count;
    return count;
  }

  /** This node's own count: itself, and the strays around it. */
  own(starving: number, spare: number, now: number): Count {
    for (const [peer, { at }] of this.#strays)
      if (now - at > relayTimings.strayForMs) this.#strays.delete(peer);
    return sum([{ nodes: 1, starving, spare }, ...[...this.#strays.values()].map(({ count }) => count)]);
  }

  /** The host's sum. @param spare slots that the host itself has left */
  supply(spare: number, now: number): Supply | undefined {
    const branches = this.#below.flatMap((children) => [...children.values()]);
    const { nodes, starving } = this.own(0, 0, now);
    if (nodes > 1) branches.push({ nodes: nodes - 1, starving, spare: 0 });
    return supplyOf(branches, spare, this.#stripes);
  }
}

const NOBODY: Count = { nodes: 0, starving: 0, spare: 0 };

function sum(counts: readonly Count[]): Count {
  let [nodes, starving, spare] = [0, 0, 0];
  for (const count of counts) {
    nodes += count.nodes;
    starving += count.starving;
    spare += count.spare;
  }
  const most = limits.countMax;
  return { nodes: Math.min(most, nodes), starving: Math.min(most, starving), spare: Math.min(most, spare) };
}

function isNews(told: Count, count: Count, stripes: number): boolean {
  if (told.starving > 0 !== count.starving > 0) return true;
  const step = Math.max(1, NEWS_SHARE * stripes * count.nodes);
  const isFar = (key: keyof Count, least: number): boolean =>
    told[key] !== count[key] && Math.abs(told[key] - count[key]) >= least;
  return isFar('starving', step) || isFar('spare', step) || isFar('nodes', step / stripes);
}

/**
 * What the branches right below the host say, as shares. A branch is as honest as whoever tells for it, so with many viewers the quarter
 * that claims most is left out, and none weighs more than twice the middle one: liars in fewer branches than that change little.
 * @param spare slots that the host itself has left
 * @returns undefined where nobody watches
 */
export function supplyOf(all: readonly Count[], spare: number, stripes: number): Supply | undefined {
  const branches = all.filter((branch) => branch.nodes > 0);
  const nodes = branches.reduce((total, branch) => total + branch.nodes, 0);
  if (nodes === 0) return undefined;
  const weights = branches.map((branch) => branch.nodes).sort((a, b) => a - b);
  const most = nodes <= FEW ? nodes : WEIGHT_MAX * (weights[weights.length >> 1] ?? 1);
  const leftOut = nodes <= FEW ? 0 : Math.floor(LEFT_OUT * branches.length);
  const share = (key: 'starving' | 'spare'): number => {
    const rated = branches
      .map((branch) => ({
        rate: branch[key] / (branch.nodes * stripes),
        weight: Math.min(branch.nodes, most),
      }))
      .sort((a, b) => a.rate - b.rate);
    const kept = rated.slice(0, Math.max(1, rated.length - leftOut));
    const weight = kept.reduce((total, each) => total + each.weight, 0);
    return kept.reduce((total, each) => total + each.rate * each.weight, 0) / weight;
  };
  return {
    nodes,
    starvingShare: Math.min(1, share('starving')),
    spareShare: share('spare') + spare / (nodes * stripes),
  };
}
