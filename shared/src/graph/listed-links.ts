/**
 * Whom a node lists in its link list (PROTOCOL.md R34). A member lists all its links. A supernode may have thousands, and each change
 * of its list goes to all of them: it lists other supernodes, and members that no other link keeps in the graph.
 */
import { type PeerId, type PeerTag, tagOf } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { confirmedNeighbours } from './presence.ts';
import type { Replica } from './replica.ts';

/** Whoever has just come is about to find others, ms. */
const LONELY_AFTER_MS = 5_000;

export interface ListedPeer {
  readonly peer: PeerId;
  readonly role: Role;
  readonly upAt: number;
}

/** @param peers the far ends of all open links */
export function tagsToList(
  role: Role,
  peers: Iterable<ListedPeer>,
  replica: Replica,
  now: number,
): PeerTag[] {
  const all = [...peers];
  if (role !== Role.supernode || all.length <= limits.linkTagsMax) return all.map(({ peer }) => tagOf(peer));
  const needed = all.filter(
    ({ peer, role: far, upAt }) =>
      far === Role.supernode || (now - upAt >= LONELY_AFTER_MS && isAlone(peer, replica)),
  );
  return needed.map(({ peer }) => tagOf(peer));
}

/** Whether a member has no link to another, by its record and by the lists of both ends. */
export function isAlone(peer: PeerId, replica: Replica): boolean {
  const held = replica.get(peer);
  if (held === undefined || held.record.links > 0) return false;
  for (const { record } of confirmedNeighbours(replica, held))
    if (record.role !== Role.supernode) return false;
  return true;
}
