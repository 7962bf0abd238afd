/** Somebody with a key, who signs what a client of a supernode signs. All at once: trials make thousands of them. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  sign,
} from 'node:crypto';
import { fromBase64url } from '@murmuration/shared/lib/bytes.ts';
import { type PeerId, type PeerTag, peerIdFromBytes, type StreamId } from '@murmuration/shared/lib/ids.ts';
import { type LinkList, linkListSigningBytes } from '@murmuration/shared/wire/link-list.ts';
import {
  type Hello,
  helloSigningBytes,
  PROTOCOL_VERSION,
  Role,
} from '@murmuration/shared/wire/link-messages.ts';
import {
  type MembershipRecord,
  type RecordBody,
  RecordStatus,
  recordSigningBytes,
} from '@murmuration/shared/wire/membership-record.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import { type Signal, signalSigningBytes } from '@murmuration/shared/wire/supernode-messages.ts';

export const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'));

/** PKCS #8 of an Ed25519 key, up to its 32 bytes (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const seededKey = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });

export class Identity {
  readonly publicKey: Uint8Array;
  readonly peer: PeerId;
  readonly #key: KeyObject;

  /** @param seed 32 bytes: a key that is the same each time, for somebody whom an operator lists before it runs */
  constructor(seed?: Uint8Array) {
    this.#key = seed === undefined ? generateKeyPairSync('ed25519').privateKey : seededKey(seed);
    const publicKey = createPublicKey(this.#key);
    this.publicKey = fromBase64url(publicKey.export({ format: 'jwk' }).x ?? '') ?? new Uint8Array();
    this.peer = peerIdFromBytes(sha256(this.publicKey));
  }

  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, bytes, this.#key));
  }

  hello(
    binding: Uint8Array,
    { role = Role.viewer, stream }: { role?: Role; stream?: StreamId | undefined } = {},
  ): Hello {
    const body = { version: PROTOCOL_VERSION, role, stream, publicKey: this.publicKey };
    return { type: MessageType.hello, ...body, signature: this.sign(helloSigningBytes(body, binding)) };
  }

  signal(to: PeerId, payload: Uint8Array, session = 1): Signal {
    const body = { to, from: this.peer, session, payload };
    const signature = this.sign(signalSigningBytes(body));
    return { type: MessageType.signal, ...body, publicKey: this.publicKey, signature, route: [], path: [] };
  }

  /** Of all its links. */
  linkList(tags: readonly PeerTag[]): LinkList {
    const body = { id: this.peer, version: { epoch: Date.now(), seq: 0 }, tags };
    return { ...body, signature: this.sign(linkListSigningBytes(body)) };
  }

  record(stream: StreamId, changes: Partial<RecordBody> = {}): MembershipRecord {
    const body: RecordBody = {
      publicKey: this.publicKey,
      role: Role.viewer,
      status: RecordStatus.present,
      stream,
      freeSlots: 3,
      depth: 255,
      links: 0,
      supernodes: [],
      version: { epoch: Date.now(), seq: 0 },
      ttlMaxSeconds: 120,
      ...changes,
    };
    const signature = this.sign(recordSigningBytes(body));
    return { ...body, id: this.peer, signature, ttlSeconds: body.ttlMaxSeconds };
  }
}
