/** The parts of the relay that begin anew with each epoch of the host (PROTOCOL.md R5), and how they hang together. */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { Beacon, RelayMessage } from '../wire/relay-messages.ts';
import { Ballots } from './ballots.ts';
import { type Candidate, Candidates } from './candidates.ts';
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
import { type FrameVotes, Voting } from './voting.ts';

export interface EpochState {
  readonly frames: FrameMap;
  readonly windows: VoteWindows;
  readonly voting: FrameVotes;
  /** The same as `voting`, where frames are not signed. */
  readonly ballots: Ballots | undefined;
  readonly disputes: Disputes;
  readonly delivery: Delivery;
  readonly repair: Repair;
  readonly assembler: MessageAssembler;
  readonly forest: Forest;
}

/** Bytes of all that an epoch holds, frames included, about. */
export const epochBytes = ({ frames, windows, ballots, repair, disputes, forest }: EpochState): number =>
  [frames, windows, ballots, repair, disputes, forest].reduce(
    (sum, part) => sum + (part?.tableBytes ?? 0),
    0,
  );

/** What outlives an epoch, and the beacon that began this one. */
export interface EpochGround {
  readonly settings: RelaySettings;
  readonly beacon: Beacon;
  /** The host's peer id. */
  readonly host: PeerId;
  /** How long an authentic frame waits for votes, ms. */
  readonly confirmWithinMs: number;
  /** Children at most over all stripes, in copies of the stream. */
  readonly slots: number;
  readonly electorate: Electorate;
  readonly counters: RelayCounters;
  readonly random: Random;
  readonly send: (peer: PeerId, message: RelayMessage) => void;
  /** Takes a frame that votes made believed, where frames are not signed. */
  readonly keep: (candidate: Candidate, now: number) => void;
  readonly now: number;
}

export function beginEpoch(ground: EpochGround): EpochState {
  const { settings, beacon, host, confirmWithinMs, slots, electorate, counters, random, send, keep, now } =
    ground;
  const { self, isHost, gapPolicy, gapWaitMs, retentionMs, voteShare } = settings;
  const { epoch, stripes, minVotes } = beacon;
  const frames = new FrameMap();
  const windows = new VoteWindows(frames);
  const delivery = new Delivery(frames, { confirmWithinMs, gapPolicy, gapWaitMs, retentionMs });
  const repair = new Repair(frames, (seq): Iterable<PeerId> => (ballots ?? windows).holders(seq), stripes);
  const candidates = new Candidates();
  const judged = {
    epoch,
    minVotes,
    isHost,
    host,
    frames,
    candidates,
    delivery,
    repair,
    counters,
    send,
    keep,
  };
  const ballots = minVotes === 0 ? undefined : new Ballots(judged);
  const disputes = new Disputes(send);
  const parts = { epoch, frames, windows, delivery, repair, electorate, counters, voteShare, disputes, send };
  const identity = { self, isHost, epoch, stripes, streamAgeMs: beacon.counter * BEACON_EVERY_MS };
  return {
    frames,
    windows,
    voting: ballots ?? new Voting(parts),
    ballots,
    disputes,
    delivery,
    repair,
    assembler: new MessageAssembler(beacon.messageBytesMax),
    forest: new Forest(identity, slots, random, now),
  };
}
