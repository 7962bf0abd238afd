/**
 * A host or viewer as one deterministic machine: links, net graph and its part in a stream side by side, translated into each other
 * here. That part is own-stream.ts; how a node comes into its network is in joining.ts, what comes of offences in offences.ts,
 * and what the gate is answered in gate-answers.ts.
 */

import { Graph } from '../graph/graph.ts';
import type { GraphInput, SelfDescription } from '../graph/graph-contract.ts';
import { NO_DEPTH } from '../graph/own-word.ts';
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import type { Relay } from '../relay/relay.ts';
import type { WireMessage } from '../wire/codec.ts';
import { limits } from '../wire/limits.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import type { RedirectAnswer } from '../wire/supernode-messages.ts';
import { DialLedger } from './dial-ledger.ts';
import { type NodeEvent, Offence } from './events.ts';
import { GateAnswers } from './gate-answers.ts';
import { Joining } from './joining.ts';
import { type LinkHooks, LinkKeeper, TIMED_OUT } from './link-keeper.ts';
import type { Link, Links } from './links.ts';
import type { CheckedPacket, NodeInput, NodeOutput } from './node-contract.ts';
import { Offences } from './offences.ts';
import { OwnStream } from './own-stream.ts';
import { CONNECTION_LOST } from './ports.ts';
import { type PeerSettings, SUPERNODES_MAX } from './settings.ts';

export interface PeerIdentity {
  readonly self: PeerId;
  readonly publicKey: Uint8Array;
  /** When the node started, unix ms: the epoch of its membership record. */
  readonly startedAt: number;
}

/** The graph machine is told this often what this node is like, in ms. */
const DESCRIBE_EVERY_MS = 200;

export class PeerNode {
  readonly gateAnswers: GateAnswers;
  readonly #settings: PeerSettings;
  readonly #keeper: LinkKeeper;
  readonly #links: Links;
  readonly #graph: Graph;
  readonly #joining: Joining;
  readonly #ledger = new DialLedger();
  readonly #offences: Offences;
  readonly #stream: OwnStream;
  #describeAt = 0;
  #outputs: NodeOutput<NodeEvent>[] = [];

  constructor(identity: PeerIdentity, settings: PeerSettings, random: Random) {
    this.#settings = settings;
    const { self, publicKey, startedAt } = identity;
    const sockets = Math.min(settings.supernodes.length, SUPERNODES_MAX);
    const out = (output: NodeOutput<NodeEvent>): void => {
      this.#outputs.push(output);
    };
    this.#keeper = new LinkKeeper(self, limits.linksMax - sockets, this.#hooks(), out);
    this.#links = this.#keeper.links;
    this.#graph = new Graph({ self, publicKey, role: this.role, epoch: startedAt }, random, settings.graph);
    this.#joining = new Joining({
      self,
      settings,
      keeper: this.#keeper,
      graph: this.#graph,
      ledger: this.#ledger,
      random,
      inUse: (peer) => this.relay?.uses(peer) ?? false,
      hostPeer: () => this.relay?.hostPeer,
      hasPlaces: () => (this.relay?.forest?.freeSlots ?? 0) > 0,
      out,
    });
    this.#offences = new Offences({
      keeper: this.#keeper,
      ledger: this.#ledger,
      joining: this.#joining,
      emit: (event) => this.#emit(event),
    });
    this.#stream = new OwnStream({
      self,
      publicKey,
      settings,
      random,
      links: this.#links,
      joining: this.#joining,
      out,
    });
    this.gateAnswers = new GateAnswers(this.#graph, this.#links, this.#stream);
  }

  get stream(): StreamId | undefined {
    return this.#stream.id;
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
    return this.#stream.relay;
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
    return { ...this.#offences.counts, ...this.#joining.signalCounts, ...this.relay?.counters.rejected };
  }

  // ── inputs and outputs ─────────────────────────────────────────────────────────────────────────────────────────────

  /** Nobody opens a link to a peer without signaling. */
  incoming(): undefined {
    return undefined;
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
      this.#stream.deadline,
      this.#links.deadline,
      this.#joining.deadline,
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
        this.#joining.signals.send(input.link, input.payload, now);
        break;
      case 'closed':
        this.#keeper.closed(input.link, input.reason, now);
        break;
      case 'packet':
        this.#packetIn(input.link, input.packet, now);
        break;
      case 'offence':
        this.#offences.found(input.link, input.offence, input.from, now);
        break;
      case 'record-signed':
        this.#feedGraph({ type: 'own-record', record: input.record }, now);
        break;
      case 'links-signed':
        this.#feedGraph({ type: 'own-links', list: input.list }, now);
        break;
      case 'go-live':
        this.#describeAt = 0;
        this.#stream.handle(input, now);
        break;
      case 'beacon-signed':
      case 'own-frame':
      case 'set-offer':
      case 'set-bitrate':
      case 'set-confirm-within':
        this.#stream.handle(input, now);
        break;
      case 'backlog': {
        const peer = this.#links.get(input.link)?.peer;
        if (peer !== undefined) this.#stream.feed({ type: 'backlog', peer, waitedMs: input.waitedMs }, now);
        break;
      }
      case 'tick':
        break;
    }
  }

  /** What time alone brings about. */
  #proceed(now: number): void {
    if (!this.#joining.running) return;
    this.#keeper.watch(now);
    this.#stream.proceed(now);
    if (now >= this.#graph.nextDeadline()) this.#feedGraph({ type: 'tick' }, now);
    this.#stream.giveWord(now);
    if (now >= this.#joining.deadline) this.#joining.proceed(now);
    if (now < this.#describeAt) return;
    this.#describeAt = now + DESCRIBE_EVERY_MS;
    this.#feedGraph({ type: 'describe', self: this.#describe() }, now);
  }

  #describe(): SelfDescription {
    const forest = this.relay?.forest;
    return {
      role: this.role,
      stream: this.stream,
      freeSlots: Math.min(forest?.freeSlots ?? 0, Math.max(0, this.#links.room - 1)),
      depth: forest?.feedingDepth ?? NO_DEPTH,
      links: this.#joining.memberLinks,
      supernodes: this.#joining.supernodeTags.slice(0, limits.supernodesPerRecordMax),
    };
  }

  #emit(event: NodeEvent): void {
    this.#outputs.push({ type: 'event', event });
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
    if (!link || link.kind === 'supernode' || this.relay?.uses(peer)) return;
    this.#ledger.failed(peer, now);
    this.#emit({ type: 'peer-lagging', peer });
    this.#keeper.close(link, GoodbyeReason.unneeded, 'serves a stale graph', now);
  }

  #cutFlooding(peer: PeerId, now: number): void {
    const link = this.#links.openTo(peer);
    if (link) this.#offences.cut(link.id, Offence.flood, now);
  }

  // ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #hooks(): LinkHooks {
    return {
      shuns: (peer) => this.#ledger.isCut(peer),
      carriesFrames: (peer) => this.relay?.uses(peer) ?? false,
      up: (link, peer, now) => this.#peerUp(link, peer, now),
      down: (peer, reason, now) => this.#peerDown(peer, reason, now),
      silent: (peer, now) =>
        this.#stream.feed({ type: 'peer-health', peer, silent: true, rttMs: undefined }, now),
      removed: (link, failed, now) => {
        if (link.kind === 'supernode') this.#joining.supernodeLost(link, now);
        else if (failed && link.expected !== undefined) {
          this.#ledger.failed(link.expected, now);
          this.#joining.dialFailed(link);
        }
      },
      offended: (link, offence, now) => this.#offences.blame(link, offence, now),
    };
  }

  #peerUp(link: Link, peer: PeerId, now: number): void {
    // A supernode is dialed by its address; whoever comes by signaling and says that it is one wants to be believed more.
    if (link.kind === 'peer' && link.role === Role.supernode) {
      this.#offences.cut(link.id, Offence.wrongIdentity, now);
      return;
    }
    this.#ledger.succeeded(peer);
    this.#emit({ type: 'link-open', peer, role: link.role ?? Role.viewer });
    const { role = Role.viewer, stream } = link;
    this.#feedGraph({ type: 'peer-up', peer, role, stream }, now);
    this.#joining.linkUp(link, now);
    if (link.state === 'open' && this.#links.openTo(peer) === link && this.#joining.isMember(link))
      this.#stream.feed({ type: 'peer-up', peer }, now);
  }

  #peerDown(peer: PeerId, reason: string, now: number): void {
    this.#stream.feed({ type: 'peer-down', peer }, now);
    this.#feedGraph({ type: 'peer-down', peer }, now);
    this.#emit({ type: 'link-closed', peer, reason });
    this.#joining.linkDown(peer, reason === TIMED_OUT || reason === CONNECTION_LOST, now);
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
      this.#offences.count('before-hello');
      return;
    }
    this.#links.heard(link, now);
    if (packet.type === 'message') this.#messageIn(link, peer, packet.message, now);
    else if (packet.type === 'frame') this.#stream.feed({ type: 'frame', peer, frame: packet.frame }, now);
    else if (packet.type === 'beacon') this.#stream.heard(peer, packet.beacon, packet.host, now);
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
        this.#joining.signals.take(link, message, now);
        break;
      case MessageType.signalFailed:
        this.#joining.signals.failed(link, message, now);
        break;
      case MessageType.goAway:
      case MessageType.iceServers:
        this.#joining.serviceIn(link, message, now);
        break;
      case MessageType.redirectRequest:
      case MessageType.trunkProof:
        break;
      default:
        this.#stream.feed({ type: 'message', peer, message }, now);
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
    this.#emit({ type: 'stopped', stream: this.stream });
    this.#joining.stop();
    this.#stream.end();
  }
}
