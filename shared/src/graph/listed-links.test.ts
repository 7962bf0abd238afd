import { describe, expect, it } from 'vitest';
import { START } from '../../test-kit/frames.ts';
import { peerOf } from '../../test-kit/ids.ts';
import { linkListOf, recordOf } from '../../test-kit/records.ts';
import { tagOf } from '../lib/ids.ts';
import { finished } from '../lib/steps.ts';
import { limits } from '../wire/limits.ts';
import { Role } from '../wire/link-messages.ts';
import { tagsToList } from './listed-links.ts';
import { Replica } from './replica.ts';

const SUPERNODE = 900;
const NOW = START + 60_000;

/** The neighbours 0 to count − 1, all of them members that came long ago and say that they have a link. */
function crowd(count: number) {
  const replica = new Replica(2_000);
  const put = (number: number, links: number, role: Role = Role.viewer): void => {
    replica.put(recordOf(number, { links, role }), peerOf(number), true, START);
  };
  const peers = Array.from({ length: count }, (_, number) => {
    put(number, 1);
    return { peer: peerOf(number), role: Role.viewer as Role, upAt: START };
  });
  return { replica, put, peers };
}
const tagsNow = (...about: Parameters<typeof tagsToList>) => finished(tagsToList(...about));
const tags = (...numbers: number[]) => numbers.map((number) => tagOf(peerOf(number)));

describe('whom a node lists', () => {
  it('[R34] is everybody, as long as there are not too many', () => {
    const { replica, peers } = crowd(limits.linkTagsMax);
    expect(tagsNow(Role.supernode, peers, replica, NOW)).toHaveLength(limits.linkTagsMax);
  });

  it('[R34] a large supernode lists other supernodes, and members that nobody else keeps in the graph', () => {
    const { replica, put, peers } = crowd(limits.linkTagsMax + 40);
    peers.push({ peer: peerOf(SUPERNODE), role: Role.supernode, upAt: NOW });
    put(SUPERNODE, 0, Role.supernode);
    // 301 says that it has no link; 302 does, too, but link lists say otherwise; 303 has just come.
    for (const [number, upAt] of [
      [301, START],
      [302, START],
      [303, NOW - 1_000],
    ] as const) {
      put(number, 0);
      peers.push({ peer: peerOf(number), role: Role.viewer, upAt });
    }
    replica.putLinks(linkListOf(301, [SUPERNODE, 5]), START);
    replica.putLinks(linkListOf(302, [6]), START);
    replica.putLinks(linkListOf(6, [302]), START);
    expect(tagsNow(Role.supernode, peers, replica, NOW)).toEqual(tags(SUPERNODE, 301).sort());
  });

  it('[R34] a link to a supernode alone keeps nobody from being alone', () => {
    const { replica, put, peers } = crowd(limits.linkTagsMax);
    put(SUPERNODE, 0, Role.supernode);
    put(301, 0);
    peers.push({ peer: peerOf(301), role: Role.viewer, upAt: START });
    replica.putLinks(linkListOf(301, [SUPERNODE]), START);
    replica.putLinks(linkListOf(SUPERNODE, [301]), START);
    expect(tagsNow(Role.supernode, peers, replica, NOW)).toEqual(tags(301));
  });

  it('[R34] of more than fit a list it is the first in their order', () => {
    const { replica, put, peers } = crowd(0);
    for (let number = 1; number <= 400; number++) {
      put(number, 0);
      peers.push({ peer: peerOf(number), role: Role.viewer, upAt: START });
    }
    const inOrder = peers.map(({ peer }) => tagOf(peer)).sort();
    expect(tagsNow(Role.supernode, peers, replica, NOW)).toEqual(inOrder.slice(0, limits.linkTagsMax));
  });
});
