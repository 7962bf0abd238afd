/**
 * The relay machine of one stream at one node (thesis 3.5.2): takes authentic frames, votes and tree messages, and says what
 * to send, push and deliver. Deterministic: the same inputs at the same times give the same outputs.
 *
 * A frame's way: `frame` → frames map → children (push) and other neighbours (vote) → electorate → delivery → assembler →
 * `message`. The four daemons of the thesis are here as: retrieval = `#frameIn` and {@link Repair}, propagation = `#spread`,
 * hand-over to the application = {@link Delivery}, clean-up = `FrameMap.clean`.
 */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import { MessageType } from '../wire/message-type.ts';
import type { Beacon, RelayMessage } from '../wire/relay-messages.ts';
import type { Candidate } from './candidates.ts';
import { contradicts, proofOf } from './disputes.ts';
import { Electorate, votingPeers } from './electorate.ts';
import { beginEpoch, type EpochState, epochBytes } from './epoch.ts';
import type { Forest } from './forest.ts';
import { anchorOf, firstMissing, startFor } from './places.ts';
import {
  type AuthenticFrame,
  type RelayInput,
  type RelayOutput,
  type RelaySettings,
  relayCaps,
  relayTimings,
} from './relay-contract.ts';
import { RelayCounters } from './relay-counters.ts';
import { copiesOf, type UploadOffer } from './upload-offer.ts';

const CLEAN_EVERY_MS = 500;
const SERVED_LEAST = 0.5;
const SERVED_BUSY = 0.1;

export class Relay {
  readonly #settings: RelaySettings;
  readonly #random: Random;
  readonly #counters = new RelayCounters();
  readonly #electorate = new Electorate();
  readonly #peers = new Set<PeerId>();
  #votingPeers: PeerId[] = [];
  #confirmWithinMs: number;
  #offer: UploadOffer;
  #beacon: Beacon | undefined;
  #hostPeer: PeerId | undefined;
  #state: EpochState | undefined;
  /** What ended the newest epoch. */
  #proof: Equivocation | undefined;
  #cleanAt = 0;
  #outputs: RelayOutput[] = [];

  constructor(settings: RelaySettings, random: Random) {
    this.#settings = settings;
    this.#random = random;
    this.#confirmWithinMs = settings.confirmWithinMs;
    this.#offer = settings;
    if (settings.isHost) this.#hostPeer = settings.self;
  }

  get counters(): RelayCounters {
    return this.#counters;
  }

  get beacon(): Beacon | undefined {
    return this.#beacon;
  }

  /** The host's peer id; undefined until its beacon was checked. */
  get hostPeer(): PeerId | undefined {
    return this.#hostPeer;
  }

  get forest(): Forest | undefined {
    return this.#state?.forest;
  }

  /** Bytes of all that the machine holds, frames included, about: its own count, to be bounded (R6). */
  get heldBytes(): number {
    const ofEpoch = this.#state ? epochBytes(this.#state) : 0;
    return ofEpoch + this.#electorate.tableBytes + this.#counters.tableBytes;
  }

  /** What the frames map, delivery, repair and, where frames are not signed, the ballots say of themselves. */
  get state(): Pick<EpochState, 'frames' | 'delivery' | 'repair' | 'ballots'> | undefined {
    return this.#state;
  }

  /** Asked by the gate before it hashes and verifies: would this frame be kept? Turned-away frames are counted. */
  admits(header: FrameHeader, payloadBytes: number): boolean {
    const state = this.#state;
    if (header.epoch !== this.#beacon?.epoch) return this.#turnAway('other-epoch');
    if (!state) return this.#turnAway('ended-epoch');
    if (state.frames.frameAt(header.seq) !== undefined) {
      this.#counters.duplicateIn(payloadBytes);
      return false;
    }
    return state.frames.wants(header.seq, this.#anchor(state)) || this.#turnAway('out-of-window');
  }

  /** Asked by the gate before it verifies: does this say something against the host, for a frame held here, that is not known yet? */
  wantsCharge(charge: FrameHead | Equivocation): boolean {
    const state = this.#state;
    if (!state || state.ballots || charge.epoch !== this.#beacon?.epoch) return false;
    if (charge.type === MessageType.equivocation) return true;
    const held = state.frames.frameAt(charge.seq);
    return held !== undefined && contradicts(charge, held);
  }

  #anchor(state: EpochState): number {
    return anchorOf(state, this.#beacon?.nextSeq ?? 0);
  }

  #turnAway(reason: string): false {
    this.#counters.reject(reason);
    return false;
  }

  /** Whether a neighbour feeds this node in some stripe, or is fed by it. */
  uses(peer: PeerId): boolean {
    return this.forest?.trees.some((tree) => tree.parent === peer || tree.children.has(peer)) ?? false;
  }

  handle(input: RelayInput, now: number): RelayOutput[] {
    this.#outputs = [];
    this.#dispatch(input, now);
    this.#proceed(now);
    return this.#outputs;
  }

  #dispatch(input: RelayInput, now: number): void {
    switch (input.type) {
      case 'peer-up':
        this.#peers.add(input.peer);
        this.#electorate.add(input.peer);
        this.#votingPeers = votingPeers(this.#settings.self, this.#peers, relayCaps.votingPeersMax);
        if (this.#beacon) this.#send(input.peer, this.#beacon);
        if (this.#proof) this.#send(input.peer, this.#proof);
        this.#state?.ballots?.peerUp(input.peer);
        this.#state?.forest.peerUp(input.peer, now);
        break;
      case 'peer-down':
        this.#peers.delete(input.peer);
        this.#electorate.remove(input.peer);
        this.#votingPeers = votingPeers(this.#settings.self, this.#peers, relayCaps.votingPeersMax);
        this.#counters.forget(input.peer);
        this.#state?.frames.peerDown(input.peer);
        this.#state?.windows.peerDown(input.peer);
        this.#state?.ballots?.peerDown(input.peer, now);
        this.#state?.repair.peerDown(input.peer);
        this.#state?.disputes.peerDown(input.peer);
        this.#state?.forest.peerDown(input.peer, now);
        break;
      case 'peer-health':
        if (input.silent) this.#state?.forest.peerSilent(input.peer, now);
        break;
      case 'beacon':
        this.#learnBeacon(input.beacon, input.host, input.peer, now);
        break;
      case 'own-beacon':
        this.#learnBeacon(input.beacon, this.#settings.self, undefined, now);
        break;
      case 'message':
        this.#messageIn(input.peer, input.message, now);
        break;
      case 'frame':
        this.#frameIn(input.peer, input.frame, now);
        break;
      case 'own-frame':
        this.#ownFrame(input.frame, now);
        break;
      case 'backlog':
        this.#state?.forest.backlog(input.peer, input.waitedMs, now);
        break;
      case 'set-offer':
        this.#offer = input;
        this.#state?.forest.setSlots(this.#slots, now, input.leafOnly);
        break;
      case 'set-confirm-within':
        this.#confirmWithinMs = input.confirmWithinMs;
        if (this.#state) this.#state.delivery.confirmWithinMs = input.confirmWithinMs;
        break;
      case 'tick':
        break;
    }
  }

  /** What time alone brings about: votes and pulls leave, frames are delivered, parents are sought, old frames go. */
  #proceed(now: number): void {
    const state = this.#state;
    if (!state) return;
    if (now >= state.voting.deadline) state.voting.tell(state.ballots ? this.#peers : this.#votingPeers, now);
    this.#deliver(state, now);
    if (now >= state.repair.deadline) this.#pull(state, now);
    const nextSeq = this.#beacon?.nextSeq ?? 0;
    for (const output of state.forest.proceed(now, (stripe) => firstMissing(state, stripe, nextSeq)))
      this.#outputs.push(output);
    if (now >= this.#cleanAt) {
      this.#cleanAt = now + CLEAN_EVERY_MS;
      const keepFrom = this.#settings.isHost ? state.frames.headSeq + 1 : (state.delivery.cursor ?? 0);
      state.frames.clean(now, this.#settings.retentionMs, this.#settings.retentionBytesMax, keepFrom);
      state.windows.forgetBelow(state.frames.lowestSeq);
      state.ballots?.clean(this.#anchor(state));
    }
  }

  #isDry({ repair, forest }: EpochState, stripe: number, now: number): boolean {
    return !this.#settings.isHost && repair.isDry(stripe, forest.isQuiet(stripe, now), now);
  }

  /** When `handle({ type: 'tick' })` is due, ms; infinity if never. */
  nextDeadline(): number {
    const state = this.#state;
    if (!state) return Number.POSITIVE_INFINITY;
    return Math.min(
      state.voting.deadline,
      state.delivery.deadline,
      state.repair.deadline,
      state.forest.deadline,
      this.#cleanAt,
    );
  }

  #send(peer: PeerId, message: RelayMessage): void {
    this.#outputs.push({ type: 'send', peer, message });
  }

  #learnBeacon(beacon: Beacon, host: PeerId, from: PeerId | undefined, now: number): void {
    const known = this.#beacon;
    if (known && beacon.epoch < known.epoch) return;
    if (known && beacon.epoch === known.epoch && beacon.counter <= known.counter) return;
    this.#beacon = beacon;
    this.#hostPeer = host;
    for (const peer of this.#peers) if (peer !== from) this.#send(peer, beacon);
    this.#outputs.push({ type: 'beacon', beacon });
    if (known?.epoch !== beacon.epoch) this.#beginEpoch(beacon, host, now);
    else if (known.bitsPerSecond !== beacon.bitsPerSecond)
      this.#state?.forest.setSlots(this.#slots, now, this.#offer.leafOnly);
  }

  /** Copies of the stream that this node uploads at most. */
  get #slots(): number {
    const { bitsPerSecond = 0, stripes = 1 } = this.#beacon ?? {};
    return copiesOf(this.#offer, bitsPerSecond, stripes);
  }

  #beginEpoch(beacon: Beacon, host: PeerId, now: number): void {
    const state = beginEpoch({
      settings: this.#settings,
      beacon,
      host,
      confirmWithinMs: this.#confirmWithinMs,
      slots: this.#slots,
      electorate: this.#electorate,
      counters: this.#counters,
      random: this.#random,
      send: (peer, message) => this.#send(peer, message),
      keep: (candidate, at) => this.#keep(candidate, at),
      now,
    });
    this.#state = state;
    this.#proof = undefined;
    if (this.#offer.leafOnly) state.forest.setSlots(this.#slots, now, true);
    for (const peer of this.#peers) state.forest.peerUp(peer, now);
  }

  #messageIn(peer: PeerId, message: RelayMessage, now: number): void {
    const state = this.#state;
    if (message.type === MessageType.beacon) return;
    if (message.epoch !== this.#beacon?.epoch || !state) {
      this.#turnAway(message.epoch === this.#beacon?.epoch ? 'ended-epoch' : 'other-epoch');
      return;
    }
    if (!this.#peers.has(peer)) {
      this.#counters.reject('stranger');
      return;
    }
    switch (message.type) {
      case MessageType.votes:
        for (const vote of message.votes) state.voting.voteIn(peer, vote, this.#anchor(state), now);
        break;
      case MessageType.voteDigest:
        state.voting.digestIn(peer, message, this.#anchor(state), now);
        break;
      case MessageType.pull: {
        const { send, refuse } = state.repair.serve(peer, message.seqs, this.#copiesToServe(state, now), now);
        for (const seq of send) this.#push(state, peer, seq);
        if (refuse.length > 0) {
          this.#send(peer, { type: MessageType.pullMissing, epoch: message.epoch, seqs: refuse });
        }
        break;
      }
      case MessageType.pullMissing:
        state.repair.refused(peer, message.seqs, now);
        break;
      case MessageType.subscribe: {
        const firstSeq = startFor(state, message.fromSeq);
        const dry = this.#isDry(state, message.stripe, now);
        if (state.forest.subscribe(peer, message, firstSeq, dry, now)) {
          this.#outputs.push(...state.forest.takeOutputs());
          if (state.repair.mayBackfill(peer, message.stripe, now))
            this.#backfill(state, peer, message.stripe, firstSeq);
        }
        break;
      }
      case MessageType.subscribed: {
        if (!state.forest.subscribed(peer, message.stripe, message.path, now)) break;
        this.#startWhere(state, message.firstSeq, now);
        state.repair.holdOff(message.stripe, now + state.repair.patienceMs + 150);
        break;
      }
      case MessageType.refused:
        state.forest.refused(peer, message, now);
        break;
      case MessageType.unsubscribe:
        state.forest.unsubscribe(peer, message.stripe, now);
        break;
      case MessageType.advert:
        state.forest.advert(peer, message, now);
        break;
      case MessageType.vacancies:
        state.forest.vacancies(peer, message, now);
        break;
      case MessageType.census:
        state.forest.census(peer, message, now);
        break;
      case MessageType.frameHead: {
        const held = state.frames.frameAt(message.seq);
        const proof = held && proofOf(message, held);
        if (proof) this.#endEpoch(proof, undefined);
        break;
      }
      case MessageType.equivocation:
        this.#endEpoch(message, peer);
        break;
    }
  }

  /** Nothing of an epoch counts any more whose host says different things to different peers; everyone is told why, once. */
  #endEpoch(proof: Equivocation, from: PeerId | undefined): void {
    this.#state = undefined;
    this.#proof = proof;
    for (const peer of this.#peers) if (peer !== from) this.#send(peer, proof);
    this.#outputs.push({ type: 'equivocation', epoch: proof.epoch, seq: proof.seq });
  }

  /**
   * A parent begins at `firstSeq`: so does this node, if it has no place in the stream yet, or one so far back that nobody can
   * fill the gap. The parent's word is taken only near to where the host's beacon says that the stream is.
   */
  #startWhere(state: EpochState, firstSeq: number, now: number): void {
    const { cursor } = state.delivery;
    const nextSeq = this.#beacon?.nextSeq ?? 0;
    const earliest = nextSeq - relayCaps.backfillFramesMax - relayCaps.votesAheadMax;
    const start = Math.min(Math.max(firstSeq, earliest, 0), nextSeq + relayCaps.startAheadMax);
    if (cursor !== undefined && start <= cursor + relayCaps.backfillFramesMax) return;
    state.delivery.startAt(start);
    state.frames.startAt(start);
    if (cursor === undefined) {
      // Frames may have overtaken this answer, and some of them may be lost.
      this.#noteGap(state, -1, state.frames.headSeq, undefined, now);
      return;
    }
    state.repair.forgetBelow(start);
    state.assembler.gap();
    this.#counters.framesSkipped += start - cursor;
    this.#outputs.push({ type: 'gap', fromSeq: cursor, toSeq: start - 1 });
  }

  /** What pulls of others may take, in copies of the stream: what children leave, and a little even where they leave nothing. */
  #copiesToServe({ forest }: EpochState, now: number): number {
    if (forest.isBusy(now)) return Math.min(SERVED_BUSY, this.#slots);
    return Math.max(Math.min(SERVED_LEAST, this.#slots), forest.slotsLeft);
  }

  /** Sends a new child the first frames that are held from `firstSeq` on. The others it pulls, from whomever it likes. */
  #backfill(state: EpochState, child: PeerId, stripe: number, firstSeq: number): void {
    const stripes = state.forest.stripes;
    const { backfillPushedMax, backfillPushedPerCopy, backfillPushedPerScarceCopy } = relayCaps;
    const perCopy = this.#slots < 2 ? backfillPushedPerScarceCopy : backfillPushedPerCopy;
    const most = Math.min(backfillPushedMax, Math.ceil(perCopy * this.#slots));
    let pushed = 0;
    for (let seq = firstSeq; seq <= state.frames.headSeq && pushed < most; seq++) {
      if (seq % stripes !== stripe || state.voting.isHeldBy(child, seq) || !state.frames.frameAt(seq))
        continue;
      this.#push(state, child, seq);
      pushed++;
    }
  }

  #push(state: EpochState, peer: PeerId, seq: number): void {
    const frame = state.frames.frameAt(seq);
    if (!frame) return;
    this.#counters.frameOut(peer, frame);
    this.#outputs.push({ type: 'push', peer, frame });
  }

  #frameIn(peer: PeerId, frame: AuthenticFrame, now: number): void {
    const state = this.#state;
    const { seq, epoch } = frame.header;
    const fromHost = peer === this.#hostPeer;
    if (!state || epoch !== this.#beacon?.epoch || !state.frames.wants(seq, this.#anchor(state))) {
      this.#counters.frameIn(peer, frame, false, fromHost);
      return;
    }
    if (state.ballots) {
      const isOfUse = state.ballots.candidateIn(peer, frame, this.#anchor(state), now);
      this.#counters.frameIn(peer, frame, isOfUse, fromHost);
      return;
    }
    this.#counters.frameIn(peer, frame, true, fromHost);
    this.#keep({ frame, sender: peer, pulled: state.repair.arrived(seq, peer, now) }, now);
  }

  /** Takes a frame that is known to be the host's: by its signature, or by votes. */
  #keep({ frame, sender, pulled }: Candidate, now: number): void {
    const state = this.#state;
    if (!state) return;
    const { seq } = frame.header;
    const headBefore = state.frames.headSeq;
    const slot = state.frames.put(frame, now);
    state.voting.frameIn(slot, frame, sender, sender === this.#hostPeer, now);
    state.forest.frameCame(sender, seq, pulled, now);
    this.#noteGap(state, headBefore, seq, sender, now);
    this.#spread(state, frame);
  }

  /** Seqs that were jumped over are missing, from the cursor on; those that their own parent jumped over are lost. */
  #noteGap(state: EpochState, headBefore: number, seq: number, from: PeerId | undefined, now: number): void {
    const cursor = state.delivery.cursor;
    if (cursor === undefined) return;
    for (let at = Math.max(headBefore + 1, cursor); at < seq; at++) {
      if (state.frames.frameAt(at) || state.ballots?.isPending(at)) continue;
      if (from !== undefined && state.forest.parentOf(at) === from)
        state.repair.note(at, now, relayTimings.pullAfterMinMs);
      else state.repair.note(at, now);
    }
  }

  #ownFrame(frame: AuthenticFrame, now: number): void {
    const state = this.#state;
    if (!state || frame.header.epoch !== this.#beacon?.epoch) return;
    state.frames.put(frame, now).confirmed = true;
    state.voting.frameKept(frame.header.seq, now);
    this.#spread(state, frame);
  }

  /** Pushes a new frame to the stripe's children that lack it. */
  #spread(state: EpochState, { header: { seq } }: AuthenticFrame): void {
    for (const child of state.forest.childrenOf(seq))
      if (!state.voting.isHeldBy(child, seq)) this.#push(state, child, seq);
  }

  #deliver(state: EpochState, now: number): void {
    if (this.#settings.isHost) return;
    const steps = state.delivery.advance(now);
    for (const step of steps) {
      if (step.type === 'gap') {
        this.#counters.framesSkipped += step.toSeq - step.fromSeq + 1;
        state.assembler.gap();
        this.#outputs.push(step);
        continue;
      }
      this.#counters.framesDelivered++;
      if (step.confirmed) this.#counters.framesConfirmed++;
      else this.#counters.framesUnconfirmed++;
      const message = state.assembler.push(step.frame, step.arrivedAt);
      if (!message) continue;
      this.#counters.messagesDelivered++;
      this.#outputs.push({ type: 'message', ...message });
    }
    if (steps.length > 0 && state.delivery.cursor !== undefined)
      state.repair.forgetBelow(state.delivery.cursor);
  }

  #pull(state: EpochState, now: number): void {
    const epoch = this.#beacon?.epoch ?? 0;
    for (const [peer, seqs] of state.repair.pulls(
      (seq, missedAt) => state.forest.feeder(seq, missedAt, now),
      now,
    )) {
      this.#send(peer, { type: MessageType.pull, epoch, seqs });
    }
  }
}
