/**
 * A node that corrupts the frames it forwards: a wrapper around its transport, so that its core runs as it is and believes
 * itself honest. Packets are shared by reference, so a corrupted one is always a copy.
 */
import type { LinkId } from '../src/lib/ids.ts';
import { type Random, randomBelow, randomFloat } from '../src/lib/random.ts';
import type { Channel, LinkTransport } from '../src/node/ports.ts';
import { FRAME_HEADER_BYTES, frameTrailerBytes } from '../src/wire/frame.ts';
import { framePayloadBytes } from './traffic.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { WrappedTransport } from './wrapped-transport.ts';

export interface TamperSettings {
  /** Before this instant the node forwards faithfully and earns trust. In ms of virtual time. */
  readonly fromMs: number;
  /** Share of forwarded frames that it corrupts. */
  readonly share: number;
  /** It leaves header and signature as they are: where frames are not signed, nothing shows who it was. Default false. */
  readonly payloadOnly?: boolean;
}

export class TamperingTransport extends WrappedTransport {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #settings: TamperSettings;
  #tampered = 0;

  constructor(inner: LinkTransport, clock: VirtualClock, random: Random, settings: TamperSettings) {
    super(inner);
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
  }

  /** How many corrupted frames it sent. */
  get tampered(): number {
    return this.#tampered;
  }

  override send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    const payloadBytes = framePayloadBytes(packet);
    const { fromMs, share } = this.#settings;
    if (payloadBytes === 0 || this.#clock.nowMs < fromMs || randomFloat(this.#random) >= share) {
      return super.send(link, channel, packet);
    }
    this.#tampered++;
    return super.send(link, channel, this.#corrupt(packet));
  }

  /** One bit of the payload or, now and then, of the header or the signature. */
  #corrupt(packet: Uint8Array): Uint8Array {
    const copy = packet.slice();
    const kind = this.#settings.payloadOnly ? 2 : randomBelow(this.#random, 8);
    const trailerBytes = frameTrailerBytes(copy);
    const signatureAt = copy.length - trailerBytes;
    const at =
      kind === 0
        ? 1 + randomBelow(this.#random, FRAME_HEADER_BYTES - 1)
        : kind === 1 && trailerBytes > 0
          ? signatureAt + randomBelow(this.#random, trailerBytes)
          : FRAME_HEADER_BYTES + randomBelow(this.#random, signatureAt - FRAME_HEADER_BYTES);
    copy[at] = (copy[at] as number) ^ (1 << randomBelow(this.#random, 8));
    return copy;
  }
}
