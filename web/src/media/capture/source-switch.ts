/**
 * Which of several running sources is on the air. A source that is put on goes on at its first message to start from, and until
 * then the one before stays: viewers never see a gap. Pure.
 */
import type { OnMessage } from '@murmuration/shared/media/media-muxer.ts';

export class SourceSwitch<Source> {
  readonly #onMessage: OnMessage;
  readonly #onOff: (source: Source) => void;
  #onAir: Source | undefined;
  #next: Source | undefined;

  /** @param onOff called when a source has gone off the air because another one went on, or is to go on instead */
  constructor(onMessage: OnMessage, onOff: (source: Source) => void) {
    this.#onMessage = onMessage;
    this.#onOff = onOff;
  }

  /** This one goes on next. */
  put(source: Source): void {
    const passedOver = this.#next;
    this.#next = source === this.#onAir ? undefined : source;
    if (passedOver !== undefined && passedOver !== source) this.#onOff(passedOver);
  }

  /** The source is gone, and its messages no longer pass. */
  remove(source: Source): void {
    if (this.#onAir === source) this.#onAir = undefined;
    if (this.#next === source) this.#next = undefined;
  }

  /** Takes a message of a source; it passes if that is on the air. */
  message(source: Source, message: Uint8Array, key: boolean): void {
    if (source === this.#next && key) {
      const before = this.#onAir;
      this.#onAir = source;
      this.#next = undefined;
      if (before !== undefined) this.#onOff(before);
    }
    if (source === this.#onAir) this.#onMessage(message, key);
  }
}
