import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerOf } from '../../test-kit/ids.ts';
import { linkListForm, linkListsInARow } from '../../test-kit/link-list-arbitraries.ts';
import { linkListOf } from '../../test-kit/records.ts';
import { ByteReader, ByteWriter } from '../lib/bytes.ts';
import { tagOf } from '../lib/ids.ts';
import { limits } from './limits.ts';
import {
  applyDelta,
  deltaBetween,
  type LinkList,
  type LinkListDelta,
  type LinkListForm,
  linkListFormBytes,
  readLinkList,
  writeLinkList,
} from './link-list.ts';

const tag = (number: number) => tagOf(peerOf(number));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 10);
const encoded = (form: LinkListForm): Uint8Array => writeLinkList(new ByteWriter(), form).finish();
const bodyOf = ({ id, version, tags }: LinkList) => ({ id, version, tags });

describe('a link list on the wire', () => {
  it('[R34] takes as many bytes as it is said to, and comes back as it went out', () => {
    fc.assert(
      fc.property(linkListForm, (form) => {
        const bytes = encoded(form);
        expect(bytes.length).toBe(linkListFormBytes(form));
        const reader = new ByteReader(bytes);
        expect(readLinkList(reader)).toEqual(form);
        expect(reader.complete).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['not ascending', [tag(2), tag(1)]],
    ['twice the same', [tag(1), tag(1)]],
    ['one too many', upTo(257).map(tag).sort()],
  ])('[R34] whole, its tags %s, is no list', (_what, tags) => {
    const bytes = encoded({ form: 'full', list: { ...linkListOf(1, []), tags } });
    expect(readLinkList(new ByteReader(bytes))).toBeUndefined();
  });

  it('[R34] is ascending by character code, where “-” comes before digits and “_” after capitals', () => {
    const tags = ['-', '0', 'A', 'Z', '_', 'a', 'z'].map(
      (first) => `${first}AAAAAAAAAAA` as LinkList['tags'][0],
    );
    const form: LinkListForm = { form: 'full', list: { ...linkListOf(1, []), tags } };
    expect(readLinkList(new ByteReader(encoded(form)))).toEqual(form);
  });
});

describe('what changed between two lists', () => {
  it('[R34] makes the second of the first', () => {
    let made = 0;
    fc.assert(
      fc.property(linkListsInARow, ([from, to]) => {
        const delta = deltaBetween(from, to);
        if (!delta) return;
        made++;
        expect(applyDelta(from, delta)).toEqual(bodyOf(to));
        expect(delta.signature).toBe(to.signature);
      }),
      { numRuns: 60 },
    );
    expect(made).toBeGreaterThan(20);
  });

  it('[R34] is what came and what went', () => {
    const from = linkListOf(1, [2, 3, 4, 5], { seq: 7 });
    const to = linkListOf(1, [3, 4, 5, 9], { seq: 8 });
    expect(deltaBetween(from, to)).toMatchObject({ added: [tag(9)], removed: [tag(2)], version: to.version });
  });

  it.each<[string, LinkList, LinkList]>([
    ['a list is left out between', linkListOf(1, [2, 3]), linkListOf(1, [2, 3], { seq: 3 })],
    ['they are the same list', linkListOf(1, [2, 3]), linkListOf(1, [2, 3])],
    ['they are of two epochs', linkListOf(1, [2, 3]), linkListOf(1, [2, 3], { epoch: 2_000, seq: 2 })],
    ['they are of two nodes', linkListOf(1, [2, 3, 4]), linkListOf(5, [2, 3, 4], { seq: 2 })],
    ['the whole list is no longer', linkListOf(1, [2, 3]), linkListOf(1, [4, 5], { seq: 2 })],
    ['nothing is left', linkListOf(1, [2]), linkListOf(1, [], { seq: 2 })],
  ])('[R34] is not sent where %s', (_why, from, to) => {
    expect(deltaBetween(from, to)).toBeUndefined();
  });

  it('[R34] counts what came and what went in a byte each', () => {
    const whole = upTo(256);
    expect(deltaBetween(linkListOf(1, []), linkListOf(1, whole, { seq: 2 }))).toBeUndefined();
    const delta = deltaBetween(linkListOf(1, whole.slice(0, 1)), linkListOf(1, whole, { seq: 2 }));
    expect(delta?.added).toHaveLength(255);
    const form: LinkListForm = { form: 'delta', delta: delta as LinkListDelta };
    expect(readLinkList(new ByteReader(encoded(form)))).toEqual(form);
  });
});

describe('a change that does not belong to a list', () => {
  const base = linkListOf(1, [2, 3], { seq: 4 });
  const good: LinkListDelta = {
    id: base.id,
    version: { epoch: 1_000, seq: 5 },
    added: [tag(9)],
    removed: [tag(3)],
    signature: base.signature,
  };

  it('[R34] is told apart from one that does', () => {
    expect(applyDelta(base, good)).toEqual(bodyOf(linkListOf(1, [2, 9], { seq: 5 })));
  });

  it.each<[string, Partial<LinkListDelta>]>([
    ['another node', { id: peerOf(2) }],
    ['another epoch', { version: { epoch: 999, seq: 5 } }],
    ['the same seq', { version: { epoch: 1_000, seq: 4 } }],
    ['a seq further on', { version: { epoch: 1_000, seq: 6 } }],
    ['removing what is not there', { removed: [tag(8)] }],
    ['removing the same twice', { removed: [tag(3), tag(3)] }],
    ['adding what is there', { added: [tag(2)] }],
    ['adding the same twice', { added: [tag(9), tag(9)] }],
  ])('[R34] %s', (_what, changes) => {
    expect(applyDelta(base, { ...good, ...changes })).toBeUndefined();
  });

  it('[R34] would make it longer than a list may be', () => {
    const full = linkListOf(1, upTo(limits.linkTagsMax), { seq: 4 });
    expect(applyDelta(full, { ...good, removed: [] })).toBeUndefined();
    expect(applyDelta(full, { ...good, removed: [tag(10)] })?.tags).toHaveLength(limits.linkTagsMax);
  });

  it('[R34] leaves the list as it was', () => {
    const before = [...base.tags];
    applyDelta(base, good);
    expect(base.tags).toEqual(before);
  });
});
