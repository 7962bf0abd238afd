/**
 * Plays `sim forest`: a host goes live, viewers join within 5 s, the trees settle, and then a window is measured. Uplinks, latencies
 * and every byte on the wire are simulated; the net graph is not, and counts as the bytes that it was measured to take.
 */
import { type Random, randomFloat, randomPick, seededRandom, shuffled } from '../../src/lib/random.ts';
import { STRIPES_USUAL } from '../../src/node/host-beacons.ts';
import { copiesOf } from '../../src/relay/upload-offer.ts';
import { defaultStreamShape, MessageSource } from '../message-source.ts';
import { percentile } from '../statistics.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { Audience } from './audience.ts';
import { DeliveryWatch } from './delivery-watch.ts';
import type { MachineSettings } from './machines.ts';
import { Mesh } from './mesh.ts';
import { RelayWorld } from './relay-world.ts';
import type { HostileKind, MachineMaker, WorldNode } from './relay-world-parts.ts';
import type { ProgressListener } from './run-progress.ts';
import { messageNumber, StreamFeed } from './stream-feed.ts';
import { Team } from './team.ts';

export interface ForestStageOptions {
  readonly nodes: number;
  readonly seed: number;
  /** Length of the measured window. */
  readonly seconds: number;
  /** Mean length of a viewer's session; undefined: all stay. */
  readonly sessionMeanMs: number | undefined;
  /** Stream payload, bits per second. */
  readonly bitsPerSecond: number;
  /** Share of frames that never arrive. */
  readonly framesLoss: number;
  /** Share of the viewers that crash together in the middle of the window. */
  readonly killShare: number;
  readonly make: MachineMaker;
  /** Viewers join within that time, ms. Default 5,000. */
  readonly joinWithinMs?: number | undefined;
  /** Between the last join and the measured window, ms. Default 10,000. */
  readonly settleMs?: number | undefined;
  /** Copies of the stream that the host uploads at most. Default 3. */
  readonly hostSlots?: number | undefined;
  /** What the viewer with this number brings, where it is not the usual. */
  readonly viewer?: ((number: number, random: Random) => ViewerTraits) | undefined;
  /** Machines that nodes share; undefined: each has all the processor time that it needs. */
  readonly machines?: MachineSettings | undefined;
  /** How long each node is played at a time (node-events.ts): it changes nothing but the speed. */
  readonly sliceMs?: number;
  readonly progress?: ProgressListener | undefined;
}

export interface ViewerTraits {
  /** Copies of the stream that it uploads at most. */
  readonly slots?: number;
  readonly uploadBitsPerSecond?: number;
  /** What its user lets it upload. */
  readonly limitBitsPerSecond?: number;
  readonly hostile?: HostileKind | undefined;
}

export interface ForestFigures {
  /** Payload received / useful. */
  readonly redundancy: number;
  /** Control bytes, the net graph's among them, / all bytes. */
  readonly controlRatio: number;
  /** Payload that the host sent, in multiples of the stream: mean of the window, and of the busiest second. */
  readonly hostUploadMean: number;
  readonly hostUploadPeak: number;
  /** The same of the busiest viewer, over the window. */
  readonly uploadMax: number;
  /** Jain's fairness index of payload sent per offered slot, among those who offer any. */
  readonly uploadJain: number;
  readonly depthMax: number;
  readonly deliveredP50Ms: number;
  readonly deliveredP99Ms: number;
  readonly deliveredRatio: number;
  readonly lostFrames: number;
  readonly unconfirmedRatio: number;
  /** Of the stream at the end of the window: less than asked for where the swarm could not carry that. */
  readonly bitsPerSecond: number;
  /** Messages that an application was given and the host never published. */
  readonly forgedAccepted: number;
  /** After the loss of a parent: how much later than usual the latest message came; NaN if none was lost. */
  readonly parentLossExtraP50Ms: number;
  readonly parentLossExtraP99Ms: number;
  readonly stallsPerHour: number;
  /** From a mass failure until 99% of the survivors that could be reached were within 700 ms of the host; NaN without one. */
  readonly recoverMs: number;
  /** Seconds that stripes were without a parent while somebody had a free slot, summed. */
  readonly starvedStripeSeconds: number;
}

export interface ForestOutcome {
  readonly figures: ForestFigures;
  readonly eventsRun: number;
  readonly virtualSeconds: number;
}

const UPLOAD_BITS_PER_SECOND = 10_000_000;
const HOST_SLOTS = 3;
const VIEWER_SLOTS = 3;
const JOIN_WITHIN_USUAL_MS = 5_000;
const SETTLE_USUAL_MS = 10_000;
/** After the window, for what is on its way. */
const FAREWELL_MS = 3_000;
/** Bytes of the net graph that a member sends per second in a network of 1,000 (`sim graph`). */
const GRAPH_BYTES_PER_SECOND = 2_600;
const STEP_MS = 1_000;

class ForestStage {
  readonly #options: ForestStageOptions;
  readonly #clock = new VirtualClock();
  readonly #random;
  readonly #world: RelayWorld;
  readonly #mesh: Mesh;
  readonly #source: MessageSource;
  readonly #watch: DeliveryWatch;
  readonly #host: WorldNode;
  readonly #viewers: WorldNode[] = [];
  readonly #audience: Audience;
  readonly #joinWithinMs: number;
  readonly #settleMs: number;
  readonly #feed: StreamFeed;
  #forgedAccepted = 0;
  #depthMax = 0;
  #hostPeak = 0;

  readonly #team: Team;

  constructor(options: ForestStageOptions, team: Team) {
    this.#options = options;
    this.#team = team;
    this.#random = seededRandom(options.seed * 13 + 5);
    const { bitsPerSecond, framesLoss } = options;
    this.#source = new MessageSource(this.#random, { ...defaultStreamShape, bitsPerSecond });
    this.#watch = new DeliveryWatch(this.#source);
    this.#world = new RelayWorld(
      this.#clock,
      options.seed,
      options.make,
      {
        delivered: (node, bytes, nowMs) => this.#delivered(node, messageNumber(bytes), nowMs),
        wantsLink: (node, peers, starving) => this.#mesh.wantsLink(node, peers, starving),
        linkLost: (node) => this.#mesh.linkLost(node),
        supply: (supply, nowMs) => this.#feed.heard(supply, nowMs),
      },
      options.sliceMs,
      team,
    );
    this.#world.transit.framesLoss = framesLoss;
    if (options.machines) this.#world.transit.shareMachines(options.machines);
    this.#mesh = new Mesh(this.#world, this.#random, team);
    this.#audience = new Audience(this.#clock, team);
    this.#joinWithinMs = options.joinWithinMs ?? JOIN_WITHIN_USUAL_MS;
    this.#settleMs = options.settleMs ?? SETTLE_USUAL_MS;
    this.#host = this.#add(true, { slots: options.hostSlots ?? HOST_SLOTS });
    this.#feed = new StreamFeed(this.#world, this.#host, this.#source, bitsPerSecond);
  }

  #add(isHost: boolean, traits: ViewerTraits): WorldNode {
    const usual = { slots: VIEWER_SLOTS, uploadBitsPerSecond: UPLOAD_BITS_PER_SECOND };
    const node = this.#world.add({ isHost, ...usual, ...traits });
    this.#mesh.join(node);
    return node;
  }

  #join(): void {
    const traits = this.#options.viewer?.(this.#viewers.length, this.#random) ?? {};
    this.#viewers.push(this.#add(false, traits));
  }

  #delivered(node: WorldNode, number: number, nowMs: number): void {
    if (node.hostile) return;
    if (number >= this.#source.count) {
      this.#forgedAccepted++;
      return;
    }
    this.#watch.delivered(node, number, nowMs);
    this.#audience.delivered(node, this.#source.publishedAtMs(number), nowMs);
  }

  #run(ms: number, each?: () => void): void {
    const untilMs = this.#clock.nowMs + ms;
    const windowMs = this.#options.seconds * 1_000;
    const totalMs = this.#joinWithinMs + this.#settleMs + windowMs + FAREWELL_MS;
    while (this.#clock.nowMs < untilMs) {
      this.#world.runUntil(Math.min(untilMs, this.#clock.nowMs + STEP_MS));
      this.#feed.follow(this.#team);
      each?.();
      const { eventsRun } = this.#world;
      this.#options.progress?.(this.#clock.elapsedMs / 1_000, totalMs / 1_000, eventsRun);
    }
  }

  #churn(untilMs: number, sessionMeanMs: number): void {
    const waitMs = (-Math.log(1 - randomFloat(this.#random)) * sessionMeanMs) / this.#options.nodes;
    if (this.#clock.nowMs + waitMs >= untilMs) return;
    this.#clock.call(this.#clock.nowMs + waitMs, () => {
      const leaver = randomPick(this.#random, this.#mesh.live);
      if (leaver !== undefined && !leaver.isHost) {
        this.#audience.leaves(leaver, (peer) => this.#world.byPeer(peer));
        this.#mesh.gone(leaver);
        this.#world.remove(leaver, randomFloat(this.#random) < 0.5 ? 'leave' : 'crash');
        this.#join();
      }
      this.#churn(untilMs, sessionMeanMs);
    });
  }

  #kill(share: number): void {
    if (share === 0) return;
    for (const node of shuffled(
      this.#random,
      this.#viewers.filter(({ goneAtMs }) => goneAtMs === undefined),
    ).slice(0, Math.round(share * this.#options.nodes))) {
      this.#mesh.gone(node);
      this.#world.remove(node, 'crash');
    }
    this.#audience.catastrophe(this.#host);
  }

  #own(nodes: readonly WorldNode[]): WorldNode[] {
    return nodes.filter(({ index }) => this.#team.owns(index));
  }

  /** What the counters of all nodes say now. All members ask at the same time. */
  #snapshot(): Map<WorldNode, Counted> {
    const nodes = [this.#host, ...this.#viewers];
    const rows = this.#own(nodes).flatMap((node) => {
      const counted = countedOf(node);
      return [node.index, ...keys.map((key) => counted[key])];
    });
    const all = this.#team.gather(rows);
    const counted: Counted[] = [];
    for (let row = 0; row < all.length; row += 1 + keys.length) {
      const entries = keys.map((key, i) => [key, all[row + 1 + i]]);
      counted[all[row] as number] = Object.fromEntries(entries) as Counted;
    }
    return new Map(nodes.map((node) => [node, counted[node.index] ?? NOTHING]));
  }

  #hostOut(): number {
    return this.#team.sum(this.#team.owns(this.#host.index) ? this.#host.payloadOut : 0);
  }

  play(): ForestOutcome {
    for (let i = 0; i < this.#options.nodes; i++) {
      const atMs = this.#clock.nowMs + randomFloat(this.#random) * this.#joinWithinMs;
      this.#clock.call(this.#world.beatFrom(atMs), () => this.#join());
    }
    this.#run(this.#joinWithinMs + this.#settleMs);
    this.#watch.open(this.#clock.nowMs);
    this.#audience.open();
    const before = this.#snapshot();
    const first = this.#source.count;
    const windowMs = this.#options.seconds * 1_000;
    const { sessionMeanMs } = this.#options;
    if (sessionMeanMs !== undefined) this.#churn(this.#clock.nowMs + windowMs, sessionMeanMs);
    this.#clock.call(this.#clock.nowMs + windowMs / 2, () => this.#kill(this.#options.killShare));
    let hostOut = this.#hostOut();
    let published = this.#source.count;
    this.#run(windowMs, () => {
      const bytes = this.#source.bytesBetween(published, this.#source.count);
      const hostOutBefore = hostOut;
      hostOut = this.#hostOut();
      this.#hostPeak = Math.max(this.#hostPeak, (hostOut - hostOutBefore) / bytes);
      published = this.#source.count;
      this.#audience.look(this.#mesh.live);
      for (const { machine } of this.#own(this.#mesh.live))
        this.#depthMax = Math.max(this.#depthMax, ...machine.depths);
    });
    this.#watch.close();
    const streamBytes = this.#source.bytesBetween(first, this.#source.count);
    const after = this.#snapshot();
    this.#run(FAREWELL_MS);
    this.#watch.finish(
      this.#viewers.filter(({ hostile }) => !hostile),
      this.#team,
    );
    const { elapsedMs } = this.#clock;
    return {
      figures: this.#figures(before, after, streamBytes),
      eventsRun: this.#world.eventsRun,
      virtualSeconds: elapsedMs / 1_000,
    };
  }

  #figures(
    before: ReadonlyMap<WorldNode, Counted>,
    after: ReadonlyMap<WorldNode, Counted>,
    streamBytes: number,
  ): ForestFigures {
    const all = { ...NOTHING };
    let uploadMax = 0;
    const shares: number[] = [];
    for (const [node, counted] of after) {
      const during = since(before.get(node) ?? NOTHING, counted);
      for (const key of keys) all[key] += during[key];
      if (node.isHost || node.hostile) continue;
      uploadMax = Math.max(uploadMax, during.payloadOut);
      const stayed = before.has(node) && node.goneAtMs === undefined;
      const offered = copiesOf(node.offer, this.#feed.bitsPerSecond, STRIPES_USUAL);
      if (offered > 0 && stayed) shares.push(during.payloadOut / offered);
    }
    const host = since(before.get(this.#host) ?? NOTHING, after.get(this.#host) ?? NOTHING);
    const extraMs = this.#team.gather(this.#audience.losses.extraMs);
    const graphBytes = this.#mesh.live.length * GRAPH_BYTES_PER_SECOND * this.#options.seconds;
    return {
      redundancy: all.payloadIn / all.payloadUseful,
      controlRatio: (all.controlOut + graphBytes) / (all.wireOut + graphBytes),
      hostUploadMean: host.payloadOut / streamBytes,
      hostUploadPeak: this.#hostPeak,
      uploadMax: uploadMax / streamBytes,
      uploadJain: jain(shares),
      depthMax: Math.max(...this.#team.gather([this.#depthMax])),
      deliveredP50Ms: this.#watch.quantileMs(0.5),
      deliveredP99Ms: this.#watch.quantileMs(0.99),
      deliveredRatio: this.#watch.deliveredRatio,
      lostFrames: this.#watch.lost,
      unconfirmedRatio: all.unconfirmed / (all.confirmed + all.unconfirmed),
      bitsPerSecond: this.#feed.bitsPerSecond,
      forgedAccepted: this.#team.sum(this.#forgedAccepted),
      parentLossExtraP50Ms: percentile(extraMs, 0.5),
      parentLossExtraP99Ms: percentile(extraMs, 0.99),
      stallsPerHour: this.#audience.stallsPerHour,
      recoverMs: this.#audience.recoverMs,
      starvedStripeSeconds: this.#audience.starvedStripeSeconds,
    };
  }
}

const NOTHING = {
  payloadIn: 0,
  payloadUseful: 0,
  payloadOut: 0,
  wireOut: 0,
  controlOut: 0,
  confirmed: 0,
  unconfirmed: 0,
};
type Counted = Readonly<typeof NOTHING>;
const keys = Object.keys(NOTHING) as (keyof typeof NOTHING)[];

function countedOf(node: WorldNode): Counted {
  const { payloadIn, payloadUseful, payloadOut, wireOut, controlOut, machine } = node;
  const [confirmed, unconfirmed] = machine.confirmed;
  return { payloadIn, payloadUseful, payloadOut, wireOut, controlOut, confirmed, unconfirmed };
}

function since(before: Counted, after: Counted): Counted {
  const during = { ...NOTHING };
  for (const key of keys) during[key] = after[key] - before[key];
  return during;
}

/** Jain, Chiu and Hawe (1984): (Σx)² / (n · Σx²); 1 if all give the same. */
function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? Number.NaN : (sum * sum) / (shares.length * squares);
}

/** @param team who plays it: every member calls this, and each is told the whole outcome */
export const playForest = (options: ForestStageOptions, team = Team.alone()): ForestOutcome =>
  new ForestStage(options, team).play();
