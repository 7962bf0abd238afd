/** Membership records as the gate passes them on; the signature is not looked at behind it. */
import type { MembershipRecord } from '../src/wire/graph-messages.ts';
import { RecordStatus } from '../src/wire/graph-messages.ts';
import { Role } from '../src/wire/link-messages.ts';
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
