/**
 * A host or viewer as one deterministic machine: links, net graph and relay side by side, translated into each other here.
 * How it comes into its network is in joining.ts.
 */

import { Graph } from '../graph/graph.ts';
import type { GraphInput, SelfDescription } from '../graph/graph-contract.ts';
import { NO_DEPTH } from '../graph/own-word.ts';
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { Relay } from '../relay/relay.ts';
import type { RelayInput } from '../relay/relay-contract.ts';
import type { UploadOffer } from '../relay/upload-offer.ts';
import type { WireMessage } from '../wire/codec.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { Equivocation, FrameHead } from '../wire/frame-head.ts';
import { limits } from '../wire/limits.ts';
import type { LinkList } from '../wire/link-list.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import type { RecordVersion } from '../wire/membership-record.ts';
import { MessageType } from '../wire/message-type.ts';
import type { Beacon } from '../wire/relay-messages.ts';
import type { RedirectAnswer } from '../wire/supernode-messages.ts';
import { DialLedger } from './dial-ledger.ts';
import { JoinStep, type NodeEvent, Offence } from './events.ts';
import { HostBeacons } from './host-beacons.ts';
import { Joining } from './joining.ts';
import { type LinkHooks, LinkKeeper, TIMED_OUT } from './link-keeper.ts';
import type { Link, Links } from './links.ts';
import type { CheckedPacket, NodeInput, NodeOutput } from './node-contract.ts';
import { CONNECTION_LOST } from './ports.ts';
import { type PeerSettings, SUPERNODES_MAX } from './settings.ts';
import { fitsLimits } from './stream-limits.ts';

export interface PeerIdentity {
  readonly self: PeerId;
  readonly publicKey: Uint8Array;
  /** When the node started, unix ms: the epoch of its membership record. */
  readonly startedAt: number;
}

/** The graph machine is told this often what this node is like, in ms. */
const DESCRIBE_EVERY_MS = 200;

export class PeerNode {
  readonly #identity: PeerIdentity;
  readonly #settings: PeerSettings;
  readonly #random: Random;
  readonly #keeper: LinkKeeper;
  readonly #links: Links;
  readonly #graph: Graph;
  readonly #joining: Joining;
  readonly #ledger = new DialLedger();
  readonly #rejected: Record<string, number> = {};
  #relay: Relay | undefined;
  #beacons: HostBeacons | undefined;
  #stream: StreamId | undefined;
  #offer: UploadOffer;
  #describeAt = 0;
  #confirmWithinMs: number;
  #outputs: NodeOutput<NodeEvent>[] = [];

  constructor(identity: PeerIdentity, settings: PeerSettings, random: Random) {
    this.#identity = identity;
    this.#settings = settings;
    this.#random = random;
    this.#offer = settings;
    this.#confirmWithinMs = settings.confirmWithinMs;
    const { self, publicKey, startedAt } = identity;
    const sockets = Math.min(settings.supernodes.length, SUPERNODES_MAX);
    this.#keeper = new LinkKeeper(self, limits.linksMax - sockets, this.#hooks(), (output) =>
      this.#outputs.push(output),
    );
    this.#links = this.#keeper.links;
    this.#graph = new Graph({ self, publicKey, role: this.role, epoch: startedAt }, random, settings.graph);
    this.#joining = new Joining({
      self,
      settings,
      keeper: this.#keeper,
      graph: this.#graph,
      ledger: this.#ledger,
      random,
      inUse: (peer) => this.#relay?.uses(peer) ?? false,
      hasPlaces: () => (this.#relay?.forest?.freeSlots ?? 0) > 0,
      out: (output) => this.#outputs.push(output),
    });
    if (settings.stream !== undefined) this.#belongTo(settings.stream);
  }

  get stream(): StreamId | undefined {
    return this.#stream;
  }

  get role(): Role {
    return this.#settings.role === 'host' ? Role.host : Role.viewer;
  }

  get links(): Links {
    return this.#links;
  }

  get graph(): Graph {
    return this.#graph;
  }

  get relay(): Relay | undefined {
    return this.#relay;
  }

  get supernodesConnected(): number {
    return this.#joining.supernodesConnected;
  }

  /** Dials to peers so far. */
  get dialed(): number {
    return this.#ledger.dialed;
  }

  /** Packets turned away by this machine, by reason. */
  get rejected(): Readonly<Record<string, number>> {
    return { ...this.#rejected, ...this.#joining.signalCounts, ...this.#relay?.counters.rejected };
  }

  /** Asked by the gate: would a record of this version be news? */
  wantsRecord(id: PeerId, version: RecordVersion): boolean {
    return this.#graph.replica.wants(id, version);
  }

  /** Asked by the gate: would a link list of this version be news? */
  wantsLinks(id: PeerId, version: RecordVersion): boolean {
    return this.#graph.replica.wantsLinks(id, version);
  }

  /** Asked by the gate: the key that a node's link lists are signed with, known from its record. */
  publicKeyOf(id: PeerId): Uint8Array | undefined {
    return this.#graph.replica.get(id)?.record.publicKey;
  }

  /** Asked by the gate: the list that a change may refer to. */
  linkBase(id: PeerId): LinkList | undefined {
    return this.#graph.replica.get(id)?.links;
  }

  /** Asked by the gate: would this frame be kept? */
  admitsFrame(header: FrameHeader, payloadBytes: number, link: LinkId, now: number): boolean {
    return this.#relay?.admits(header, payloadBytes, this.#links.get(link)?.peer, now) ?? false;
  }

  /** Asked by the gate: the key that signs the frames of the own stream, known from its beacon. */
  hostKey(stream: StreamId): Uint8Array | undefined {
    return stream === this.#stream ? this.#relay?.beacon?.hostKey : undefined;
  }

  /** Asked by the gate: are the frames of the own stream signed? */
  signsFrames(stream: StreamId): boolean {
    return stream !== this.#stream || this.#relay?.state?.ballots === undefined;
  }

  /** Asked by the gate: would this beacon be news? */
  wantsBeacon(beacon: Beacon): boolean {
    if (beacon.stream !== this.#stream || this.#settings.role === 'host') return false;
    const known = this.#relay?.beacon;
    if (!known || beacon.epoch > known.epoch) return true;
    return beacon.epoch === known.epoch && beacon.counter > known.counter;
  }

  /** Signals of others are checked before they are passed on through the mesh. */
  readonly passesSignals = false;

  /** Asked by the gate: does this say something against the host that is not known yet? */
  wantsCharge(charge: FrameHead | Equivocation): boolean {
    return this.#relay?.wantsCharge(charge) ?? false;
  }

  /** Nobody opens a link to a peer without signaling. */
  incoming(): undefined {
    return undefined;
  }

  #belongTo(stream: StreamId): void {
    const { voteShare, gapPolicy, gapWaitMs, retentionMs, retentionBytesMax } = this.#settings;
    const pace = {
      confirmWithinMs: this.#confirmWithinMs,
      gapPolicy,
      gapWaitMs,
      retentionMs,
      retentionBytesMax,
    };
    const isHost = this.#settings.role === 'host';
    const { slots, uploadBitsPerSecond, leafOnly = false } = this.#offer;
    const offer = { slots, uploadBitsPerSecond, leafOnly };
    this.#stream = stream;
    this.#describeAt = 0;
    this.#joining.belongTo(stream);
    this.#relay = new Relay(
      { self: this.#identity.self, stream, isHost, voteShare, ...pace, ...offer },
      this.#random,
    );
  }

  handle(input: NodeInput, now: number): NodeOutput<NodeEvent>[] {
    this.#outputs = [];
    this.#dispatch(input, now);
    this.#proceed(now);
    return this.#outputs;
  }

  nextDeadline(): number {
    return Math.min(
      this.#graph.nextDeadline(),
      this.#relay?.nextDeadline() ?? Number.POSITIVE_INFINITY,
      this.#links.deadline,
      this.#joining.deadline,
      this.#beacons?.deadline ?? Number.POSITIVE_INFINITY,
    );
  }

  #dispatch(input: NodeInput, now: number): void {
    switch (input.type) {
      case 'start':
        this.#joining.start(now);
        break;
      case 'stop':
        this.#stop(now);
        break;
      case 'opened':
        this.#keeper.opened(input.link, now);
        break;
      case 'signal-out':
        this.#joining.signalOut(input.link, input.payload, now);
        break;
      case 'closed':
        this.#keeper.closed(input.link, input.reason, now);
        break;
      case 'packet':
        this.#packetIn(input.link, input.packet, now);
        break;
      case 'offence':
        this.#offended(input.link, input.offence, input.from, now);
        break;
      case 'record-signed':
        this.#feedGraph({ type: 'own-record', record: input.record }, now);
        break;
      case 'links-signed':
        this.#feedGraph({ type: 'own-links', list: input.list }, now);
        break;
      case 'beacon-signed':
        this.#feedRelay({ type: 'own-beacon', beacon: input.beacon }, now);
        break;
      case 'go-live':
        this.#belongTo(input.live.stream);
        this.#beacons = new HostBeacons(this.#identity.publicKey, input.live, now);
        break;
      case 'own-frame':
        this.#beacons?.published(input.frame.header.seq);
        this.#feedRelay({ type: 'own-frame', frame: input.frame }, now);
        break;
      case 'backlog': {
        const peer = this.#links.get(input.link)?.peer;
        if (peer !== undefined) this.#feedRelay({ type: 'backlog', peer, waitedMs: input.waitedMs }, now);
        break;
      }
      case 'set-offer':
        this.#offer = input;
        this.#feedRelay(input, now);
        break;
      case 'set-bitrate':
        this.#beacons?.setBitrate(input.bitsPerSecond, now);
        break;
      case 'set-confirm-within':
        this.#confirmWithinMs = input.confirmWithinMs;
        this.#feedRelay({ type: 'set-confirm-within', confirmWithinMs: input.confirmWithinMs }, now);
        break;
      case 'tick':
        break;
    }
  }

  /** What time alone brings about. */
  #proceed(now: number): void {
    if (!this.#joining.running) return;
    this.#keeper.watch(now);
    if (this.#relay && now >= this.#relay.nextDeadline()) this.#feedRelay({ type: 'tick' }, now);
    if (now >= this.#graph.nextDeadline()) this.#feedGraph({ type: 'tick' }, now);
    if (this.#beacons && now >= this.#beacons.deadline) {
      this.#outputs.push({ type: 'sign-beacon', body: this.#beacons.next(now) });
    }
    if (now >= this.#joining.deadline) this.#joining.proceed(now);
    if (now < this.#describeAt) return;
    this.#describeAt = now + DESCRIBE_EVERY_MS;
    this.#feedGraph({ type: 'describe', self: this.#describe() }, now);
  }

  #describe(): SelfDescription {
    const forest = this.#relay?.forest;
    return {
      role: this.role,
      stream: this.#stream,
      freeSlots: Math.min(forest?.freeSlots ?? 0, Math.max(0, this.#links.room - 1)),
      depth: forest?.depth ?? NO_DEPTH,
      links: this.#joining.memberLinks,
      supernodes: this.#joining.supernodeTags.slice(0, limits.supernodesPerRecordMax),
    };
  }

  #emit(event: NodeEvent | undefined): void {
    if (event) this.#outputs.push({ type: 'event', event });
  }

  #send(peer: PeerId, message: WireMessage): void {
    const link = this.#links.openTo(peer);
    if (link) this.#outputs.push({ type: 'send', link: link.id, message });
  }

  #feedGraph(input: GraphInput, now: number): void {
    for (const output of this.#graph.handle(input, now)) {
      if (output.type === 'send') this.#send(output.peer, output.message);
      else if (output.type === 'agreed') this.#joining.graphAgreed(output.peers);
      else if (output.type === 'lagging-peer') this.#leaveLagging(output.peer, now);
      else if (output.type === 'flooding-peer') this.#cutFlooding(output.peer, now);
      else this.#outputs.push(output);
    }
  }

  /** A neighbour serves a stale or short graph: another takes its place, unless it feeds this node or is fed by it. */
  #leaveLagging(peer: PeerId, now: number): void {
    const link = this.#links.openTo(peer);
    if (!link || link.kind === 'supernode' || this.#relay?.uses(peer)) return;
    this.#ledger.failed(peer, now);
    this.#emit({ type: 'peer-lagging', peer });
    this.#keeper.close(link, GoodbyeReason.unneeded, 'serves a stale graph', now);
  }

  #cutFlooding(peer: PeerId, now: number): void {
    const link = this.#links.openTo(peer);
    if (link) this.#cut(link.id, Offence.flood, now);
  }

  #feedRelay(input: RelayInput, now: number): void {
    for (const output of this.#relay?.handle(input, now) ?? []) {
      switch (output.type) {
        case 'send':
          this.#send(output.peer, output.message);
          break;
        case 'push': {
          const link = this.#links.openTo(output.peer);
          if (link) this.#outputs.push({ type: 'push', link: link.id, packet: output.frame.packet });
          break;
        }
        case 'message':
          this.#joining.reach(JoinStep.receiving, 1);
          this.#emit(output);
          break;
        case 'beacon':
          this.#joining.beaconHeard(now);
          this.#emit({ type: 'stream', beacon: output.beacon });
          break;
        case 'parent-changed':
          if (output.parent !== undefined) this.#joining.reach(JoinStep.attached, 1);
          this.#emit(output);
          break;
        case 'want-link':
          this.#joining.findFeeder(output.peers, output.starving, now);
          break;
        case 'gap':
        case 'equivocation':
        case 'supply':
          this.#emit(output);
          break;
      }
    }
  }

  // ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #hooks(): LinkHooks {
    return {
      shuns: (peer) => this.#ledger.isCut(peer),
      carriesFrames: (peer) => this.#relay?.uses(peer) ?? false,
      up: (link, peer, now) => this.#peerUp(link, peer, now),
      down: (peer, reason, now) => this.#peerDown(peer, reason, now),
      silent: (peer, now) =>
        this.#feedRelay({ type: 'peer-health', peer, silent: true, rttMs: undefined }, now),
      removed: (link, failed, now) => {
        if (link.kind === 'supernode') this.#joining.supernodeLost(link, now);
        else if (failed && link.expected !== undefined) {
          this.#ledger.failed(link.expected, now);
          this.#joining.dialFailed(link);
        }
      },
      offended: (link, offence, now) => this.#blame(link, offence, now),
    };
  }

  #peerUp(link: Link, peer: PeerId, now: number): void {
    // A supernode is dialed by its address; whoever comes by signaling and says that it is one wants to be believed more.
    if (link.kind === 'peer' && link.role === Role.supernode) {
      this.#cut(link.id, Offence.wrongIdentity, now);
      return;
    }
    this.#ledger.succeeded(peer);
    this.#emit({ type: 'link-open', peer, role: link.role ?? Role.viewer });
    const { role = Role.viewer, stream } = link;
    this.#feedGraph({ type: 'peer-up', peer, role, stream }, now);
    this.#joining.linkUp(link, now);
    if (link.state === 'open' && this.#links.openTo(peer) === link && this.#joining.isMember(link))
      this.#feedRelay({ type: 'peer-up', peer }, now);
  }

  #peerDown(peer: PeerId, reason: string, now: number): void {
    this.#feedRelay({ type: 'peer-down', peer }, now);
    this.#feedGraph({ type: 'peer-down', peer }, now);
    this.#emit({ type: 'link-closed', peer, reason });
    this.#joining.linkDown(peer, reason === TIMED_OUT || reason === CONNECTION_LOST, now);
  }

  /** Counts and names an offence. Before a hello was believed, nobody knows who is behind a link: then no peer is shunned. */
  #blame({ peer, expected }: Link, offence: Offence, now: number): void {
    this.#rejected[offence] = (this.#rejected[offence] ?? 0) + 1;
    if (peer !== undefined) this.#ledger.cut(peer);
    else if (expected !== undefined) this.#ledger.failed(expected, now);
    const named = peer ?? expected;
    if (named !== undefined) this.#emit({ type: 'peer-cut', peer: named, offence });
  }

  /**
   * A supernode passes signals on unread (PROTOCOL.md R43): a forged one may be its client's. It comes to nothing here, and neither does
   * an own dial to the one in whose name it is.
   */
  #offended(id: LinkId, offence: Offence, from: PeerId | undefined, now: number): void {
    const fromSupernode = this.#links.get(id)?.role === Role.supernode;
    if (offence !== Offence.forgedSignal || !fromSupernode) {
      this.#cut(id, offence, now);
      return;
    }
    this.#rejected[offence] = (this.#rejected[offence] ?? 0) + 1;
    if (from !== undefined) this.#joining.signalForged(id, from, now);
  }

  #cut(id: LinkId, offence: Offence, now: number): void {
    const link = this.#links.get(id);
    if (!link) return;
    this.#blame(link, offence, now);
    if (offence === Offence.forgedSignal) this.#joining.carrierLied(id, now);
    const reason = offence === Offence.forgedFrame ? GoodbyeReason.forgedFrame : GoodbyeReason.badPacket;
    this.#keeper.close(link, reason, offence, now);
  }

  #packetIn(id: LinkId, packet: CheckedPacket, now: number): void {
    const link = this.#links.get(id);
    if (!link) return;
    if (packet.type === 'hello') {
      this.#keeper.hello(link, packet.hello, now);
      return;
    }
    const { peer } = link;
    if (link.state !== 'open' || peer === undefined) {
      this.#rejected['before-hello'] = (this.#rejected['before-hello'] ?? 0) + 1;
      return;
    }
    this.#links.heard(link, now);
    if (packet.type === 'message') this.#messageIn(link, peer, packet.message, now);
    else if (packet.type === 'frame') this.#feedRelay({ type: 'frame', peer, frame: packet.frame }, now);
    else if (packet.type === 'beacon' && fitsLimits(packet.beacon)) {
      this.#feedRelay({ type: 'beacon', peer, beacon: packet.beacon, host: packet.host }, now);
    } else this.#emit({ type: 'join-trouble', reason: 'limits' });
  }

  #messageIn(
    link: Link,
    peer: PeerId,
    message: Extract<CheckedPacket, { type: 'message' }>['message'],
    now: number,
  ): void {
    switch (message.type) {
      case MessageType.goodbye:
        if (message.reason === GoodbyeReason.badPacket || message.reason === GoodbyeReason.forgedFrame) {
          this.#ledger.failed(peer, now);
        }
        this.#keeper.close(link, GoodbyeReason.leaving, 'goodbye', now);
        break;
      case MessageType.ping:
      case MessageType.pong:
        this.#keeper.heartbeat(link, message, now);
        break;
      case MessageType.records:
      case MessageType.digest:
      case MessageType.branches:
      case MessageType.summary:
      case MessageType.news:
      case MessageType.wanted:
      case MessageType.links:
        this.#feedGraph({ type: 'message', peer, message }, now);
        break;
      case MessageType.redirectAnswer:
        if (link.kind === 'supernode') this.#redirected(peer, message, now);
        break;
      case MessageType.signal:
        this.#joining.signalIn(link, message, now);
        break;
      case MessageType.signalFailed:
        this.#joining.signalFailed(link, message, now);
        break;
      case MessageType.goAway:
      case MessageType.iceServers:
        this.#joining.serviceIn(link, message, now);
        break;
      case MessageType.redirectRequest:
      case MessageType.trunkProof:
        break;
      default:
        this.#feedRelay({ type: 'message', peer, message }, now);
    }
  }

  #redirected(peer: PeerId, answer: RedirectAnswer, now: number): void {
    // Of nodes that are known already only the names count; their records were not verified again.
    const records = [...answer.inside, ...answer.outside]
      .filter(({ id, version }) => this.#graph.replica.wants(id, version))
      .slice(0, limits.recordsPerPacketMax);
    this.#feedGraph({ type: 'message', peer, message: { type: MessageType.records, records } }, now);
    this.#joining.redirected(peer, answer, now);
  }

  #stop(now: number): void {
    this.#feedGraph({ type: 'leave' }, now);
    this.#keeper.closeAll(GoodbyeReason.leaving);
    this.#emit({ type: 'stopped', stream: this.#stream });
    this.#joining.stop();
    this.#beacons = undefined;
  }
}
