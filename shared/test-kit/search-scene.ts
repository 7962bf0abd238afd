/** A member that looks for links, with what it was told: by supernodes' answers, by records, by link lists. */
import { Graph } from '../src/graph/graph.ts';
import type { PeerId, StreamId } from '../src/lib/ids.ts';
import { type Random, seededRandom } from '../src/lib/random.ts';
import { DialLedger } from '../src/node/dial-ledger.ts';
import { type Link, Links } from '../src/node/links.ts';
import { NeighbourSearch } from '../src/node/neighbour-search.ts';
import { Redirection } from '../src/node/redirection.ts';
import { limits } from '../src/wire/limits.ts';
import type { LinkList } from '../src/wire/link-list.ts';
import { Role } from '../src/wire/link-messages.ts';
import type { MembershipRecord } from '../src/wire/membership-record.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { START, STREAM } from './frames.ts';
import { counting, peerOf } from './ids.ts';
import { type FarEnd, openLink } from './links.ts';
import { recordOf } from './records.ts';

const SELF = 1;

export class SearchScene {
  now = START;
  readonly self = peerOf(SELF);
  readonly links = new Links(this.self, limits.linksMax);
  readonly ledger = new DialLedger();
  readonly redirection: Redirection;
  readonly graph: Graph;
  readonly search: NeighbourSearch;
  /** Neighbours of an earlier life. */
  readonly remembered: PeerId[] = [];
  /** To whom nobody carries signals. */
  readonly unreachable = new Set<PeerId>();

  constructor({ linksTarget = 8, seed = 1 }: { linksTarget?: number; seed?: number } = {}) {
    const random: Random = seededRandom(seed);
    const { self, links, ledger } = this;
    const identity = { self, publicKey: counting(SELF, 32), role: Role.viewer, epoch: 1_000 };
    this.graph = new Graph(identity, random, {});
    this.redirection = new Redirection(random);
    const parts = { self, links, ledger, random, graph: this.graph, redirection: this.redirection };
    const reachable = (peer: PeerId): boolean => !this.unreachable.has(peer);
    this.search = new NeighbourSearch({ ...parts, remembered: this.remembered, reachable }, linksTarget);
  }

  /** Time passes, and the graph looks after itself. */
  wait(ms: number): void {
    this.now += ms;
    this.graph.handle({ type: 'tick' }, this.now);
  }

  /** A link to a node that says of itself what `record` says. */
  neighbour(record: MembershipRecord, far: FarEnd = {}): Link {
    const { id, role, stream } = record;
    const link = openLink(this.links, id, { role, stream, ...far });
    this.graph.handle({ type: 'peer-up', peer: id, role, stream }, this.now);
    this.tell(id, [record]);
    return link;
  }

  supernode(number: number): PeerId {
    return this.neighbour(recordOf(number, { role: Role.supernode, stream: undefined }), {
      kind: 'supernode',
    }).peer as PeerId;
  }

  /** A neighbour tells of nodes and of their links. */
  tell(via: PeerId, records: readonly MembershipRecord[], lists: readonly LinkList[] = []): void {
    this.graph.handle(
      { type: 'message', peer: via, message: { type: MessageType.records, records } },
      this.now,
    );
    this.graph.handle({ type: 'message', peer: via, message: { type: MessageType.links, lists } }, this.now);
  }

  /** A supernode tells of nodes and proposes them. */
  propose(supernode: PeerId, records: readonly MembershipRecord[]): void {
    this.tell(supernode, records);
    const ids = (isInside: boolean): PeerId[] =>
      records.filter(({ stream }) => (stream === STREAM) === isInside).map(({ id }) => id);
    const proposal = { nonce: counting(0, 16), inside: ids(true), outside: ids(false) };
    this.redirection.answered(supernode, proposal, this.now);
  }

  /** A dial of this node's that is under way. */
  dial(peer: PeerId): Link {
    return this.links.add({ kind: 'peer', dialed: true, expected: peer }, this.now);
  }

  inside(stream: StreamId = STREAM): PeerId[] {
    return this.search.inside(stream, this.now).map(({ peer }) => peer);
  }

  outside(stream: StreamId | undefined = STREAM): PeerId[] {
    return this.search.outside(stream, this.now).map(({ peer }) => peer);
  }
}
