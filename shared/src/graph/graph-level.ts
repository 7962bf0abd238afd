/**
 * How much of the graph a member is meant to hold exactly, so that its cost stays within the budget: everything in a small network;
 * else memberships and link lists of its own stream, or the memberships alone; in a very large stream only its neighbours and a
 * random sample. Two neighbours compare their replicas on what both are meant to hold.
 */
import type { StreamId } from '../lib/ids.ts';
import { GraphLevel } from '../wire/graph-messages.ts';
import { Role } from '../wire/link-messages.ts';
import { type GraphSettings, graphTimings } from './graph-contract.ts';

/** A level once left is taken again only when the number fell to this share of its limit. */
const RETURN_SHARE = 0.8;
/** A sample that is not filled to this share is not one: these are all the members that there are. */
const SAMPLE_FULL_SHARE = 0.8;

/** A node that holds so many times the limit believes no supernode any more that says less. */
const NAMES_TIMES_MAX = 3;

export interface LevelPeer {
  readonly role: Role;
  readonly stream: StreamId | undefined;
  /** As it said in its last digest: its level, members of this node's stream, nodes in all. */
  readonly level: GraphLevel | undefined;
  readonly membersSaid: number | undefined;
  readonly nodesSaid: number | undefined;
}

export interface LevelView {
  readonly stream: StreamId | undefined;
  /** Nodes that are held, and of these members of the own stream. */
  readonly held: number;
  readonly heldOfStream: number;
  readonly peers: readonly LevelPeer[];
}

/** The level of one node through time. */
export class Levels {
  readonly #settings: GraphSettings;
  #level: GraphLevel = GraphLevel.whole;
  /** What those who hold more than this node counted last. */
  #nodes = 0;
  #members = 0;
  #bornAt: number | undefined;
  #raiseNotBefore = 0;
  #backOffMs: number = graphTimings.raiseBackOffMs;

  constructor(settings: GraphSettings) {
    this.#settings = settings;
  }

  get level(): GraphLevel {
    return this.#level;
  }

  /** The level by what is known of the network's size; above most neighbours' only on a supernode's word. */
  next(view: LevelView, now: number): GraphLevel {
    this.#bornAt ??= now;
    const nodes = this.#nodesInAll(view, now - this.#bornAt < graphTimings.newcomerMs);
    const members = this.#membersOfStream(view);
    let level = this.#byCounts(nodes.count, members.count);
    const surely = (at: GraphLevel): boolean => (at === GraphLevel.whole ? nodes.surely : members.surely);
    while (level > GraphLevel.sample && !surely(level) && isAboveMost(level, view))
      level = (level - 1) as GraphLevel;
    if (level > this.#level && now < this.#raiseNotBefore) return this.#level;
    // Whoever had to come down waits before it tries again, longer each time: what it is told may be wrong.
    if (level < this.#level) {
      this.#raiseNotBefore = now + this.#backOffMs;
      this.#backOffMs = Math.min(this.#backOffMs * 2, graphTimings.raiseBackOffMaxMs);
    }
    this.#level = level;
    return level;
  }

  #byCounts(nodes: number, members: number): GraphLevel {
    const { wholeNodesMax, streamLinksNodesMax, streamNodesMax } = this.#settings;
    const fits = (level: GraphLevel, count: number, countMax: number): boolean =>
      count <= (this.#level >= level ? countMax : countMax * RETURN_SHARE);
    if (fits(GraphLevel.whole, nodes, wholeNodesMax)) return GraphLevel.whole;
    if (fits(GraphLevel.streamLinks, members, streamLinksNodesMax)) return GraphLevel.streamLinks;
    return fits(GraphLevel.stream, members, streamNodesMax) ? GraphLevel.stream : GraphLevel.sample;
  }

  /** Whoever does not hold everything, or not yet, believes those who do. */
  #nodesInAll({ held, peers }: LevelView, isNewcomer: boolean): { count: number; surely: boolean } {
    const said = voices(peers, GraphLevel.whole, ({ nodesSaid }) => nodesSaid);
    if (this.#level === GraphLevel.whole) {
      this.#nodes = isNewcomer && said.bySupernodes ? Math.max(held, said.median ?? 0) : held;
      return { count: this.#nodes, surely: false };
    }
    this.#nodes = said.median ?? this.#nodes;
    return { count: Math.max(held, this.#nodes), surely: said.bySupernodes };
  }

  /** Where link lists are not held, names may be among those that count; supernodes, which hold them, can tell. */
  #membersOfStream({ heldOfStream, peers }: LevelView): { count: number; surely: boolean } {
    const { sampleNodes, streamNodesMax } = this.#settings;
    const said = voices(peers, GraphLevel.stream, ({ membersSaid }) => membersSaid);
    const judges = this.#level >= GraphLevel.streamLinks;
    if (
      said.median !== undefined &&
      said.bySupernodes &&
      !judges &&
      heldOfStream <= streamNodesMax * NAMES_TIMES_MAX
    ) {
      this.#members = said.median;
      return { count: this.#members, surely: true };
    }
    const isExact = this.#level !== GraphLevel.sample || heldOfStream < sampleNodes * SAMPLE_FULL_SHARE;
    this.#members = isExact ? heldOfStream : (said.median ?? this.#members);
    // Link lists lead to nobody among neighbours that hold none: a supernode's number says how many are missing.
    if (judges && said.bySupernodes) this.#members = Math.max(this.#members, said.median ?? 0);
    return { count: Math.max(heldOfStream, this.#members), surely: said.bySupernodes };
  }
}

/** What supernodes counted, or else other neighbours that hold at least so much; the median, so that few liars change little. */
function voices(
  peers: readonly LevelPeer[],
  level: GraphLevel,
  said: (peer: LevelPeer) => number | undefined,
): { readonly median: number | undefined; readonly bySupernodes: boolean } {
  const heard = (from: readonly LevelPeer[]): number[] =>
    from.flatMap((peer) => ((peer.level ?? -1) >= level ? (said(peer) ?? []) : [])).sort((a, b) => a - b);
  const bySupernodes = heard(peers.filter(({ role }) => role === Role.supernode));
  const counts = bySupernodes.length > 0 ? bySupernodes : heard(peers);
  return { median: counts[counts.length >> 1], bySupernodes: bySupernodes.length > 0 };
}

/** A newcomer knows little at first: it holds no more than most neighbours. */
function isAboveMost(level: GraphLevel, { peers, stream }: LevelView): boolean {
  let below = 0;
  let heard = 0;
  for (const peer of peers) {
    if (peer.role === Role.supernode || peer.level === undefined) continue;
    // What is held of one's own stream is nobody else's business.
    if (level < GraphLevel.whole && peer.stream !== stream) continue;
    heard++;
    if (peer.level < level) below++;
  }
  return below * 2 > heard;
}

/** The set that two nodes can compare: undefined if they have none in common. */
export function commonLevel(
  a: { readonly level: GraphLevel; readonly stream: StreamId | undefined; readonly role: Role },
  b: { readonly level: GraphLevel; readonly stream: StreamId | undefined; readonly role: Role },
): { readonly level: GraphLevel; readonly stream: StreamId | undefined } | undefined {
  const level = Math.min(a.level, b.level) as GraphLevel;
  if (level === GraphLevel.whole) return { level, stream: undefined };
  if (level === GraphLevel.sample) return undefined;
  // A supernode holds the streams of all its members.
  const stream = a.role === Role.supernode ? b.stream : a.stream;
  if (stream === undefined) return undefined;
  if (a.role !== Role.supernode && b.role !== Role.supernode && a.stream !== b.stream) return undefined;
  return { level, stream };
}
