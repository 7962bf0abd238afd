/**
 * The eight statistics of the network monitor (thesis 3.5.5), from one pass over a view of the net graph. Who is present and which
 * links are confirmed is for the caller to decide. Supernodes are counted apart from the active nodes, and a socket to one is no
 * connection between members.
 */
import type { PeerId, StreamId } from '../lib/ids.ts';
import { finished } from '../lib/steps.ts';
import { Role } from '../wire/link-messages.ts';

export interface ViewedNode {
  readonly id: PeerId;
  readonly role: Role;
  /** Undefined: a member of no subnetwork. It is active and its links are connections, but internal or external to nothing. */
  readonly stream: StreamId | undefined;
}

export interface GraphView {
  readonly nodes: Iterable<ViewedNode>;
  /** Confirmed links, each once, either end first. Links to oneself or to ids that are no nodes are left out. */
  readonly links: Iterable<readonly [PeerId, PeerId]>;
}

export interface PerMember {
  readonly mean: number;
  readonly max: number;
}

/** Counts that a subnetwork has, and several together. */
export interface RelationCounts {
  readonly members: number;
  /** Links between two members of the subnetwork (4). */
  readonly internalRelations: number;
  /** Links to members of other subnetworks (5); a link between two subnetworks counts for both. */
  readonly externalConnections: number;
  /** Links of a member inside the subnetwork (6). */
  readonly innerPerMember: PerMember;
  /** Links of a member to other subnetworks (7). */
  readonly outerPerMember: PerMember;
}

/** `Id`: what names a subnetwork; the monitor says no more of it than the beginning of the stream's id. */
export interface SubnetworkStatistics<Id extends string = StreamId> extends RelationCounts {
  readonly stream: Id;
  /** Connections with each neighbouring subnetwork (8), most first. */
  readonly neighbours: readonly { readonly stream: Id; readonly connections: number }[];
  /** Neighbouring subnetworks that are not listed, summed up. */
  readonly otherNeighbours: { readonly subnetworks: number; readonly connections: number };
}

export interface NetworkStatistics<Id extends string = StreamId> {
  /** Hosts and viewers (1). */
  readonly activeNodes: number;
  readonly supernodes: number;
  /** Links between members (2). */
  readonly connections: number;
  /** Subnetworks with at least one member (3), listed or not. */
  readonly subnetworks: number;
  /** The largest subnetworks, largest first. */
  readonly listed: readonly SubnetworkStatistics<Id>[];
  /** All others, summed up: `subnetworks` of them. A link between two of these counts twice here. */
  readonly rest: RelationCounts & { readonly subnetworks: number };
}

/** What statistics list at most, however many subnetworks remote peers open. */
export const statisticsLimits = { subnetworksMax: 256, neighboursMax: 32 } as const;

interface Tally {
  members: number;
  internal: number;
  external: number;
  innerMax: number;
  outerMax: number;
  readonly neighbours: Map<StreamId, number>;
}

interface Member {
  readonly stream: StreamId | undefined;
  inner: number;
  outer: number;
}

/** Statistics of a view, in time linear in its nodes and links. */
export const statisticsOf = (view: GraphView): NetworkStatistics => finished(statisticsInSteps(view));

/** The same in as many steps as it has nodes and links. */
export function* statisticsInSteps(view: GraphView): Generator<void, NetworkStatistics> {
  const members = new Map<PeerId, Member>();
  const tallies = new Map<StreamId, Tally>();
  const supernodeIds = new Set<PeerId>();
  for (const { id, role, stream } of view.nodes) {
    yield;
    if (role === Role.supernode) supernodeIds.add(id);
    else if (!members.has(id)) {
      members.set(id, { stream, inner: 0, outer: 0 });
      if (stream !== undefined) tallyOf(tallies, stream).members++;
    }
  }
  let connections = 0;
  for (const [a, b] of view.links) {
    yield;
    const [one, other] = [members.get(a), members.get(b)];
    if (a === b || one === undefined || other === undefined) continue;
    connections++;
    if (one.stream === undefined || other.stream === undefined) continue;
    if (one.stream === other.stream) {
      const tally = tallyOf(tallies, one.stream);
      tally.internal++;
      tally.innerMax = Math.max(tally.innerMax, ++one.inner, ++other.inner);
    } else {
      countOuter(tallyOf(tallies, one.stream), ++one.outer, other.stream);
      countOuter(tallyOf(tallies, other.stream), ++other.outer, one.stream);
    }
  }
  return condensed(
    {
      activeNodes: members.size,
      supernodes: supernodeIds.size,
      connections,
      subnetworks: tallies.size,
      listed: [...tallies].map(([stream, tally]) => subnetworkOf(stream, tally)).sort(largestFirst),
      rest: { ...NOTHING, subnetworks: 0 },
    },
    statisticsLimits,
  );
}

/** The same statistics with fewer listed; what is no longer listed is added to the sums. */
export function condensed<Id extends string>(
  statistics: NetworkStatistics<Id>,
  { subnetworksMax, neighboursMax }: { readonly subnetworksMax: number; readonly neighboursMax: number },
): NetworkStatistics<Id> {
  const { listed, rest } = statistics;
  const beyond = listed.slice(subnetworksMax);
  return {
    ...statistics,
    listed: listed.slice(0, subnetworksMax).map((subnetwork) => {
      const { neighbours, otherNeighbours } = subnetwork;
      if (neighbours.length <= neighboursMax) return subnetwork;
      const others = neighbours.slice(neighboursMax);
      return {
        ...subnetwork,
        neighbours: neighbours.slice(0, neighboursMax),
        otherNeighbours: {
          subnetworks: otherNeighbours.subnetworks + others.length,
          connections: others.reduce(
            (sum, { connections }) => sum + connections,
            otherNeighbours.connections,
          ),
        },
      };
    }),
    rest: { ...beyond.reduce<RelationCounts>(together, rest), subnetworks: rest.subnetworks + beyond.length },
  };
}

const NOTHING: RelationCounts = {
  members: 0,
  internalRelations: 0,
  externalConnections: 0,
  innerPerMember: { mean: 0, max: 0 },
  outerPerMember: { mean: 0, max: 0 },
};

function together(a: RelationCounts, b: RelationCounts): RelationCounts {
  const members = a.members + b.members;
  const internalRelations = a.internalRelations + b.internalRelations;
  const externalConnections = a.externalConnections + b.externalConnections;
  return {
    members,
    internalRelations,
    externalConnections,
    innerPerMember: {
      mean: perMember(2 * internalRelations, members),
      max: Math.max(a.innerPerMember.max, b.innerPerMember.max),
    },
    outerPerMember: {
      mean: perMember(externalConnections, members),
      max: Math.max(a.outerPerMember.max, b.outerPerMember.max),
    },
  };
}

const perMember = (ends: number, members: number): number => (members === 0 ? 0 : ends / members);

function tallyOf(tallies: Map<StreamId, Tally>, stream: StreamId): Tally {
  const found = tallies.get(stream);
  if (found) return found;
  const made = { members: 0, internal: 0, external: 0, innerMax: 0, outerMax: 0, neighbours: new Map() };
  tallies.set(stream, made);
  return made;
}

function countOuter(tally: Tally, outer: number, to: StreamId): void {
  tally.external++;
  tally.outerMax = Math.max(tally.outerMax, outer);
  tally.neighbours.set(to, (tally.neighbours.get(to) ?? 0) + 1);
}

function subnetworkOf(stream: StreamId, tally: Tally): SubnetworkStatistics {
  return {
    stream,
    members: tally.members,
    internalRelations: tally.internal,
    externalConnections: tally.external,
    innerPerMember: { mean: perMember(2 * tally.internal, tally.members), max: tally.innerMax },
    outerPerMember: { mean: perMember(tally.external, tally.members), max: tally.outerMax },
    neighbours: [...tally.neighbours]
      .map(([neighbour, connections]) => ({ stream: neighbour, connections }))
      .sort((a, b) => b.connections - a.connections || byText(a.stream, b.stream)),
    otherNeighbours: { subnetworks: 0, connections: 0 },
  };
}

/** Equally large ones in the order of their ids, so that two monitors list the same. */
const largestFirst = (a: SubnetworkStatistics, b: SubnetworkStatistics): number =>
  b.members - a.members || byText(a.stream, b.stream);

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
