/** Nodes that do not play by the rules. Each is a real machine whose words are tampered with, or that says more than its machine does. */
import { type PeerTag, peerIdFromBytes, tagOf } from '../../src/lib/ids.ts';
import { type Random, randomBytes, randomPick } from '../../src/lib/random.ts';
import { WantedWhat } from '../../src/wire/graph-messages.ts';
import { Role } from '../../src/wire/link-messages.ts';
import { type MembershipRecord, RecordStatus } from '../../src/wire/membership-record.ts';
import { MessageType } from '../../src/wire/message-type.ts';
import { simHash } from '../sim-crypto.ts';
import type { MachineWorld } from './machine-world.ts';
import type { WorldNode } from './world-node.ts';

export const HostileKind = {
  /** Changes what others say of themselves. */
  forger: 'forger',
  /** Says again what others said long ago, as if it were fresh. */
  replayer: 'replayer',
  /** Keeps all news of others to itself. */
  staleServer: 'stale-server',
  /** Asks and announces without end. */
  flooder: 'flooder',
  /** Brings up hundreds of nodes that are only names. */
  sybil: 'sybil',
} as const;
export type HostileKind = (typeof HostileKind)[keyof typeof HostileKind];

const REMEMBERED_MAX = 400;

export class Hostile {
  readonly node: WorldNode;
  readonly kind: HostileKind;
  readonly #world: MachineWorld;
  readonly #random: Random;
  readonly #heard: MembershipRecord[] = [];

  constructor(world: MachineWorld, node: WorldNode, kind: HostileKind, random: Random) {
    this.#world = world;
    this.node = node;
    this.kind = kind;
    this.#random = random;
  }

  /** It heard a record from somebody. */
  hears(record: MembershipRecord): void {
    if (record.id === this.node.peer || this.#heard.length >= REMEMBERED_MAX) return;
    this.#heard.push(record);
  }

  /** Once a second. */
  act(): void {
    switch (this.kind) {
      case HostileKind.forger:
        this.#forge();
        break;
      case HostileKind.replayer:
        this.#replay();
        break;
      case HostileKind.flooder:
        this.#flood();
        break;
      case HostileKind.sybil:
        this.#bringUp(100);
        break;
      case HostileKind.staleServer:
        break;
    }
  }

  #forge(): void {
    const record = randomPick(this.#random, this.#heard);
    if (record === undefined) return;
    const version = { epoch: record.version.epoch, seq: record.version.seq + 100 };
    const forged = { ...record, version, status: RecordStatus.leaving, ttlSeconds: record.ttlMaxSeconds };
    this.#world.inject(this.node, { type: MessageType.records, records: [forged] });
  }

  #replay(): void {
    const records: MembershipRecord[] = [];
    for (let i = 0; i < 16; i++) {
      const record = randomPick(this.#random, this.#heard);
      if (record !== undefined) records.push({ ...record, ttlSeconds: record.ttlMaxSeconds });
    }
    if (records.length > 0) this.#world.inject(this.node, { type: MessageType.records, records });
  }

  #randomTag(): PeerTag {
    return tagOf(peerIdFromBytes(randomBytes(this.#random, 20)));
  }

  #flood(): void {
    for (let i = 0; i < 10; i++) {
      const entries = Array.from({ length: 64 }, () => ({
        tag: this.#randomTag(),
        epoch: 2 ** 40,
        seq: 1,
        linksSeq: 1,
      }));
      this.#world.inject(this.node, { type: MessageType.news, entries });
      const wanted = this.#heard
        .slice(0, 64)
        .map(({ id }) => ({ tag: tagOf(id), what: WantedWhat.both, linksSeqHeld: 0 }));
      this.#world.inject(this.node, { type: MessageType.wanted, entries: wanted });
      const fingerprint = [this.#random.u32(), this.#random.u32()] as const;
      this.#world.inject(this.node, {
        type: MessageType.digest,
        level: 3,
        stream: undefined,
        count: 9,
        nodes: 9,
        fingerprint,
        yours: { epoch: 0, seq: 0, linksSeq: 0 },
      });
      const fingerprints = Array.from({ length: 64 }, () => this.#random.u32());
      this.#world.inject(this.node, { type: MessageType.branches, stream: undefined, fingerprints });
    }
  }

  /** Keys cost nothing: each of these is validly signed. */
  #bringUp(count: number): void {
    const records: MembershipRecord[] = [];
    for (let i = 0; i < count; i++) {
      const publicKey = randomBytes(this.#random, 32);
      const record: MembershipRecord = {
        id: peerIdFromBytes(simHash(publicKey)),
        publicKey,
        role: Role.viewer,
        status: RecordStatus.present,
        stream: this.node.stream,
        freeSlots: 9,
        depth: 1,
        links: 4,
        supernodes: [],
        version: { epoch: 2 ** 40, seq: 1 },
        ttlMaxSeconds: 300,
        ttlSeconds: 300,
        signature: new Uint8Array(64),
      };
      this.#world.authenticity.recordSigned(record);
      records.push(record);
    }
    for (let from = 0; from < records.length; from += 50)
      this.#world.inject(this.node, { type: MessageType.records, records: records.slice(from, from + 50) });
  }
}
