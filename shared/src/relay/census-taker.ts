/** Takes part in the census of the swarm (census.ts): counts this node, tells its parents, and at the host says how the swarm is supplied. */
import type { PeerId } from '../lib/ids.ts';
import { pairLot } from '../lib/pair-lot.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AdvertState, type CensusReport, type Count } from '../wire/tree-messages.ts';
import type { Branch, ForestIdentity } from './branch.ts';
import { Census } from './census.ts';
import { relayTimings, type Supply } from './relay-contract.ts';
import type { SlotPool } from './slot-pool.ts';
import type { StripeTree } from './stripe-tree.ts';

export interface CensusTakerParts {
  readonly identity: ForestIdentity;
  readonly branches: readonly Branch[];
  readonly pool: SlotPool;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
}

export class CensusTaker {
  readonly #parts: CensusTakerParts;
  readonly #census: Census;
  readonly #lot: number;
  #at: number;
  #strayAt: number;

  constructor(parts: CensusTakerParts, now: number) {
    this.#parts = parts;
    this.#census = new Census(parts.branches.length);
    this.#lot = pairLot(parts.identity.self, parts.identity.self);
    this.#at = now + relayTimings.censusEveryMs;
    this.#strayAt = now + relayTimings.countsAsStarvingAfterMs;
  }

  get tableBytes(): number {
    return this.#census.tableBytes;
  }

  /** When {@link take} is due, ms. */
  get deadline(): number {
    return this.#at;
  }

  /** A neighbour counts its branch, or, where it is no child, says that nobody feeds it. */
  said(peer: PeerId, { stripe, nodes, starving, spare }: CensusReport, now: number): void {
    const branch = this.#parts.branches[stripe];
    if (!branch) return;
    if (branch.tree.children.has(peer)) this.#census.childSays(stripe, peer, { nodes, starving, spare });
    else this.#census.straySays(peer, now);
    this.#at = Math.min(this.#at, now + relayTimings.censusBatchMs);
  }

  /** How large a child says that its branch is, as against those of others. */
  nodesBelow(stripe: number, child: PeerId): number {
    return this.#census.nodesBelow(stripe, child);
  }

  parentChanged(stripe: number, now: number): void {
    this.#census.parentChanged(stripe);
    this.#at = Math.min(this.#at, now + relayTimings.censusBatchMs);
  }

  /** Tells the parents what is news. At the host: how the swarm is supplied; undefined where nobody watches. */
  take(now: number, peers: Iterable<PeerId>): Supply | undefined {
    this.#at = now + relayTimings.censusEveryMs;
    const { identity, branches, pool } = this.#parts;
    const trees = branches.map(({ tree }) => tree);
    for (const { stripe, children } of trees) this.#census.keep(stripe, children);
    const spare = Math.max(0, pool.capacity - pool.used);
    if (identity.isHost) return this.#census.supply(spare, now);
    const fed = trees.filter(({ parent }) => parent !== undefined);
    const starving = trees.filter((tree) => starves(tree, now)).length;
    if (fed.length === 0) this.#tellAnybody(trees, now, peers);
    const counted = fed[this.#lot % Math.max(1, fed.length)];
    const own = this.#census.own(starving, spare, now);
    for (const tree of fed)
      this.#tell(tree, this.#census.up(tree.stripe, tree === counted ? own : undefined));
    return undefined;
  }

  #tell({ stripe, parent }: StripeTree, count: Count | undefined): void {
    if (count && parent !== undefined) this.#send(parent, stripe, count);
  }

  #send(peer: PeerId, stripe: number, count: Count): void {
    this.#parts.send(peer, { type: MessageType.census, epoch: this.#parts.identity.epoch, stripe, ...count });
  }

  /** Nobody feeds this node in any stripe: a neighbour that is fed, always the same one, may count it. */
  #tellAnybody(trees: readonly StripeTree[], now: number, peers: Iterable<PeerId>): void {
    if (now < this.#strayAt) return;
    this.#strayAt = now + relayTimings.strayEveryMs;
    const { self } = this.#parts.identity;
    const isFed = (peer: PeerId): boolean =>
      trees.some((tree) => tree.neighbour(peer)?.state === AdvertState.attached);
    const [nearest] = [...peers].filter(isFed).sort((a, b) => pairLot(self, a) - pairLot(self, b));
    if (nearest !== undefined) this.#send(nearest, 0, { nodes: 1, starving: trees.length, spare: 0 });
  }
}

const starves = ({ orphanedAt }: StripeTree, now: number): boolean =>
  orphanedAt !== undefined && now - orphanedAt >= relayTimings.countsAsStarvingAfterMs;
