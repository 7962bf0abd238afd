/**
 * A host that shows the two halves of its links different versions of each frame, both validly signed, and keeps out of all talk about
 * it: a wrapper around its transport, so that its core runs as it is and believes itself honest.
 */
import { concatBytes } from '../src/lib/bytes.ts';
import type { LinkId } from '../src/lib/ids.ts';
import type { Channel, Crypto, LinkSink, LinkTransport } from '../src/node/ports.ts';
import { FRAME_HEADER_BYTES, frameHash, frameSigningBytes } from '../src/wire/frame.ts';
import { SIGNATURE_BYTES } from '../src/wire/link-messages.ts';
import { MessageType } from '../src/wire/message-type.ts';
import { framePayloadBytes } from './traffic.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { WrappedTransport } from './wrapped-transport.ts';

/** What would tell the viewers, or its own core, that hashes differ. */
const HUSHED: ReadonlySet<number | undefined> = new Set([
  MessageType.votes,
  MessageType.voteDigest,
  MessageType.frameHead,
  MessageType.equivocation,
]);

export class EquivocatingTransport extends WrappedTransport {
  readonly #clock: VirtualClock;
  readonly #crypto: Crypto;
  readonly #fromMs: number;
  readonly #otherVersions = new WeakMap<Uint8Array, Uint8Array>();
  #beganAtMs: number | undefined;

  /** @param fromMs before this instant of virtual time all are shown the same */
  constructor(inner: LinkTransport, clock: VirtualClock, crypto: Crypto, fromMs: number) {
    super(inner);
    this.#clock = clock;
    this.#crypto = crypto;
    this.#fromMs = fromMs;
  }

  /** When the first frame of the other version was sent, in ms of virtual time. */
  get beganAtMs(): number | undefined {
    return this.#beganAtMs;
  }

  override send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    if (this.#clock.nowMs < this.#fromMs) return super.send(link, channel, packet);
    if (HUSHED.has(packet[0])) return true;
    if (framePayloadBytes(packet) === 0 || link % 2 === 0) return super.send(link, channel, packet);
    this.#beganAtMs ??= this.#clock.nowMs;
    return super.send(link, channel, this.#otherVersionOf(packet));
  }

  /** The last byte of the payload differs, and the signature fits. */
  #otherVersionOf(packet: Uint8Array): Uint8Array {
    const known = this.#otherVersions.get(packet);
    if (known) return known;
    const unsigned = packet.slice(0, packet.length - SIGNATURE_BYTES);
    const last = unsigned.length - 1;
    unsigned[last] = (unsigned[last] as number) ^ 1;
    const payloadHash = this.#crypto.sha256(unsigned.subarray(FRAME_HEADER_BYTES)) as Uint8Array;
    const hash = frameHash(unsigned, payloadHash);
    const version = concatBytes(unsigned, this.#crypto.sign(frameSigningBytes(hash)) as Uint8Array);
    this.#otherVersions.set(packet, version);
    return version;
  }

  override attach(sink: LinkSink): void {
    super.attach({
      ...sink,
      received: (link, channel, packet) => {
        if (this.#clock.nowMs < this.#fromMs || !HUSHED.has(packet[0])) sink.received(link, channel, packet);
      },
    });
  }
}
