/**
 * Nodes of a mesh that pass each other's signals on, each hop at once. Every node knows who is near whom, as the net graph would
 * tell it, unless the test gives it other routes.
 */
import type { PeerId } from '../src/lib/ids.ts';
import { Links } from '../src/node/links.ts';
import { SignalRouter } from '../src/node/signal-router.ts';
import { limits } from '../src/wire/limits.ts';
import { MessageType } from '../src/wire/message-type.ts';
import type { Signal, SignalFailed } from '../src/wire/supernode-messages.ts';
import { START } from './frames.ts';
import { peerOf } from './ids.ts';
import { openLink } from './links.ts';

/** What became of a message: who had it in their hands after its sender, and what came of it where it ended. */
export interface Journey {
  readonly hops: readonly PeerId[];
  readonly arrived: Signal | undefined;
  /** Word of its failure, as it came back to the sender of the signal. */
  readonly failed: SignalFailed | undefined;
}

interface MeshNode {
  readonly links: Links;
  readonly router: SignalRouter;
}

const HOPS_MAX = 1_000;

export class SignalMesh {
  now = START;
  readonly #nodes = new Map<PeerId, MeshNode>();
  readonly #neighbours = new Map<PeerId, PeerId[]>();
  /** Routes that a node believes in, in place of the true ones: by node, whom it goes to next. */
  readonly believed = new Map<PeerId, readonly PeerId[]>();

  constructor(edges: readonly (readonly [number, number])[]) {
    for (const [a, b] of edges) this.#connect(peerOf(a), peerOf(b));
  }

  /** Nodes 1, 2 … in a row. */
  static line(nodes: number): SignalMesh {
    return new SignalMesh(Array.from({ length: nodes - 1 }, (_, at) => [at + 1, at + 2] as const));
  }

  node(peer: PeerId): MeshNode {
    let node = this.#nodes.get(peer);
    if (node === undefined) {
      const links = new Links(peer, limits.linksMax);
      const towards = (to: PeerId): readonly PeerId[] => this.believed.get(peer) ?? this.#ways(peer, to);
      node = { links, router: new SignalRouter(peer, links, { towards }) };
      this.#nodes.set(peer, node);
    }
    return node;
  }

  #connect(a: PeerId, b: PeerId): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      openLink(this.node(one).links, other, { dialed: one === a });
      this.#neighbours.set(one, [...(this.#neighbours.get(one) ?? []), other]);
    }
  }

  /** Ends a link at both ends; nobody else has heard of it yet. */
  cut(a: PeerId, b: PeerId): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const { links } = this.node(one);
      const link = links.openTo(other);
      if (link) links.remove(link.id);
    }
  }

  /** All neighbours, the nearest to the goal first. */
  #ways(from: PeerId, to: PeerId): PeerId[] {
    const distance = new Map<PeerId, number>([[to, 0]]);
    for (const [at, far] of distance)
      for (const next of this.#neighbours.get(at) ?? []) if (!distance.has(next)) distance.set(next, far + 1);
    const far = (peer: PeerId): number => distance.get(peer) ?? Number.POSITIVE_INFINITY;
    return [...(this.#neighbours.get(from) ?? [])].sort((a, b) => far(a) - far(b));
  }

  /** Sends a signal as its sender would, over a neighbour that may lead to the goal, or the given one. */
  send(signal: Signal, first = this.node(signal.from).router.nextHop(signal.to, [])?.peer): Journey {
    return first === undefined
      ? { hops: [], arrived: undefined, failed: undefined }
      : this.deliver(signal.from, first, signal);
  }

  /** Hands a message over to a node as if a neighbour had sent it, and follows it to its end. */
  deliver(sender: PeerId, receiver: PeerId, first: Signal | SignalFailed): Journey {
    const hops: PeerId[] = [];
    let [from, to, message] = [sender, receiver, first];
    for (let hop = 0; hop < HOPS_MAX; hop++) {
      hops.push(to);
      const isSignal = message.type === MessageType.signal;
      const end = isSignal ? message.to : message.from;
      if (to === end && isSignal) return { hops, arrived: message as Signal, failed: undefined };
      if (to === end) return { hops, arrived: undefined, failed: message as SignalFailed };
      const { links, router } = this.node(to);
      const via = links.openTo(from);
      if (via === undefined) break;
      const decision = isSignal
        ? router.forward(via, message as Signal, this.now)
        : router.forwardFailure(via, message as SignalFailed, this.now);
      const next = decision.type === 'send' ? links.get(decision.link)?.peer : undefined;
      if (decision.type !== 'send' || next === undefined) break;
      [from, to, message] = [to, next, decision.message];
    }
    return { hops, arrived: undefined, failed: undefined };
  }
}
