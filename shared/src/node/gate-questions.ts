/**
 * What the gate asks a node before it spends work on a packet: hashes and signatures cost far more than the answers, which come at
 * once and change nothing but counters. Asked for every packet: who answers may look up, and not search. The answers are in
 * gate-answers.ts.
 */
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import type { LinkList } from '../wire/link-list.ts';
import type { RecordVersion } from '../wire/membership-record.ts';

export interface GateQuestions {
  /** Would this frame be kept? A frame that is turned away is counted by the machine, which learns from those that come again. */
  admitsFrame(header: FrameHeader, payloadBytes: number, link: LinkId, now: number): boolean;
  /** The key of this stream's host, which signs its frames; undefined while unknown. */
  hostKey(stream: StreamId): Uint8Array | undefined;
  /** Whether the frames of this stream are signed: if not, votes decide (PROTOCOL.md R39). */
  signsFrames(stream: StreamId): boolean;
  wantsRecord(id: PeerId, version: RecordVersion): boolean;
  wantsLinks(id: PeerId, version: RecordVersion): boolean;
  /** The key that a node's link lists are signed with; undefined while its record is not held. */
  publicKeyOf(id: PeerId): Uint8Array | undefined;
  /** The link list held of a node: what a change refers to. */
  linkBase(id: PeerId): LinkList | undefined;
  /** Would this beacon be news of the stream that this node belongs to? */
  wantsBeacon(beacon: Beacon): boolean;
  /** Does this say something against the host that is not known yet? Asked before its signatures are looked at. */
  wantsCharge(charge: FrameHead | Equivocation): boolean;
  /** Whether signals are only passed on here, unread, and are checked by who receives them (a supernode, PROTOCOL.md R43). */
  readonly passesSignals: boolean;
}
