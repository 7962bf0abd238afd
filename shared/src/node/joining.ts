/**
 * How a peer comes into its network and stays there: sockets to supernodes, redirection, dials to members of the subnetwork
 * (thesis 3.5.1), the signals that a dial needs, and looking for more links whenever there are too few.
 */
import type { Graph } from '../graph/graph.ts';
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import {
  type RedirectAnswer,
  RedirectIntent,
  type Signal,
  type SignalFailed,
} from '../wire/supernode-messages.ts';
import type { DialLedger } from './dial-ledger.ts';
import { JoinStep, type NodeEvent } from './events.ts';
import { JoinProgress } from './join-progress.ts';
import type { LinkKeeper } from './link-keeper.ts';
import type { Link } from './links.ts';
import { NeighbourSearch } from './neighbour-search.ts';
import type { NodeOutput } from './node-contract.ts';
import type { PeerSettings } from './settings.ts';
import { Signaling } from './signaling.ts';
import { SupernodeContacts } from './supernode-contacts.ts';

/** Delays in ms. */
const timings = {
  seekEveryMs: 500,
  askAgainEveryMs: 1_000,
  beaconMissedAfterMs: 6_000,
} as const;

export interface JoiningParts {
  readonly self: PeerId;
  readonly settings: PeerSettings;
  readonly keeper: LinkKeeper;
  readonly graph: Graph;
  readonly ledger: DialLedger;
  readonly random: Random;
  readonly out: (output: NodeOutput<NodeEvent>) => void;
}

export class Joining {
  readonly #parts: JoiningParts;
  readonly #contacts: SupernodeContacts;
  readonly #signaling: Signaling;
  readonly #search: NeighbourSearch;
  readonly #progress = new JoinProgress();
  #stream: StreamId | undefined;
  #beaconHeardAt = 0;
  #seekAt = Number.POSITIVE_INFINITY;
  #askAt = 0;

  constructor(parts: JoiningParts) {
    const { self, settings, keeper, ledger } = parts;
    this.#parts = parts;
    this.#stream = settings.stream;
    this.#contacts = new SupernodeContacts(settings.supernodes, keeper.links);
    this.#signaling = new Signaling(self, keeper.links, this.#contacts, ledger);
    this.#search = new NeighbourSearch(self, { ...parts, links: keeper.links }, settings.linksTarget);
  }

  get supernodesConnected(): number {
    return this.#contacts.open().length;
  }

  /** True between `start` and `stop`. */
  get running(): boolean {
    return this.#seekAt !== Number.POSITIVE_INFINITY;
  }

  get deadline(): number {
    return this.running ? Math.min(this.#contacts.deadline, this.#seekAt) : Number.POSITIVE_INFINITY;
  }

  start(now: number): void {
    this.#seekAt = now;
    this.reach(JoinStep.contacting, this.#parts.settings.supernodes.length);
  }

  stop(): void {
    this.#seekAt = Number.POSITIVE_INFINITY;
  }

  /** A host knows its stream only when it goes live. */
  belongTo(stream: StreamId): void {
    this.#stream = stream;
  }

  /** Tells a viewer's application of a step that was not reached before. */
  reach(step: JoinStep, peers: number): void {
    if (this.#isViewer) this.#emit(this.#progress.reach(step, peers));
  }

  get #isViewer(): boolean {
    return this.#parts.settings.role === 'viewer';
  }

  #emit(event: NodeEvent | undefined): void {
    if (event) this.#parts.out({ type: 'event', event });
  }

  /** A newer beacon of the stream came. */
  beaconHeard(now: number): void {
    this.#beaconHeardAt = now;
    this.reach(JoinStep.validated, 1);
  }

  /** Whether a link leads to another member of the own subnetwork. */
  isMember(link: Link): boolean {
    return link.kind === 'peer' && link.role !== Role.supernode && link.stream === this.#stream;
  }

  #memberLinks(): number {
    let count = 0;
    for (const link of this.#parts.keeper.links.open()) if (this.isMember(link)) count++;
    return count;
  }

  linkUp(link: Link): void {
    if (link.kind === 'supernode') {
      this.#contacts.opened(link.id);
      this.#askToRedirect(link.id);
    } else if (this.isMember(link)) this.reach(JoinStep.associated, 1);
  }

  /** An open link was lost: another is looked for at once. */
  linkDown(now: number): void {
    if (this.#memberLinks() === 0) this.#progress.fallBack(JoinStep.redirected);
    this.#seekAt = Math.min(this.#seekAt, now);
  }

  supernodeLost(link: LinkId, now: number): void {
    this.#contacts.closed(link, now);
  }

  /** What time alone brings about. */
  proceed(now: number): void {
    if (now >= this.#contacts.deadline) this.#dialSupernodes(now);
    if (now < this.#seekAt) return;
    this.#seekAt = now + timings.seekEveryMs;
    this.#seek(now);
  }

  #dialSupernodes(now: number): void {
    for (const url of this.#contacts.due(now)) {
      const link = this.#parts.keeper.links.add({ kind: 'supernode', dialed: true, url }, now);
      this.#contacts.dialed(url, link.id);
      this.#parts.out({ type: 'dial', link: link.id, address: { kind: 'supernode', url } });
    }
  }

  #askToRedirect(link: LinkId): void {
    const { stream } = this.#parts.settings;
    const intent = this.#isViewer ? RedirectIntent.join : RedirectIntent.host;
    this.#parts.out({ type: 'send', link, message: { type: MessageType.redirectRequest, intent, stream } });
  }

  /** Viewer: a supernode has named members; the graph has their records already. */
  redirected(answer: RedirectAnswer, now: number): void {
    if (answer.inside.length > 0) this.reach(JoinStep.redirected, answer.inside.length);
    else if (this.#memberLinks() === 0) this.#emit({ type: 'join-trouble', reason: 'no-members' });
    this.#seekAt = now;
  }

  /** Looks for more links where there are too few. A host does, too: after a restart nobody may be looking for it. */
  #seek(now: number): void {
    if (this.#stream === undefined) return;
    if (this.#isViewer) this.#missMembersAndHost(now);
    if (!this.#signaling.possible) return;
    const members = this.#search.more(this.#stream, now);
    if (members.length > 0) this.reach(JoinStep.associating, members.length);
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

  /** No neighbour can feed this node: dials one that may. */
  findFeeder(alternatives: readonly PeerId[], now: number): void {
    if (this.#stream === undefined || !this.#signaling.possible) return;
    const feeder = this.#search.feeder(this.#stream, alternatives, now);
    if (feeder !== undefined) this.#dial(feeder, now);
  }

  #dial(peer: PeerId, now: number): void {
    const { keeper, random, out } = this.#parts;
    const link = keeper.links.add({ kind: 'peer', dialed: true, expected: peer, session: random.u32() }, now);
    out({ type: 'dial', link: link.id, address: { kind: 'peer', peer } });
  }

  /** The transport wants a signal carried to the far end of a link. */
  signalOut(id: LinkId, payload: Uint8Array, now: number): void {
    const { keeper, out } = this.#parts;
    const link = keeper.links.get(id);
    if (!link) return;
    const signal = this.#signaling.wrap(link, payload);
    if (signal) out({ type: 'send', link: signal.via, message: signal.message });
    else if (link.state === 'opening') {
      keeper.close(link, GoodbyeReason.unneeded, 'nobody carries signals', now);
    }
  }

  /** A supernode brought a signal. */
  signalIn(via: Link, signal: Signal, now: number): void {
    const { keeper, out } = this.#parts;
    const decision = this.#signaling.decide(signal);
    const { from, session, payload } = signal;
    if (decision.type === 'hand-over') out({ type: 'signal', link: decision.link, payload });
    else if (decision.type === 'refuse') out({ type: 'send', link: via.id, message: decision.message });
    else if (decision.type === 'accept') {
      const { instead } = decision;
      if (instead) keeper.close(instead, GoodbyeReason.duplicateLink, 'both dialed', now);
      const link = keeper.links.add({ kind: 'peer', dialed: false, expected: from, session }, now);
      out({ type: 'accept', link: link.id, remote: from, payload });
    }
  }

  /** A supernode could not deliver a signal, or the one that was dialed has no room. */
  signalFailed(message: SignalFailed, now: number): void {
    const failed = this.#signaling.failed(message);
    if (failed) this.#parts.keeper.close(failed, GoodbyeReason.unneeded, 'the peer cannot be reached', now);
  }
}
