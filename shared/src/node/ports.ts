/**
 * The doors of the core: everything that a node needs from the world. A browser, Node.js and the simulator each bring
 * their own; only `node/driver` and `node/gate` walk through them.
 */
import type { LinkId, PeerId } from '../lib/ids.ts';
import type { Random } from '../lib/random.ts';

/** Two channels a link (PROTOCOL.md R2): `control` is reliable and ordered; `frames` is unordered and gives up after 500 ms. */
export const Channel = { control: 0, frames: 1 } as const;
export type Channel = (typeof Channel)[keyof typeof Channel];

/** Where a dial goes: a browser through signaling, or a supernode by its WebSocket URL. */
export type Address =
  | { readonly kind: 'peer'; readonly peer: PeerId }
  | { readonly kind: 'supernode'; readonly url: string };

/**
 * Opens, feeds and ends links. Every call returns at once and never throws on a network condition; what happens next
 * arrives at the sink. After `closed` (or after `close` was called) nothing more arrives for that link.
 */
export interface LinkTransport {
  /** Called once, before anything else. */
  attach(sink: LinkSink): void;
  /** Starts to open a link under the given id; ends in `opened` or `closed`. */
  dial(link: LinkId, address: Address): void;
  /** Answers a dial from another peer, given its first signal. */
  accept(link: LinkId, remote: PeerId, firstSignal: Uint8Array): void;
  /** Hands over a further signal of the remote end. */
  signal(link: LinkId, payload: Uint8Array): void;
  /** Sends one packet (at most 16 KiB). False if the link is not open; the packet is then dropped. */
  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean;
  /** Bytes handed to `send` that the channel has not yet passed on. */
  bufferedBytes(link: LinkId, channel: Channel): number;
  /** Ends a link; what was sent before on `control` is still flushed where the platform allows it. */
  close(link: LinkId): void;
}

/** The reason that a transport gives when an open link ended without a word from the other end: it may have crashed. */
export const CONNECTION_LOST = 'connection lost';

/** What a transport reports. */
export interface LinkSink {
  /**
   * The other end opened a link without signaling (a WebSocket at a supernode): answers with the link's new id, or
   * undefined if the node takes no more.
   */
  incoming(): LinkId | undefined;
  /** Both channels are open. `binding`: 32 bytes, equal at both ends and different for every link (PROTOCOL.md R3). */
  opened(link: LinkId, binding: Uint8Array): void;
  /** The transport wants this carried to the remote end (SDP, candidates). */
  signal(link: LinkId, payload: Uint8Array): void;
  /** One packet came in. The bytes belong to the receiver from now on. */
  received(link: LinkId, channel: Channel, packet: Uint8Array): void;
  /** The buffer of a channel fell below the low-water mark. */
  drained(link: LinkId, channel: Channel): void;
  /** The link ended or could not be opened. `reason` is for people and logs. */
  closed(link: LinkId, reason: string): void;
}

/** A time source and one-shot timers, in milliseconds. */
export interface Clock {
  /** Milliseconds since 1970, monotonic while the program runs. */
  now(): number;
  /** Calls back once, at `atMs` or soon after; returns how to cancel. */
  schedule(atMs: number, callback: () => void): () => void;
}

/** A value now or later. The simulator's crypto answers now, so a simulation has no promises; WebCrypto answers later. */
export type Eventual<T> = T | Promise<T>;

/** Hashes, signatures, and this node's own key. */
export interface Crypto {
  /** This node's Ed25519 public key, 32 bytes (RFC 8032). */
  readonly publicKey: Uint8Array;
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  sha256(bytes: Uint8Array): Eventual<Uint8Array>;
  /** Signs with this node's private key, 64 bytes. */
  sign(bytes: Uint8Array): Eventual<Uint8Array>;
  verify(publicKey: Uint8Array, signature: Uint8Array, bytes: Uint8Array): Eventual<boolean>;
}

/** A small durable key–value store. A value must be safe on disk before `set` resolves. */
export interface Storage {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
}

/** All doors of one node. Storage is used by the programs around the driver (epochs, identities), not by the driver. */
export interface Ports {
  readonly transport: LinkTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: Crypto;
}
