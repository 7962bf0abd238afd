/**
 * A host or viewer as one deterministic machine: links, net graph and relay side by side, translated into each other here.
 * It joins in the stages of thesis 3.5.1: redirection (supernodes), then association with members of the subnetwork.
 * Association with outside peers and signaling through the mesh come with the full net graph.
 */

import { Graph } from '../graph/graph.ts';
import type { GraphInput } from '../graph/graph-contract.ts';
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { Relay } from '../relay/relay.ts';
import type { RelayInput } from '../relay/relay-contract.ts';
import type { WireMessage } from '../wire/codec.ts';
import type { FrameHeader } from '../wire/frame.ts';
import type { RecordVersion } from '../wire/graph-messages.ts';
import { limits } from '../wire/limits.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import type { Beacon } from '../wire/relay-messages.ts';
import { type RedirectAnswer, RedirectIntent, type Signal } from '../wire/supernode-messages.ts';
import { DialLedger } from './dial-ledger.ts';
import { JoinStep, type NodeEvent, Offence } from './events.ts';
import { HostBeacons } from './host-beacons.ts';
import { JoinProgress } from './join-progress.ts';
import { type LinkHooks, LinkKeeper } from './link-keeper.ts';
import type { Link, Links } from './links.ts';
import { NeighbourSearch } from './neighbour-search.ts';
import type { CheckedPacket, NodeInput, NodeOutput } from './node-contract.ts';
import type { PeerSettings } from './settings.ts';
import { Signaling } from './signaling.ts';
import { SupernodeContacts } from './supernode-contacts.ts';

/** Delays in ms. */
const timings = {
  seekEveryMs: 500,
  askAgainEveryMs: 1_000,
  beaconMissedAfterMs: 6_000,
} as const;

export interface PeerIdentity {
  readonly self: PeerId;
  readonly publicKey: Uint8Array;
  /** When the node started, unix ms: the epoch of its membership record. */
  readonly startedAt: number;
}

export class PeerNode {
  readonly #identity: PeerIdentity;
  readonly #settings: PeerSettings;
  readonly #random: Random;
  readonly #keeper: LinkKeeper;
  readonly #links: Links;
  readonly #graph: Graph;
  readonly #contacts: SupernodeContacts;
  readonly #ledger = new DialLedger();
  readonly #progress = new JoinProgress();
  readonly #signaling: Signaling;
  readonly #search: NeighbourSearch;
  readonly #rejected: Record<string, number> = {};
  #relay: Relay | undefined;
  #beacons: HostBeacons | undefined;
  #stream: StreamId | undefined;
  #beaconHeardAt = 0;
  #seekAt = Number.POSITIVE_INFINITY;
  #askAt = 0;
  #slots: number;
  #confirmWithinMs: number;
  #outputs: NodeOutput<NodeEvent>[] = [];

  constructor(identity: PeerIdentity, settings: PeerSettings, random: Random) {
    this.#identity = identity;
    this.#settings = settings;
    this.#random = random;
    this.#slots = settings.slots;
    this.#confirmWithinMs = settings.confirmWithinMs;
    const { self, publicKey, startedAt } = identity;
    this.#keeper = new LinkKeeper(self, limits.linksMax, this.#hooks(), (output) =>
      this.#outputs.push(output),
    );
    this.#links = this.#keeper.links;
    this.#graph = new Graph({ self, publicKey, epoch: startedAt }, random);
    this.#contacts = new SupernodeContacts(settings.supernodes, this.#links);
    this.#signaling = new Signaling(self, this.#links, this.#contacts, this.#ledger);
    const parts = { links: this.#links, graph: this.#graph, ledger: this.#ledger, random };
    this.#search = new NeighbourSearch(self, parts, settings.linksTarget);
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
    return this.#contacts.open().length;
  }

  /** Packets turned away by this machine, by reason. */
  get rejected(): Readonly<Record<string, number>> {
    return { ...this.#rejected, ...this.#relay?.counters.rejected };
  }

  /** Asked by the gate: would a record of this version be news? */
  wantsRecord(id: PeerId, version: RecordVersion): boolean {
    return this.#graph.replica.wants(id, version);
  }

  /** Asked by the gate: would this frame be kept? */
  admitsFrame(header: FrameHeader, payloadBytes: number): boolean {
    return this.#relay?.admits(header, payloadBytes) ?? false;
  }

  /** Asked by the gate: the key that signs the frames of the own stream, known from its beacon. */
  hostKey(stream: StreamId): Uint8Array | undefined {
    return stream === this.#stream ? this.#relay?.beacon?.hostKey : undefined;
  }

  /** Asked by the gate: would this beacon be news? */
  wantsBeacon(beacon: Beacon): boolean {
    if (beacon.stream !== this.#stream || this.#settings.role === 'host') return false;
    const known = this.#relay?.beacon;
    if (!known || beacon.epoch > known.epoch) return true;
    return beacon.epoch === known.epoch && beacon.counter > known.counter;
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
    this.#stream = stream;
    this.#relay = new Relay(
      { self: this.#identity.self, stream, isHost, slots: this.#slots, voteShare, ...pace },
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
      this.#contacts.deadline,
      this.#seekAt,
      this.#beacons?.deadline ?? Number.POSITIVE_INFINITY,
    );
  }

  #dispatch(input: NodeInput, now: number): void {
    switch (input.type) {
      case 'start':
        this.#seekAt = now;
        this.#step(JoinStep.contacting, this.#settings.supernodes.length);
        break;
      case 'stop':
        this.#stop(now);
        break;
      case 'opened':
        this.#keeper.opened(input.link, now);
        break;
      case 'signal-out':
        this.#signalOut(input.link, input.payload, now);
        break;
      case 'closed':
        this.#keeper.closed(input.link, input.reason, now);
        break;
      case 'packet':
        this.#packetIn(input.link, input.packet, now);
        break;
      case 'offence':
        this.#cut(input.link, input.offence, now);
        break;
      case 'record-signed':
        this.#feedGraph({ type: 'own-record', record: input.record }, now);
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
      case 'set-slots':
        this.#slots = input.slots;
        this.#feedRelay({ type: 'set-slots', slots: input.slots }, now);
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
    if (this.#seekAt === Number.POSITIVE_INFINITY) return;
    this.#keeper.watch(now);
    if (this.#relay && now >= this.#relay.nextDeadline()) this.#feedRelay({ type: 'tick' }, now);
    if (now >= this.#graph.nextDeadline()) this.#feedGraph({ type: 'tick' }, now);
    if (this.#beacons && now >= this.#beacons.deadline) {
      this.#outputs.push({ type: 'sign-beacon', body: this.#beacons.next(now) });
    }
    if (now >= this.#contacts.deadline) this.#dialSupernodes(now);
    if (now >= this.#seekAt) {
      this.#seekAt = now + timings.seekEveryMs;
      this.#seek(now);
    }
    const freeSlots = Math.min(this.#relay?.forest?.freeSlots ?? 0, Math.max(0, this.#links.room - 1));
    this.#feedGraph({ type: 'describe', self: { role: this.role, stream: this.#stream, freeSlots } }, now);
  }

  #emit(event: NodeEvent | undefined): void {
    if (event) this.#outputs.push({ type: 'event', event });
  }

  #step(step: JoinStep, peers: number): void {
    if (this.#settings.role === 'viewer') this.#emit(this.#progress.reach(step, peers));
  }

  #send(peer: PeerId, message: WireMessage): void {
    const link = this.#links.openTo(peer);
    if (link) this.#outputs.push({ type: 'send', link: link.id, message });
  }

  #feedGraph(input: GraphInput, now: number): void {
    for (const output of this.#graph.handle(input, now)) {
      if (output.type === 'send') this.#send(output.peer, output.message);
      else if (output.type === 'sign-record') this.#outputs.push(output);
    }
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
          this.#step(JoinStep.receiving, 1);
          this.#emit(output);
          break;
        case 'beacon':
          this.#beaconHeardAt = now;
          this.#step(JoinStep.validated, 1);
          this.#emit({ type: 'stream', beacon: output.beacon });
          break;
        case 'parent-changed':
          if (output.parent !== undefined) this.#step(JoinStep.attached, 1);
          this.#emit(output);
          break;
        case 'starving':
          this.#findFeeder(output.alternatives, now);
          break;
        case 'gap':
          this.#emit(output);
          break;
      }
    }
  }

  // ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #hooks(): LinkHooks {
    return {
      shuns: (peer) => this.#ledger.isCut(peer),
      up: (link, peer, now) => this.#peerUp(link, peer, now),
      down: (peer, reason, now) => this.#peerDown(peer, reason, now),
      silent: (peer, now) =>
        this.#feedRelay({ type: 'peer-health', peer, silent: true, rttMs: undefined }, now),
      removed: (link, failed, now) => {
        if (link.kind === 'supernode') this.#contacts.closed(link.id, now);
        else if (failed && link.expected !== undefined) this.#ledger.failed(link.expected, now);
      },
      offended: (link, offence, now) => this.#blame(link, offence, now),
    };
  }

  #peerUp(link: Link, peer: PeerId, now: number): void {
    this.#ledger.succeeded(peer);
    this.#emit({ type: 'link-open', peer, role: link.role ?? Role.viewer });
    this.#feedGraph({ type: 'peer-up', peer }, now);
    if (link.kind === 'supernode') {
      this.#contacts.opened(link.id);
      this.#askToRedirect(link.id);
    } else if (this.#isMember(link)) {
      this.#step(JoinStep.associated, 1);
      this.#feedRelay({ type: 'peer-up', peer }, now);
    }
  }

  #peerDown(peer: PeerId, reason: string, now: number): void {
    this.#feedRelay({ type: 'peer-down', peer }, now);
    this.#feedGraph({ type: 'peer-down', peer }, now);
    this.#emit({ type: 'link-closed', peer, reason });
    if (this.#memberLinks() === 0) this.#progress.fallBack(JoinStep.redirected);
    this.#seekAt = Math.min(this.#seekAt, now);
  }

  /** Counts and names an offence. Before a hello was believed, nobody knows who is behind a link: then no peer is shunned. */
  #blame({ peer, expected }: Link, offence: Offence, now: number): void {
    this.#rejected[offence] = (this.#rejected[offence] ?? 0) + 1;
    if (peer !== undefined) this.#ledger.cut(peer);
    else if (expected !== undefined) this.#ledger.failed(expected, now);
    const named = peer ?? expected;
    if (named !== undefined) this.#emit({ type: 'peer-cut', peer: named, offence });
  }

  #cut(id: LinkId, offence: Offence, now: number): void {
    const link = this.#links.get(id);
    if (!link) return;
    this.#blame(link, offence, now);
    const reason = offence === Offence.forgedFrame ? GoodbyeReason.forgedFrame : GoodbyeReason.badPacket;
    this.#keeper.close(link, reason, offence, now);
  }

  #memberLinks(): number {
    let count = 0;
    for (const link of this.#links.open()) if (this.#isMember(link)) count++;
    return count;
  }

  #isMember(link: Link): boolean {
    return link.kind === 'peer' && link.role !== Role.supernode && link.stream === this.#stream;
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
    else this.#feedRelay({ type: 'beacon', peer, beacon: packet.beacon, host: packet.host }, now);
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
      case MessageType.summary:
      case MessageType.wanted:
        this.#feedGraph({ type: 'message', peer, message }, now);
        break;
      case MessageType.redirectAnswer:
        if (link.kind === 'supernode') this.#redirected(peer, message, now);
        break;
      case MessageType.signal:
        if (link.kind === 'supernode') this.#signalIn(link, message, now);
        break;
      case MessageType.signalFailed: {
        const failed = link.kind === 'supernode' ? this.#signaling.failed(message) : undefined;
        if (failed) this.#keeper.close(failed, GoodbyeReason.unneeded, 'the peer cannot be reached', now);
        break;
      }
      case MessageType.redirectRequest:
        break;
      default:
        this.#feedRelay({ type: 'message', peer, message }, now);
    }
  }

  // ── joining ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #dialSupernodes(now: number): void {
    for (const url of this.#contacts.due(now)) {
      const link = this.#links.add({ kind: 'supernode', dialed: true, url }, now);
      this.#contacts.dialed(url, link.id);
      this.#outputs.push({ type: 'dial', link: link.id, address: { kind: 'supernode', url } });
    }
  }

  #askToRedirect(link: LinkId): void {
    const { role, stream } = this.#settings;
    const intent = role === 'host' ? RedirectIntent.host : RedirectIntent.join;
    const message = { type: MessageType.redirectRequest, intent, stream };
    this.#outputs.push({ type: 'send', link, message });
  }

  #redirected(peer: PeerId, answer: RedirectAnswer, now: number): void {
    const records = [...answer.inside, ...answer.outside].slice(0, limits.recordsPerPacketMax);
    this.#feedGraph({ type: 'message', peer, message: { type: MessageType.records, records } }, now);
    if (this.#settings.role === 'host') {
      if (!this.#beacons) this.#emit({ type: 'nonce-proposed', nonce: answer.nonce });
      return;
    }
    if (answer.inside.length > 0) this.#step(JoinStep.redirected, answer.inside.length);
    else if (this.#memberLinks() === 0) this.#emit({ type: 'join-trouble', reason: 'no-members' });
    this.#seekAt = now;
  }

  /** Looks for more links where there are too few. A host does, too: after a restart nobody may be looking for it. */
  #seek(now: number): void {
    if (this.#stream === undefined) return;
    if (this.#settings.role === 'viewer') this.#missMembersAndHost(now);
    if (!this.#signaling.possible) return;
    const members = this.#search.more(this.#stream, now);
    if (members.length > 0) this.#step(JoinStep.associating, members.length);
    for (const peer of members) this.#dial(peer, now);
  }

  /** Viewer: asks the supernodes again while there is no member to link with, and notices when the host falls silent. */
  #missMembersAndHost(now: number): void {
    if (this.#memberLinks() === 0 && now >= this.#askAt) {
      this.#askAt = now + timings.askAgainEveryMs;
      for (const link of this.#contacts.open()) this.#askToRedirect(link);
      if (this.#contacts.allFailed) this.#emit({ type: 'join-trouble', reason: 'no-supernode' });
    }
    const silentMs = now - this.#beaconHeardAt;
    if (this.#beaconHeardAt > 0 && silentMs >= timings.beaconMissedAfterMs) {
      this.#emit({ type: 'stream-silent', silentMs });
    }
  }

  #findFeeder(alternatives: readonly PeerId[], now: number): void {
    if (this.#stream === undefined || !this.#signaling.possible) return;
    const feeder = this.#search.feeder(this.#stream, alternatives, now);
    if (feeder !== undefined) this.#dial(feeder, now);
  }

  #dial(peer: PeerId, now: number): void {
    const session = this.#random.u32();
    const link = this.#links.add({ kind: 'peer', dialed: true, expected: peer, session }, now);
    this.#outputs.push({ type: 'dial', link: link.id, address: { kind: 'peer', peer } });
  }

  // ── signaling ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #signalOut(id: LinkId, payload: Uint8Array, now: number): void {
    const link = this.#links.get(id);
    if (!link) return;
    const signal = this.#signaling.wrap(link, payload);
    if (signal) this.#outputs.push({ type: 'send', link: signal.via, message: signal.message });
    else if (link.state === 'opening') {
      this.#keeper.close(link, GoodbyeReason.unneeded, 'nobody carries signals', now);
    }
  }

  #signalIn(via: Link, signal: Signal, now: number): void {
    const decision = this.#signaling.decide(signal);
    const { from, session, payload } = signal;
    if (decision.type === 'hand-over') {
      this.#outputs.push({ type: 'signal', link: decision.link, payload });
    } else if (decision.type === 'refuse') {
      this.#outputs.push({ type: 'send', link: via.id, message: decision.message });
    } else if (decision.type === 'accept') {
      if (decision.instead)
        this.#keeper.close(decision.instead, GoodbyeReason.duplicateLink, 'both dialed', now);
      const link = this.#links.add({ kind: 'peer', dialed: false, expected: from, session }, now);
      this.#outputs.push({ type: 'accept', link: link.id, remote: from, payload });
    }
  }

  #stop(now: number): void {
    this.#feedGraph({ type: 'leave' }, now);
    this.#keeper.closeAll(GoodbyeReason.leaving);
    this.#emit({ type: 'stopped', stream: this.#stream });
    this.#seekAt = Number.POSITIVE_INFINITY;
    this.#beacons = undefined;
  }
}
