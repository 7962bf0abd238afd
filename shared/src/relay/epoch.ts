/** The parts of the relay that begin anew with each epoch of the host (PROTOCOL.md R5), and how they hang together. */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { Beacon, RelayMessage } from '../wire/relay-messages.ts';
import { Delivery } from './delivery.ts';
import { Disputes } from './disputes.ts';
import type { Electorate } from './electorate.ts';
import { Forest } from './forest.ts';
import { FrameMap } from './frame-map.ts';
import { MessageAssembler } from './message-assembler.ts';
import { BEACON_EVERY_MS, type RelaySettings } from './relay-contract.ts';
import type { RelayCounters } from './relay-counters.ts';
import { Repair } from './repair.ts';
import { VoteWindows } from './vote-windows.ts';
import { Voting } from './voting.ts';

export interface EpochState {
  readonly frames: FrameMap;
  readonly windows: VoteWindows;
  readonly voting: Voting;
  readonly disputes: Disputes;
  readonly delivery: Delivery;
  readonly repair: Repair;
  readonly assembler: MessageAssembler;
  readonly forest: Forest;
}

/** Bytes of all that an epoch holds, frames included, about. */
export const epochBytes = ({ frames, windows, repair, disputes, forest }: EpochState): number =>
  frames.tableBytes + windows.tableBytes + repair.tableBytes + disputes.tableBytes + forest.tableBytes;

/** What outlives an epoch, and the beacon that began this one. */
export interface EpochGround {
  readonly settings: RelaySettings;
  readonly beacon: Beacon;
  /** How long an authentic frame waits for votes, ms. */
  readonly confirmWithinMs: number;
  /** Children at most over all stripes, in copies of the stream. */
  readonly slots: number;
  readonly electorate: Electorate;
  readonly counters: RelayCounters;
  readonly random: Random;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
  readonly now: number;
}

export function beginEpoch(ground: EpochGround): EpochState {
  const { settings, beacon, confirmWithinMs, slots, electorate, counters, random, send, now } = ground;
  const { self, isHost, gapPolicy, gapWaitMs, retentionMs, voteShare } = settings;
  const { epoch, stripes } = beacon;
  const frames = new FrameMap();
  const windows = new VoteWindows(frames);
  const delivery = new Delivery(frames, { confirmWithinMs, gapPolicy, gapWaitMs, retentionMs });
  const repair = new Repair(frames, (seq) => windows.holders(seq), stripes);
  const disputes = new Disputes(send);
  const parts = { epoch, frames, windows, delivery, repair, electorate, counters, voteShare, disputes, send };
  const identity = { self, isHost, epoch, stripes, streamAgeMs: beacon.counter * BEACON_EVERY_MS };
  return {
    frames,
    windows,
    voting: new Voting(parts),
    disputes,
    delivery,
    repair,
    assembler: new MessageAssembler(beacon.messageBytesMax),
    forest: new Forest(identity, slots, random, now),
  };
}
