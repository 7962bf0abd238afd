/**
 * A supernode as one deterministic machine: it keeps the net graph with its members and with other supernodes, redirects
 * newcomers (thesis 3.5.1) and passes signals between its links without reading them. It never carries a frame, and nobody
 * can join it.
 */

import { Graph } from '../graph/graph.ts';
import type { GraphInput } from '../graph/graph-contract.ts';
import { NO_DEPTH } from '../graph/own-word.ts';
import type { LinkId, PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import type { GoAway } from '../wire/service-messages.ts';
import type { RedirectRequest } from '../wire/supernode-messages.ts';
import { Offence } from './events.ts';
import { GateAnswers } from './gate-answers.ts';
import { type LinkHooks, LinkKeeper } from './link-keeper.ts';
import { type Link, type Links, TRUNK_PATIENCE } from './links.ts';
import type { CheckedPacket, NodeInput, NodeOutput } from './node-contract.ts';
import type { PeerIdentity } from './peer-node.ts';
import { SignalPost } from './signal-post.ts';
import { SupernodeBudgets } from './supernode-budgets.ts';
import { SupernodeIceServers } from './supernode-ice-servers.ts';
import { SupernodePlacement } from './supernode-placement.ts';
import { SupernodeRoutes } from './supernode-routes.ts';
import {
  defaultSupernodeSettings,
  type SupernodeEvent,
  type SupernodeSettings,
} from './supernode-settings.ts';
import { SupernodeSignals } from './supernode-signals.ts';
import { TrunkKeeper } from './trunk-keeper.ts';
import { Trunks } from './trunks.ts';

export class SupernodeNode {
  readonly role = Role.supernode;
  readonly stream = undefined;
  readonly gateAnswers: GateAnswers;
  readonly #settings: SupernodeSettings;
  readonly #keeper: LinkKeeper;
  readonly #links: Links;
  readonly #graph: Graph;
  readonly #placement: SupernodePlacement;
  readonly trunks: Trunks;
  readonly #trunkKeeper: TrunkKeeper;
  readonly #budgets: SupernodeBudgets;
  readonly #routes: SupernodeRoutes;
  /** Signals, and how many there were. */
  readonly signals: SignalPost;
  readonly #iceServers: SupernodeIceServers;
  readonly #rejected: Record<string, number> = {};
  #started = false;
  #outputs: NodeOutput<SupernodeEvent>[] = [];
  redirects = 0;

  constructor(identity: PeerIdentity, settings: SupernodeSettings, random: Random) {
    this.#settings = settings;
    const { self, publicKey, startedAt } = identity;
    this.#keeper = new LinkKeeper(self, settings.linksMax, this.#hooks(), (output) =>
      this.#outputs.push(output),
    );
    this.#links = this.#keeper.links;
    const graph = { ...defaultSupernodeSettings.graph, ...settings.graph };
    this.#graph = new Graph({ self, publicKey, role: this.role, epoch: startedAt }, random, graph);
    this.gateAnswers = new GateAnswers(this.#graph, this.#links, undefined);
    this.#routes = new SupernodeRoutes(this.#links, this.#graph);
    this.#placement = new SupernodePlacement(this.#graph, this.#links, this.#routes, random);
    this.trunks = new Trunks(self, this.#links, random);
    this.trunks.list(settings.listed, startedAt);
    this.#trunkKeeper = new TrunkKeeper({
      trunks: this.trunks,
      keeper: this.#keeper,
      out: (output) => this.#outputs.push(output),
      reject: (reason) => this.#reject(reason),
    });
    this.#budgets = new SupernodeBudgets(settings);
    const parts = { graph: this.#graph, budgets: this.#budgets, routes: this.#routes };
    this.signals = new SignalPost(new SupernodeSignals(self, this.#links, parts), {
      out: (output) => this.#outputs.push(output),
      reject: (reason) => this.#reject(reason),
    });
    this.#iceServers = new SupernodeIceServers(settings.iceServersFor);
  }

  get links(): Links {
    return this.#links;
  }

  get graph(): Graph {
    return this.#graph;
  }

  get rejected(): Readonly<Record<string, number>> {
    return this.#rejected;
  }

  /** A socket came in: its link, or undefined if there is no room. */
  incoming(now: number): LinkId | undefined {
    if (this.#links.room <= 0) {
      this.#reject('no-room');
      return undefined;
    }
    return this.#links.add({ kind: 'socket', dialed: false }, now).id;
  }

  handle(input: NodeInput, now: number): NodeOutput<SupernodeEvent>[] {
    this.#outputs = [];
    const { redirects } = this;
    this.#dispatch(input, now);
    // An answer to a newcomer does not wait for what else is due: that has a timer.
    if (this.#started && this.redirects === redirects) this.#proceed(now);
    return this.#outputs;
  }

  nextDeadline(): number {
    const { deadline } = this.#placement;
    const ownAt = this.#started ? Math.min(this.trunks.deadline, deadline) : Number.POSITIVE_INFINITY;
    return Math.min(this.#graph.nextDeadline(), this.#links.deadline, ownAt);
  }

  #dispatch(input: NodeInput, now: number): void {
    switch (input.type) {
      case 'start':
        this.#started = true;
        this.#feedGraph(
          {
            type: 'describe',
            self: {
              role: this.role,
              stream: undefined,
              freeSlots: 0,
              depth: NO_DEPTH,
              links: 0,
              supernodes: [],
            },
          },
          now,
        );
        break;
      case 'stop':
        this.#stop(now);
        break;
      case 'opened':
        this.#keeper.opened(input.link, now);
        break;
      case 'closed':
        this.#keeper.closed(input.link, input.reason, now);
        break;
      case 'offence':
        this.#cut(input.link, input.offence, now);
        break;
      case 'packet':
        this.#packetIn(input.link, input.packet, now);
        break;
      case 'record-signed':
        this.#feedGraph({ type: 'own-record', record: input.record }, now);
        break;
      case 'links-signed':
        this.#feedGraph({ type: 'own-links', list: input.list }, now);
        break;
      case 'undelivered':
        this.signals.undelivered(input.signal, now);
        break;
      case 'proof-signed':
        this.#trunkKeeper.prove(input.link, input.signature, now);
        break;
      case 'list-supernodes':
        this.#trunkKeeper.list(input.listed, now);
        break;
      case 'send-away':
        this.#sendAway({ type: MessageType.goAway, withinMs: input.withinMs, alternates: input.alternates });
        break;
      case 'shed':
        this.#shed(input.links, now);
        break;
      default:
        break;
    }
  }

  #clients(): Link[] {
    return [...this.#links.all()].filter(({ kind, role }) => kind === 'socket' && role !== Role.supernode);
  }

  #sendAway(message: GoAway): void {
    for (const { id, state } of this.#clients())
      if (state === 'open') this.#outputs.push({ type: 'send', link: id, message });
  }

  #shed(count: number, now: number): void {
    for (const link of this.#clients().slice(0, count))
      this.#keeper.close(link, GoodbyeReason.shuttingDown, 'shutting down', now);
  }

  #proceed(now: number): void {
    if (now >= this.trunks.deadline) this.#trunkKeeper.dialDue(now);
    if (now >= this.#graph.nextDeadline()) this.#feedGraph({ type: 'tick' }, now);
    this.#keeper.watch(now);
    this.#placement.tick(now);
  }

  #reject(reason: string): void {
    this.#rejected[reason] = (this.#rejected[reason] ?? 0) + 1;
  }

  #feedGraph(input: GraphInput, now: number): void {
    for (const output of this.#graph.handle(input, now)) {
      if (output.type === 'sign-record' || output.type === 'sign-links') this.#outputs.push(output);
      if (output.type === 'flooding-peer') {
        const flooding = this.#links.openTo(output.peer);
        if (flooding) this.#cut(flooding.id, Offence.flood, now);
      }
      if (output.type !== 'send') continue;
      const link = this.#links.openTo(output.peer);
      if (link) this.#outputs.push({ type: 'send', link: link.id, message: output.message });
    }
  }

  #hooks(): LinkHooks {
    return {
      shuns: () => false,
      carriesFrames: () => false,
      up: (link, peer, now) => this.#peerUp(link, peer, now),
      down: (peer, reason, now) => {
        this.#routes.changed();
        this.#feedGraph({ type: 'peer-down', peer }, now);
        this.#placement.update(peer, now);
        this.#outputs.push({ type: 'event', event: { type: 'link-closed', peer, reason } });
      },
      silent: () => undefined,
      removed: (link, _failed, now) => {
        this.#iceServers.forget(link.id);
        this.trunks.closed(link, now);
      },
      offended: ({ peer, role }, offence, now) => {
        this.#reject(offence);
        if (peer !== undefined && role === Role.supernode) this.trunks.offended(peer, now);
        this.#outputs.push({ type: 'event', event: { type: 'peer-cut', peer, offence } });
      },
    };
  }

  #peerUp(link: Link, peer: PeerId, now: number): void {
    if (link.role === Role.supernode) link.patience = TRUNK_PATIENCE;
    if (link.role === Role.supernode) this.#routes.changed();
    if (!this.#budgets.join(link, peer, now)) {
      this.#reject('joins-too-fast');
      this.#keeper.close(link, GoodbyeReason.tooFast, 'joins too fast', now);
      return;
    }
    this.#outputs.push({
      type: 'event',
      event: { type: 'link-open', link: link.id, peer, role: link.role ?? Role.viewer },
    });
    const { role = Role.viewer, stream } = link;
    this.#feedGraph({ type: 'peer-up', peer, role, stream }, now);
    this.#placement.update(peer, now);
    this.#tellIceServers(link, peer, now);
  }

  #tellIceServers(link: Link, peer: PeerId, now: number): void {
    const message = link.role === Role.supernode ? undefined : this.#iceServers.due(link.id, peer, now);
    if (message) this.#outputs.push({ type: 'send', link: link.id, message });
  }

  #packetIn(id: LinkId, packet: CheckedPacket, now: number): void {
    const link = this.#links.get(id);
    if (!link) return;
    if (packet.type === 'hello') this.#trunkKeeper.greeted(link, packet.hello, now);
    else if (this.trunks.isPending(id)) this.#trunkKeeper.pendingIn(link, packet, now);
    else if (link.state !== 'open' || link.peer === undefined) this.#reject('unexpected-packet');
    else if (packet.type === 'passing-signal') {
      this.#links.heard(link, now);
      this.signals.pass(link, link.peer, packet, now);
    } else if (packet.type === 'message') {
      this.#links.heard(link, now);
      this.#messageIn(link, link.peer, packet.message, now);
    } else this.#reject('unexpected-packet');
  }

  #messageIn(
    link: Link,
    peer: PeerId,
    message: Extract<CheckedPacket, { type: 'message' }>['message'],
    now: number,
  ): void {
    switch (message.type) {
      case MessageType.goodbye:
        this.#keeper.close(link, GoodbyeReason.leaving, 'goodbye', now);
        break;
      case MessageType.ping:
      case MessageType.pong:
        this.#keeper.heartbeat(link, message, now);
        this.#tellIceServers(link, peer, now);
        break;
      case MessageType.records:
        this.#feedGraph({ type: 'message', peer, message }, now);
        for (const { id } of message.records) this.#placement.update(id, now);
        break;
      case MessageType.digest:
      case MessageType.branches:
      case MessageType.summary:
      case MessageType.news:
      case MessageType.wanted:
      case MessageType.links:
        this.#feedGraph({ type: 'message', peer, message }, now);
        break;
      case MessageType.redirectRequest:
        this.#redirect(link, peer, message, now);
        break;
      case MessageType.signal:
        this.signals.passOn(link, peer, message, now);
        break;
      case MessageType.signalFailed:
        this.signals.passFailure(link, peer, message, now);
        break;
      default:
        this.#reject('unexpected-message');
    }
  }

  #redirect(link: Link, peer: PeerId, { stream }: RedirectRequest, now: number): void {
    if (!this.#budgets.redirect(link, peer, now)) {
      this.#reject('redirects-too-fast');
      return;
    }
    this.redirects++;
    const message = this.#placement.answer(stream, this.#settings.proposals, peer, now);
    this.#outputs.push({ type: 'send', link: link.id, message });
  }

  #cut(id: LinkId, offence: Offence, now: number): void {
    const link = this.#links.get(id);
    if (!link) return;
    this.#hooks().offended(link, offence, now);
    this.#keeper.close(link, goodbyeFor(offence), offence, now);
  }

  #stop(now: number): void {
    this.#feedGraph({ type: 'leave' }, now);
    this.#keeper.closeAll(GoodbyeReason.shuttingDown);
    this.#started = false;
  }
}

function goodbyeFor(offence: Offence): GoodbyeReason {
  if (offence === Offence.flood) return GoodbyeReason.tooFast;
  return offence === Offence.wrongIdentity ? GoodbyeReason.wrongIdentity : GoodbyeReason.badPacket;
}
