/** Cryptography for tests: the simulator's, which answers at once, and a slow one whose answers the test releases. */
import { KeyRegistry } from '../sim/sim-crypto.ts';
import { concatBytes } from '../src/lib/bytes.ts';
import { type PeerId, peerIdFromBytes, type StreamId, streamIdFromBytes, tagOf } from '../src/lib/ids.ts';
import { seededRandom } from '../src/lib/random.ts';
import type { Crypto } from '../src/node/ports.ts';
import type { AuthenticFrame } from '../src/relay/relay-contract.ts';
import { type Beacon, beaconSigningBytes } from '../src/wire/beacon.ts';
import {
  decodeFrame,
  encodeFrameBody,
  type FramePacket,
  frameHash,
  frameSigningBytes,
} from '../src/wire/frame.ts';
import type { Equivocation, FrameHead } from '../src/wire/frame-head.ts';
import { limits } from '../src/wire/limits.ts';
import { type LinkList, linkListSigningBytes } from '../src/wire/link-list.ts';
import { type Hello, helloSigningBytes, PROTOCOL_VERSION, Role } from '../src/wire/link-messages.ts';
import {
  type MembershipRecord,
  type RecordBody,
  RecordStatus,
  recordSigningBytes,
} from '../src/wire/membership-record.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { voteHash } from '../src/wire/relay-messages.ts';
import { type Signal, signalSigningBytes } from '../src/wire/supernode-messages.ts';
import { counting } from './ids.ts';

const registry = new KeyRegistry();
const now = <T>(value: T | Promise<T>): T => value as T;

/** Somebody with a key, and everything that they can sign. */
export class Signer {
  readonly crypto: Crypto;
  readonly peer: PeerId;
  readonly nonce = counting(50, 16);
  /** The stream that they would host. */
  readonly stream: StreamId;

  constructor(seed: number) {
    this.crypto = registry.create(seededRandom(seed));
    this.peer = peerIdFromBytes(registry.hash(this.crypto.publicKey));
    this.stream = streamIdFromBytes(registry.hash(concatBytes(this.crypto.publicKey, this.nonce)));
  }

  hello(binding: Uint8Array, changes: Partial<Hello> = {}): Hello {
    const { publicKey } = this.crypto;
    const body = { version: PROTOCOL_VERSION, role: Role.viewer, stream: this.stream, publicKey, ...changes };
    const signature = now(this.crypto.sign(helloSigningBytes(body, binding)));
    return { type: MessageType.hello, signature, ...body };
  }

  record(changes: Partial<RecordBody> = {}): MembershipRecord {
    const body: RecordBody = {
      publicKey: this.crypto.publicKey,
      role: Role.viewer,
      status: RecordStatus.present,
      stream: this.stream,
      freeSlots: 3,
      depth: 255,
      links: 0,
      supernodes: [],
      version: { epoch: 1_000, seq: 0 },
      ttlMaxSeconds: 60,
      ...changes,
    };
    const signature = now(this.crypto.sign(recordSigningBytes(body)));
    return { ...body, id: '' as PeerId, signature, ttlSeconds: 60 };
  }

  /** The list of its links to some peers, in any order. */
  links(peers: readonly PeerId[], seq = 1, epoch = 1_000): LinkList {
    const body = { id: this.peer, version: { epoch, seq }, tags: peers.map(tagOf).sort() };
    return { ...body, signature: now(this.crypto.sign(linkListSigningBytes(body))) };
  }

  signal(to: PeerId, changes: Partial<Signal> = {}): Signal {
    const body = { to, from: this.peer, session: 7, payload: counting(1, 9) };
    const signature = now(this.crypto.sign(signalSigningBytes(body)));
    const { publicKey } = this.crypto;
    return { type: MessageType.signal, ...body, publicKey, signature, route: [], path: [], ...changes };
  }

  beacon(changes: Partial<Omit<Beacon, 'signature' | 'type'>> = {}): Beacon {
    const body = {
      stream: this.stream,
      hostKey: this.crypto.publicKey,
      nonce: this.nonce,
      epoch: 1_000,
      counter: 0,
      nextSeq: 0,
      stripes: 1,
      bitsPerSecond: 2_500_000,
      messageBytesMax: limits.messageBytesMax,
      minVotes: 0,
      title: 'a stream',
      ...changes,
    };
    const signature = now(this.crypto.sign(beaconSigningBytes(body)));
    return { type: MessageType.beacon, signature, ...body };
  }

  frame(
    seq: number,
    payload: Uint8Array = counting(seq & 63, 600),
    epoch = 1_000,
  ): FramePacket & { signature: Uint8Array } {
    const header = {
      stream: this.stream,
      epoch,
      seq,
      key: false,
      bundle: false,
      index: 0,
      count: 1,
      keySeq: 0,
    };
    const unsigned = encodeFrameBody(header, payload);
    const hash = frameHash(unsigned, registry.hash(payload));
    const signature = now(this.crypto.sign(frameSigningBytes(hash)));
    const result = decodeFrame(concatBytes(unsigned, signature));
    if (!result.ok) throw new Error(result.reason);
    return { ...result.value, signature };
  }

  /** A frame of a stream in which they are not signed. */
  unsignedFrame(seq: number, payload: Uint8Array = counting(seq & 63, 600)): FramePacket {
    const header = {
      stream: this.stream,
      epoch: 1_000,
      seq,
      key: false,
      bundle: false,
      index: 0,
      count: 1,
      keySeq: 0,
    };
    const result = decodeFrame(encodeFrameBody(header, payload, false));
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  }

  authentic(seq: number, payload?: Uint8Array): AuthenticFrame {
    const { header, payload: kept, packet, signature } = this.frame(seq, payload);
    const payloadHash = registry.hash(kept);
    const hash = voteHash(frameHash(packet, payloadHash));
    return { header, payload: kept, packet, hash, seal: { payloadHash, signature } };
  }

  /** What it signs for a seq, without the payload. */
  head(seq: number, payload?: Uint8Array, epoch?: number): FrameHead {
    const { header, payload: kept, signature } = this.frame(seq, payload, epoch);
    const { stream, key, bundle, index, count, keySeq } = header;
    const head = { key, bundle, index, count, keySeq, payloadHash: registry.hash(kept), signature };
    return { type: MessageType.frameHead, stream, epoch: header.epoch, seq, head };
  }

  /** The proof that it signed two payloads for a seq. */
  equivocation(seq: number, one = counting(1, 9), other = counting(2, 9), epoch?: number): Equivocation {
    const { head, ...place } = this.head(seq, one, epoch);
    return { ...place, type: MessageType.equivocation, heads: [head, this.head(seq, other, epoch).head] };
  }
}

/** Answers of `crypto`, held back until {@link SlowCrypto.release} lets them out, in any order. */
export class SlowCrypto implements Crypto {
  readonly publicKey: Uint8Array;
  readonly #crypto: Crypto;
  readonly #held: (() => void)[] = [];

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
    this.publicKey = crypto.publicKey;
  }

  get waiting(): number {
    return this.#held.length;
  }

  /** Lets out the answer at this place of the waiting ones, then lets everything run that hangs on it. */
  async release(place = 0): Promise<void> {
    this.#held.splice(place, 1)[0]?.();
    await this.settled();
  }

  /** Promises that can go on have gone on. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  #later<T>(value: T): Promise<T> {
    return new Promise((resolve) => this.#held.push(() => resolve(value)));
  }

  sha256(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#later(now(this.#crypto.sha256(bytes)));
  }

  sign(bytes: Uint8Array): Promise<Uint8Array> {
    return this.#later(now(this.#crypto.sign(bytes)));
  }

  verify(publicKey: Uint8Array, signature: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    return this.#later(now(this.#crypto.verify(publicKey, signature, bytes)));
  }
}
