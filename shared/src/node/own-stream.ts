/**
 * A peer's part in its stream: the relay of the one subnetwork that it belongs to and, at a host, the beacons. Fed by the node with
 * what concerns the stream; what the relay says is put into the node's words, and joining is told of it. It answers the gate
 * wherever that asks about the stream. A viewer belongs to its stream from the beginning, a host when it goes live, and neither
 * ever changes it. It neither opens nor closes links, and knows nothing of the net graph: those are the node's (peer-node.ts).
 */
import type { PeerId, StreamId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { Relay } from '../relay/relay.ts';
import type { RelayInput } from '../relay/relay-contract.ts';
import type { UploadOffer } from '../relay/upload-offer.ts';
import type { Beacon } from '../wire/beacon.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import { JoinStep, type NodeEvent } from './events.ts';
import { HostBeacons } from './host-beacons.ts';
import type { Joining } from './joining.ts';
import type { Links } from './links.ts';
import type { NodeInput, NodeOutput } from './node-contract.ts';
import type { PeerSettings } from './settings.ts';
import { fitsLimits } from './stream-limits.ts';

export interface OwnStreamParts {
  readonly self: PeerId;
  /** The node's key: a host's beacons carry it. */
  readonly publicKey: Uint8Array;
  readonly settings: PeerSettings;
  readonly random: Random;
  readonly links: Links;
  readonly joining: Joining;
  readonly out: (output: NodeOutput<NodeEvent>) => void;
}

/** What the application of a node wants of its stream, and what it has signed. */
export type StreamInput = Extract<
  NodeInput,
  { type: 'go-live' | 'beacon-signed' | 'own-frame' | 'set-offer' | 'set-bitrate' | 'set-confirm-within' }
>;

export class OwnStream {
  readonly #parts: OwnStreamParts;
  #id: StreamId | undefined;
  #relay: Relay | undefined;
  #beacons: HostBeacons | undefined;
  #offer: UploadOffer;
  #confirmWithinMs: number;

  constructor(parts: OwnStreamParts) {
    const { settings } = parts;
    this.#parts = parts;
    this.#offer = settings;
    this.#confirmWithinMs = settings.confirmWithinMs;
    if (settings.stream !== undefined) this.#belongTo(settings.stream);
  }

  /** Undefined until a host has gone live. */
  get id(): StreamId | undefined {
    return this.#id;
  }

  get relay(): Relay | undefined {
    return this.#relay;
  }

  /** When {@link proceed} or {@link giveWord} is due. */
  get deadline(): number {
    return Math.min(
      this.#relay?.nextDeadline() ?? Number.POSITIVE_INFINITY,
      this.#beacons?.deadline ?? Number.POSITIVE_INFINITY,
    );
  }

  #belongTo(stream: StreamId): void {
    const { self, settings, random, joining } = this.#parts;
    const { voteShare, gapPolicy, gapWaitMs, retentionMs, retentionBytesMax } = settings;
    const pace = {
      confirmWithinMs: this.#confirmWithinMs,
      gapPolicy,
      gapWaitMs,
      retentionMs,
      retentionBytesMax,
    };
    const isHost = settings.role === 'host';
    const { slots, uploadBitsPerSecond, leafOnly = false } = this.#offer;
    const offer = { slots, uploadBitsPerSecond, leafOnly };
    this.#id = stream;
    joining.belongTo(stream);
    this.#relay = new Relay({ self, stream, isHost, voteShare, ...pace, ...offer }, random);
  }

  /** The application has changed something, or what is to leave in its name is signed. */
  handle(input: StreamInput, now: number): void {
    switch (input.type) {
      case 'go-live':
        this.#belongTo(input.live.stream);
        this.#beacons = new HostBeacons(this.#parts.publicKey, input.live, now);
        break;
      case 'beacon-signed':
        this.feed({ type: 'own-beacon', beacon: input.beacon }, now);
        break;
      case 'own-frame':
        this.#beacons?.published(input.frame.header.seq);
        this.feed({ type: 'own-frame', frame: input.frame }, now);
        break;
      case 'set-offer':
        this.#offer = input;
        this.feed(input, now);
        break;
      case 'set-bitrate':
        this.#beacons?.setBitrate(input.bitsPerSecond, now);
        break;
      case 'set-confirm-within':
        this.#confirmWithinMs = input.confirmWithinMs;
        this.feed({ type: 'set-confirm-within', confirmWithinMs: input.confirmWithinMs }, now);
        break;
    }
  }

  /** A member brought a beacon of the stream; `host` is the id of its key. */
  heard(peer: PeerId, beacon: Beacon, host: PeerId, now: number): void {
    if (fitsLimits(beacon)) this.feed({ type: 'beacon', peer, beacon, host }, now);
    else this.#emit({ type: 'join-trouble', reason: 'limits' });
  }

  /** What time alone brings about in the relay. */
  proceed(now: number): void {
    if (this.#relay && now >= this.#relay.nextDeadline()) this.feed({ type: 'tick' }, now);
  }

  /** Host: asks for the signature under the next beacon when it is due. */
  giveWord(now: number): void {
    if (this.#beacons && now >= this.#beacons.deadline) {
      this.#parts.out({ type: 'sign-beacon', body: this.#beacons.next(now) });
    }
  }

  /** The node stops: no more beacons. */
  end(): void {
    this.#beacons = undefined;
  }

  #emit(event: NodeEvent): void {
    this.#parts.out({ type: 'event', event });
  }

  /** Hands the relay an input, if there is one yet, and does what it says. */
  feed(input: RelayInput, now: number): void {
    const { links, joining, out } = this.#parts;
    for (const output of this.#relay?.handle(input, now) ?? []) {
      switch (output.type) {
        case 'send': {
          const link = links.openTo(output.peer);
          if (link) out({ type: 'send', link: link.id, message: output.message });
          break;
        }
        case 'push': {
          const link = links.openTo(output.peer);
          if (link) out({ type: 'push', link: link.id, packet: output.frame.packet });
          break;
        }
        case 'message':
          joining.reach(JoinStep.receiving, 1);
          this.#emit(output);
          break;
        case 'beacon':
          joining.beaconHeard(now);
          this.#emit({ type: 'stream', beacon: output.beacon });
          break;
        case 'parent-changed':
          if (output.parent !== undefined) joining.reach(JoinStep.attached, 1);
          this.#emit(output);
          break;
        case 'want-link':
          joining.findFeeder(output.peers, output.starving, now);
          break;
        case 'gap':
        case 'equivocation':
        case 'supply':
          this.#emit(output);
          break;
      }
    }
  }

  // ── what the gate asks ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Would this frame be kept? */
  admitsFrame(header: FrameHeader, payloadBytes: number, from: PeerId | undefined, now: number): boolean {
    return this.#relay?.admits(header, payloadBytes, from, now) ?? false;
  }

  /** The key that signs the stream's frames, known from its beacon. */
  hostKey(stream: StreamId): Uint8Array | undefined {
    return stream === this.#id ? this.#relay?.beacon?.hostKey : undefined;
  }

  /** Are the stream's frames signed? */
  signsFrames(stream: StreamId): boolean {
    return stream !== this.#id || this.#relay?.state?.ballots === undefined;
  }

  /** Would this beacon be news? */
  wantsBeacon(beacon: Beacon): boolean {
    if (beacon.stream !== this.#id || this.#parts.settings.role === 'host') return false;
    const known = this.#relay?.beacon;
    if (!known || beacon.epoch > known.epoch) return true;
    return beacon.epoch === known.epoch && beacon.counter > known.counter;
  }

  /** Does this say something against the host that is not known yet? */
  wantsCharge(charge: FrameHead | Equivocation): boolean {
    return this.#relay?.wantsCharge(charge) ?? false;
  }
}
