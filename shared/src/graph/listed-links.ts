/**
 * Whom a node lists in its link list (PROTOCOL.md R34). A member lists all its links. A supernode may have thousands, and each change
 * of its list goes to all of them: it lists other supernodes, and members that no other link keeps in the graph.
 */
import { type PeerId, type PeerTag, tagOf } from '../lib/ids.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { confirmedNeighbours, placeIn } from './presence.ts';
import type { Replica } from './replica.ts';

/** Whoever has just come is about to find others, ms. */
const LONELY_AFTER_MS = 5_000;

export interface ListedPeer {
  readonly peer: PeerId;
  readonly role: Role;
  readonly upAt: number;
}

/**
 * In steps, of which each looks at one link: in a large graph others have their turn meanwhile.
 * @param peers the far ends of all open links
 * @returns at most `limits.linkTagsMax` tags, in ascending order
 */
export function* tagsToList(
  role: Role,
  peers: readonly ListedPeer[],
  replica: Replica,
  now: number,
): Generator<void, PeerTag[]> {
  const all = role !== Role.supernode || peers.length <= limits.linkTagsMax;
  const tags = new SmallestTags(limits.linkTagsMax);
  for (const { peer, role: far, upAt } of peers) {
    yield;
    if (all || far === Role.supernode || (now - upAt >= LONELY_AFTER_MS && isAlone(peer, replica)))
      tags.add(tagOf(peer));
  }
  return tags.list;
}

/** The smallest of many tags, in order. */
class SmallestTags {
  readonly list: PeerTag[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  add(tag: PeerTag): void {
    const { list } = this;
    const largest = list[this.#most - 1];
    if (largest !== undefined && tag >= largest) return;
    list.splice(placeIn(list, tag), 0, tag);
    if (list.length > this.#most) list.pop();
  }
}

/** Whether a member has no link to another, by its record and by the lists of both ends. */
export function isAlone(peer: PeerId, replica: Replica): boolean {
  const held = replica.get(peer);
  if (held === undefined || held.record.links > 0) return false;
  for (const { record } of confirmedNeighbours(replica, held))
    if (record.role !== Role.supernode) return false;
  return true;
}
