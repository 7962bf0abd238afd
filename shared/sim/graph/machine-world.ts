/**
 * A network of real peer and supernode machines without drivers: messages travel by reference in virtual time, which makes ten
 * thousand nodes affordable. Nodes, latencies, timers and signing are here; how links come about is in world-links.ts, how messages
 * travel and pass the gate in world-messages.ts, what goes wrong in world-faults.ts. Left out: bandwidth, frames, encoding (the
 * other simulator has them).
 */
import { ByteWriter } from '../../src/lib/bytes.ts';
import { type LinkId, peerIdFromBytes, type StreamId, streamIdFromBytes } from '../../src/lib/ids.ts';
import { type Random, randomBytes, seededRandom } from '../../src/lib/random.ts';
import type { NodeInput } from '../../src/node/node-contract.ts';
import { PeerNode } from '../../src/node/peer-node.ts';
import { CONNECTION_LOST } from '../../src/node/ports.ts';
import { defaultPeerSettings, HOST_LINKS_TARGET, type PeerSettings } from '../../src/node/settings.ts';
import { SupernodeNode } from '../../src/node/supernode-node.ts';
import {
  defaultSupernodeSettings,
  type ListedSupernode,
  type SupernodeSettings,
} from '../../src/node/supernode-settings.ts';
import type { WireMessage } from '../../src/wire/codec.ts';
import type { GoodbyeReason } from '../../src/wire/link-messages.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import type { Signal } from '../../src/wire/supernode-messages.ts';
import { simHash } from '../sim-crypto.ts';
import { SimEvent, type VirtualClock } from '../virtual-clock.ts';
import { Authenticity } from './authenticity.ts';
import { GraphTraffic } from './graph-traffic.ts';
import { noFaults, type WorldFaults } from './world-faults.ts';
import { DIAL_TIMEOUT_MS, WorldLinks } from './world-links.ts';
import { WorldMessages } from './world-messages.ts';
import type { Machine, WorldEvent, WorldNode, WorldOutput } from './world-node.ts';

const LATENCY_MIN_MS = 10;
const LATENCY_MAX_MS = 50;

export interface NodeOptions {
  /** Settings that differ from the product's defaults. */
  readonly settings?: Partial<PeerSettings>;
  readonly supernodeSettings?: Partial<SupernodeSettings>;
  readonly offsetMs?: number;
  /** The key of a node that was here before: it restarts. */
  readonly publicKey?: Uint8Array;
}

export class MachineWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly faults: WorldFaults = noFaults();
  readonly nodes: WorldNode[] = [];
  readonly supernodes: WorldNode[] = [];
  readonly authenticity = new Authenticity();
  readonly #seed: number;
  readonly #links: WorldLinks;
  readonly #messages: WorldMessages;
  /** Whom each supernode lists. */
  readonly #listed = new Map<WorldNode, readonly ListedSupernode[]>();
  /** Looks at every message before the gate of its receiver does. */
  onDelivered: ((from: WorldNode, to: WorldNode, message: WireMessage) => void) | undefined;

  /** What a hostile node lets out of what it is about to send; undefined: nothing. */
  filter: ((from: WorldNode, message: WireMessage) => WireMessage | undefined) | undefined;
  /** Told of every event of a machine. */
  onEvent: ((node: WorldNode, event: WorldEvent) => void) | undefined;

  constructor(clock: VirtualClock, seed: number) {
    this.clock = clock;
    this.#seed = seed;
    this.random = seededRandom(seed * 31 + 7);
    this.#links = new WorldLinks(this);
    this.#messages = new WorldMessages(this);
  }

  /** @param peers URLs of supernodes that it dials; their operators list it, too */
  addSupernode(peers: readonly string[], options: NodeOptions = {}): WorldNode {
    const url = `ws://supernode-${this.supernodes.length}.sim`;
    const others = this.supernodes.filter((other) => other.url !== undefined && peers.includes(other.url));
    const listed = others.map(({ peer: id, url: at }) => ({ id, url: at }));
    const settings = { ...defaultSupernodeSettings, listed, ...options.supernodeSettings };
    const node = this.#add('supernode', url, undefined, options, (identity, random) => {
      return new SupernodeNode(identity, settings, random);
    });
    this.supernodes.push(node);
    this.#listed.set(node, listed);
    for (const other of others) {
      const theirs = [...(this.#listed.get(other) ?? []), { id: node.peer }];
      this.#listed.set(other, theirs);
      this.feed(other, { type: 'list-supernodes', listed: theirs });
    }
    return node;
  }

  addHost(options: NodeOptions = {}): WorldNode {
    return this.#addPeer('host', undefined, options);
  }

  addViewer(stream: StreamId, options: NodeOptions = {}): WorldNode {
    return this.#addPeer('viewer', stream, options);
  }

  #addPeer(role: 'host' | 'viewer', stream: StreamId | undefined, options: NodeOptions): WorldNode {
    const settings: PeerSettings = {
      ...defaultPeerSettings,
      linksTarget: role === 'host' ? HOST_LINKS_TARGET : defaultPeerSettings.linksTarget,
      supernodes: this.supernodes.flatMap(({ url }) => url ?? []),
      ...options.settings,
      role,
      stream,
    };
    return this.#add(
      role,
      undefined,
      stream,
      options,
      (identity, random) => new PeerNode(identity, settings, random),
    );
  }

  #add(
    kind: WorldNode['kind'],
    url: string | undefined,
    stream: StreamId | undefined,
    options: NodeOptions,
    make: (
      identity: { self: WorldNode['peer']; publicKey: Uint8Array; startedAt: number },
      random: Random,
    ) => Machine,
  ): WorldNode {
    const index = this.nodes.length;
    const random = seededRandom(this.#seed + (index + 16) * 2 ** 24);
    const publicKey = options.publicKey ?? randomBytes(random, 32);
    const peer = peerIdFromBytes(simHash(publicKey));
    const offsetMs = options.offsetMs ?? 0;
    const startedAt = Math.floor(this.clock.nowMs + offsetMs);
    const node: WorldNode = {
      index,
      peer,
      kind,
      url,
      stream,
      machine: make({ self: peer, publicKey, startedAt }, random),
      publicKey,
      offsetMs,
      joinedAtMs: this.clock.nowMs,
      goneAtMs: undefined,
      ends: new Map(),
      inputs: [],
      running: false,
      traffic: new GraphTraffic(),
      events: {},
    };
    this.nodes.push(node);
    this.feed(node, { type: 'start' });
    return node;
  }

  /** It says goodbye and goes. */
  leave(node: WorldNode): void {
    this.feed(node, { type: 'stop' });
    this.#gone(node);
  }

  /** It goes without a word; its neighbours' transports notice in the end. */
  crash(node: WorldNode): void {
    this.#gone(node);
  }

  #gone(node: WorldNode): void {
    node.goneAtMs = this.clock.nowMs;
    for (const end of [...node.ends.values()]) {
      this.#links.forget(end);
      const { remote } = end;
      if (end.open && remote !== undefined)
        this.clock.call(this.clock.nowMs + DIAL_TIMEOUT_MS, () => this.#links.lost(remote, CONNECTION_LOST));
    }
  }

  latencyMs(a: WorldNode, b: WorldNode): number {
    let mixed = Math.imul(Math.min(a.index, b.index) + 1, 0x9e3779b1);
    mixed ^= Math.imul(Math.max(a.index, b.index) + 1, 0x85ebca77);
    mixed = Math.imul(mixed ^ this.#seed ^ (mixed >>> 15), 0x2c1b3c6d);
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
    return LATENCY_MIN_MS + ((mixed ^ (mixed >>> 15)) >>> 0) * ((LATENCY_MAX_MS - LATENCY_MIN_MS) / 2 ** 32);
  }

  /** Feeds a machine and performs what it says; inputs that arise meanwhile wait their turn. */
  feed(node: WorldNode, input: NodeInput): void {
    if (node.goneAtMs !== undefined) return;
    node.inputs.push(input);
    if (node.running) return;
    node.running = true;
    const now = this.clock.nowMs + node.offsetMs;
    for (let next = node.inputs.shift(); next !== undefined; next = node.inputs.shift()) {
      for (const output of node.machine.handle(next, now)) this.#perform(node, output as WorldOutput);
    }
    node.running = false;
    this.#setTimer(node);
  }

  readonly #timers = new WeakMap<WorldNode, Timer>();

  /** A timer is only ever moved to an earlier time; one that comes too early looks again. */
  #setTimer(node: WorldNode): void {
    const dueAtMs = Math.max(node.machine.nextDeadline() - node.offsetMs, this.clock.nowMs);
    let timer = this.#timers.get(node);
    if (timer !== undefined && !timer.cancelled && timer.atMs <= dueAtMs) return;
    if (timer !== undefined && !timer.cancelled) this.clock.cancel(timer);
    if (dueAtMs === Number.POSITIVE_INFINITY) return;
    timer = new Timer(this, node);
    this.#timers.set(node, timer);
    this.clock.add(timer, dueAtMs);
  }

  timerFired(node: WorldNode): void {
    if (node.goneAtMs !== undefined) return;
    if (node.machine.nextDeadline() - node.offsetMs > this.clock.nowMs) this.#setTimer(node);
    else this.feed(node, { type: 'tick' });
  }

  #perform(node: WorldNode, output: WorldOutput): void {
    switch (output.type) {
      case 'dial':
        if (output.address.kind === 'supernode')
          this.#links.dialSupernode(node, output.link, output.address.url);
        else this.#links.dialPeer(node, output.link);
        break;
      case 'accept':
        this.#links.accept(node, output.link, output.payload);
        break;
      case 'signal':
        this.#links.answered(node, output.link, output.payload);
        break;
      case 'close':
        this.#close(node, output.link, output.reason);
        break;
      case 'greet':
        this.#messages.greet(node, output.link);
        break;
      case 'send':
        this.#messages.send(node, output.link, output.message);
        break;
      case 'pass':
        // Messages travel by reference here: the head that a supernode was given is the whole signal.
        this.#messages.send(node, output.link, output.signal as Signal);
        break;
      case 'send-signal':
        this.#messages.sendSignal(node, output.link, output.signal);
        break;
      case 'push':
        break;
      case 'sign-proof':
        this.feed(node, { type: 'proof-signed', link: output.link, signature: new Uint8Array(64) });
        break;
      case 'sign-record': {
        const { body } = output;
        const signature = new Uint8Array(64);
        const record = { ...body, id: node.peer, signature, ttlSeconds: body.ttlMaxSeconds };
        this.authenticity.recordSigned(record);
        this.feed(node, { type: 'record-signed', record });
        break;
      }
      case 'sign-links': {
        const list = { ...output.body, signature: new Uint8Array(64) };
        this.authenticity.listSigned(list);
        this.feed(node, { type: 'links-signed', list });
        break;
      }
      // Without beacons there are no trees: this world is about the graph.
      case 'sign-beacon':
        break;
      case 'event':
        this.#event(node, output.event);
        break;
    }
  }

  #event(node: WorldNode, event: WorldEvent): void {
    node.events[event.type] = (node.events[event.type] ?? 0) + 1;
    this.onEvent?.(node, event);
    if (event.type !== 'nonce-proposed' || node.kind !== 'host' || node.stream !== undefined) return;
    const { nonce } = event;
    const stream = streamIdFromBytes(simHash(new ByteWriter(48).bytes(node.publicKey).bytes(nonce).finish()));
    node.stream = stream;
    const epoch = Math.floor(this.clock.nowMs + node.offsetMs);
    const live = { stream, nonce, epoch, title: 'simulated', bitsPerSecond: 2_500_000 };
    this.feed(node, { type: 'go-live', live });
  }

  #close(node: WorldNode, link: LinkId, reason: GoodbyeReason): void {
    const end = node.ends.get(link);
    if (end === undefined) return;
    const { remote } = end;
    if (end.open && remote !== undefined) {
      this.#messages.deliver(end, { type: MessageType.goodbye, reason });
      if (!this.faults.cut(node, remote.node))
        this.clock.call(end.arrivesAtMs, () => this.#links.lost(remote, 'closed by the other end'));
    }
    this.#links.forget(end);
  }

  /** A hostile node says something on all its links that its machine did not say. */
  inject(node: WorldNode, message: WireMessage): void {
    for (const end of node.ends.values()) if (end.open) this.#messages.deliver(end, message);
  }
}

class Timer extends SimEvent {
  readonly #world: MachineWorld;
  readonly #node: WorldNode;

  constructor(world: MachineWorld, node: WorldNode) {
    super();
    this.#world = world;
    this.#node = node;
  }

  override fire(): void {
    this.#world.timerFired(this.#node);
  }
}
