/**
 * How links of a machine world come about and end: dials, offers and answers, which name the two ends by number, and what dials nobody
 * takes. What travels over them is in world-messages.ts.
 */
import { assert } from '../../src/lib/assert.ts';
import { ByteReader, ByteWriter } from '../../src/lib/bytes.ts';
import type { LinkId } from '../../src/lib/ids.ts';
import type { NodeInput } from '../../src/node/node-contract.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { WorldFaults } from './world-faults.ts';
import { WorldEnd, type WorldNode } from './world-node.ts';

const GATHER_MS = 2;
const SETUP_MS = 20;
const SETUP_ROUND_TRIPS = 3;
export const DIAL_TIMEOUT_MS = 15_000;
const OFFER = 1;
const ANSWER = 2;

/** The world that links are in. */
interface LinkedWorld {
  readonly clock: VirtualClock;
  readonly faults: WorldFaults;
  readonly supernodes: readonly WorldNode[];
  latencyMs(a: WorldNode, b: WorldNode): number;
  feed(node: WorldNode, input: NodeInput): void;
}

export class WorldLinks {
  readonly #world: LinkedWorld;
  /** Ends that wait for the other one, by number. */
  readonly #pending = new Map<number, WorldEnd>();
  #numberNext = 1;

  constructor(world: LinkedWorld) {
    this.#world = world;
  }

  begin(node: WorldNode, link: LinkId): WorldEnd {
    assert(!node.ends.has(link), 'a link id is used once');
    const end = new WorldEnd(node, link, this.#numberNext++);
    node.ends.set(link, end);
    this.#pending.set(end.number, end);
    this.#world.clock.call(this.#world.clock.nowMs + DIAL_TIMEOUT_MS, () => {
      if (!end.open) this.lost(end, 'timed out');
    });
    return end;
  }

  forget(end: WorldEnd): void {
    end.node.ends.delete(end.link);
    this.#pending.delete(end.number);
  }

  lost(end: WorldEnd, reason: string): void {
    if (end.node.ends.get(end.link) !== end) return;
    this.forget(end);
    this.#world.feed(end.node, { type: 'closed', link: end.link, reason });
  }

  #signalOut(end: WorldEnd, kind: number, dialer: number, accepter: number): void {
    const payload = new ByteWriter(9).u8(kind).u32(dialer).u32(accepter).finish();
    this.#world.clock.call(this.#world.clock.nowMs + GATHER_MS, () => {
      if (end.node.ends.get(end.link) === end)
        this.#world.feed(end.node, { type: 'signal-out', link: end.link, payload });
    });
  }

  dialPeer(node: WorldNode, link: LinkId): void {
    const end = this.begin(node, link);
    this.#signalOut(end, OFFER, end.number, 0);
  }

  accept(node: WorldNode, link: LinkId, payload: Uint8Array): void {
    const end = this.begin(node, link);
    const token = readToken(payload);
    if (token.kind === OFFER) this.#signalOut(end, ANSWER, token.dialer, end.number);
  }

  answered(node: WorldNode, link: LinkId, payload: Uint8Array): void {
    const end = node.ends.get(link);
    const { kind, dialer, accepter } = readToken(payload);
    const remote = this.#pending.get(accepter);
    if (end === undefined || end.open || kind !== ANSWER || dialer !== end.number || remote === undefined)
      return;
    this.#connect(end, () => (remote.open ? undefined : remote), remote.node);
  }

  dialSupernode(node: WorldNode, link: LinkId, url: string): void {
    const end = this.begin(node, link);
    const supernode = this.#world.supernodes.find(
      (candidate) => candidate.url === url && candidate.goneAtMs === undefined,
    );
    if (supernode === undefined || this.#cutEitherWay(node, supernode)) {
      this.#world.clock.call(this.#world.clock.nowMs + GATHER_MS, () => this.lost(end, 'connection refused'));
      return;
    }
    this.#connect(end, () => this.#incoming(supernode), supernode);
  }

  #incoming(supernode: WorldNode): WorldEnd | undefined {
    if (supernode.goneAtMs !== undefined) return undefined;
    const link = supernode.machine.incoming(this.#world.clock.nowMs + supernode.offsetMs);
    return link === undefined ? undefined : this.begin(supernode, link);
  }

  #connect(end: WorldEnd, remoteEnd: () => WorldEnd | undefined, remoteNode: WorldNode): void {
    const latencyMs = this.#world.latencyMs(end.node, remoteNode);
    if (this.#cutEitherWay(end.node, remoteNode)) return;
    this.#world.clock.call(this.#world.clock.nowMs + SETUP_MS + SETUP_ROUND_TRIPS * 2 * latencyMs, () => {
      if (end.node.ends.get(end.link) !== end || this.#cutEitherWay(end.node, remoteNode)) return;
      const remote = remoteEnd();
      if (remote === undefined || remote.node.ends.get(remote.link) !== remote) {
        this.lost(end, 'connection refused');
        return;
      }
      end.remote = remote;
      remote.remote = end;
      for (const each of [remote, end]) {
        each.latencyMs = latencyMs;
        each.open = true;
        this.#pending.delete(each.number);
      }
      this.#world.feed(remote.node, { type: 'opened', link: remote.link });
      this.#world.feed(end.node, { type: 'opened', link: end.link });
    });
  }

  #cutEitherWay(a: WorldNode, b: WorldNode): boolean {
    return this.#world.faults.cut(a, b) || this.#world.faults.cut(b, a);
  }
}

function readToken(payload: Uint8Array): { kind: number; dialer: number; accepter: number } {
  const reader = new ByteReader(payload);
  return { kind: reader.u8(), dialer: reader.u32(), accepter: reader.u32() };
}
