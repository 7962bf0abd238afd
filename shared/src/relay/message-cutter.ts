/** Cuts an application's messages into frames: consecutive seqs, each at most `frameBytes` of payload; or bundles them. Host only. */
import { assert } from '../lib/assert.ts';
import type { StreamId } from '../lib/ids.ts';
import type { FrameHeader } from '../wire/frame.ts';
import { limits } from '../wire/limits.ts';
import { encodeBundle } from '../wire/message-bundle.ts';

export interface CutFrame {
  readonly header: FrameHeader;
  readonly payload: Uint8Array;
}

export class MessageCutter {
  readonly #stream: StreamId;
  readonly #epoch: number;
  readonly #frameBytes: number;
  #nextSeq = 0;
  #keySeq = 0;

  constructor(stream: StreamId, epoch: number, frameBytes: number) {
    assert(frameBytes > 0 && frameBytes <= limits.framePayloadBytesMax, 'frameBytes out of range');
    this.#stream = stream;
    this.#epoch = epoch;
    this.#frameBytes = frameBytes;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /**
   * Frames of one message, nearly equal in size.
   * @param message at most limits.messageBytesMax bytes; a longer one is the caller's bug
   * @param key true if a viewer can start at this message
   */
  cut(message: Uint8Array, key: boolean): CutFrame[] {
    assert(message.length <= limits.messageBytesMax, 'message too long');
    return this.#cut(message, key, false);
  }

  /**
   * The one frame of a bundle.
   * @param messages 1 to limits.bundleMessagesMax, which fit into one frame with their lengths; others are the caller's bug
   * @param key true if a viewer can start at the first of these messages
   */
  bundle(messages: readonly Uint8Array[], key: boolean): CutFrame[] {
    const contents = encodeBundle(messages);
    assert(contents.length <= this.#frameBytes, 'bundle too long for a frame');
    return this.#cut(contents, key, true);
  }

  #cut(message: Uint8Array, key: boolean, bundle: boolean): CutFrame[] {
    const count = Math.max(1, Math.ceil(message.length / this.#frameBytes));
    const size = Math.ceil(message.length / count);
    if (key) this.#keySeq = this.#nextSeq;
    const frames: CutFrame[] = [];
    for (let index = 0; index < count; index++) {
      const seq = this.#nextSeq++;
      const header = {
        stream: this.#stream,
        epoch: this.#epoch,
        seq,
        key,
        bundle,
        index,
        count,
        keySeq: this.#keySeq,
      };
      frames.push({ header, payload: message.subarray(index * size, (index + 1) * size) });
    }
    return frames;
  }
}
