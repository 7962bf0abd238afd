/** fast-check arbitraries for the fields that messages are made of, and for membership records. */
import fc from 'fast-check';
import { peerIdFromBytes, streamIdFromBytes, TAG_BYTES, tagFromBytes } from '../src/lib/ids.ts';
import { limits } from '../src/wire/limits.ts';
import type { MembershipRecord } from '../src/wire/membership-record.ts';

export const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
export const u8 = fc.nat(0xff);
export const u16 = fc.nat(0xffff);
export const u32 = fc.oneof(fc.nat(0xffffffff), fc.constant(0xffffffff), fc.nat(9));
export const u48 = fc.oneof(
  fc.nat(2 ** 31 - 1),
  fc.constant(2 ** 48 - 1),
  fc.integer({ min: 1.7e12, max: 1.9e12 }),
);
const idBytes = bytes(20).map((id) => (id.every((byte) => byte === 0) ? id.fill(1) : id));
export const peer = idBytes.map((id) => peerIdFromBytes(id));
export const tag = bytes(TAG_BYTES).map((nine) => tagFromBytes(nine));
export const stream = idBytes.map((id) => streamIdFromBytes(id));
export const maybeStream = fc.option(stream, { nil: undefined });
export const role = fc.constantFrom(0 as const, 1 as const, 2 as const);
export const version = fc.record({ epoch: u48, seq: u32 });
export const record: fc.Arbitrary<MembershipRecord> = fc.record({
  id: fc.constant('' as MembershipRecord['id']),
  publicKey: bytes(32),
  role,
  status: fc.constantFrom(0 as const, 1 as const),
  stream: maybeStream,
  freeSlots: u8,
  depth: u8,
  links: u8,
  supernodes: fc.array(tag, { maxLength: limits.supernodesPerRecordMax }),
  version,
  ttlMaxSeconds: fc.constant(60),
  signature: bytes(64),
  ttlSeconds: fc.nat(60),
});
