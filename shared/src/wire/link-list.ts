/**
 * The half-edges of a node: a link exists only if both ends list it (PROTOCOL.md R34). On the wire a list is either whole, or what
 * changed since the list before; the signature is over the whole list in either form.
 *
 *   whole    20 id · u48 epoch · u32 seq · u8 form (0) · u16 n (≤ 256) · n × 9 tag, ascending · 64 signature
 *   change   20 id · u48 epoch · u32 seq · u8 form (1) · u8 a · a × 9 tag added · u8 r · r × 9 tag removed · 64 signature
 *   signed   "murmuration links" ‖ 20 id · u48 epoch · u32 seq · u16 n · n × 9 tag
 */
import { type ByteReader, ByteWriter, concatBytes } from '../lib/bytes.ts';
import {
  ID_BYTES,
  idBytes,
  type PeerId,
  type PeerTag,
  peerIdFromBytes,
  TAG_BYTES,
  tagBytes,
  tagFromBytes,
} from '../lib/ids.ts';
import { encodeUtf8 } from '../lib/utf8.ts';
import { limits } from './limits.ts';
import { SIGNATURE_BYTES } from './link-messages.ts';
import type { RecordVersion } from './membership-record.ts';

export interface LinkListBody {
  /** Whose links. */
  readonly id: PeerId;
  /** The epoch of its membership record, and a count of its own. */
  readonly version: RecordVersion;
  /** The far ends, ascending. */
  readonly tags: readonly PeerTag[];
}

export interface LinkList extends LinkListBody {
  readonly signature: Uint8Array;
}

/** A list as what changed since the one with seq − 1. */
export interface LinkListDelta {
  readonly id: PeerId;
  readonly version: RecordVersion;
  readonly added: readonly PeerTag[];
  readonly removed: readonly PeerTag[];
  /** Over the whole list that comes out. */
  readonly signature: Uint8Array;
}

export type LinkListForm =
  | { readonly form: 'full'; readonly list: LinkList }
  | { readonly form: 'delta'; readonly delta: LinkListDelta };

const CONTEXT = encodeUtf8('murmuration links');
const FULL = 0;
const DELTA = 1;
const HEAD_BYTES = ID_BYTES + 6 + 4 + 1;
const CHANGED_MAX = 255;

/** The bytes that a list's signature covers. */
export function linkListSigningBytes({ id, version, tags }: LinkListBody): Uint8Array {
  const writer = new ByteWriter(ID_BYTES + 12 + tags.length * TAG_BYTES)
    .bytes(idBytes(id))
    .u48(version.epoch)
    .u32(version.seq)
    .u16(tags.length);
  for (const tag of tags) writer.bytes(tagBytes(tag));
  return concatBytes(CONTEXT, writer.finish());
}

/** The list that a change makes of the one before; undefined if they do not belong together. */
export function applyDelta(base: LinkList, delta: LinkListDelta): LinkListBody | undefined {
  const { id, version, added, removed } = delta;
  if (base.id !== id || base.version.epoch !== version.epoch || base.version.seq !== version.seq - 1)
    return undefined;
  const tags = new Set(base.tags);
  for (const tag of removed) if (!tags.delete(tag)) return undefined;
  for (const tag of added) {
    if (tags.has(tag)) return undefined;
    tags.add(tag);
  }
  if (tags.size > limits.linkTagsMax) return undefined;
  return { id, version, tags: [...tags].sort() };
}

/** What changed between two lists in a row; undefined if they are not, or a list is shorter than its changes. */
export function deltaBetween(from: LinkList, to: LinkList): LinkListDelta | undefined {
  const inARow = from.version.epoch === to.version.epoch && from.version.seq === to.version.seq - 1;
  if (from.id !== to.id || !inARow) return undefined;
  const before = new Set(from.tags);
  const after = new Set(to.tags);
  const added = to.tags.filter((tag) => !before.has(tag));
  const removed = from.tags.filter((tag) => !after.has(tag));
  if (
    added.length + removed.length >= to.tags.length ||
    added.length > CHANGED_MAX ||
    removed.length > CHANGED_MAX
  )
    return undefined;
  return { id: to.id, version: to.version, added, removed, signature: to.signature };
}

/** Bytes that a list takes on the wire in this form. */
export function linkListFormBytes(form: LinkListForm): number {
  const tags =
    form.form === 'full' ? form.list.tags.length : form.delta.added.length + form.delta.removed.length;
  return HEAD_BYTES + 2 + tags * TAG_BYTES + SIGNATURE_BYTES;
}

export function writeLinkList(writer: ByteWriter, form: LinkListForm): ByteWriter {
  const { id, version, signature } = form.form === 'full' ? form.list : form.delta;
  writer.bytes(idBytes(id)).u48(version.epoch).u32(version.seq);
  if (form.form === 'full') {
    writer.u8(FULL).u16(form.list.tags.length);
    for (const tag of form.list.tags) writer.bytes(tagBytes(tag));
  } else {
    writer.u8(DELTA);
    for (const part of [form.delta.added, form.delta.removed]) {
      writer.u8(part.length);
      for (const tag of part) writer.bytes(tagBytes(tag));
    }
  }
  return writer.bytes(signature);
}

/** Reads one list; undefined if a field is out of range. It keeps nothing of the packet. */
export function readLinkList(reader: ByteReader): LinkListForm | undefined {
  const id = peerIdFromBytes(reader.bytes(ID_BYTES));
  const version = { epoch: reader.u48(), seq: reader.u32() };
  const form = reader.u8();
  if (form === FULL) {
    const tags = readTags(reader, reader.u16());
    const signature = reader.bytes(SIGNATURE_BYTES).slice();
    if (tags === undefined || reader.failed || !isAscending(tags)) return undefined;
    return { form: 'full', list: { id, version, tags, signature } };
  }
  if (form !== DELTA) return undefined;
  const added = readTags(reader, reader.u8());
  const removed = readTags(reader, reader.u8());
  const signature = reader.bytes(SIGNATURE_BYTES).slice();
  if (added === undefined || removed === undefined || reader.failed) return undefined;
  return { form: 'delta', delta: { id, version, added, removed, signature } };
}

function readTags(reader: ByteReader, count: number): PeerTag[] | undefined {
  if (count > limits.linkTagsMax) return undefined;
  // Of exactly that length: an array that grew keeps room for as many again.
  return Array.from({ length: count }, () => tagFromBytes(reader.bytes(TAG_BYTES)));
}

const isAscending = (tags: readonly PeerTag[]): boolean =>
  tags.every((tag, i) => i === 0 || (tags[i - 1] as PeerTag) < tag);
