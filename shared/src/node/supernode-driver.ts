/** A supernode, ready to run: the supernode machine on real ports. */
import { viewInSteps } from '../graph/graph-view.ts';
import type { GraphView } from '../graph/statistics.ts';
import { type PeerId, peerIdFromBytes } from '../lib/ids.ts';
import { Role } from '../wire/link-messages.ts';
import { Driver } from './driver.ts';
import { whenReady } from './eventual.ts';
import type { Eventual, Ports } from './ports.ts';
import { SupernodeNode } from './supernode-node.ts';
import {
  defaultSupernodeSettings,
  type ListedSupernode,
  type SupernodeEvent,
  type SupernodeSettings,
  type SupernodeSnapshot,
} from './supernode-settings.ts';

export class SupernodeDriver {
  /** Own id, once it is computed. */
  readonly peer: Eventual<PeerId>;
  readonly #ports: Ports;
  readonly #settings: SupernodeSettings;
  #driver: Driver<SupernodeEvent> | undefined;
  #node: SupernodeNode | undefined;
  #self: PeerId | undefined;

  constructor(ports: Ports, settings: Partial<SupernodeSettings> = {}) {
    this.#ports = ports;
    this.#settings = { ...defaultSupernodeSettings, ...settings };
    this.peer = whenReady(ports.crypto.sha256(ports.crypto.publicKey), (hash) => peerIdFromBytes(hash));
  }

  /**
   * Starts the machine. Resolves (at once where crypto is synchronous) when the transport may hand over links: attach it to
   * a listening socket only then.
   */
  start(onEvent: (event: SupernodeEvent) => void): Eventual<void> {
    return whenReady(this.peer, (self) => {
      const { clock, crypto, random } = this.#ports;
      const identity = { self, publicKey: crypto.publicKey, startedAt: Math.floor(clock.now()) };
      const node = new SupernodeNode(identity, this.#settings, random);
      this.#self = self;
      this.#node = node;
      this.#driver = new Driver(this.#ports, self, node, node.gateAnswers, onEvent);
      this.#driver.input({ type: 'start' });
    });
  }

  /** The supernode as numbers; undefined before `start` has settled. */
  snapshot(): SupernodeSnapshot | undefined {
    const node = this.#node;
    if (!node || this.#self === undefined) return undefined;
    let connections = 0;
    let supernodes = 0;
    for (const link of node.links.open()) {
      connections++;
      if (link.role === Role.supernode) supernodes++;
    }
    return {
      peer: this.#self,
      connections,
      supernodes,
      listed: [...node.trunks.states()],
      records: node.graph.replica.size,
      streams: node.graph.replica.streams,
      signalsForwarded: node.signals.forwarded,
      trunkSignalsOut: node.signals.overTrunks.out,
      trunkSignalsIn: node.signals.overTrunks.in,
      signalsFailed: node.signals.failed,
      redirects: node.redirects,
      rejected: node.rejected,
    };
  }

  /** Looks at the network as this supernode sees it, in small steps; undefined before `start` has settled. */
  view(): Generator<void, GraphView> | undefined {
    return this.#node && viewInSteps(this.#node.graph, this.#ports.clock.now());
  }

  /** Links with these other supernodes from now on, and with no others. */
  list(listed: readonly ListedSupernode[]): void {
    this.#driver?.input({ type: 'list-supernodes', listed });
  }

  /** Tells all clients to be elsewhere within so many ms; they stay linked until {@link shed} or {@link stop}. */
  sendAway(withinMs: number, alternates: readonly string[]): void {
    this.#driver?.input({ type: 'send-away', withinMs, alternates });
  }

  /** Says goodbye to so many clients. */
  shed(links: number): void {
    this.#driver?.input({ type: 'shed', links });
  }

  /** Says goodbye on all links and closes them. */
  stop(): void {
    this.#driver?.stop();
  }
}
