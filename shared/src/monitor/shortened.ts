/** Statistics as they may be told to anybody: subnetworks by short names, the largest ones, and means as exact as the feed is. */
import {
  condensed,
  type NetworkStatistics,
  type RelationCounts,
  type SubnetworkStatistics,
} from '../graph/statistics.ts';
import { shortId } from '../lib/ids.ts';
import { feedLimits, type ShortName } from './feed-messages.ts';

export function shortened(statistics: NetworkStatistics): NetworkStatistics<ShortName> {
  const { listedMax: subnetworksMax, neighboursMax } = feedLimits;
  const { listed, rest, ...totals } = condensed(statistics, { subnetworksMax, neighboursMax });
  return { ...totals, listed: listed.map(named), rest: { ...rest, ...rounded(rest) } };
}

const named = (subnetwork: SubnetworkStatistics): SubnetworkStatistics<ShortName> => ({
  ...subnetwork,
  ...rounded(subnetwork),
  stream: shortId(subnetwork.stream),
  neighbours: subnetwork.neighbours.map(({ stream, connections }) => ({
    stream: shortId(stream),
    connections,
  })),
});

const rounded = ({ innerPerMember: inner, outerPerMember: outer }: RelationCounts) => ({
  innerPerMember: { ...inner, mean: toHundredths(inner.mean) },
  outerPerMember: { ...outer, mean: toHundredths(outer.mean) },
});

const toHundredths = (value: number): number => Math.round(value * 100) / 100;
