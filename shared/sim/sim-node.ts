/** One simulated node: the real driver behind simulated doors, and what the simulation wants to know of it. */
import { assert } from '../src/lib/assert.ts';
import { concatBytes } from '../src/lib/bytes.ts';
import { type PeerId, type StreamId, streamIdFromBytes } from '../src/lib/ids.ts';
import type { Random } from '../src/lib/random.ts';
import type { NodeEvent } from '../src/node/events.ts';
import { PeerDriver } from '../src/node/peer-driver.ts';
import type { Crypto, LinkTransport, Ports } from '../src/node/ports.ts';
import {
  defaultPeerSettings,
  HOST_LINKS_TARGET,
  type LiveStream,
  type PeerSettings,
} from '../src/node/settings.ts';
import type { NodeSnapshot } from '../src/node/snapshot.ts';
import { SupernodeDriver } from '../src/node/supernode-driver.ts';
import type { MessageSource } from './message-source.ts';
import type { SimTransport } from './sim-transport.ts';
import { type Trace, TraceKind } from './trace.ts';
import type { Traffic } from './traffic.ts';
import type { Viewing } from './viewing.ts';
import type { NodeClock, VirtualClock } from './virtual-clock.ts';

/** The timers of a node that said goodbye run on for that long, so that what it leaves behind shows. */
const AFTERLIFE_MS = 1_000;

/** What a simulated node is built on. */
export interface SimPlace {
  readonly node: number;
  readonly clock: VirtualClock;
  readonly nodeClock: NodeClock;
  readonly transport: SimTransport;
  /** The transport as the driver sees it: the same, or wrapped by a fault. */
  readonly door: LinkTransport;
  readonly random: Random;
  readonly crypto: Crypto;
  readonly trace: Trace;
}

const portsOf = (place: SimPlace): Ports => ({
  transport: place.door,
  clock: place.nodeClock,
  random: place.random,
  crypto: place.crypto,
});

/** A host or a viewer. */
class SimPeer {
  readonly node: number;
  readonly peer: PeerId;
  readonly joinedAtMs: number;
  protected readonly place: SimPlace;
  protected readonly driver: PeerDriver;
  #leftAtMs: number | undefined;

  constructor(place: SimPlace, settings: PeerSettings) {
    this.place = place;
    this.node = place.node;
    this.joinedAtMs = place.clock.nowMs;
    this.driver = new PeerDriver(portsOf(place), settings);
    const { peer } = this.driver;
    assert(!(peer instanceof Promise), 'the simulated crypto answers at once');
    this.peer = peer;
  }

  get traffic(): Traffic {
    return this.place.transport.traffic;
  }

  /** When it left or crashed, in ms of virtual time. */
  get leftAtMs(): number | undefined {
    return this.#leftAtMs;
  }

  get alive(): boolean {
    return this.#leftAtMs === undefined;
  }

  snapshot(): NodeSnapshot {
    const snapshot = this.driver.snapshot();
    assert(snapshot !== undefined, 'the simulated crypto answers at once');
    return snapshot;
  }

  /** Says goodbye and goes. */
  leave(): void {
    this.#gone(TraceKind.left);
    this.driver.stop();
    const { clock, nodeClock } = this.place;
    clock.call(clock.nowMs + AFTERLIFE_MS, () => nodeClock.stop());
  }

  /** Goes without a word. */
  crash(): void {
    this.#gone(TraceKind.crashed);
    this.place.transport.crash();
    this.place.nodeClock.stop();
  }

  #gone(kind: TraceKind): void {
    assert(this.alive, 'a node goes once');
    this.#leftAtMs = this.place.clock.nowMs;
    this.note(kind, 0);
  }

  protected note(kind: TraceKind, digest: number): void {
    this.place.trace.add(this.node, this.place.clock.nowMs, kind, digest);
  }
}

export interface PeerOptions {
  readonly supernodes: readonly string[];
  readonly slots: number;
  readonly uploadBitsPerSecond: number;
}

type StreamOptions = Pick<LiveStream, 'bitsPerSecond' | 'minVotes'>;

/** Feeds a stream from a {@link MessageSource}, from the moment it goes live. */
export class SimHost extends SimPeer {
  readonly #source: MessageSource;
  #stream: StreamId | undefined;
  #liveAtMs = 0;

  constructor(place: SimPlace, options: PeerOptions, source: MessageSource, live: StreamOptions) {
    super(place, {
      ...defaultPeerSettings,
      ...options,
      role: 'host',
      stream: undefined,
      linksTarget: HOST_LINKS_TARGET,
    });
    this.#source = source;
    this.note(TraceKind.joined, 0);
    this.driver.start((event) => {
      if (event.type === 'nonce-proposed') this.#goLive(event.nonce, live);
    });
  }

  /** The stream id; undefined until the host is live. */
  get stream(): StreamId | undefined {
    return this.#stream;
  }

  /** What `openHostStream` does with a storage, without one: a simulated host lives once. */
  #goLive(nonce: Uint8Array, live: StreamOptions): void {
    if (this.#stream !== undefined) return;
    const { crypto, nodeClock, clock } = this.place;
    const id = crypto.sha256(concatBytes(crypto.publicKey, nonce));
    assert(!(id instanceof Promise), 'the simulated crypto answers at once');
    this.#stream = streamIdFromBytes(id);
    const epoch = Math.floor(nodeClock.now());
    this.driver.goLive({ stream: this.#stream, nonce, epoch, title: 'simulated', ...live });
    this.#liveAtMs = clock.nowMs;
    this.#publishNext();
  }

  #publishNext(): void {
    const { clock } = this.place;
    clock.call(this.#liveAtMs + this.#source.nextAtMs, () => {
      if (!this.alive) return;
      const { bytes, key } = this.#source.next(clock.nowMs);
      this.driver.publish(bytes, key);
      this.#publishNext();
    });
  }
}

export class SimViewer extends SimPeer {
  readonly viewing: Viewing;
  /** It corrupts what it forwards; its own figures do not count. */
  readonly hostile: boolean;
  #peersCut = 0;
  #epochEndedAtMs: number | undefined;

  constructor(place: SimPlace, options: PeerOptions, stream: StreamId, viewing: Viewing, hostile: boolean) {
    super(place, { ...defaultPeerSettings, ...options, role: 'viewer', stream });
    this.viewing = viewing;
    this.hostile = hostile;
    this.note(TraceKind.joined, 0);
    this.driver.start((event) => this.#heard(event));
  }

  #heard(event: NodeEvent): void {
    switch (event.type) {
      case 'message':
        this.note(TraceKind.message, event.bytes.length);
        this.viewing.deliver(event.bytes, event.epoch, this.place.clock.nowMs);
        break;
      case 'gap':
        this.note(TraceKind.gap, event.fromSeq);
        this.viewing.gap();
        break;
      case 'equivocation':
        this.#epochEndedAtMs ??= this.place.clock.nowMs;
        break;
      case 'peer-cut':
        this.#peersCut++;
        break;
    }
  }

  /** When it learnt that the host had signed two versions of a frame, in ms of virtual time. */
  get epochEndedAtMs(): number | undefined {
    return this.#epochEndedAtMs;
  }

  /** How often this viewer cut off a peer for something that it did. */
  get peersCut(): number {
    return this.#peersCut;
  }
}

export class SimSupernode {
  readonly url: string;
  readonly transport: SimTransport;
  readonly driver: SupernodeDriver;

  constructor(place: SimPlace, url: string) {
    this.url = url;
    this.transport = place.transport;
    this.driver = new SupernodeDriver(portsOf(place));
    this.driver.start(() => undefined);
  }
}
