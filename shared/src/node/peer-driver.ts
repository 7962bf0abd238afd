/** A host or viewer, ready to run: the peer machine on real ports, with the few calls that an application needs. */
import { type PeerId, peerIdFromBytes } from '../lib/ids.ts';
import { encodeUtf8 } from '../lib/utf8.ts';
import { type CutFrame, MessageCutter } from '../relay/message-cutter.ts';
import type { AuthenticFrame } from '../relay/relay-contract.ts';
import {
  decodeFrame,
  encodeFrameBody,
  encodeUnsealedFrame,
  frameHash,
  frameSigningBytes,
  sealFrame,
} from '../wire/frame.ts';
import { limits } from '../wire/limits.ts';
import { bundledBytes } from '../wire/message-bundle.ts';
import { voteHash } from '../wire/relay-messages.ts';
import { Driver } from './driver.ts';
import type { NodeEvent } from './events.ts';
import { whenReady } from './eventual.ts';
import { PeerNode } from './peer-node.ts';
import { peerSnapshot } from './peer-snapshot.ts';
import type { Eventual, Ports } from './ports.ts';
import type { LiveStream, PeerSettings } from './settings.ts';
import type { NodeSnapshot } from './snapshot.ts';

export class PeerDriver {
  /** Own id, once it is computed. */
  readonly peer: Eventual<PeerId>;
  readonly #ports: Ports;
  readonly #settings: PeerSettings;
  #driver: Driver<NodeEvent> | undefined;
  #node: PeerNode | undefined;
  #self: PeerId | undefined;
  #cutter: MessageCutter | undefined;
  /** Whether the stream's frames are signed. */
  #signs = true;
  #messageBytesMax: number = limits.messageBytesMax;
  #stopped = false;

  constructor(ports: Ports, settings: PeerSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.peer = whenReady(ports.crypto.sha256(ports.crypto.publicKey), (hash) => peerIdFromBytes(hash));
  }

  /** Dials the supernodes and joins (viewer) or registers (host). Call once. */
  start(onEvent: (event: NodeEvent) => void): void {
    whenReady(this.peer, (self) => {
      if (this.#stopped) return;
      const { clock, crypto, random } = this.#ports;
      const identity = { self, publicKey: crypto.publicKey, startedAt: Math.floor(clock.now()) };
      const node = new PeerNode(identity, this.#settings, random);
      this.#self = self;
      this.#node = node;
      this.#driver = new Driver(this.#ports, self, node, node.gateAnswers, onEvent);
      this.#driver.input({ type: 'start' });
    });
  }

  /**
   * Host only, after `nonce-proposed`: names the stream and begins its epoch.
   * @param live its title at most 96 UTF-8 bytes (limits.titleBytesMax), its `minVotes` at most 16 (limits.minVotesMax), its
   *   `messageBytesMax` from 1 to 4 MiB (limits.messageBytesMax); throws RangeError otherwise
   */
  goLive(live: LiveStream): void {
    if (encodeUtf8(live.title).length > limits.titleBytesMax) {
      throw new RangeError(`A title may have ${limits.titleBytesMax} bytes.`);
    }
    const { minVotes = 0, messageBytesMax = limits.messageBytesMax } = live;
    if (!Number.isInteger(minVotes) || minVotes < 0 || minVotes > limits.minVotesMax) {
      throw new RangeError(
        `minVotes must be a whole number, at most ${limits.minVotesMax}; it is ${minVotes}.`,
      );
    }
    if (
      !Number.isInteger(messageBytesMax) ||
      messageBytesMax < 1 ||
      messageBytesMax > limits.messageBytesMax
    ) {
      throw new RangeError(
        `messageBytesMax must be a whole number from 1 to ${limits.messageBytesMax}; it is ${messageBytesMax}.`,
      );
    }
    this.#messageBytesMax = messageBytesMax;
    this.#signs = minVotes === 0;
    this.#cutter = new MessageCutter(live.stream, live.epoch, this.#settings.frameBytes);
    this.#driver?.input({ type: 'go-live', live });
  }

  /**
   * Host only, after `goLive`: hands over one message.
   * @param message at most `messageBytesMax` of the stream; throws RangeError if longer
   * @param key true if a viewer can start here
   */
  publish(message: Uint8Array, key: boolean): void {
    if (message.length > this.#messageBytesMax) {
      throw new RangeError(
        `A message may have ${this.#messageBytesMax} bytes; this one has ${message.length}.`,
      );
    }
    this.#sendOut(this.#cutter?.cut(message, key) ?? []);
  }

  /**
   * Host only, after `goLive`: hands over several messages, which go out in one frame. Viewers get them one by one, in this order.
   * @param messages 1 to 1,024 (limits.bundleMessagesMax), each at most `messageBytesMax` of the stream, and together, each with two bytes
   *   more (`bundledBytes`), at most `frameBytes` of the settings; throws RangeError otherwise
   * @param key true if a viewer can start at the first of them
   */
  publishBundle(messages: readonly Uint8Array[], key: boolean): void {
    const longest = messages.reduce((most, { length }) => Math.max(most, length), 0);
    const bytes = messages.reduce((sum, message) => sum + bundledBytes(message), 0);
    if (messages.length === 0 || messages.length > limits.bundleMessagesMax) {
      throw new RangeError(`A bundle has 1 to ${limits.bundleMessagesMax} messages, not ${messages.length}.`);
    }
    if (longest > this.#messageBytesMax || bytes > this.#settings.frameBytes) {
      throw new RangeError(
        `A bundle may have ${this.#settings.frameBytes} bytes, and a message ${this.#messageBytesMax}; here they have ${bytes} and ${longest}.`,
      );
    }
    this.#sendOut(this.#cutter?.bundle(messages, key) ?? []);
  }

  #sendOut(frames: readonly CutFrame[]): void {
    for (const frame of frames) {
      // All are begun at once, because WebCrypto answers late but works on many: only what comes out waits its turn.
      const signed = this.#signFrame(frame);
      this.#driver?.inSigningOrder(() =>
        whenReady(signed, (own) => this.#driver?.input({ type: 'own-frame', frame: own })),
      );
    }
  }

  #signFrame({ header, payload }: CutFrame): Eventual<AuthenticFrame> {
    const { crypto } = this.#ports;
    const signs = this.#signs;
    const packet = signs ? encodeUnsealedFrame(header, payload) : encodeFrameBody(header, payload, false);
    return whenReady(crypto.sha256(payload), (payloadHash) => {
      const hash = frameHash(packet, payloadHash);
      if (!signs) return ownFrame(packet, { hash: voteHash(hash) });
      return whenReady(crypto.sign(frameSigningBytes(hash)), (signature) => {
        sealFrame(packet, signature);
        return ownFrame(packet, { hash: voteHash(hash), seal: { payloadHash, signature } });
      });
    });
  }

  /** Bytes of frames that wait to leave, on the link where most do: what a host looks at before it publishes more than it must. */
  get unsentBytesMost(): number {
    return this.#driver?.unsentBytesMost ?? 0;
  }

  /**
   * What it uploads at most from now on; children over that are let go.
   * @param slots copies of the stream
   * @param uploadBitsPerSecond and no more than 80% of that; without it only `slots` counts
   * @param leafOnly feed nobody but those who starve, and whom it has (`UploadOffer`)
   */
  setSlots(slots: number, uploadBitsPerSecond = Number.POSITIVE_INFINITY, leafOnly = false): void {
    this.#driver?.input({ type: 'set-offer', slots, uploadBitsPerSecond, leafOnly });
  }

  /** Host only, after `goLive`: the bitrate that the stream has from now on, bits per second. */
  setBitrate(bitsPerSecond: number): void {
    this.#driver?.input({ type: 'set-bitrate', bitsPerSecond });
  }

  /** How long an authentic frame may wait for votes, ms: what the player's delay leaves. */
  setConfirmWithinMs(confirmWithinMs: number): void {
    this.#driver?.input({ type: 'set-confirm-within', confirmWithinMs });
  }

  /** The node as numbers; undefined until the own id is computed (the first moments after `start`). */
  snapshot(): NodeSnapshot | undefined {
    if (!this.#node || !this.#driver || this.#self === undefined) return undefined;
    return peerSnapshot(this.#self, this.#node, this.#driver.totals, this.#ports.clock.now());
  }

  /** Says goodbye on all links and closes them. Nothing happens after that. */
  stop(): void {
    this.#stopped = true;
    this.#driver?.stop();
  }
}

/** @param bytes the whole packet */
function ownFrame(bytes: Uint8Array, known: Pick<AuthenticFrame, 'hash' | 'seal'>): AuthenticFrame {
  const decoded = decodeFrame(bytes);
  if (!decoded.ok) throw new Error(`bug: own frame does not decode: ${decoded.reason}`);
  const { header, payload, packet } = decoded.value;
  return { header, payload, packet, ...known };
}
