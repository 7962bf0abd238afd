/** The eight plots of thesis 3.5.5, as lines to be drawn: three of the whole network, five with a line for each of the largest subnetworks. */
import type { RelationCounts, SubnetworkStatistics } from '@murmuration/shared/graph/statistics.ts';
import type { MonitorPoint, ShortName } from '@murmuration/shared/monitor/feed-messages.ts';

type Subnetwork = SubnetworkStatistics<ShortName>;
type Value = number | null;

interface PlotLine {
  /** The subnetwork whose colour it has; undefined: the whole network. */
  readonly name: ShortName | undefined;
  readonly label: string;
  readonly values: readonly Value[];
}

export interface Plot {
  readonly title: string;
  /** What the lines are, for people. */
  readonly about: string;
  readonly decimals: 0 | 1;
  readonly lines: readonly PlotLine[];
  /** One number for each time, to be read beside the title. */
  readonly summary: readonly Value[];
}

/** Lines in one plot at most: more cannot be told apart. */
export const LINES_MAX = 8;

const perNetwork: readonly [title: string, about: string, (point: MonitorPoint) => number][] = [
  ['Active nodes', 'hosts and viewers', ({ statistics }) => statistics.activeNodes],
  ['Connections', 'links between them', ({ statistics }) => statistics.connections],
  ['Subnetworks', 'streams with somebody in them', ({ statistics }) => statistics.subnetworks],
];

const perSubnetwork: readonly [
  title: string,
  about: string,
  decimals: 0 | 1,
  (counts: RelationCounts) => number,
][] = [
  ['Internal relations', 'links inside each subnetwork', 0, (counts) => counts.internalRelations],
  ['External connections', 'links of each to others', 0, (counts) => counts.externalConnections],
  ['Inner links per member', 'of each subnetwork, mean', 1, (counts) => counts.innerPerMember.mean],
  ['Outer links per member', 'of each subnetwork, mean', 1, (counts) => counts.outerPerMember.mean],
];

/** The subnetworks that are drawn: those that were largest at some time, the largest first. */
function largestNames(points: readonly MonitorPoint[]): ShortName[] {
  const sizes = new Map<ShortName, number>();
  for (const { statistics } of points)
    for (const { stream, members } of statistics.listed)
      sizes.set(stream, Math.max(members, sizes.get(stream) ?? 0));
  return [...sizes]
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .slice(0, LINES_MAX)
    .map(([name]) => name);
}

/** @param focus one subnetwork alone; undefined: all */
export function plotsOf(points: readonly MonitorPoint[], focus: ShortName | undefined): Plot[] {
  const names = focus === undefined ? largestNames(points) : [focus];
  const found = points.map(({ statistics }) => new Map(statistics.listed.map((each) => [each.stream, each])));
  const network = perNetwork.map(([title, about, read]): Plot => {
    const values = points.map(read);
    return { title, about, decimals: 0, lines: [{ name: undefined, label: title, values }], summary: values };
  });
  const each = perSubnetwork.map(([title, about, decimals, read]): Plot => {
    const lines = names.map((name) => ({
      name,
      label: name,
      values: found.map((listed) => valueIn(listed.get(name), read)),
    }));
    const summary = points.map(({ statistics }, at) =>
      focus === undefined ? summaryOf(statistics, read, decimals) : valueIn(found[at]?.get(focus), read),
    );
    return { title, about, decimals, lines, summary };
  });
  return [...network, ...each, neighbourPlot(found, points, focus)];
}

const valueIn = (subnetwork: Subnetwork | undefined, read: (counts: RelationCounts) => number): Value =>
  subnetwork === undefined ? null : read(subnetwork);

/** Sums for counts; for means the mean over all members of listed subnetworks and of the rest. */
function summaryOf(
  { listed, rest }: MonitorPoint['statistics'],
  read: (counts: RelationCounts) => number,
  decimals: 0 | 1,
): Value {
  const all: readonly RelationCounts[] = [...listed, rest];
  if (decimals === 0) return all.reduce((sum, counts) => sum + read(counts), 0);
  const members = all.reduce((sum, counts) => sum + counts.members, 0);
  return members === 0 ? 0 : all.reduce((sum, counts) => sum + read(counts) * counts.members, 0) / members;
}

/** Connections of each pair of neighbouring subnetworks, the busiest; or those of one with each of its neighbours. */
function neighbourPlot(
  found: readonly ReadonlyMap<ShortName, Subnetwork>[],
  points: readonly MonitorPoint[],
  focus: ShortName | undefined,
): Plot {
  const pairs = new Map<string, { one: ShortName; other: ShortName; values: Value[]; most: number }>();
  for (const [at, listed] of found.entries()) {
    for (const [name, { neighbours }] of listed) {
      if (focus !== undefined && name !== focus) continue;
      for (const { stream, connections } of neighbours) {
        const [one, other] = focus !== undefined || name < stream ? [name, stream] : [stream, name];
        const pair = pairs.get(`${one} ${other}`) ?? { one, other, values: found.map(() => null), most: 0 };
        pairs.set(`${one} ${other}`, pair);
        pair.values[at] = connections;
        pair.most = Math.max(pair.most, connections);
      }
    }
  }
  const busiest = [...pairs.values()].sort((a, b) => b.most - a.most).slice(0, LINES_MAX);
  const lines = busiest.map(({ one, other, values }) => ({
    // Seen from one side, a line is the neighbour's.
    name: focus === undefined ? one : other,
    label: `${one} and ${other}`,
    values,
  }));
  const about = focus === undefined ? 'of the pairs that have most' : 'links with each neighbour';
  const summary = points.map((_, at) =>
    lines.length === 0 ? 0 : Math.max(...lines.map(({ values }) => values[at] ?? 0)),
  );
  return { title: 'Links with each neighbour', about, decimals: 0, lines, summary };
}
