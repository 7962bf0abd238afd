/**
 * What is held beyond what a node is meant to hold exactly: some members of each other stream, and in a very large stream a random
 * sample of its members. It comes and goes with shuffles between neighbours (a random part of what each holds) and with the
 * answers of supernodes; the oldest make room for the new.
 */
import type { PeerId, StreamId } from '../lib/ids.ts';
import { type Random, randomBelow } from '../lib/random.ts';
import { GraphLevel } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../wire/membership-record.ts';
import { type GraphSettings, graphCaps } from './graph-contract.ts';
import type { HeldNode, Replica } from './replica.ts';

/** Supernodes held where the graph is not held whole. */
const SUPERNODES_HELD_MAX = 32;
/** A record with less life left is not worth a place in a shuffle. */
const FRESH_MS = 30_000;

/** What decides over whom a node is meant to hold. */
export interface HoldingRule {
  readonly level: GraphLevel;
  readonly stream: StreamId | undefined;
  readonly isNeighbour: (id: PeerId) => boolean;
}

/** Whether a node is held exactly by this rule: everybody under the same rule holds the same of it. */
export function isExact(record: MembershipRecord, rule: HoldingRule): boolean {
  if (rule.level === GraphLevel.whole) return true;
  return rule.level >= GraphLevel.stream && record.stream !== undefined && record.stream === rule.stream;
}

/** Makes the replica fit the rule again: drops what is too much, the oldest first. */
export function trim(replica: Replica, rule: HoldingRule, settings: GraphSettings): void {
  if (rule.level === GraphLevel.whole) return;
  const groups = new Map<StreamId | undefined, HeldNode[]>();
  for (const held of replica.nodes()) {
    if (isExact(held.record, rule) || rule.isNeighbour(held.record.id)) continue;
    const group = groups.get(held.record.stream) ?? [];
    group.push(held);
    groups.set(held.record.stream, group);
  }
  let otherStreams = 0;
  for (const [stream, group] of groups) {
    let most = settings.contactsPerStream;
    if (stream === undefined) most = SUPERNODES_HELD_MAX;
    else if (stream === rule.stream) most = settings.sampleNodes;
    else if (++otherStreams > graphCaps.otherStreamsMax) most = 0;
    if (group.length <= most) continue;
    group.sort((a, b) => a.expiresAt - b.expiresAt);
    for (const held of group.slice(0, group.length - most)) replica.drop(held);
  }
}

/** Up to `count` records that are held, random and fresh, for a neighbour that is meant to hold `theirs`. */
export function shuffleFor(
  replica: Replica,
  theirs: HoldingRule,
  count: number,
  random: Random,
  now: number,
): MembershipRecord[] {
  const candidates: HeldNode[] = [];
  for (const held of replica.nodes()) {
    const { record } = held;
    if (record.status !== RecordStatus.present || record.role === Role.supernode) continue;
    if (held.expiresAt - now < FRESH_MS || isExact(record, theirs) || theirs.isNeighbour(record.id)) continue;
    candidates.push(held);
  }
  const picked: MembershipRecord[] = [];
  for (let i = 0; i < count && candidates.length > 0; i++) {
    const at = randomBelow(random, candidates.length);
    const record = replica.aged(candidates[at] as HeldNode, now);
    candidates[at] = candidates[candidates.length - 1] as HeldNode;
    candidates.pop();
    if (record !== undefined) picked.push(record);
  }
  return picked;
}
