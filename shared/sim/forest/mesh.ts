/**
 * Who is linked with whom in a relay world: a stand-in for redirection, the net graph and link keeping, which the other simulators
 * have. A newcomer is proposed members with free slots and a short way from the host, and finds as many at random; lost links are
 * replaced. All that is due on one beat is looked at together, because threads (team.ts) have to meet for each look.
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
import type { Request } from './crossings.ts';
import { SLICE_MS } from './node-events.ts';
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
/** Ranks from that on are those of members without a free slot. */
const FULL = 1_000_000;

/** What is due on one beat. */
interface Beat {
  /** Links that come about: who dialed whom. */
  readonly dials: (readonly [from: WorldNode, to: WorldNode])[];
  /** Who looks for members to dial. */
  readonly seekers: WorldNode[];
}

export class Mesh {
  readonly #world: RelayWorld;
  readonly #team: Team;
  readonly #random: Random;
  readonly #live: WorldNode[] = [];
  readonly #at = new Map<WorldNode, number>();
  readonly #dialing = new Map<WorldNode, Set<WorldNode>>();
  readonly #seeking = new Set<WorldNode>();
  readonly #climbs = new Map<WorldNode, TokenBucket>();
  /** By when it is. */
  readonly #beats = new Map<number, Beat>();

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
    if (!node.isHost) this.#seekSoon(node, SLICE_MS);
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

  /** What nodes asked for since the last beat: to make up for a lost link, or for one that may bring a better place. */
  asked(requests: readonly Request[]): void {
    const starving = requests.filter((request) => request.starving);
    const ranked = this.#ranked(starving.map(({ node }) => node));
    for (const request of requests) {
      const { node, peers } = request;
      if (peers === undefined) {
        if (this.#missing(node) > 0) this.#seekSoon(node);
        continue;
      }
      const found = request.starving ? ranked[starving.indexOf(request)] : undefined;
      this.#wantsLink(node, peers, found);
    }
  }

  /**
   * A node dials one of those that were named.
   * @param found where it starves, members to dial else: the first with a free slot
   */
  #wantsLink(node: WorldNode, peers: readonly PeerId[], found: readonly Ranked[] | undefined): void {
    const named = shuffled(
      this.#random,
      peers.flatMap((peer) => this.#world.byPeer(peer) ?? []),
    );
    const others = (found ?? []).filter(({ rank }) => rank < FULL).map(({ member }) => member);
    const fit = [...named, ...others].find((other) => this.#mayDial(node, other));
    if (fit !== undefined && (found !== undefined || this.#mayClimb(node))) this.#dial(node, fit);
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

  /** Each of these that has many links gives one up that carries nothing, the oldest. */
  #trim(nodes: readonly WorldNode[]): void {
    const rich = nodes.filter((node) => node.links.size > LINKS_COMFORTABLE);
    const links = rich.map((node) => [...node.links.values()]);
    const uses = this.#team.sums(links.flat().map((link) => this.#usesKnownHere(link)));
    let at = 0;
    for (const [i, node] of rich.entries()) {
      const own = links[i] ?? [];
      const first = at;
      at += own.length;
      if (node.links.size <= LINKS_COMFORTABLE) continue;
      const idle = own.find((link, place) => uses[first + place] === 0 && link.open);
      if (idle !== undefined) this.#world.unlink(node, idle.to);
    }
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
  #beatAfter(ms: number): Beat {
    const { clock, nowMs } = this.#world;
    const atMs = this.#world.beatFrom(nowMs + ms);
    let beat = this.#beats.get(atMs);
    if (beat === undefined) {
      beat = { dials: [], seekers: [] };
      this.#beats.set(atMs, beat);
      clock.call(atMs, () => this.#perform(atMs));
    }
    return beat;
  }

  #perform(atMs: number): void {
    const { dials = [], seekers = [] } = this.#beats.get(atMs) ?? {};
    this.#beats.delete(atMs);
    for (const [from, to] of dials) {
      this.#dialing.get(from)?.delete(to);
      this.#dialing.get(to)?.delete(from);
      this.#world.link(from, to);
    }
    this.#trim([...new Set(dials.flat())]);
    for (const [from] of dials)
      if (from.goneAtMs === undefined && this.#missing(from) > 0) this.#seekSoon(from);
    for (const node of seekers) this.#seeking.delete(node);
    const seeking = seekers.filter((node) => node.goneAtMs === undefined && this.#missing(node) > 0);
    const ranked = this.#ranked(seeking);
    for (const [i, node] of seeking.entries()) this.#seek(node, ranked[i] ?? []);
  }

  #seekSoon(node: WorldNode, afterMs: number = SEEK_EVERY_MS): void {
    if (this.#seeking.has(node)) return;
    this.#seeking.add(node);
    this.#beatAfter(afterMs).seekers.push(node);
  }

  #seek(node: WorldNode, ranked: readonly Ranked[]): void {
    const missing = this.#missing(node);
    if (missing <= 0) return;
    const fit = ranked.map(({ member }) => member).filter((other) => this.#mayDial(node, other));
    const best = fit.slice(0, Math.ceil(missing / 2));
    const others = shuffled(this.#random, fit.slice(best.length)).slice(0, missing - best.length);
    for (const other of [...best, ...others]) this.#dial(node, other);
    if (this.#missing(node) > 0) this.#seekSoon(node);
  }

  /** For each of these nodes some members, best first: with a free slot, near to the host, with few links. */
  #ranked(nodes: readonly WorldNode[]): Ranked[][] {
    const samples = nodes.map((node) => this.#sampleFor(node));
    const known = samples.flat().map((member) => (this.#team.owns(member.index) ? rankOf(member) : 0));
    const ranks = this.#team.sums(known);
    let at = 0;
    return samples.map((sample) =>
      sample.map((member) => ({ member, rank: ranks[at++] as number })).sort((a, b) => a.rank - b.rank),
    );
  }

  #sampleFor(node: WorldNode): WorldNode[] {
    const sample = new Set<WorldNode>();
    const host = this.#live[0];
    if (host?.isHost === true) sample.add(host);
    const draws = Math.min(SAMPLE, this.#live.length);
    for (let i = 0; i < draws; i++) {
      const drawn = this.#live[randomBelow(this.#random, this.#live.length)];
      if (drawn !== undefined) sample.add(drawn);
    }
    sample.delete(node);
    return [...sample];
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
    this.#beatAfter(tookMs).dials.push([node, other]);
  }
}

interface Ranked {
  readonly member: WorldNode;
  readonly rank: number;
}

function rankOf({ machine, links, isHost }: WorldNode): number {
  const depth = isHost ? 0 : Math.min(255, ...machine.depths);
  return (machine.freeSlots > 0 ? 0 : FULL) + depth * 1_000 + links.size;
}
