/** The parts of the relay that begin anew with each epoch of the host (PROTOCOL.md R5), and how they hang together. */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { AnswerTimes } from './answer-times.ts';
import { type BallotParts, Ballots } from './ballots.ts';
import { Candidates } from './candidates.ts';
import { Delivery } from './delivery.ts';
import { Disputes } from './disputes.ts';
import type { Electorate } from './electorate.ts';
import { Forest } from './forest.ts';
import { FrameMap } from './frame-map.ts';
import { HandOver } from './hand-over.ts';
import { MessageAssembler } from './message-assembler.ts';
import { Propagation } from './propagation.ts';
import { PullPatience } from './pull-patience.ts';
import { BEACON_EVERY_MS, type RelayOutput, type RelaySettings } from './relay-contract.ts';
import type { RelayCounters } from './relay-counters.ts';
import { Repair } from './repair.ts';
import { Retrieval } from './retrieval.ts';
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
  readonly forest: Forest;
  readonly retrieval: Retrieval;
  readonly propagation: Propagation;
  readonly handOver: HandOver;
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
  readonly emit: (output: RelayOutput) => void;
  readonly now: number;
}

export function beginEpoch(ground: EpochGround): EpochState {
  const { settings, beacon, host, confirmWithinMs, slots, electorate, counters, random, emit, now } = ground;
  const { self, isHost, gapPolicy, gapWaitMs, retentionMs, voteShare } = settings;
  const { epoch, stripes, minVotes } = beacon;
  const send = (peer: PeerId, message: RelayMessage): void => emit({ type: 'send', peer, message });
  const frames = new FrameMap();
  const patience = new PullPatience();
  const windows = new VoteWindows(frames, patience);
  const delivery = new Delivery(frames, { confirmWithinMs, gapPolicy, gapWaitMs, retentionMs });
  const answers = new AnswerTimes();
  const holders = (seq: number): Iterable<PeerId> => (ballots ?? windows).holders(seq);
  const repair = new Repair(frames, holders, stripes, patience, answers);
  const base = { epoch, isHost, host, frames, delivery, repair, counters, emit, send };
  const keep: BallotParts['keep'] = (candidate, at) => retrieval.keep(candidate, at);
  const ballots =
    minVotes === 0 ? undefined : new Ballots({ ...base, minVotes, candidates: new Candidates(), keep });
  const disputes = new Disputes(send);
  const voting = ballots ?? new Voting({ ...base, windows, electorate, voteShare, disputes });
  const identity = { self, isHost, epoch, stripes, streamAgeMs: beacon.counter * BEACON_EVERY_MS };
  const forest = new Forest(identity, slots, answers, random, now);
  const propagation = new Propagation({ ...base, voting, forest });
  const retrieval: Retrieval = new Retrieval({ ...base, voting, ballots, forest, propagation });
  const handOver = new HandOver({ ...base, assembler: new MessageAssembler(beacon.messageBytesMax) });
  return {
    frames,
    windows,
    voting,
    ballots,
    disputes,
    delivery,
    repair,
    forest,
    retrieval,
    propagation,
    handOver,
  };
}
