/**
 * Whom to propose or dial: free slots first, random within equals. Supernodes and nodes use the same rule. Depth, degree and
 * components join the rule with the full net graph.
 */
import type { PeerId } from '../lib/ids.ts';
import { type Random, shuffled } from '../lib/random.ts';
import type { MembershipRecord } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';

/**
 * Up to `count` members, best first. The host, where it is among them, comes first if it has a free slot.
 * @param exclude ids that are no candidates: oneself, neighbours, peers cut off
 */
export function placeAmong(
  members: Iterable<MembershipRecord>,
  count: number,
  exclude: (id: PeerId) => boolean,
  random: Random,
): MembershipRecord[] {
  const free: MembershipRecord[] = [];
  const full: MembershipRecord[] = [];
  let host: MembershipRecord | undefined;
  for (const record of members) {
    if (record.role === Role.supernode || exclude(record.id)) continue;
    if (record.role === Role.host && record.freeSlots > 0) host = record;
    else if (record.freeSlots > 0) free.push(record);
    else full.push(record);
  }
  const ranked = [...shuffled(random, free), ...shuffled(random, full)];
  if (host) ranked.unshift(host);
  return ranked.slice(0, count);
}
