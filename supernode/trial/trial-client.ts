/** A client of a supernode that does what a trial tells it, right or wrong. It answers pings, and does nothing else by itself. */
import { hash } from 'node:crypto';
import { once } from 'node:events';
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import { decodeMessage, encodeMessage, type WireMessage } from '@murmuration/shared/wire/codec.ts';
import { Role } from '@murmuration/shared/wire/link-messages.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';
import {
  SOCKET_NONCE_BYTES,
  SOCKET_PATH,
  socketBindingBytes,
} from '@murmuration/shared/wire/socket-handshake.ts';
import { trunkProofSigningBytes } from '@murmuration/shared/wire/trunk-messages.ts';
import { type ClientOptions, WebSocket } from 'ws';
import { Identity } from './identity.ts';

type MessageOf<T extends WireMessage['type']> = Extract<WireMessage, { type: T }>;

export interface TrialClientOptions extends ClientOptions {
  readonly identity?: Identity;
  readonly role?: Role;
  readonly stream?: StreamId;
  /** TLS: for a supernode that has a certificate. */
  readonly secure?: boolean;
  /** Types of packets that it looks at; all, if left out. Thousands of clients in one process cannot decode everything. */
  readonly hears?: ReadonlySet<number>;
}

/** Messages that are kept for {@link TrialClient.next}. */
const KEPT_MAX = 1_000;

export class TrialClient {
  readonly identity: Identity;
  readonly socket: WebSocket;
  /** The close code and words of the other end; a socket that breaks has 1006. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Goodbye's reason, if there was one before the end. */
  goodbye: number | undefined;
  /** Told of every message but pings. */
  onMessage: ((message: WireMessage) => void) | undefined;
  readonly #hears: ReadonlySet<number> | undefined;
  readonly #kept: WireMessage[] = [];
  readonly #nonce = crypto.getRandomValues(new Uint8Array(SOCKET_NONCE_BYTES));
  #waiting: (() => void) | undefined;
  binding: Uint8Array | undefined;
  /** The supernode's key; known to {@link TrialClient.trunk} only. */
  remoteKey: Uint8Array | undefined;

  /** Not yet open; see {@link open}. `port`: of a supernode on loopback. */
  constructor(
    port: number,
    { identity = new Identity(), secure = false, hears, ...options }: TrialClientOptions = {},
  ) {
    this.identity = identity;
    this.#hears = hears;
    this.socket = new WebSocket(`${secure ? 'wss' : 'ws'}://127.0.0.1:${port}${SOCKET_PATH}`, {
      perMessageDeflate: false,
      ...options,
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
    this.socket.on('message', (data: Buffer) => this.#take(new Uint8Array(data)));
  }

  /** A WebSocket without any message yet. Rejects if it is refused. */
  static async connect(port: number, options: TrialClientOptions = {}): Promise<TrialClient> {
    const client = new TrialClient(port, options);
    await once(client.socket, 'open');
    return client;
  }

  /** Nonces are exchanged. */
  static async bound(port: number, options: TrialClientOptions = {}): Promise<TrialClient> {
    const client = await TrialClient.connect(port, options);
    client.sendBytes(client.#nonce);
    await client.#until(() => client.binding !== undefined);
    return client;
  }

  /** Said hello, and was greeted. */
  static async open(port: number, options: TrialClientOptions = {}): Promise<TrialClient> {
    const client = await TrialClient.bound(port, options);
    client.greet(options);
    await client.next(MessageType.hello);
    return client;
  }

  /** As a supernode that the operator has listed (`--peer-id`): the proofs are exchanged, PROTOCOL.md R40. */
  static async trunk(
    port: number,
    identity: Identity,
    options: Omit<TrialClientOptions, 'identity' | 'role'> = {},
  ): Promise<TrialClient> {
    const client = await TrialClient.bound(port, { ...options, identity });
    client.greet({ role: Role.supernode });
    const { publicKey } = await client.next(MessageType.hello);
    client.remoteKey = publicKey;
    await client.next(MessageType.trunkProof);
    const signed = trunkProofSigningBytes(client.binding ?? new Uint8Array(), publicKey);
    client.send({ type: MessageType.trunkProof, signature: identity.sign(signed) });
    return client;
  }

  greet({ role, stream }: Pick<TrialClientOptions, 'role' | 'stream'> = {}): void {
    if (this.binding === undefined) throw new Error('bug: not bound');
    this.send(this.identity.hello(this.binding, { ...(role === undefined ? {} : { role }), stream }));
  }

  #take(packet: Uint8Array): void {
    if (this.binding === undefined) {
      this.binding = new Uint8Array(hash('sha256', socketBindingBytes(packet, this.#nonce), 'buffer'));
    } else if (this.#hears?.has(packet[0] ?? 0) ?? true) {
      const { ok, ...decoded } = decodeMessage(packet);
      if (!ok || !('value' in decoded)) throw new Error('bug: a supernode’s packet does not decode');
      this.#received(decoded.value);
    }
    this.#waiting?.();
  }

  #received(message: WireMessage): void {
    if (message.type === MessageType.ping) {
      this.send({ type: MessageType.pong, number: message.number });
      return;
    }
    if (message.type === MessageType.goodbye) this.goodbye = message.reason;
    this.onMessage?.(message);
    this.#kept.push(message);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  send(message: WireMessage): void {
    this.sendBytes(encodeMessage(message));
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes, () => undefined);
  }

  /** The next message of a type, those that have come included. Rejects when the socket ends before. */
  async next<T extends WireMessage['type']>(type: T): Promise<MessageOf<T>> {
    let at = -1;
    await this.#until(() => {
      at = this.#kept.findIndex((message) => message.type === type);
      return at >= 0;
    });
    return this.#kept.splice(at, 1)[0] as MessageOf<T>;
  }

  /** How many of a type are kept; they are forgotten. */
  count(type: WireMessage['type']): number {
    let count = 0;
    for (let at = this.#kept.length - 1; at >= 0; at--) {
      if (this.#kept[at]?.type !== type) continue;
      this.#kept.splice(at, 1);
      count++;
    }
    return count;
  }

  /** What came last before the end counts. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const changed = new Promise<undefined>((resolve) => {
        this.#waiting = () => resolve(undefined);
      });
      const ended = await Promise.race([changed, this.closed]);
      if (ended !== undefined && !condition())
        throw new Error(`the supernode closed: ${ended.code} ${ended.reason}`);
    }
  }

  /** Waits until the supernode has checked who this is: it answers nothing before. */
  async believed(): Promise<void> {
    this.send({ type: MessageType.ping, number: 7 });
    await this.next(MessageType.pong);
  }

  end(): void {
    this.socket.terminate();
  }
}
