/** Membership records and link lists as the gate passes them on; the signature is not looked at behind it. */
import { tagOf } from '../src/lib/ids.ts';
import type { LinkList } from '../src/wire/link-list.ts';
import { Role } from '../src/wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../src/wire/membership-record.ts';
import { STREAM } from './frames.ts';
import { counting, peerOf } from './ids.ts';

export function recordOf(
  number: number,
  changes: Partial<Omit<MembershipRecord, 'id' | 'version'>> & { epoch?: number; seq?: number } = {},
): MembershipRecord {
  const { epoch = 1_000, seq = 0, ...fields } = changes;
  return {
    id: peerOf(number),
    publicKey: counting(number, 32),
    role: Role.viewer,
    status: RecordStatus.present,
    stream: STREAM,
    freeSlots: 3,
    depth: 255,
    links: 0,
    supernodes: [],
    version: { epoch, seq },
    ttlMaxSeconds: 60,
    signature: new Uint8Array(64),
    ttlSeconds: 60,
    ...fields,
  };
}

export const LEAVE_SEQ = 2 ** 32 - 1;
export const leaveOf = (number: number, epoch = 1_000): MembershipRecord =>
  recordOf(number, { status: RecordStatus.leaving, epoch, seq: LEAVE_SEQ });

/** The half-edges of node `number` to its neighbours, in any order; seq 1 is the first that a node signs. */
export function linkListOf(
  number: number,
  neighbours: readonly number[],
  { epoch = 1_000, seq = 1 }: { epoch?: number; seq?: number } = {},
): LinkList {
  const tags = neighbours.map((neighbour) => tagOf(peerOf(neighbour))).sort();
  return { id: peerOf(number), version: { epoch, seq }, tags, signature: new Uint8Array(64) };
}
