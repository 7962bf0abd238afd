/** The eight statistics of thesis 3.5.5, each as one number of the whole network. Pure. */
import type { RelationCounts } from '@murmuration/shared/graph/statistics.ts';
import type { MonitorPoint } from '@murmuration/shared/monitor/feed-messages.ts';

export interface Figure {
  /** Its key in JSON, its name for people, and how many decimals it is shown with. */
  readonly key: string;
  readonly name: string;
  readonly decimals: 0 | 1;
  of(point: MonitorPoint): number;
}

/** In the order of the thesis. A link between two subnetworks is an external connection of both. */
export const figures: readonly Figure[] = [
  { key: 'activeNodes', name: 'Active nodes', decimals: 0, of: ({ statistics }) => statistics.activeNodes },
  { key: 'connections', name: 'Connections', decimals: 0, of: ({ statistics }) => statistics.connections },
  { key: 'subnetworks', name: 'Subnetworks', decimals: 0, of: ({ statistics }) => statistics.subnetworks },
  summed('internalRelations', 'Internal relations', (counts) => counts.internalRelations),
  summed('externalConnections', 'External connections', (counts) => counts.externalConnections),
  averaged('innerLinksPerMember', 'Inner links per member', (counts) => counts.innerPerMember.mean),
  averaged('outerLinksPerMember', 'Outer links per member', (counts) => counts.outerPerMember.mean),
  { key: 'neighbourLinksMax', name: 'Links with a neighbour', decimals: 0, of: mostWithOneNeighbour },
];

const everything = ({ statistics: { listed, rest } }: MonitorPoint): readonly RelationCounts[] => [
  ...listed,
  rest,
];

function summed(key: string, name: string, read: (counts: RelationCounts) => number): Figure {
  return {
    key,
    name,
    decimals: 0,
    of: (point) => everything(point).reduce((sum, counts) => sum + read(counts), 0),
  };
}

/** The mean over all members, wherever they are. */
function averaged(key: string, name: string, read: (counts: RelationCounts) => number): Figure {
  return {
    key,
    name,
    decimals: 1,
    of: (point) => {
      const all = everything(point);
      const members = all.reduce((sum, counts) => sum + counts.members, 0);
      return members === 0
        ? 0
        : all.reduce((sum, counts) => sum + read(counts) * counts.members, 0) / members;
    },
  };
}

/** Of the two subnetworks that have most links with each other. */
function mostWithOneNeighbour({ statistics: { listed } }: MonitorPoint): number {
  return Math.max(0, ...listed.flatMap(({ neighbours }) => neighbours.map(({ connections }) => connections)));
}

/** A point as one object for programs. */
export function asJson(point: MonitorPoint): object {
  const { supernodes, listed, rest } = point.statistics;
  return {
    at: new Date(point.atMs).toISOString(),
    supernodes,
    ...Object.fromEntries(
      figures.map(({ key, of, decimals }) => [key, Number(of(point).toFixed(2 * decimals))]),
    ),
    listed,
    rest,
  };
}

/** A point as one line for a log. */
export function asLine(point: MonitorPoint): string {
  const counts = figures.map(({ key, of, decimals }) => `${key}=${of(point).toFixed(decimals)}`);
  return `${new Date(point.atMs).toISOString()} ${counts.join(' ')} supernodes=${point.statistics.supernodes}`;
}
