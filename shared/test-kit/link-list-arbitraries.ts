/** fast-check arbitraries for link lists, whole, as changes, and two in a row. */
import fc from 'fast-check';
import type { PeerTag } from '../src/lib/ids.ts';
import { limits } from '../src/wire/limits.ts';
import type { LinkList, LinkListDelta, LinkListForm } from '../src/wire/link-list.ts';
import { bytes, peer, tag, u48, version } from './field-arbitraries.ts';

const ascending = (tags: readonly PeerTag[]): PeerTag[] => [...tags].sort();
const tagSet = (maxLength: number) => fc.uniqueArray(tag, { maxLength, size: 'max' });

/** A link list with at most so many tags. */
const linkList = (tagsMax: number): fc.Arbitrary<LinkList> =>
  fc.record({ id: peer, version, tags: tagSet(tagsMax).map(ascending), signature: bytes(64) });

/** Two lists of one node in a row: some tags leave, some come, most stay. */
export const linkListsInARow: fc.Arbitrary<readonly [LinkList, LinkList]> = fc
  .record({
    id: peer,
    epoch: u48,
    seq: fc.nat(2 ** 32 - 2),
    tags: tagSet(limits.linkTagsMax),
    leaving: fc.nat(12),
    coming: fc.nat(12),
    signatures: fc.tuple(bytes(64), bytes(64)),
  })
  .map(({ id, epoch, seq, tags, leaving, coming, signatures }) => [
    {
      id,
      version: { epoch, seq },
      tags: ascending(tags.slice(coming)),
      signature: signatures[0],
    },
    {
      id,
      version: { epoch, seq: seq + 1 },
      tags: ascending(tags.slice(0, Math.max(0, tags.length - leaving))),
      signature: signatures[1],
    },
  ]);

const delta: fc.Arbitrary<LinkListDelta> = fc.record({
  id: peer,
  version,
  added: fc.array(tag, { maxLength: 9 }),
  removed: fc.array(tag, { maxLength: 9 }),
  signature: bytes(64),
});

export const linkListForm: fc.Arbitrary<LinkListForm> = fc.oneof(
  linkList(8).map((list) => ({ form: 'full' as const, list })),
  delta.map((delta) => ({ form: 'delta' as const, delta })),
);
