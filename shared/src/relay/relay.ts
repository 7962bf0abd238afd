/**
 * The relay machine of one stream at one node (thesis 3.5.2): takes authentic frames, votes and tree messages, and says what
 * to send, push and deliver. Deterministic: the same inputs at the same times give the same outputs.
 *
 * A frame's way: `frame` → frames map → children (push) and other neighbours (vote) → electorate → delivery → assembler →
 * `message`. The four daemons of the thesis are retrieval.ts, propagation.ts, hand-over.ts, and, for the clean-up, `FrameMap.clean`; here
 * inputs are handed to them, and epochs begin and end.
 */
import type { PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RelayMessage } from '../wire/relay-messages.ts';
import { contradicts, proofOf } from './disputes.ts';
import { Electorate, votingPeers } from './electorate.ts';
import { beginEpoch, type EpochState, epochBytes } from './epoch.ts';
import type { Forest } from './forest.ts';
import { anchorOf, type Need, needOf } from './places.ts';
import {
  type AuthenticFrame,
  type RelayInput,
  type RelayOutput,
  type RelaySettings,
  relayCaps,
} from './relay-contract.ts';
import { RelayCounters } from './relay-counters.ts';
import type { StripeTree } from './stripe-tree.ts';
import { copiesOf, type UploadOffer } from './upload-offer.ts';

const CLEAN_EVERY_MS = 500;

const isUsedBy = ({ parent, trial, children }: StripeTree, peer: PeerId): boolean =>
  parent === peer || trial?.peer === peer || children.has(peer);

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
  #need: Need | undefined;
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

  /**
   * Asked by the gate before it hashes and verifies: would this frame be kept? Turned-away frames are counted, and repair and the trees learn
   * from those that come again.
   * @param from undefined: a stranger
   */
  admits(header: FrameHeader, payloadBytes: number, from: PeerId | undefined, now: number): boolean {
    const state = this.#state;
    if (header.epoch !== this.#beacon?.epoch) return this.#turnAway('other-epoch');
    if (!state) return this.#turnAway('ended-epoch');
    if (state.frames.frameAt(header.seq) !== undefined) {
      this.#counters.duplicateIn(payloadBytes);
      if (from !== undefined) state.retrieval.cameAgain(from, header.seq, now);
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
    return this.forest?.trees.some((tree) => isUsedBy(tree, peer)) ?? false;
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
    state.handOver.deliver(now);
    if (now >= state.repair.deadline) state.retrieval.pull(now);
    if (this.#need) for (const output of state.forest.proceed(now, this.#need)) this.#outputs.push(output);
    if (now >= this.#cleanAt) {
      this.#cleanAt = now + CLEAN_EVERY_MS;
      const keepFrom = this.#settings.isHost ? state.frames.headSeq + 1 : (state.delivery.cursor ?? 0);
      state.frames.clean(now, this.#settings.retentionMs, this.#settings.retentionBytesMax, keepFrom);
      state.windows.forgetBelow(state.frames.lowestSeq);
      state.ballots?.clean(this.#anchor(state));
    }
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
      emit: (output) => this.#outputs.push(output),
      now,
    });
    this.#state = state;
    this.#need = needOf(state, () => this.#beacon?.nextSeq ?? 0);
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
    state.forest.heard(peer, now);
    switch (message.type) {
      case MessageType.votes:
        for (const vote of message.votes) state.voting.voteIn(peer, vote, this.#anchor(state), now);
        break;
      case MessageType.voteDigest:
        state.voting.digestIn(peer, message, this.#anchor(state), now);
        break;
      case MessageType.pull:
        state.propagation.pull(peer, message, now);
        break;
      case MessageType.pullMissing:
        state.repair.refused(peer, message.seqs, now);
        break;
      case MessageType.subscribe:
        state.propagation.subscribe(peer, message, now);
        break;
      case MessageType.subscribed:
        if (!state.forest.subscribed(peer, message.stripe, message.path, now)) break;
        if (state.handOver.startWhere(message.firstSeq, this.#beacon?.nextSeq ?? 0))
          state.retrieval.begun(now);
        state.repair.holdOff(message.stripe, now + state.repair.patienceMs(now) + 150);
        break;
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

  #frameIn(peer: PeerId, frame: AuthenticFrame, now: number): void {
    const state = this.#state;
    if (state && frame.header.epoch === this.#beacon?.epoch) {
      state.forest.heard(peer, now);
      state.retrieval.frameIn(peer, frame, this.#anchor(state), now);
    } else this.#counters.frameIn(peer, frame, false, peer === this.#hostPeer);
  }

  #ownFrame(frame: AuthenticFrame, now: number): void {
    if (frame.header.epoch === this.#beacon?.epoch) this.#state?.retrieval.own(frame, now);
  }
}
