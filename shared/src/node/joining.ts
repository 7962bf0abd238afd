/**
 * How a peer comes into its network and stays there (thesis 3.5.1): sockets to supernodes, redirection by several of them, dials to
 * members of the subnetwork and to outside peers, and looking for more links whenever there are too few. Whom to dial is in
 * neighbour-search.ts, whose answers count in redirection.ts, who carries signals in signaling.ts, what becomes of them in peer-signals.ts.
 */
import type { Graph } from '../graph/graph.ts';
import { type LinkId, type PeerId, type PeerTag, type StreamId, tagOf } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';
import { TokenBucket } from '../lib/token-bucket.ts';
import { GoodbyeReason, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import type { ServiceMessage } from '../wire/service-messages.ts';
import { type RedirectAnswer, RedirectIntent } from '../wire/supernode-messages.ts';
import type { DialLedger } from './dial-ledger.ts';
import { GraphStep, JoinStep, type NodeEvent } from './events.ts';
import { JoinProgress } from './join-progress.ts';
import type { LinkKeeper } from './link-keeper.ts';
import { LinkRenewal } from './link-renewal.ts';
import type { Link } from './links.ts';
import { type Candidate, NeighbourSearch, OUTSIDE_LINKS_MAX } from './neighbour-search.ts';
import type { NodeOutput } from './node-contract.ts';
import { PeerSignals } from './peer-signals.ts';
import { Redirection } from './redirection.ts';
import {
  CLIMB_EVERY_SECONDS,
  CLIMBS_AT_ONCE,
  type PeerSettings,
  REMEMBERED_MAX,
  SUPERNODES_MAX,
} from './settings.ts';
import { Signaling } from './signaling.ts';
import { SupernodeContacts } from './supernode-contacts.ts';

/** Delays in ms. */
const timings = {
  seekEveryMs: 500,
  askAgainEveryMs: 1_000,
  beaconMissedAfterMs: 6_000,
  /** Members were named, and none could be reached for so long. */
  noPathAfterMs: 15_000,
  /** Bridges and cut-off parts are looked for less often than members. */
  outsideEveryMs: 2_000,
  /** A link that has carried nothing for so long since it opened may give way to one that would. */
  idleLinkAfterMs: 10_000,
} as const;

export interface JoiningParts {
  readonly self: PeerId;
  readonly settings: PeerSettings;
  readonly keeper: LinkKeeper;
  readonly graph: Graph;
  readonly ledger: DialLedger;
  readonly random: Random;
  /** Whether the relay uses a neighbour now: such links are not given up for others. */
  readonly inUse: (peer: PeerId) => boolean;
  /** Whose key signs the beacons of the own stream; undefined until one was checked. */
  readonly hostPeer: () => PeerId | undefined;
  /** Whether the relay has places that it would give to anybody. */
  readonly hasPlaces: () => boolean;
  readonly out: (output: NodeOutput<NodeEvent>) => void;
}

export class Joining {
  /** Signals, which dials need. */
  readonly signals: PeerSignals;
  readonly #parts: JoiningParts;
  readonly #contacts: SupernodeContacts;
  readonly #signaling: Signaling;
  readonly #redirection: Redirection;
  readonly #search: NeighbourSearch;
  readonly #renewal = new LinkRenewal();
  readonly #progress = new JoinProgress();
  readonly #graphSteps = new Set<GraphStep>();
  /** Peers that a supernode proposed and this node dialed for that. */
  readonly #proposed = new Set<PeerId>();
  #stream: StreamId | undefined;
  #beaconHeardAt = 0;
  /** Since when there is no link to a member. */
  #aloneSince = 0;
  #seekAt = Number.POSITIVE_INFINITY;
  #askAt = 0;
  #outsideAt = 0;
  #nonceTold = false;
  #climbs: TokenBucket | undefined;

  constructor(parts: JoiningParts) {
    const { self, settings, keeper, ledger, graph, random, out } = parts;
    this.#parts = parts;
    this.#stream = settings.stream;
    this.#contacts = new SupernodeContacts(settings.supernodes.slice(0, SUPERNODES_MAX), keeper.links);
    this.#redirection = new Redirection(random);
    const { links } = keeper;
    this.#signaling = new Signaling(self, links, this.#contacts, ledger, {
      towards: (peer) => graph.holdings.towards(peer),
      supernodesOf: (peer) => this.#supernodesOf(peer),
    });
    this.signals = new PeerSignals({ self, keeper, signaling: this.#signaling, out });
    const remembered = settings.remembered.slice(0, REMEMBERED_MAX);
    const reachable = (peer: PeerId): boolean => this.#signaling.possible(peer);
    this.#search = new NeighbourSearch(
      { self, links, graph, ledger, random, remembered, reachable, redirection: this.#redirection },
      settings.linksTarget,
    );
  }

  /** Tags of the supernodes that can carry signals to a peer: those that it names, and the one that proposed it. */
  #supernodesOf(peer: PeerId): PeerTag[] {
    const named = this.#parts.graph.replica.member(peer)?.supernodes ?? [];
    const proposer = this.#redirection.proposer(peer);
    return proposer === undefined ? [...named] : [tagOf(proposer), ...named];
  }

  get supernodesConnected(): number {
    return this.#contacts.open().length;
  }

  /** Tags of the supernodes to which a socket is open. */
  get supernodeTags(): PeerTag[] {
    return this.#contacts.openLinks().flatMap(({ peer }) => (peer === undefined ? [] : [tagOf(peer)]));
  }

  /** Signals that were passed on for others or turned away, by reason. */
  get signalCounts(): Readonly<Record<string, number>> {
    return this.#signaling.counters;
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
    this.#aloneSince = now;
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

  /** Open links to members of the own subnetwork. */
  get memberLinks(): number {
    let count = 0;
    for (const link of this.#parts.keeper.links.open()) if (this.isMember(link)) count++;
    return count;
  }

  /** Open links to members of other streams. */
  #outsideLinks(): number {
    let count = 0;
    for (const link of this.#parts.keeper.links.open())
      if (link.kind === 'peer' && !this.isMember(link)) count++;
    return count;
  }

  linkUp(link: Link, now: number): void {
    const { keeper } = this.#parts;
    if (link.kind === 'supernode') {
      for (const unneeded of this.#contacts.opened(link.id, now)) this.#leaveSupernode(unneeded, now);
      this.#askToRedirect(link.id);
      return;
    }
    if (this.isMember(link)) this.reach(JoinStep.associated, 1);
    else if (this.#outsideLinks() > OUTSIDE_LINKS_MAX) {
      keeper.close(link, GoodbyeReason.tooManyLinks, 'enough bridges', now);
      return;
    } else this.#graphStep(GraphStep.bridged, 1);
    if (link.peer === undefined) return;
    this.#search.lost.found(link.peer);
    if (this.#proposed.has(link.peer)) this.#renewal.begin(now);
    const proposed = this.#sparable().filter((other) => other !== link);
    const spare = this.#renewal.opened(link.peer, { proposed }, now);
    if (spare) keeper.close(spare, GoodbyeReason.unneeded, 'replaced', now);
  }

  /**
   * Links inside the stream that a supernode proposed, those that the relay does not use first. Not the one to the host: whoever proposed it,
   * its key says that it is the host, and all that it sends is the stream.
   */
  #sparable(): Link[] {
    const host = this.#parts.hostPeer();
    const links = [...this.#parts.keeper.links.open()].filter(
      (link) =>
        this.isMember(link) && link.peer !== undefined && link.peer !== host && this.#proposed.has(link.peer),
    );
    const rank = ({ peer }: Link): number => (this.#parts.inUse(peer as PeerId) ? 1 : 0);
    return links.sort((a, b) => rank(a) - rank(b));
  }

  /** A link was lost: another is looked for at once. */
  linkDown(peer: PeerId, timedOut: boolean, now: number): void {
    if (timedOut) this.#search.lost.lost(peer, now);
    this.#proposed.delete(peer);
    if (this.memberLinks === 0) {
      this.#aloneSince = now;
      this.#progress.fallBack(JoinStep.redirected);
    }
    this.#seekAt = Math.min(this.#seekAt, now);
  }

  supernodeLost(link: Link, now: number): void {
    this.#contacts.closed(link, now);
  }

  /** A dial did not get through. */
  dialFailed(link: Link): void {
    if (link.expected !== undefined) this.#proposed.delete(link.expected);
    this.#signaling.dialFailed(link);
  }

  /** Neighbours agree on what the graph is. */
  graphAgreed(peers: number): void {
    if (peers >= 2) this.#graphStep(GraphStep.checked, peers);
  }

  #graphStep(step: GraphStep, peers: number): void {
    if (this.#graphSteps.has(step)) return;
    this.#graphSteps.add(step);
    this.#emit({ type: 'graph-step', step, peers });
  }

  /** What time alone brings about. */
  proceed(now: number): void {
    if (now >= this.#contacts.deadline) this.#dialSupernodes(now);
    if (now < this.#seekAt) return;
    this.#seekAt = now + timings.seekEveryMs;
    this.#seek(now);
  }

  #dialSupernodes(now: number): void {
    for (const link of this.#contacts.leaving(this.#parts.random, now)) this.#leaveSupernode(link, now);
    for (const url of this.#contacts.due(now)) {
      const link = this.#parts.keeper.links.add({ kind: 'supernode', dialed: true, url }, now);
      this.#contacts.dialed(url, link.id);
      this.#parts.out({ type: 'dial', link: link.id, address: { kind: 'supernode', url } });
    }
  }

  #leaveSupernode(id: LinkId, now: number): void {
    const link = this.#parts.keeper.links.get(id);
    if (link) this.#parts.keeper.close(link, GoodbyeReason.leaving, 'another supernode stands in', now);
  }

  /** A supernode says what serves its clients, or that it will stop. */
  serviceIn({ kind, id, peer }: Link, message: ServiceMessage, now: number): void {
    if (kind !== 'supernode' || peer === undefined) return;
    if (message.type === MessageType.goAway) this.#contacts.sendAway(id, message, this.#parts.random, now);
    else this.#emit({ ...message, type: 'ice-servers', supernode: peer });
  }

  #askToRedirect(link: LinkId): void {
    const { stream } = this.#parts.settings;
    const intent = this.#isViewer ? RedirectIntent.join : RedirectIntent.host;
    this.#parts.out({ type: 'send', link, message: { type: MessageType.redirectRequest, intent, stream } });
  }

  /** A supernode has named members; the graph has their records already. */
  redirected(supernode: PeerId, answer: RedirectAnswer, now: number): void {
    const ids = (records: RedirectAnswer['inside']): PeerId[] => records.map(({ id }) => id);
    const proposal = { nonce: answer.nonce, inside: ids(answer.inside), outside: ids(answer.outside) };
    this.#redirection.answered(supernode, proposal, now);
    this.#seekAt = Math.min(this.#seekAt, now);
  }

  /** Looks for more links where there are too few. A host does, too: after a restart nobody may be looking for it. */
  #seek(now: number): void {
    if (this.#isViewer) this.#missMembersAndHost(now);
    const decided = this.#redirection.decided(this.#contacts.answering, now);
    if (!decided && this.#redirection.answers > 0) {
      this.#seekAt = Math.min(this.#seekAt, this.#redirection.deadline);
      return;
    }
    if (decided) this.#tellRedirected();
    if (this.#stream === undefined) return;
    const members = this.#search.inside(this.#stream, now);
    if (members.length > 0) this.reach(JoinStep.associating, members.length);
    for (const member of members) this.#dial(member, now);
    this.#renewal.proceed({ proposed: this.#sparable(), dialAnother: () => this.#dialFound(now) }, now);
    if (now < this.#outsideAt) return;
    this.#outsideAt = now + timings.outsideEveryMs;
    // Whoever wants one of the places must be able to dial.
    if (this.#parts.keeper.links.room <= 1 && this.#parts.hasPlaces()) this.#makeRoom(now);
    this.#seekOutside(now);
  }

  #tellRedirected(): void {
    const named = this.#redirection.named('inside');
    if (!this.#isViewer) {
      const nonce = this.#nonceTold ? undefined : this.#redirection.nonce();
      if (nonce) this.#emit({ type: 'nonce-proposed', nonce });
      this.#nonceTold = true;
    } else if (named > 0) this.reach(JoinStep.redirected, named);
  }

  #seekOutside(now: number): void {
    const bridges = this.#search.outside(this.#stream, now);
    if (bridges.length > 0) this.#graphStep(GraphStep.bridging, bridges.length);
    for (const candidate of bridges) this.#dial(candidate, now);
    const separated = this.#search.separated(now);
    if (separated) this.#dial(separated, now);
  }

  #dialFound(now: number): PeerId | undefined {
    const found = this.#stream === undefined ? undefined : this.#search.foundByGraph(this.#stream, now);
    return found && this.#dial(found, now) ? found.peer : undefined;
  }

  /** Viewer: asks the supernodes again while there is no member to link with, and notices when the host falls silent. */
  #missMembersAndHost(now: number): void {
    if (this.memberLinks === 0 && now >= this.#askAt) {
      this.#askAt = now + timings.askAgainEveryMs;
      for (const link of this.#contacts.open()) this.#askToRedirect(link);
      if (this.#contacts.allFailed) this.#emit({ type: 'join-trouble', reason: 'no-supernode' });
      else if (this.#redirection.answers > 0) this.#tellAlone(now);
    }
    const silentMs = now - this.#beaconHeardAt;
    if (this.#beaconHeardAt > 0 && silentMs >= timings.beaconMissedAfterMs) {
      this.#emit({ type: 'stream-silent', silentMs });
    }
  }

  /** Supernodes answered, and yet there is no link to a member. */
  #tellAlone(now: number): void {
    if (this.#redirection.named('inside') === 0) this.#emit({ type: 'join-trouble', reason: 'no-members' });
    else if (now - this.#aloneSince >= timings.noPathAfterMs)
      this.#emit({ type: 'join-trouble', reason: 'no-path' });
  }

  /** Gives up a link inside the stream that carries nothing, the oldest, where there are more than enough. False if there is none. */
  #makeRoom(now: number): boolean {
    const { keeper, settings, inUse } = this.#parts;
    if (this.memberLinks <= settings.linksTarget) return false;
    let oldest: Link | undefined;
    for (const link of keeper.links.open()) {
      if (!this.isMember(link) || link.peer === undefined || inUse(link.peer)) continue;
      if (now - link.openedAt < timings.idleLinkAfterMs) continue;
      if (oldest === undefined || link.openedAt < oldest.openedAt) oldest = link;
    }
    if (oldest) keeper.close(oldest, GoodbyeReason.unneeded, 'it carried nothing', now);
    return oldest !== undefined;
  }

  /** Dials one that may feed this node: of those named, or, where there is no place at all, anybody. */
  findFeeder(named: readonly PeerId[], orAnybody: boolean, now: number): void {
    if (this.#stream === undefined) return;
    const feeder = this.#search.feeder(this.#stream, named, orAnybody, now);
    this.#climbs ??= new TokenBucket(1 / CLIMB_EVERY_SECONDS, CLIMBS_AT_ONCE, now);
    if (feeder === undefined || (!orAnybody && !this.#climbs.take(now))) return;
    if (this.#parts.keeper.links.room > 0 || this.#makeRoom(now)) this.#dial(feeder, now);
  }

  #dial({ peer, origin }: Candidate, now: number): boolean {
    const { keeper, random, ledger, out } = this.#parts;
    if (keeper.links.room <= 0 || !ledger.take(now, this.memberLinks === 0)) return false;
    if (origin === 'proposed') this.#proposed.add(peer);
    const link = keeper.links.add({ kind: 'peer', dialed: true, expected: peer, session: random.u32() }, now);
    out({ type: 'dial', link: link.id, address: { kind: 'peer', peer } });
    return true;
  }
}
