/**
 * Plays `sim graph`: supernodes and hosts start, members join, the graph settles, then a window of churn in which everything is
 * measured; afterwards, in a network that is not too large, it is cut in two for a while and has to find itself again.
 */

import { componentsOf } from '../../src/graph/components.ts';
import type { PeerId, StreamId } from '../../src/lib/ids.ts';
import { type Random, randomFloat, randomPick, seededRandom } from '../../src/lib/random.ts';
import { GraphLevel } from '../../src/wire/graph-messages.ts';
import { Role } from '../../src/wire/link-messages.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import { RedirectIntent } from '../../src/wire/supernode-messages.ts';
import { percentile } from '../statistics.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { MachineWorld } from './machine-world.ts';
import { UpdateWatch } from './update-watch.ts';
import type { WorldNode } from './world-node.ts';

export interface GraphStageOptions {
  /** Members: hosts and viewers. */
  readonly nodes: number;
  readonly seed: number;
  /** Length of the measured window. */
  readonly seconds: number;
  readonly progress?: (elapsedSeconds: number, totalSeconds: number) => void;
}

export interface GraphFigures {
  /** Graph bytes that a member sends, headers included, mean over members and the window. */
  readonly bytesPerNodePerSecond: number;
  readonly bytesPerNodePerSecondP99: number;
  readonly supernodeBytesPerSecond: number;
  /** Announcements of an update, and updates pushed unasked, that came for each one that was taken. */
  readonly messagesPerUpdate: number;
  readonly convergeP50Ms: number;
  readonly convergeP99Ms: number;
  readonly goneP50Ms: number;
  readonly goneP99Ms: number;
  readonly healMs: number;
  readonly degreeMax: number;
  readonly degreeMean: number;
  readonly components: number;
  readonly componentsPerStreamMax: number;
  readonly redirectMicros: number;
  readonly dialsPerNodePerHour: number;
  readonly membersListedRatio: number;
}

export interface GraphOutcome {
  readonly figures: GraphFigures;
  readonly eventsRun: number;
  readonly virtualSeconds: number;
}

const SESSION_MEAN_MS = 600_000;
const STEP_MS = 50;
/** Long enough for newcomers to have renewed their first links. */
const SETTLE_MS = 70_000;
const CUT_MS = 30_000;
/** Who joined later than that ago may still be on the way in. */
const JOINED_MS = 5_000;
const HEAL_PATIENCE_MS = 60_000;
/** Larger networks are not cut: it would double the time of a run. */
const CUT_NODES_MAX = 2_000;
const JOINS_PER_SECOND = 100;
const REDIRECTS_TIMED = 200;

const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

class GraphStage {
  readonly #options: GraphStageOptions;
  readonly #clock = new VirtualClock();
  readonly #world: MachineWorld;
  readonly #random: Random;
  readonly #watch = new UpdateWatch();
  readonly #streams: StreamId[] = [];
  #live: WorldNode[] = [];
  #degreeMax = 0;
  #measuring = false;
  #totalMs: number;

  constructor(options: GraphStageOptions) {
    this.#options = options;
    this.#world = new MachineWorld(this.#clock, options.seed);
    this.#random = seededRandom(options.seed * 13 + 5);
    const rampMs = Math.max(5_000, (options.nodes / JOINS_PER_SECOND) * 1_000);
    this.#totalMs = 3_000 + rampMs + SETTLE_MS + options.seconds * 1_000;
    this.#world.onEvent = (node, event) => {
      if (
        this.#measuring &&
        event.type === 'link-open' &&
        node.events['link-open'] === 1 &&
        node.kind !== 'supernode'
      )
        this.#born(node);
    };
  }

  #born(node: WorldNode): void {
    const version = node.machine.graph.replica.versionOf(node.peer);
    if (version === undefined) return;
    this.#watch.born(node, version, this.#candidates(node), this.#clock.nowMs);
  }

  /** Who may be meant to hold a node's word: looked for where they are, as most of a large network is not. */
  #candidates(node: WorldNode): Iterable<WorldNode> {
    const members =
      this.#options.nodes <= 400 ? this.#live : this.#live.filter(({ stream }) => stream === node.stream);
    return [...this.#world.supernodes, ...members];
  }

  #run(ms: number, stopIf?: () => boolean): void {
    const untilMs = this.#clock.nowMs + ms;
    let steps = 0;
    while (this.#clock.nowMs < untilMs) {
      this.#clock.runUntil(Math.min(untilMs, this.#clock.nowMs + STEP_MS));
      this.#watch.check(this.#clock.nowMs);
      steps++;
      if (steps % 20 === 0) {
        this.#watch.checkCrashes(this.#clock.nowMs);
        this.#measureDegrees();
        this.#options.progress?.(this.#clock.elapsedMs / 1_000, this.#totalMs / 1_000);
      }
      if (stopIf?.()) return;
    }
  }

  #measureDegrees(): void {
    for (const { machine } of this.#live) {
      let open = 0;
      for (const link of machine.links.open()) if (link.state === 'open') open++;
      this.#degreeMax = Math.max(this.#degreeMax, open);
    }
  }

  #join(stream: StreamId): void {
    this.#live.push(
      this.#world.addViewer(stream, { offsetMs: Math.round((randomFloat(this.#random) - 0.5) * 4_000) }),
    );
  }

  #build(): void {
    const { nodes } = this.#options;
    const urls: string[] = [];
    for (let i = 0; i < (nodes >= 1_000 ? 3 : 2); i++) {
      const supernode = this.#world.addSupernode([...urls]);
      urls.push(supernode.url as string);
    }
    this.#run(1_000);
    const streams = Math.max(2, Math.round(nodes / 250));
    const hosts = Array.from({ length: streams }, () => this.#world.addHost());
    this.#live.push(...hosts);
    this.#run(2_000);
    for (const host of hosts) if (host.stream !== undefined) this.#streams.push(host.stream);
    const viewers = nodes - streams;
    const weights = hosts.map((_, rank) => 1 / (rank + 1));
    const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
    const joins: StreamId[] = [];
    for (const [rank, stream] of this.#streams.entries()) {
      const share = Math.round((viewers * (weights[rank] as number)) / weightSum);
      for (let i = 0; i < share && joins.length < viewers; i++) joins.push(stream);
    }
    while (joins.length < viewers) joins.push(this.#streams[0] as StreamId);
    const rampMs = Math.max(5_000, (nodes / JOINS_PER_SECOND) * 1_000);
    for (const stream of joins) {
      this.#clock.call(this.#clock.nowMs + randomFloat(this.#random) * rampMs, () => this.#join(stream));
    }
    this.#run(rampMs + SETTLE_MS);
  }

  /** Departures of a crowd with exponential sessions are a Poisson process; for each who goes somebody comes. */
  #churn(untilMs: number): void {
    let departures = 0;
    const next = (): void => {
      const waitMs = (-Math.log(1 - randomFloat(this.#random)) * SESSION_MEAN_MS) / this.#options.nodes;
      if (this.#clock.nowMs + waitMs >= untilMs) return;
      this.#clock.call(this.#clock.nowMs + waitMs, () => {
        const leaver = randomPick(
          this.#random,
          this.#live.filter(({ kind }) => kind === 'viewer'),
        );
        if (leaver?.stream !== undefined) {
          this.#live = this.#live.filter((node) => node !== leaver);
          if (departures++ % 2 === 0) this.#leaves(leaver);
          else {
            this.#watch.crashed(leaver, this.#candidates(leaver), this.#clock.nowMs);
            this.#world.crash(leaver);
          }
          this.#join(leaver.stream);
        }
        next();
      });
    };
    next();
  }

  #leaves(leaver: WorldNode): void {
    const epoch = leaver.machine.graph.replica.versionOf(leaver.peer)?.epoch;
    if (epoch !== undefined) {
      const version = { epoch, seq: 2 ** 32 - 1 };
      this.#watch.born(leaver, version, this.#candidates(leaver), this.#clock.nowMs);
    }
    this.#world.leave(leaver);
  }

  /** Components of the live members over open links between them. */
  #components(): { all: number; perStreamMax: number } {
    const settled = this.#live.filter(({ joinedAtMs }) => this.#clock.nowMs - joinedAtMs >= JOINED_MS);
    const ids = settled.map(({ peer }) => peer);
    const streamOf = new Map(settled.map(({ peer, stream }) => [peer, stream]));
    const links: [PeerId, PeerId][] = [];
    const inner: [PeerId, PeerId][] = [];
    for (const node of settled) {
      for (const link of node.machine.links.open()) {
        if (link.role === Role.supernode || link.peer === undefined || !streamOf.has(link.peer)) continue;
        links.push([node.peer, link.peer]);
        if (streamOf.get(link.peer) === node.stream) inner.push([node.peer, link.peer]);
      }
    }
    const perStream = new Map<StreamId | undefined, Set<PeerId>>();
    for (const [id, root] of componentsOf(ids, inner)) {
      const stream = streamOf.get(id);
      const roots = perStream.get(stream) ?? new Set();
      roots.add(root);
      perStream.set(stream, roots);
    }
    return {
      all: new Set(componentsOf(ids, links).values()).size,
      perStreamMax: Math.max(0, ...[...perStream.values()].map(({ size }) => size)),
    };
  }

  /** Of the live members that a replica is meant to hold, the share that it lists as present; mean over a sample of replicas. */
  #listed(samples: number): number {
    const shares: number[] = [];
    for (let i = 0; i < samples; i++) {
      const node = randomPick(this.#random, this.#live);
      if (node === undefined || this.#clock.nowMs - node.joinedAtMs < 10_000) continue;
      shares.push(this.#listedBy(node));
    }
    return mean(shares);
  }

  #listedBy(node: WorldNode): number {
    const { graph } = node.machine;
    const now = this.#clock.nowMs + node.offsetMs;
    if (graph.level === GraphLevel.sample) return 1;
    graph.holdings.look(now);
    let meant = 0;
    let present = 0;
    for (const other of this.#live) {
      if (this.#clock.nowMs - other.joinedAtMs < 10_000) continue;
      if (graph.level !== GraphLevel.whole && other.stream !== node.stream) continue;
      meant++;
      const held = graph.replica.get(other.peer);
      if (held !== undefined && graph.holdings.isPresent(held, now)) present++;
    }
    return meant === 0 ? 1 : present / meant;
  }

  /** Median time that a supernode takes for a redirect, in µs of this machine. */
  #redirectMicros(): number {
    const supernode = this.#world.supernodes[0] as WorldNode;
    const now = this.#clock.nowMs + supernode.offsetMs;
    const micros: number[] = [];
    for (const link of [...supernode.machine.links.open()]) {
      if (micros.length === REDIRECTS_TIMED || link.role === Role.supernode) continue;
      const { redirectRequest } = MessageType;
      const message = { type: redirectRequest, intent: RedirectIntent.join, stream: link.stream } as const;
      const startedAtMs = performance.now();
      supernode.machine.handle({ type: 'packet', link: link.id, packet: { type: 'message', message } }, now);
      micros.push((performance.now() - startedAtMs) * 1_000);
    }
    return percentile(micros, 0.5);
  }

  /** Cuts the network in two halves for a while; answers with how long it then takes to be one again. */
  #heal(): number {
    const side = (node: WorldNode): number => node.index % 2;
    this.#world.faults.cut = (from, to) => side(from) !== side(to);
    this.#run(CUT_MS);
    this.#world.faults.cut = () => false;
    const healedAtMs = this.#clock.nowMs;
    let checked = 0;
    this.#run(HEAL_PATIENCE_MS, () => {
      if (++checked % 4 !== 0 || this.#components().all > 1) return false;
      return this.#listed(40) >= 0.99;
    });
    const tookMs = this.#clock.nowMs - healedAtMs;
    return tookMs >= HEAL_PATIENCE_MS ? Number.POSITIVE_INFINITY : tookMs;
  }

  play(): GraphOutcome {
    this.#build();
    this.#measuring = true;
    this.#degreeMax = 0;
    const before = new Map<WorldNode, { bytes: number; dials: number }>();
    const take = (node: WorldNode) => ({ bytes: node.traffic.graphBytesOut, dials: dialsOf(node) });
    for (const node of [...this.#live, ...this.#world.supernodes]) before.set(node, take(node));
    const countsBefore = this.#counts();
    const fromMs = this.#clock.nowMs;
    const windowMs = this.#options.seconds * 1_000;
    this.#churn(fromMs + windowMs);
    this.#run(windowMs);
    this.#measuring = false;
    const rate = (node: WorldNode): number =>
      (node.traffic.graphBytesOut - (before.get(node)?.bytes ?? 0)) /
      ((this.#clock.nowMs - Math.max(fromMs, node.joinedAtMs)) / 1_000);
    const grown = this.#live.filter(({ joinedAtMs }) => this.#clock.nowMs - joinedAtMs > 5_000);
    const rates = grown.map(rate);
    const dials = this.#live.reduce((sum, node) => sum + dialsOf(node) - (before.get(node)?.dials ?? 0), 0);
    const counts = this.#counts();
    const notices = counts.notices - countsBefore.notices;
    const taken = counts.taken - countsBefore.taken;
    const { all, perStreamMax } = this.#components();
    const membersListedRatio = this.#listed(200);
    const redirectMicros = this.#redirectMicros();
    const degreeMean = mean(this.#live.map(({ machine }) => [...machine.links.open()].length));
    this.#run(5_000);
    this.#watch.close(this.#clock.nowMs, 5_000);
    // Crashes of the end of the window need their grace.
    if (this.#options.nodes <= CUT_NODES_MAX) this.#run(40_000);
    const figures = {
      bytesPerNodePerSecond: mean(rates),
      bytesPerNodePerSecondP99: percentile(rates, 0.99),
      supernodeBytesPerSecond: mean(this.#world.supernodes.map(rate)),
      messagesPerUpdate: notices / Math.max(1, taken),
      convergeP50Ms: percentile(this.#watch.convergedMs, 0.5),
      convergeP99Ms: percentile(this.#watch.convergedMs, 0.99),
      goneP50Ms: percentile(this.#watch.goneMs, 0.5),
      goneP99Ms: percentile(this.#watch.goneMs, 0.99),
      degreeMax: this.#degreeMax,
      degreeMean,
      components: all,
      componentsPerStreamMax: perStreamMax,
      redirectMicros,
      dialsPerNodePerHour: (dials / this.#options.nodes) * (3_600_000 / windowMs),
      membersListedRatio,
      healMs: this.#options.nodes <= CUT_NODES_MAX ? this.#heal() : Number.NaN,
    };
    return { figures, eventsRun: this.#clock.eventsRun, virtualSeconds: this.#clock.elapsedMs / 1_000 };
  }

  /** What all machines have heard and taken so far. */
  #counts(): { notices: number; taken: number } {
    let notices = 0;
    let taken = 0;
    for (const { machine } of this.#world.nodes) {
      notices += machine.graph.counters.notices;
      taken += machine.graph.counters.taken;
    }
    return { notices, taken };
  }
}

const dialsOf = ({ machine }: WorldNode): number => ('dialed' in machine ? machine.dialed : 0);

export const playGraph = (options: GraphStageOptions): GraphOutcome => new GraphStage(options).play();
