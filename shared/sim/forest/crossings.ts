/**
 * What goes from the nodes of one thread to those of others (team.ts): frames, messages and notices on their way, ended links, and what
 * nodes ask of the mesh. Frames and beacons, which every thread has made for itself, go as their numbers, ids of peers as those of nodes.
 */
import type { PeerId } from '../../src/lib/ids.ts';
import type { Beacon } from '../../src/wire/beacon.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import type { AdvertState, OpenSlots } from '../../src/wire/tree-messages.ts';
import type { Cargo } from './node-events.ts';
import { Parcel } from './parcel.ts';
import {
  forgedFrom,
  Kind,
  Notice,
  type SimFrame,
  type WorldLink,
  type WorldMessage,
  type WorldNode,
} from './relay-world-parts.ts';
import type { Team } from './team.ts';

const Item = { ...Kind, linkEnded: 3, request: 4 } as const;
const notices = Object.values(Notice);
const NOBODY = -1;

/** What a node asked of the mesh since the last beat: a link with one of these peers, or, if it starves, with anybody else who has room. */
export interface Request {
  readonly atMs: number;
  readonly node: WorldNode;
  /** Undefined: it has lost a link. */
  readonly peers: readonly PeerId[] | undefined;
  readonly starving: boolean;
}

/** The world that things reach. */
export interface CrossingWorld {
  readonly nodes: readonly WorldNode[];
  /** @param link the number of the receiver's direction */
  arrives(atMs: number, to: number, from: number, link: number, kind: Kind, cargo: Cargo): void;
  linkEnded(node: WorldNode, peer: PeerId, shunned: boolean): void;
  requested(request: Request): void;
}

export class Crossings {
  readonly #team: Team;
  readonly #world: CrossingWorld;
  readonly #out = new Parcel();
  readonly #indexOf = new Map<PeerId, number>();
  /** By seq. */
  readonly #frames: SimFrame[] = [];
  readonly #beacons = new Map<number, Beacon>();

  constructor(team: Team, world: CrossingWorld) {
    this.#team = team;
    this.#world = world;
  }

  added({ index, peer }: WorldNode): void {
    this.#indexOf.set(peer, index);
  }

  /** The host made a frame; every thread makes it for itself. */
  published(frame: SimFrame): void {
    this.#frames[frame.header.seq] = frame;
  }

  said(beacon: Beacon): void {
    this.#beacons.set(beacon.counter, beacon);
  }

  /** @param link the sender's direction */
  sent(atMs: number, link: WorldLink, kind: Kind, cargo: Cargo): void {
    const out = this.#out;
    out.put(kind);
    out.put(link.toIndex);
    out.put(atMs);
    out.put(link.from.index);
    out.put(link.number ^ 1);
    if (kind === Kind.frame) {
      const { header, forged } = cargo as SimFrame;
      out.put(header.seq);
      out.put(forged === true ? 1 : 0);
    } else if (kind === Kind.notice) out.put(notices.indexOf(cargo as Notice));
    else this.#putMessage(cargo as WorldMessage);
  }

  linkEnded(node: WorldNode, peer: PeerId, shunned: boolean): void {
    if (this.#team.size === 1) return;
    this.#out.put(Item.linkEnded);
    this.#out.put(node.index);
    this.#putPeer(peer);
    this.#out.put(shunned ? 1 : 0);
  }

  requested({ atMs, node, peers, starving }: Request): void {
    if (this.#team.size === 1) return;
    this.#out.put(Item.request);
    this.#out.put(node.index);
    this.#out.put(atMs);
    this.#out.put(starving ? 1 : 0);
    if (peers === undefined) this.#out.put(NOBODY);
    else this.#putPeers(peers);
  }

  /** All threads tell each other what they have for them. */
  exchange(): void {
    this.#team.exchange(this.#out, (parcel) => {
      while (!parcel.isDone) this.#takeItem(parcel);
    });
  }

  #takeItem(parcel: Parcel): void {
    const item = parcel.take();
    const index = parcel.take();
    const node = this.#world.nodes[index] as WorldNode;
    if (item === Item.linkEnded) {
      const peer = this.#takePeer(parcel);
      this.#world.linkEnded(node, peer, parcel.take() === 1);
    } else if (item === Item.request) {
      const atMs = parcel.take();
      const starving = parcel.take() === 1;
      const count = parcel.take();
      const peers = count === NOBODY ? undefined : this.#takePeers(parcel, count);
      this.#world.requested({ atMs, node, peers, starving });
    } else {
      const kind = item as Kind;
      const [atMs, from, link] = [parcel.take(), parcel.take(), parcel.take()];
      // Taken out in any case: what follows is another's.
      const cargo = this.#takeCargo(parcel, kind);
      if (this.#team.owns(index)) this.#world.arrives(atMs, index, from, link, kind, cargo);
    }
  }

  #takeCargo(parcel: Parcel, kind: Kind): Cargo {
    if (kind === Kind.notice) return notices[parcel.take()] as Notice;
    if (kind === Kind.message) return this.#takeMessage(parcel);
    const frame = this.#frames[parcel.take()] as SimFrame;
    return parcel.take() === 1 ? forgedFrom(frame) : frame;
  }

  #putPeer(peer: PeerId): void {
    this.#out.put(this.#indexOf.get(peer) as number);
  }

  #takePeer(parcel: Parcel): PeerId {
    return (this.#world.nodes[parcel.take()] as WorldNode).peer;
  }

  #putPeers(peers: readonly PeerId[]): void {
    this.#out.put(peers.length);
    for (const peer of peers) this.#putPeer(peer);
  }

  #takePeers(parcel: Parcel, count: number = parcel.take()): PeerId[] {
    const peers: PeerId[] = [];
    for (let i = 0; i < count; i++) peers.push(this.#takePeer(parcel));
    return peers;
  }

  #putSlots({ free, forInterior, forStarving }: OpenSlots): void {
    this.#out.put(free);
    this.#out.put(forInterior);
    this.#out.put(forStarving);
  }

  #takeSlots(parcel: Parcel): OpenSlots {
    return { free: parcel.take(), forInterior: parcel.take(), forStarving: parcel.take() };
  }

  /** The frequent ones number by number, the others as they come. */
  #putMessage(message: WorldMessage): void {
    const out = this.#out;
    const type = 'kind' in message ? NOBODY : message.type;
    out.put(type);
    if ('kind' in message) {
      out.putText(JSON.stringify(message));
      return;
    }
    if (message.type === MessageType.beacon) {
      out.put(message.counter);
      return;
    }
    out.put(message.epoch);
    switch (message.type) {
      case MessageType.voteDigest:
        out.put(message.base);
        out.put(message.count);
        out.putText(message.digest);
        break;
      case MessageType.advert:
        out.put(message.stripe);
        out.put(message.state);
        this.#putSlots(message.slots);
        this.#putPeers(message.path);
        break;
      case MessageType.vacancies:
        out.put(message.stripe);
        out.put(message.places.length);
        for (const { peer, depth, slots } of message.places) {
          this.#putPeer(peer);
          out.put(depth);
          this.#putSlots(slots);
        }
        break;
      default:
        out.putText(JSON.stringify(message));
    }
  }

  #takeMessage(parcel: Parcel): WorldMessage {
    const type = parcel.take();
    if (type === MessageType.beacon) return this.#beacons.get(parcel.take()) as Beacon;
    if (type === NOBODY) return JSON.parse(parcel.takeText()) as WorldMessage;
    const epoch = parcel.take();
    switch (type) {
      case MessageType.voteDigest: {
        const base = parcel.take();
        const count = parcel.take();
        return { type, epoch, base, count, digest: parcel.takeText() };
      }
      case MessageType.advert: {
        const stripe = parcel.take();
        const state = parcel.take() as AdvertState;
        const slots = this.#takeSlots(parcel);
        return { type, epoch, stripe, state, slots, path: this.#takePeers(parcel) };
      }
      case MessageType.vacancies: {
        const stripe = parcel.take();
        const places = Array.from({ length: parcel.take() }, () => {
          const peer = this.#takePeer(parcel);
          const depth = parcel.take();
          return { peer, depth, slots: this.#takeSlots(parcel) };
        });
        return { type, epoch, stripe, places };
      }
      default:
        return this.#withKnownIds(JSON.parse(parcel.takeText()) as WorldMessage);
    }
  }

  /** With ids that are the nodes' own text, not one of thousands of copies of it. */
  #withKnownIds(message: WorldMessage): WorldMessage {
    const known = (peers: readonly PeerId[]): PeerId[] =>
      peers.map((peer) => this.#world.nodes[this.#indexOf.get(peer) ?? NOBODY]?.peer ?? peer);
    if ('path' in message) return { ...message, path: known(message.path) };
    if ('alternatives' in message) return { ...message, alternatives: known(message.alternatives) };
    return message;
  }
}
