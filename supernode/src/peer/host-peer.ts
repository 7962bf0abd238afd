/**
 * Hosting a stream from Node.js, under a new key or one that a file keeps: a supernode proposes a nonce → epoch stored → live → messages. In
 * a stream of data every message is one to start from, and waits until the links take it; in one of media only those that say so are, and
 * none waits.
 */
import type { StreamId } from '@murmuration/shared/lib/ids.ts';
import type { NodeEvent } from '@murmuration/shared/node/events.ts';
import { openHostStream } from '@murmuration/shared/node/host-stream.ts';
import { PeerDriver } from '@murmuration/shared/node/peer-driver.ts';
import type { Storage } from '@murmuration/shared/node/ports.ts';
import { defaultPeerSettings, HOST_LINKS_TARGET } from '@murmuration/shared/node/settings.ts';
import type { NodeSnapshot } from '@murmuration/shared/node/snapshot.ts';
import { limits } from '@murmuration/shared/wire/limits.ts';
import { type NodePorts, openNodePorts } from './node-ports.ts';
import { PeerError } from './peer-error.ts';
import { PublishQueue } from './publish-queue.ts';
import { openStreamKey, type StreamKey } from './stream-key.ts';

/**
 * Payload bytes of a frame where nothing else is said. Data comes in bursts rather than down deep trees, and each frame costs a signature
 * and its checks: with 2,800 bytes, as media have, four messages of 65 kB at once kept a busy machine behind for seconds.
 */
const DATA_FRAME_BYTES = 12_000;
/** How long supernodes may take to answer, in ms. */
const SUPERNODE_WAIT_MS = 12_000;

export interface HostPeerOptions {
  /** WebSocket URLs. */
  readonly supernodes: readonly string[];
  readonly title: string;
  /** Keeps the stream's key, so that its id is the same next time; made if it is not there. Left out: a new stream each time. */
  readonly keyFile?: string | undefined;
  /** Default `data`. Media go out at once: what a slow link does not take in time is late there, and not everywhere. */
  readonly delivery?: 'data' | 'media' | undefined;
  /** What is told to viewers; nothing is held to it. */
  readonly bitsPerSecond: number;
  /** Bytes of the largest message. Default 4 MiB, which is the most. */
  readonly messageBytesMax?: number | undefined;
  /** Copies of the stream that this node uploads at most. Default 3. */
  readonly slots?: number | undefined;
  /** Trees of the stream, 1 to 16. Default 4. */
  readonly stripes?: number | undefined;
  /** Payload bytes of a frame, at most 16,256. Default 12,000, for media 2,800. */
  readonly frameBytes?: number | undefined;
  readonly bindAddress?: string | undefined;
  readonly onEvent?: ((event: NodeEvent) => void) | undefined;
  /** The stream is over, and not because `stop` was called. */
  readonly onEnd?: ((error: PeerError) => void) | undefined;
}

export class HostPeer {
  readonly stream: StreamId;
  readonly #driver: PeerDriver;
  readonly #ports: NodePorts;
  readonly #key: StreamKey | undefined;
  /** Media have none. */
  readonly #queue: PublishQueue | undefined;
  readonly #messageBytesMax: number;

  /** Resolves when the stream is live. Rejects with {@link PeerError}, StreamKeyError or WebRtcLibraryError. */
  static async open(options: HostPeerOptions): Promise<HostPeer> {
    const key = options.keyFile === undefined ? undefined : await openStreamKey(options.keyFile);
    try {
      return await HostPeer.#openUnder(key, options);
    } catch (error) {
      await key?.release();
      throw error instanceof RangeError ? new PeerError('bad-options', error.message) : error;
    }
  }

  static async #openUnder(key: StreamKey | undefined, options: HostPeerOptions): Promise<HostPeer> {
    const ports = await openNodePorts(options.bindAddress, key?.crypto);
    const { slots = defaultPeerSettings.slots, delivery = 'data' } = options;
    const frameBytes =
      options.frameBytes ?? (delivery === 'data' ? DATA_FRAME_BYTES : defaultPeerSettings.frameBytes);
    const driver = new PeerDriver(ports, {
      ...defaultPeerSettings,
      role: 'host',
      supernodes: options.supernodes,
      stream: undefined,
      slots,
      frameBytes,
      linksTarget: HOST_LINKS_TARGET,
    });
    try {
      const nonce = await proposedNonce(driver, ports, options);
      const storage = key?.storage ?? forgetful();
      const opened = await openHostStream(ports.crypto, storage, ports.clock.now(), nonce);
      const { title, bitsPerSecond, messageBytesMax, stripes } = options;
      driver.goLive({ ...opened, title, bitsPerSecond, messageBytesMax, stripes });
      return new HostPeer(opened.stream, driver, ports, key, frameBytes, options);
    } catch (error) {
      driver.stop();
      await ports.transport.stop();
      throw error;
    }
  }

  private constructor(
    stream: StreamId,
    driver: PeerDriver,
    ports: NodePorts,
    key: StreamKey | undefined,
    frameBytes: number,
    { delivery = 'data', messageBytesMax = limits.messageBytesMax }: HostPeerOptions,
  ) {
    this.stream = stream;
    this.#key = key;
    this.#messageBytesMax = messageBytesMax;
    if (delivery === 'data') {
      this.#queue = new PublishQueue(
        {
          publish: (message, key) => driver.publish(message, key),
          publishBundle: (messages, key) => driver.publishBundle(messages, key),
          unsentBytes: () => driver.unsentBytesMost,
        },
        frameBytes,
      );
    }
    this.#driver = driver;
    this.#ports = ports;
  }

  /**
   * Hands over one message, which goes out as soon as the links take it. False if too much waits already: the message is lost then.
   * Throws RangeError if it is longer than the stream's messages may be.
   */
  publish(message: Uint8Array, key = true): boolean {
    if (message.length > this.#messageBytesMax) {
      throw new RangeError(
        `A message may have ${this.#messageBytesMax} bytes; this one has ${message.length}.`,
      );
    }
    if (this.#queue) return this.#queue.add(message, key);
    this.#driver.publish(message, key);
    return true;
  }

  /** Bytes of messages that wait. */
  get waitingBytes(): number {
    return this.#queue?.waitingBytes ?? 0;
  }

  /** Resolves when all that was published has left this node. */
  async drained(): Promise<void> {
    await this.#queue?.drained();
  }

  snapshot(): NodeSnapshot | undefined {
    return this.#driver.snapshot();
  }

  /** Says goodbye and closes everything. Safe to call twice. */
  async stop(): Promise<void> {
    this.#queue?.stop();
    this.#driver.stop();
    await this.#ports.transport.stop();
    await this.#key?.release();
  }
}

function proposedNonce(driver: PeerDriver, ports: NodePorts, options: HostPeerOptions): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new PeerError('no-supernode')), SUPERNODE_WAIT_MS);
    driver.start((event) => {
      if (event.type === 'ice-servers') ports.tellIceServers(event);
      if (event.type === 'equivocation') options.onEnd?.(new PeerError('signed-twice'));
      options.onEvent?.(event);
      if (event.type !== 'nonce-proposed') return;
      clearTimeout(timer);
      resolve(event.nonce);
    });
  });
}

/** A key that lives as long as the process needs no disk for its epochs. */
function forgetful(): Storage {
  const values = new Map<string, unknown>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => {
      values.set(key, value);
    },
  };
}
