/**
 * How messages of a machine world travel: by reference, in order for each end of a link, unless faults lose, double or delay them; at
 * the other end they pass the gate (authenticity.ts). Between which ends is in world-links.ts.
 */
import type { LinkId } from '../../src/lib/ids.ts';
import { type Random, randomBelow, randomFloat } from '../../src/lib/random.ts';
import type { CheckedPacket, NodeInput, UnsignedSignal } from '../../src/node/node-contract.ts';
import type { WireMessage } from '../../src/wire/codec.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import type { Signal } from '../../src/wire/supernode-messages.ts';
import { SimEvent, type VirtualClock } from '../virtual-clock.ts';
import type { Authenticity } from './authenticity.ts';
import { isGraphMessage } from './graph-traffic.ts';
import type { WorldFaults } from './world-faults.ts';
import type { WorldEnd, WorldNode } from './world-node.ts';

type Hello = Extract<CheckedPacket, { type: 'hello' }>;

/** The world that messages travel in. */
interface MessagingWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly faults: WorldFaults;
  readonly authenticity: Authenticity;
  /** Looks at every message before the gate of its receiver does. */
  onDelivered: ((from: WorldNode, to: WorldNode, message: WireMessage) => void) | undefined;
  /** What a hostile node lets out of what it is about to send; undefined: nothing. */
  filter: ((from: WorldNode, message: WireMessage) => WireMessage | undefined) | undefined;
  feed(node: WorldNode, input: NodeInput): void;
}

export class WorldMessages {
  readonly #world: MessagingWorld;

  constructor(world: MessagingWorld) {
    this.#world = world;
  }

  greet(node: WorldNode, link: LinkId): void {
    const end = node.ends.get(link);
    if (end?.remote === undefined) return;
    const { role, stream } = node.machine;
    const hello = { peer: node.peer, version: 1, role, stream };
    this.#schedule(end, { type: 'hello', hello }, 0);
  }

  send(node: WorldNode, link: LinkId, message: WireMessage): void {
    const { filter } = this.#world;
    const end = node.ends.get(link);
    const passed = filter === undefined ? message : filter(node, message);
    if (end?.open && passed !== undefined) this.deliver(end, passed);
  }

  sendSignal(node: WorldNode, link: LinkId, unsigned: UnsignedSignal): void {
    const signal: Signal = {
      ...unsigned,
      type: MessageType.signal,
      from: node.peer,
      publicKey: node.publicKey,
      signature: new Uint8Array(64),
      path: [],
    };
    this.#world.authenticity.signalSigned(signal);
    this.send(node, link, signal);
  }

  /** Sends what no filter holds back. */
  deliver(end: WorldEnd, message: WireMessage): void {
    end.node.traffic.count(message);
    const { faults, random } = this.#world;
    const { messages } = faults;
    if (!isGraphMessage(message)) {
      this.#schedule(end, message, 0);
      return;
    }
    if (messages.loss > 0 && randomFloat(random) < messages.loss) return;
    const jitterMs = messages.jitterMs > 0 ? 1 + randomBelow(random, messages.jitterMs) : 0;
    this.#schedule(end, message, jitterMs);
    if (messages.duplication > 0 && randomFloat(random) < messages.duplication)
      this.#schedule(end, message, 1 + randomBelow(random, messages.jitterMs + 50));
  }

  #schedule(end: WorldEnd, what: WireMessage | Hello, jitterMs: number): void {
    const { clock, faults } = this.#world;
    const remote = end.remote as WorldEnd;
    if (faults.cut(end.node, remote.node)) return;
    const arrivesAtMs = clock.nowMs + end.latencyMs + jitterMs;
    if (jitterMs === 0) end.arrivesAtMs = Math.max(arrivesAtMs, end.arrivesAtMs);
    clock.add(new Arrival(this, remote, what), jitterMs === 0 ? end.arrivesAtMs : arrivesAtMs);
  }

  arrive(end: WorldEnd, what: WireMessage | Hello): void {
    const world = this.#world;
    const { node, link } = end;
    if (node.goneAtMs !== undefined || node.ends.get(link) !== end) return;
    const from = end.remote?.node as WorldNode;
    if (what.type === 'hello') {
      world.feed(node, { type: 'packet', link, packet: what });
      return;
    }
    world.onDelivered?.(from, node, what);
    const overTrunk = from.kind === 'supernode' && node.kind === 'supernode';
    const verdict = world.authenticity.check(node.machine.gateAnswers, what, overTrunk);
    if (verdict.type === 'packet') world.feed(node, { type: 'packet', link, packet: verdict.packet });
    else if (verdict.type === 'offence')
      world.feed(node, { type: 'offence', link, offence: verdict.offence });
  }
}

class Arrival extends SimEvent {
  readonly #messages: WorldMessages;
  readonly #end: WorldEnd;
  readonly #what: WireMessage | Hello;

  constructor(messages: WorldMessages, end: WorldEnd, what: WireMessage | Hello) {
    super();
    this.#messages = messages;
    this.#end = end;
    this.#what = what;
  }

  override fire(): void {
    this.#messages.arrive(this.#end, this.#what);
  }
}
