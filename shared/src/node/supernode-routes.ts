/**
 * Ways over trunks to the members of other supernodes (PROTOCOL.md R41): of the supernodes that a member names in its record the one
 * that the fewest trunks lead to. Which trunks others have is in their link lists; a trunk counts if both ends list it.
 */
import type { Graph } from '../graph/graph.ts';
import { confirmedNeighbours } from '../graph/presence.ts';
import { type PeerId, type PeerTag, tagOf } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../wire/membership-record.ts';
import type { Link, Links } from './links.ts';

/** A signal crosses so many trunks at most. */
export const TRUNKS_CROSSED_MAX = 3;
/** The ways are looked for anew this often, ms. */
const LOOK_EVERY_MS = 1_000;

interface Way {
  readonly trunk: Link;
  readonly trunks: number;
}

export class SupernodeRoutes {
  readonly #links: Links;
  readonly #graph: Graph;
  #ways: ReadonlyMap<PeerTag, Way> = new Map();
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Counts how often the supernodes that can be reached became others. */
  changes = 0;

  constructor(links: Links, graph: Graph) {
    this.#links = links;
    this.#graph = graph;
  }

  /** A trunk has come or gone. */
  changed(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** Whether no other supernode can be reached. */
  get isEmpty(): boolean {
    return this.#ways.size === 0;
  }

  /** The trunk that leads to a member, by its record; undefined if none does. */
  towards(member: PeerId, now: number): Link | undefined {
    const held = this.#graph.replica.get(member);
    return held === undefined ? undefined : this.#wayTo(held.record, now)?.trunk;
  }

  /** Whether signals can be carried to the member that says this of itself. */
  reaches(record: MembershipRecord, now: number): boolean {
    return this.#wayTo(record, now) !== undefined;
  }

  #wayTo({ status, supernodes }: MembershipRecord, now: number): Way | undefined {
    if (status !== RecordStatus.present || supernodes.length === 0) return undefined;
    this.look(now);
    let best: Way | undefined;
    for (const tag of supernodes) {
      const way = this.#ways.get(tag);
      if (way && !way.trunk.silent && way.trunks < (best?.trunks ?? Number.POSITIVE_INFINITY)) best = way;
    }
    return best;
  }

  /** Follows the trunks of others, if that is due. */
  look(now: number): void {
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    const ways = new Map<PeerTag, Way>();
    for (const trunk of this.#links.openToSupernodes())
      if (trunk.peer !== undefined && !trunk.silent) ways.set(tagOf(trunk.peer), { trunk, trunks: 1 });
    for (let frontier = [...ways]; frontier.length > 0; ) {
      const next: [PeerTag, Way][] = [];
      for (const [tag, way] of frontier) {
        if (way.trunks === TRUNKS_CROSSED_MAX) continue;
        for (const beyond of this.#supernodesBeside(tag)) {
          if (ways.has(beyond)) continue;
          const further = { trunk: way.trunk, trunks: way.trunks + 1 };
          ways.set(beyond, further);
          next.push([beyond, further]);
        }
      }
      frontier = next;
    }
    if (ways.size !== this.#ways.size || [...ways.keys()].some((tag) => !this.#ways.has(tag))) this.changes++;
    this.#ways = ways;
  }

  *#supernodesBeside(tag: PeerTag): IterableIterator<PeerTag> {
    const held = this.#graph.replica.byTag(tag);
    if (held?.record.role !== Role.supernode) return;
    for (const other of confirmedNeighbours(this.#graph.replica, held))
      if (other.record.role === Role.supernode) yield other.tag;
  }
}
