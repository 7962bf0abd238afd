/**
 * A synthetic live stream: video messages with a key message every second, and small sound messages between them, at a
 * given rate. Contents are slices of a random pool behind a running number, so that any message a viewer is given can be
 * compared with what the host published without keeping a copy of either.
 */
import { ByteReader, ByteWriter, equalBytes } from '../src/lib/bytes.ts';
import { type Random, randomBelow, randomBytes, randomFloat } from '../src/lib/random.ts';

export interface StreamShape {
  /** Payload bits per second, sound included. Default 2,500,000. */
  readonly bitsPerSecond: number;
  /** Video messages per second. Default 30. */
  readonly videoPerSecond: number;
  /** Video messages from one key message to the next. Default 30. */
  readonly keyInterval: number;
  /** How many times larger a key message is than the others. Default 4.5. */
  readonly keyFactor: number;
  /** Sizes vary by this share to either side. Default 0.2. */
  readonly sizeSpread: number;
  /** A sound message every so many ms (three Opus packets). Default 60. */
  readonly soundIntervalMs: number;
  /** Bytes of a sound message. Default 320. */
  readonly soundBytes: number;
}

export const defaultStreamShape: StreamShape = {
  bitsPerSecond: 2_500_000,
  videoPerSecond: 30,
  keyInterval: 30,
  keyFactor: 4.5,
  sizeSpread: 0.2,
  soundIntervalMs: 60,
  soundBytes: 320,
};

const POOL_BYTES = 1 << 20;
const NUMBER_BYTES = 4;

export interface SourceMessage {
  readonly bytes: Uint8Array;
  readonly key: boolean;
}

export class MessageSource {
  readonly #random: Random;
  readonly #shape: StreamShape;
  readonly #pool: Uint8Array;
  #deltaBytes = 0;
  #videoSent = 0;
  #soundSent = 0;
  /** By message number: where in the pool its content starts, how long it is in all, when it was published. */
  readonly #poolAt: number[] = [];
  readonly #bytes: number[] = [];
  readonly #publishedAtMs: number[] = [];

  constructor(random: Random, shape: StreamShape) {
    this.#random = random;
    this.#shape = shape;
    this.#pool = randomBytes(random, POOL_BYTES);
    this.setBitrate(shape.bitsPerSecond);
  }

  /** Payload bits per second from now on, sound included; the sound stays as it is. */
  setBitrate(bitsPerSecond: number): void {
    const { soundBytes, soundIntervalMs, videoPerSecond, keyFactor, keyInterval } = this.#shape;
    const soundBytesPerSecond = (soundBytes * 1_000) / soundIntervalMs;
    const videoBytesPerSecond = Math.max(0, bitsPerSecond / 8 - soundBytesPerSecond);
    const deltasPerSecond = videoPerSecond * (1 + (keyFactor - 1) / keyInterval);
    this.#deltaBytes = videoBytesPerSecond / deltasPerSecond;
  }

  /** How many messages were made. */
  get count(): number {
    return this.#bytes.length;
  }

  /** When the next message is due, in ms since the first. */
  get nextAtMs(): number {
    return Math.min(this.#videoAtMs, this.#soundAtMs);
  }

  get #videoAtMs(): number {
    return (this.#videoSent * 1_000) / this.#shape.videoPerSecond;
  }

  get #soundAtMs(): number {
    return this.#soundSent * this.#shape.soundIntervalMs;
  }

  /** Makes the next message. `nowMs`: when it is published. */
  next(nowMs: number): SourceMessage {
    const { keyInterval, keyFactor, sizeSpread, soundBytes } = this.#shape;
    if (this.#soundAtMs < this.#videoAtMs) {
      this.#soundSent++;
      return { bytes: this.#make(soundBytes, nowMs), key: false };
    }
    const key = this.#videoSent % keyInterval === 0;
    this.#videoSent++;
    const varied = 1 + (randomFloat(this.#random) * 2 - 1) * sizeSpread;
    return { bytes: this.#make(Math.round(this.#deltaBytes * (key ? keyFactor : 1) * varied), nowMs), key };
  }

  #make(length: number, nowMs: number): Uint8Array {
    const contentBytes = Math.max(0, length - NUMBER_BYTES);
    const poolAt = randomBelow(this.#random, POOL_BYTES - contentBytes);
    const bytes = new ByteWriter(NUMBER_BYTES + contentBytes)
      .u32(this.#bytes.length)
      .bytes(this.#pool.subarray(poolAt, poolAt + contentBytes))
      .finish();
    this.#poolAt.push(poolAt);
    this.#bytes.push(bytes.length);
    this.#publishedAtMs.push(nowMs);
    return bytes;
  }

  /** The number of a published message with exactly these bytes; undefined if the host never published it. */
  identify(bytes: Uint8Array): number | undefined {
    const reader = new ByteReader(bytes);
    const number = reader.u32();
    if (reader.failed || bytes.length !== this.#bytes[number]) return undefined;
    const poolAt = this.#poolAt[number] as number;
    const content = reader.rest();
    return sameBytes(content, this.#pool.subarray(poolAt, poolAt + content.length)) ? number : undefined;
  }

  publishedAtMs(number: number): number {
    return this.#publishedAtMs[number] ?? Number.NaN;
  }

  /** The first message published at or after an instant. */
  firstSince(atMs: number): number {
    let low = 0;
    let high = this.#publishedAtMs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#publishedAtMs[middle] as number) < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Bytes of the messages from one number to before another. */
  bytesBetween(from: number, to: number): number {
    let sum = 0;
    for (let number = from; number < to; number++) sum += this.#bytes[number] ?? 0;
    return sum;
  }
}

/** Node compares memory natively: most of a run's comparisons are of tens of kilobytes. */
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length < 64 ? equalBytes(a, b) : Buffer.compare(a, b) === 0;
