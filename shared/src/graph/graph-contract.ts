/** What goes into the net graph machine and what comes out. Records have been verified by the gate. */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { GraphMessage, MembershipRecord, RecordBody } from '../wire/graph-messages.ts';
import type { Role } from '../wire/link-messages.ts';

/** What a node says of itself; the machine adds version and time to live. */
export interface SelfDescription {
  readonly role: Role;
  readonly stream: StreamId | undefined;
  readonly freeSlots: number;
}

export type GraphInput =
  | { readonly type: 'peer-up'; readonly peer: PeerId }
  | { readonly type: 'peer-down'; readonly peer: PeerId }
  | { readonly type: 'message'; readonly peer: PeerId; readonly message: GraphMessage }
  /** Describe this node anew; answered with `sign-record`. */
  | { readonly type: 'describe'; readonly self: SelfDescription }
  /** The signed form of what `sign-record` asked for. */
  | { readonly type: 'own-record'; readonly record: MembershipRecord }
  /** Tell all neighbours that this node leaves: its leave record was signed ahead, so this needs no time. */
  | { readonly type: 'leave' }
  | { readonly type: 'tick' };

export type GraphOutput =
  | { readonly type: 'send'; readonly peer: PeerId; readonly message: GraphMessage }
  | { readonly type: 'sign-record'; readonly body: RecordBody }
  /** A member appeared, changed, or went (leaving or expired). */
  | { readonly type: 'member'; readonly record: MembershipRecord; readonly present: boolean };

/** Delays in ms unless the name says otherwise. */
export const graphTimings = {
  /** Life of a record without a refresh, s. Longer costs less traffic; a node that crashed is shown longer. */
  recordTtlSeconds: 60,
  /** A node refreshes its own record this often. */
  refreshMs: 20_000,
  /** News are collected this long before they are passed on. */
  spreadBatchMs: 50,
  /** A changed description (free slots, say) is announced at most this often. */
  describeEveryMs: 1_000,
  /** Digests go to one random neighbour this often. */
  antiEntropyMs: 5_000,
  expireEveryMs: 1_000,
} as const;
