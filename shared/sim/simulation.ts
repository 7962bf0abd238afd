/** A world of simulated nodes that share one network, one clock and one seed. */
import { assert } from '../src/lib/assert.ts';
import { type Random, randomBelow, seededRandom } from '../src/lib/random.ts';
import { defaultPeerSettings } from '../src/node/settings.ts';
import { Convergence } from './convergence.ts';
import { EquivocatingTransport } from './equivocating.ts';
import { Invariants } from './invariants.ts';
import { MessageSource, type StreamShape } from './message-source.ts';
import { type Bandwidth, defaultNetworkSettings, type NetworkSettings } from './network-settings.ts';
import { KeyRegistry } from './sim-crypto.ts';
import { SimNetwork } from './sim-network.ts';
import { type PeerOptions, SimHost, type SimPlace, SimSupernode, SimViewer } from './sim-node.ts';
import { SimTransport } from './sim-transport.ts';
import { TamperingTransport, type TamperSettings } from './tampering.ts';
import { Trace } from './trace.ts';
import { Viewing } from './viewing.ts';
import { NodeClock, VirtualClock } from './virtual-clock.ts';

export interface SimulationSettings {
  /** Any whole number; the same seed gives the same run, event by event. */
  readonly seed: number;
  readonly stream: StreamShape;
  readonly network: Partial<NetworkSettings>;
  /** Line of the host and of every viewer. */
  readonly peerBandwidth: Bandwidth;
  readonly supernodeBandwidth: Bandwidth;
  /** Children that the host, and each viewer, feeds at most. */
  readonly slots: number;
  /** Clocks are wrong by up to so many ms, either way: nothing may depend on them agreeing. */
  readonly clockOffsetMaxMs: number;
}

/** Of a viewer that is not like the others. */
export interface ViewerOptions {
  readonly tamper?: TamperSettings;
}

/** Of a host that is not like most: it does not sign frames, or is not honest. */
export interface HostOptions {
  /** Votes that make a frame believed that is not signed. Default 0: frames are signed. */
  readonly minVotes?: number;
  /** From then on it shows the two halves of its links different versions of each frame; in ms of virtual time. */
  readonly equivocateFromMs?: number;
}

/** Random numbers for one purpose; purposes and seeds do not share sequences. */
const randomFor = (seed: number, purpose: number): Random => seededRandom(seed + purpose * 2 ** 24);

const SOURCE_PURPOSE = 1;
const SCENARIO_PURPOSE = 2;
const FIRST_NODE_PURPOSE = 16;

export class Simulation {
  readonly settings: SimulationSettings;
  readonly clock = new VirtualClock();
  readonly trace = new Trace();
  readonly invariants = new Invariants();
  readonly convergence = new Convergence();
  readonly source: MessageSource;
  /** For the choices of a scenario: who goes, and when. */
  readonly random: Random;
  readonly supernodes: SimSupernode[] = [];
  /** In the order of joining, those that have gone included. */
  readonly viewers: SimViewer[] = [];
  /** Transports of viewers that corrupt what they forward. */
  readonly tamperers: TamperingTransport[] = [];
  /** The host's transport, if it shows different versions. */
  equivocator: EquivocatingTransport | undefined;
  readonly #network: SimNetwork;
  readonly #keys = new KeyRegistry();
  #host: SimHost | undefined;
  #nodes = 0;

  constructor(settings: SimulationSettings) {
    this.settings = settings;
    this.#network = new SimNetwork(this.clock, this.trace, settings.seed, {
      ...defaultNetworkSettings,
      ...settings.network,
    });
    this.source = new MessageSource(randomFor(settings.seed, SOURCE_PURPOSE), settings.stream);
    this.random = randomFor(settings.seed, SCENARIO_PURPOSE);
  }

  get host(): SimHost {
    assert(this.#host !== undefined, 'addHost comes first');
    return this.#host;
  }

  addSupernode(): SimSupernode {
    const url = `ws://supernode-${this.supernodes.length}.sim`;
    const place = this.#place(this.settings.supernodeBandwidth, {});
    this.#network.listen(url, place.transport);
    const supernode = new SimSupernode(place, url);
    this.supernodes.push(supernode);
    return supernode;
  }

  addHost(options: HostOptions = {}): SimHost {
    assert(this.#host === undefined, 'one host feeds the stream');
    const { peerBandwidth, stream } = this.settings;
    const place = this.#place(peerBandwidth, options);
    const host = new SimHost(place, this.#peerOptions(), this.source, {
      bitsPerSecond: stream.bitsPerSecond,
      minVotes: options.minVotes,
    });
    this.#host = host;
    this.convergence.joined(host, this.clock.nowMs);
    return host;
  }

  addViewer(options: ViewerOptions = {}): SimViewer {
    const { stream } = this.host;
    assert(stream !== undefined, 'viewers join a stream that is live');
    const place = this.#place(this.settings.peerBandwidth, options);
    const viewing = new Viewing(place.node, this.source, this.invariants);
    const hostile = options.tamper !== undefined;
    const viewer = new SimViewer(place, this.#peerOptions(), stream, viewing, hostile);
    this.viewers.push(viewer);
    this.convergence.joined(viewer, this.clock.nowMs);
    return viewer;
  }

  /** A viewer goes, with a goodbye or without. */
  removeViewer(viewer: SimViewer, how: 'leave' | 'crash'): void {
    viewer[how]();
    this.convergence.gone(viewer.peer, this.clock.nowMs);
  }

  /** Checks the caps of every live peer; returns the deepest place in the tree. */
  checkPeers(): number {
    let depthMax = 0;
    for (const viewer of this.viewers) {
      if (!viewer.alive) continue;
      const snapshot = viewer.snapshot();
      this.invariants.checkBounds(
        viewer.node,
        snapshot,
        defaultPeerSettings.retentionBytesMax,
        this.clock.nowMs,
      );
      depthMax = Math.max(depthMax, snapshot.relay?.depth ?? 0);
    }
    return depthMax;
  }

  #peerOptions(): PeerOptions {
    const { slots } = this.settings;
    const uploadBitsPerSecond = Number.POSITIVE_INFINITY;
    return { supernodes: this.supernodes.map(({ url }) => url), slots, uploadBitsPerSecond };
  }

  #place(bandwidth: Bandwidth, { tamper, equivocateFromMs }: ViewerOptions & HostOptions): SimPlace {
    const node = this.#nodes++;
    const random = randomFor(this.settings.seed, FIRST_NODE_PURPOSE + node);
    const { clockOffsetMaxMs } = this.settings;
    const offsetMs = randomBelow(random, clockOffsetMaxMs * 2 + 1) - clockOffsetMaxMs;
    const transport = new SimTransport(this.#network, node, bandwidth);
    const tamperer = tamper && new TamperingTransport(transport, this.clock, random, tamper);
    if (tamperer) this.tamperers.push(tamperer);
    const crypto = this.#keys.create(random);
    const equivocator =
      equivocateFromMs === undefined
        ? undefined
        : new EquivocatingTransport(transport, this.clock, crypto, equivocateFromMs);
    if (equivocator) this.equivocator = equivocator;
    return {
      node,
      clock: this.clock,
      nodeClock: new NodeClock(this.clock, offsetMs),
      transport,
      door: tamperer ?? equivocator ?? transport,
      random,
      crypto,
      trace: this.trace,
    };
  }
}
