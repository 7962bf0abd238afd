/**
 * The links of one node: dialing, greeting, open; who is behind each; heartbeat, silence and death; caps and duplicates. It
 * is used by peers and supernodes alike and knows nothing of streams or graphs.
 */
import { BoundedMap } from '../lib/bounded-map.ts';
import type { LinkId, PeerId, StreamId } from '../lib/ids.ts';
import { GoodbyeReason, type Heartbeat, PROTOCOL_VERSION, Role } from '../wire/link-messages.ts';
import { MessageType } from '../wire/message-type.ts';
import { Offence } from './events.ts';
import type { SupernodeBudget } from './supernode-budgets.ts';

export type LinkState = 'opening' | 'greeting' | 'open';

export interface Link {
  readonly id: LinkId;
  /** What was dialed, or what the one that dialed used. */
  readonly kind: 'peer' | 'supernode' | 'socket';
  /** True if this node dialed. */
  readonly dialed: boolean;
  /** Who must be behind it; undefined for a supernode or an incoming socket. */
  readonly expected: PeerId | undefined;
  /** Signaling session, for links between peers. */
  readonly session: number;
  readonly url: string | undefined;
  state: LinkState;
  peer: PeerId | undefined;
  role: Role | undefined;
  stream: StreamId | undefined;
  openedAt: number;
  heardAt: number;
  pingedAt: number;
  /** When the other end last pinged. */
  wasPingedAt: number;
  pingNumber: number;
  rttMs: number | undefined;
  silent: boolean;
  /** How many times longer than a link to a peer it may be quiet before it counts as silent, and as dead. */
  patience: number;
  /** It was refused because there is another to this peer. */
  duplicateOf: PeerId | undefined;
  /** What a supernode lets whoever is behind it ask for. */
  budget: SupernodeBudget | undefined;
}

/** Delays in ms. */
export const linkTimings = {
  /** A link that is not open by then is given up. Dialing many at once in one browser takes seconds. */
  openWithinMs: 20_000,
  /** A round trip is measured this often, between members. */
  pingEveryMs: 2_000,
  /** On a socket to or of a supernode, which may have thousands of them. */
  socketPingEveryMs: 10_000,
  /** One round trip shows both ends that the link is alive: the one that dialed leads, the other steps in when it is so late. */
  turnMs: 500,
  /** After so many intervals an end pings whatever it hears, because it wants to know its round trip, too. */
  turnsMax: 3,
  /** On a link that carries frames, a peer that was not heard for this long is asked for a sign of life. */
  askAfterMs: 250,
  /** Without one it counts as silent: no parent any more. */
  silentAfterMs: 600,
  /** A link without frames takes longer to fall silent: there a ping every 2 s is all that can be expected. */
  idleSilentAfterMs: 3_000,
  /** And then as gone. Browsers themselves notice after 5 to 15 s. */
  deadAfterMs: 6_000,
  checkEveryMs: 125,
  /** Where no link carries frames. */
  idleCheckEveryMs: 500,
  /** More links than this are looked after in parts: thousands of pings at once would keep others waiting. */
  checkedAtOnce: 256,
} as const;

/** A socket may be quiet for longer: nothing that it carries is in a hurry. */
const SOCKET_PATIENCE = 10;
/** Between supernodes it is the way of many signals: 9 s until it counts as silent, 18 s until it is given up. */
export const TRUNK_PATIENCE = 3;

/** A hello as the gate passes it on: signature checked against the link's binding, id computed. */
export interface CheckedHello {
  readonly peer: PeerId;
  readonly version: number;
  readonly role: Role;
  readonly stream: StreamId | undefined;
}

export type HelloVerdict =
  | { readonly type: 'open'; readonly link: Link; readonly replaced: Link | undefined }
  | { readonly type: 'refuse'; readonly reason: GoodbyeReason; readonly offence: Offence | undefined };

export interface LinkCheck {
  readonly asks: readonly { readonly link: Link; readonly message: Heartbeat }[];
  readonly silent: readonly Link[];
  readonly dead: readonly Link[];
}

export class Links {
  readonly #self: PeerId;
  readonly #linksMax: number;
  readonly #links = new Map<LinkId, Link>();
  readonly #open = new Map<PeerId, Link>();
  readonly #toSupernodes = new Set<Link>();
  readonly #closedSessions = new BoundedMap<string, true>(512);
  #nextId = 1;
  #checkAt = 0;
  #taken = 0;
  /** Where the next part begins. */
  #rest: IterableIterator<Link> = this.#links.values();

  constructor(self: PeerId, linksMax: number) {
    this.#self = self;
    this.#linksMax = linksMax;
  }

  get size(): number {
    return this.#links.size;
  }

  /** How many more links this node takes; sockets to supernodes have places of their own. */
  get room(): number {
    return this.#linksMax - this.#taken;
  }

  get(id: LinkId): Link | undefined {
    return this.#links.get(id);
  }

  openTo(peer: PeerId): Link | undefined {
    return this.#open.get(peer);
  }

  all(): IterableIterator<Link> {
    return this.#links.values();
  }

  open(): IterableIterator<Link> {
    return this.#open.values();
  }

  /** Open links to those who say that they are supernodes. */
  *openToSupernodes(): IterableIterator<Link> {
    for (const link of this.#toSupernodes) if (this.#open.get(link.peer as PeerId) === link) yield link;
  }

  /** Whether a link to this peer is open or under way. */
  knows(peer: PeerId): boolean {
    if (this.#open.has(peer)) return true;
    for (const link of this.#links.values()) if (link.expected === peer) return true;
    return false;
  }

  add(
    what: { kind: Link['kind']; dialed: boolean; expected?: PeerId; session?: number; url?: string },
    now: number,
  ): Link {
    const link: Link = {
      id: this.#nextId++ as LinkId,
      kind: what.kind,
      dialed: what.dialed,
      expected: what.expected,
      session: what.session ?? 0,
      url: what.url,
      state: 'opening',
      peer: undefined,
      role: undefined,
      stream: undefined,
      openedAt: now,
      heardAt: now,
      pingedAt: now,
      wasPingedAt: Number.NEGATIVE_INFINITY,
      pingNumber: 0,
      rttMs: undefined,
      silent: false,
      patience: what.kind === 'peer' ? 1 : SOCKET_PATIENCE,
      duplicateOf: undefined,
      budget: undefined,
    };
    this.#links.set(link.id, link);
    if (link.kind !== 'supernode') this.#taken++;
    return link;
  }

  /** The link of a signaling session with a peer. */
  bySession(peer: PeerId, session: number): Link | undefined {
    for (const link of this.#links.values()) {
      if (link.kind === 'peer' && link.expected === peer && link.session === session) return link;
    }
    return undefined;
  }

  /** True if the session ended lately: what still trickles in for it is stale. */
  sessionEnded(peer: PeerId, session: number): boolean {
    return this.#closedSessions.has(`${peer}${session}`);
  }

  /** An own dial to the peer that has not got through yet. */
  dialing(peer: PeerId): Link | undefined {
    for (const link of this.#links.values()) {
      if (link.kind === 'peer' && link.dialed && link.expected === peer && link.state !== 'open') return link;
    }
    return undefined;
  }

  /** A dial of the peer's that has not got through yet. One peer has one at a time: it must not fill all places. */
  dialedBy(peer: PeerId): Link | undefined {
    for (const link of this.#links.values()) {
      if (link.kind === 'peer' && !link.dialed && link.expected === peer && link.state !== 'open')
        return link;
    }
    return undefined;
  }

  transportOpened(id: LinkId, now: number): Link | undefined {
    const link = this.#links.get(id);
    if (link?.state !== 'opening') return undefined;
    link.state = 'greeting';
    link.heardAt = now;
    return link;
  }

  /** Decides over a link whose remote end has said who it is. */
  hello(id: LinkId, hello: CheckedHello, now: number): HelloVerdict | undefined {
    const link = this.#links.get(id);
    if (link?.state !== 'greeting') return undefined;
    const { wrongVersion, wrongIdentity, duplicateLink } = GoodbyeReason;
    if (hello.version !== PROTOCOL_VERSION)
      return { type: 'refuse', reason: wrongVersion, offence: undefined };
    const wrong = hello.peer === this.#self || (link.expected !== undefined && link.expected !== hello.peer);
    if (wrong) return { type: 'refuse', reason: wrongIdentity, offence: Offence.wrongIdentity };
    const twin = this.#open.get(hello.peer);
    if (twin && !this.#prefers(link, twin)) {
      link.duplicateOf = hello.peer;
      return { type: 'refuse', reason: duplicateLink, offence: undefined };
    }
    link.peer = hello.peer;
    link.role = hello.role;
    link.stream = hello.stream;
    link.state = 'open';
    link.openedAt = now;
    link.heardAt = now;
    link.pingedAt = now - linkTimings.socketPingEveryMs;
    this.#open.set(hello.peer, link);
    if (link.role === Role.supernode) this.#toSupernodes.add(link);
    return { type: 'open', link, replaced: twin };
  }

  /**
   * Of two links to one peer both ends keep the one that the smaller id dialed; of two dialed by one end, the newer. A link
   * on which the peer fell silent gives way in any case: the peer may have come back after a crash.
   */
  #prefers(link: Link, twin: Link): boolean {
    if (link.dialed === twin.dialed || twin.silent) return true;
    const dialer = (each: Link): PeerId => (each.dialed ? this.#self : (twin.peer as PeerId));
    return dialer(link) < dialer(twin);
  }

  /** Forgets a link; answers with it if it was there. */
  remove(id: LinkId): Link | undefined {
    const link = this.#links.get(id);
    if (!link) return undefined;
    this.#links.delete(id);
    this.#toSupernodes.delete(link);
    if (link.kind !== 'supernode') this.#taken--;
    if (link.peer !== undefined && this.#open.get(link.peer) === link) this.#open.delete(link.peer);
    if (link.kind === 'peer') this.#closedSessions.set(`${link.expected}${link.session}`, true);
    return link;
  }

  /** Something came in. True if the peer had been silent. */
  heard(link: Link, now: number): boolean {
    link.heardAt = now;
    const wasSilent = link.silent;
    link.silent = false;
    return wasSilent;
  }

  /** Answers a ping, or measures the round trip of a pong (smoothed by 1/8, RFC 6298). */
  heartbeat(link: Link, message: Heartbeat, now: number): Heartbeat | undefined {
    if (message.type === MessageType.ping) {
      link.wasPingedAt = now;
      return { type: MessageType.pong, number: message.number };
    }
    if (message.number !== link.pingNumber) return undefined;
    const rtt = now - link.pingedAt;
    link.rttMs = link.rttMs === undefined ? rtt : link.rttMs + (rtt - link.rttMs) / 8;
    return undefined;
  }

  get deadline(): number {
    return this.#links.size === 0 ? Number.POSITIVE_INFINITY : this.#checkAt;
  }

  /**
   * Looks after all links: whom to ping, who fell silent, who is dead.
   * @param carriesFrames whether frames travel between this node and a peer
   */
  check(now: number, carriesFrames: (peer: PeerId) => boolean): LinkCheck {
    const found = {
      asks: [] as { link: Link; message: Heartbeat }[],
      silent: [] as Link[],
      dead: [] as Link[],
    };
    if (now < this.#checkAt) return found;
    let everyMs: number = linkTimings.idleCheckEveryMs;
    const { size } = this.#links;
    const part = Math.min(size, linkTimings.checkedAtOnce);
    if (part === size) this.#rest = this.#links.values();
    for (let checked = 0; checked < part; checked++) {
      const link = this.#next();
      const busy = link.peer !== undefined && link.kind === 'peer' && carriesFrames(link.peer);
      if (busy) everyMs = linkTimings.checkEveryMs;
      if (link.state === 'open') this.#checkOpen(link, busy, now, found);
      else if (now - link.openedAt >= linkTimings.openWithinMs) found.dead.push(link);
    }
    this.#checkAt = now + everyMs * (size === 0 ? 1 : part / size);
    return found;
  }

  /** The next one, round and round. */
  #next(): Link {
    const { value, done } = this.#rest.next();
    if (!done) return value;
    this.#rest = this.#links.values();
    return this.#rest.next().value as Link;
  }

  #checkOpen(
    link: Link,
    busy: boolean,
    now: number,
    { asks, silent, dead }: { asks: { link: Link; message: Heartbeat }[]; silent: Link[]; dead: Link[] },
  ): void {
    const quietMs = now - link.heardAt;
    const askedMs = now - link.pingedAt;
    const { patience } = link;
    const pingEveryMs =
      patience === SOCKET_PATIENCE ? linkTimings.socketPingEveryMs : linkTimings.pingEveryMs;
    const silentAfterMs = busy ? linkTimings.silentAfterMs : linkTimings.idleSilentAfterMs * patience;
    if (quietMs >= linkTimings.deadAfterMs * patience) {
      dead.push(link);
      return;
    }
    if (quietMs >= silentAfterMs && !link.silent) {
      link.silent = true;
      silent.push(link);
    }
    const asksNow = busy && quietMs >= linkTimings.askAfterMs && askedMs >= quietMs;
    if (!asksNow && (askedMs < pingEveryMs || isOthersTurn(link, askedMs, pingEveryMs, now))) return;
    link.pingedAt = now;
    link.pingNumber = (link.pingNumber + 1) >>> 0;
    asks.push({ link, message: { type: MessageType.ping, number: link.pingNumber } });
  }
}

/** Whether a ping of the other end stands for the own one. */
function isOthersTurn(
  { dialed, rttMs, wasPingedAt }: Link,
  askedMs: number,
  pingEveryMs: number,
  now: number,
): boolean {
  const { turnMs, turnsMax } = linkTimings;
  if (rttMs === undefined || askedMs >= turnsMax * pingEveryMs) return false;
  return now - wasPingedAt < pingEveryMs + (dialed ? -turnMs : turnMs);
}
