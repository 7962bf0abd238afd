/**
 * Puts messages together again from frames in order, and takes bundles apart. After a gap it waits for the start of a message (media: a
 * key message).
 */
import { concatBytes } from '../lib/bytes.ts';
import { limits } from '../wire/limits.ts';
import { decodeBundle } from '../wire/message-bundle.ts';
import type { AuthenticFrame } from './relay-contract.ts';

export interface WholeMessage {
  readonly bytes: Uint8Array;
  readonly key: boolean;
  readonly epoch: number;
  /** When the last of its frames became authentic, ms. */
  readonly arrivedAt: number;
}

const NOTHING: readonly WholeMessage[] = [];

export class MessageAssembler {
  readonly #messageBytesMax: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #arrivedAt = 0;
  #broken = true;

  /** @param messageBytesMax what the host says that its messages have at most; a longer one is dropped as it grows */
  constructor(messageBytesMax: number = limits.messageBytesMax) {
    this.#messageBytesMax = Math.min(messageBytesMax, limits.messageBytesMax);
  }

  /** Forgets the message that was under way. */
  gap(): void {
    this.#parts = [];
    this.#bytes = 0;
    this.#broken = true;
  }

  /**
   * Takes the next frame in order; answers with the messages that this frame ends: none, one, or those of a bundle.
   * Undefined: it is a bundle that cannot be read, and with it messages are lost.
   */
  push(frame: AuthenticFrame, arrivedAt: number): readonly WholeMessage[] | undefined {
    const { index, count, key, bundle, epoch } = frame.header;
    if (bundle) {
      this.gap();
      const inside = decodeBundle(frame.payload, this.#messageBytesMax);
      return inside.ok ? inside.value.map((bytes) => ({ bytes, key, epoch, arrivedAt })) : undefined;
    }
    if (index === 0) {
      this.#parts = [];
      this.#bytes = 0;
      this.#arrivedAt = 0;
      this.#broken = false;
    } else if (this.#broken || index !== this.#parts.length) {
      this.gap();
      return NOTHING;
    }
    this.#parts.push(frame.payload);
    this.#bytes += frame.payload.length;
    this.#arrivedAt = Math.max(this.#arrivedAt, arrivedAt);
    if (this.#bytes > this.#messageBytesMax) {
      this.gap();
      return NOTHING;
    }
    if (index + 1 < count) return NOTHING;
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Uint8Array) : concatBytes(...this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    this.#broken = true;
    return [{ bytes, key, epoch, arrivedAt: this.#arrivedAt }];
  }
}
