/** How messages lie in a plain stream of bytes, as on standard input: as lines, or with their length before them. */
import { limits } from '@murmuration/shared/wire/limits.ts';

export const Framing = { lines: 'lines', length: 'length' } as const;
export type Framing = (typeof Framing)[keyof typeof Framing];

const NEWLINE = 10;
const LENGTH_BYTES = 4;

/** A message of the input is longer than a message may be. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** Cuts bytes into messages. A line has its newline left out; a length is a u32, big-endian. */
export class MessageSplitter {
  readonly #framing: Framing;
  readonly #messageBytesMax: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(framing: Framing, messageBytesMax: number = limits.messageBytesMax) {
    this.#framing = framing;
    this.#messageBytesMax = messageBytesMax;
  }

  /** The messages that end in these bytes. Throws {@link FramingError}. */
  push(bytes: Buffer): Uint8Array[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const messages: Uint8Array[] = [];
    let from = 0;
    for (let end = this.#endOfNext(from); end !== undefined; end = this.#endOfNext(from)) {
      messages.push(this.#cut(from, end));
      from = this.#framing === Framing.lines ? end + 1 : end;
    }
    this.#rest = this.#rest.subarray(from);
    this.#check(this.#rest.length - LENGTH_BYTES);
    return messages;
  }

  /** What is left at the end of the input: a last line without a newline. Throws if it breaks off within a message. */
  end(): Uint8Array[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length === 0) return [];
    if (this.#framing === Framing.length) throw new FramingError('The input ends within a message.');
    return [new Uint8Array(rest)];
  }

  #endOfNext(from: number): number | undefined {
    if (this.#framing === Framing.lines) {
      const at = this.#rest.indexOf(NEWLINE, from);
      return at < 0 ? undefined : at;
    }
    if (this.#rest.length - from < LENGTH_BYTES) return undefined;
    const length = this.#rest.readUInt32BE(from);
    this.#check(length);
    const end = from + LENGTH_BYTES + length;
    return end <= this.#rest.length ? end : undefined;
  }

  #cut(from: number, end: number): Uint8Array {
    const begin = this.#framing === Framing.lines ? from : from + LENGTH_BYTES;
    this.#check(end - begin);
    return new Uint8Array(this.#rest.subarray(begin, end));
  }

  #check(bytes: number): void {
    if (bytes <= this.#messageBytesMax) return;
    throw new FramingError(
      `A message of the input has more than ${this.#messageBytesMax} bytes. Cut it up, or choose the other --framing.`,
    );
  }
}

/** A message as it lies in the output. */
export function framed(message: Uint8Array, framing: Framing): Buffer {
  if (framing === Framing.lines) return Buffer.concat([message, Buffer.of(NEWLINE)]);
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt32BE(message.length);
  return Buffer.concat([head, message]);
}
