/**
 * Who is linked with whom in a relay world: a stand-in for redirection, the net graph and link keeping, which the other simulators
 * have. A newcomer is proposed members with free slots and a short way from the host, and finds as many at random; lost links are
 * replaced.
 */
import type { PeerId } from '../../src/lib/ids.ts';
import { type Random, randomBelow, shuffled } from '../../src/lib/random.ts';
import { TokenBucket } from '../../src/lib/token-bucket.ts';
import {
  CLIMB_EVERY_SECONDS,
  CLIMBS_AT_ONCE,
  defaultPeerSettings,
  HOST_LINKS_TARGET,
} from '../../src/node/settings.ts';
import { limits } from '../../src/wire/limits.ts';
import { defaultNetworkSettings } from '../network-settings.ts';
import type { RelayWorld } from './relay-world.ts';
import type { WorldLink, WorldNode } from './relay-world-parts.ts';
import type { Team } from './team.ts';

const { setupMs, setupRoundTrips, gatherMs } = defaultNetworkSettings;
const LINKS_TARGET = defaultPeerSettings.linksTarget;
/** With more links than that a node gives up one that carries nothing when it gets another. */
const LINKS_COMFORTABLE = 15;
/** Members that a redirect looks at. */
const SAMPLE = 24;
/** Signals go through a supernode: an offer and an answer, each over two links of 30 ms. */
const SIGNALING_MS = 2 * gatherMs + 4 * 30;
/** Whoever has too few links looks for more this often. */
const SEEK_EVERY_MS = 200;
/** Ranks behind all others of its kind. */
const NO_DEPTH = 255;
/** Ranks from that on are those of members without a free slot. */
const FULL = 1_000_000;

export class Mesh {
  readonly #world: RelayWorld;
  readonly #team: Team;
  readonly #random: Random;
  readonly #live: WorldNode[] = [];
  readonly #at = new Map<WorldNode, number>();
  readonly #dialing = new Map<WorldNode, Set<WorldNode>>();
  readonly #seeking = new Set<WorldNode>();
  readonly #climbs = new Map<WorldNode, TokenBucket>();

  constructor(world: RelayWorld, random: Random, team: Team) {
    this.#world = world;
    this.#team = team;
    this.#random = random;
  }

  get live(): readonly WorldNode[] {
    return this.#live;
  }

  join(node: WorldNode): void {
    this.#at.set(node, this.#live.length);
    this.#live.push(node);
    this.#dialing.set(node, new Set());
    if (!node.isHost) this.#seek(node);
  }

  gone(node: WorldNode): void {
    const at = this.#at.get(node);
    const last = this.#live.pop();
    if (at !== undefined && last !== undefined && last !== node) {
      this.#live[at] = last;
      this.#at.set(last, at);
    }
    this.#at.delete(node);
    this.#dialing.delete(node);
    this.#climbs.delete(node);
  }

  linkLost(node: WorldNode): void {
    if (this.#missing(node) > 0) this.#seekSoon(node);
  }

  /** A node dials one of those that were named, or, if it starves, somebody with a free slot. */
  wantsLink(node: WorldNode, peers: readonly PeerId[], starving: boolean): void {
    const named = shuffled(
      this.#random,
      peers.flatMap((peer) => this.#world.byPeer(peer) ?? []),
    );
    const others = starving ? this.#ranked(node, FULL) : [];
    const fit = [...named, ...others].find((other) => this.#mayDial(node, other));
    if (fit !== undefined && (starving || this.#mayClimb(node))) this.#dial(node, fit);
  }

  #mayClimb(node: WorldNode): boolean {
    const { nowMs } = this.#world;
    let climbs = this.#climbs.get(node);
    if (!climbs) {
      climbs = new TokenBucket(1 / CLIMB_EVERY_SECONDS, CLIMBS_AT_ONCE, nowMs);
      this.#climbs.set(node, climbs);
    }
    return climbs.take(nowMs);
  }

  /** A node with many links gives one up that carries nothing, the oldest. */
  #trim(node: WorldNode): void {
    if (node.links.size <= LINKS_COMFORTABLE) return;
    const links = [...node.links.values()];
    const uses = this.#team.sums(links.map((link) => this.#usesKnownHere(link)));
    const idle = links[uses.indexOf(0)];
    if (idle !== undefined) this.#world.unlink(node, idle.to);
  }

  /** How many of the link's ends use it, as far as they are played by this thread. */
  #usesKnownHere({ from, to }: WorldLink): number {
    const isUsed = (by: WorldNode, peer: PeerId): boolean =>
      this.#team.owns(by.index) && by.machine.uses(peer);
    return isUsed(from, to.peer) || isUsed(to, from.peer) ? 1 : 0;
  }

  #missing(node: WorldNode): number {
    const target = node.isHost ? HOST_LINKS_TARGET : LINKS_TARGET;
    return target - node.links.size - (this.#dialing.get(node)?.size ?? 0);
  }

  /** What concerns several nodes happens on the beat. */
  #later(afterMs: number, callback: () => void): void {
    const { clock, nowMs } = this.#world;
    clock.call(this.#world.beatFrom(nowMs + afterMs), callback);
  }

  #seekSoon(node: WorldNode): void {
    if (this.#seeking.has(node)) return;
    this.#seeking.add(node);
    this.#later(SEEK_EVERY_MS, () => {
      this.#seeking.delete(node);
      this.#seek(node);
    });
  }

  #seek(node: WorldNode): void {
    if (node.goneAtMs !== undefined) return;
    const missing = this.#missing(node);
    if (missing <= 0) return;
    const fit = this.#ranked(node).filter((other) => this.#mayDial(node, other));
    const best = fit.slice(0, Math.ceil(missing / 2));
    const others = shuffled(this.#random, fit.slice(best.length)).slice(0, missing - best.length);
    for (const other of [...best, ...others]) this.#dial(node, other);
    if (this.#missing(node) > 0) this.#seekSoon(node);
  }

  /** Some members, best first: with a free slot, near to the host, with few links. Only those that rank before `below`. */
  #ranked(node: WorldNode, below = Number.POSITIVE_INFINITY): WorldNode[] {
    const sample = new Set<WorldNode>();
    const host = this.#live[0];
    if (host?.isHost === true) sample.add(host);
    const draws = Math.min(SAMPLE, this.#live.length);
    for (let i = 0; i < draws; i++) {
      const drawn = this.#live[randomBelow(this.#random, this.#live.length)];
      if (drawn !== undefined) sample.add(drawn);
    }
    sample.delete(node);
    const members = [...sample];
    const known = members.map((member) => (this.#team.owns(member.index) ? rankOf(member) : 0));
    return this.#team
      .sums(known)
      .map((rank, i) => ({ rank, member: members[i] as WorldNode }))
      .filter(({ rank }) => rank < below)
      .sort((a, b) => a.rank - b.rank)
      .map(({ member }) => member);
  }

  #mayDial(node: WorldNode, other: WorldNode): boolean {
    const hasRoom = (each: WorldNode, most: number): boolean =>
      each.links.size + (this.#dialing.get(each)?.size ?? 0) < most;
    return (
      other.goneAtMs === undefined &&
      !node.links.has(other.peer) &&
      !node.shunned.has(other.peer) &&
      !other.shunned.has(node.peer) &&
      this.#dialing.get(node)?.has(other) === false &&
      hasRoom(node, limits.linksMax) &&
      hasRoom(other, limits.linksMax)
    );
  }

  #dial(node: WorldNode, other: WorldNode): void {
    this.#dialing.get(node)?.add(other);
    this.#dialing.get(other)?.add(node);
    const tookMs = SIGNALING_MS + setupMs + setupRoundTrips * 2 * this.#world.latencyMs(node, other);
    this.#later(tookMs, () => {
      this.#dialing.get(node)?.delete(other);
      this.#dialing.get(other)?.delete(node);
      this.#world.link(node, other);
      this.#trim(node);
      this.#trim(other);
      if (node.goneAtMs === undefined && this.#missing(node) > 0) this.#seekSoon(node);
    });
  }
}

function rankOf({ machine, links, isHost }: WorldNode): number {
  const depth = isHost ? 0 : (machine.feedingDepth ?? NO_DEPTH);
  return (machine.freeSlots > 0 ? 0 : FULL) + depth * 1_000 + links.size;
}
