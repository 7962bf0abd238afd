/**
 * Bytes in and out: a growing writer, a reader that never throws, text forms.
 * Integers are big-endian (network order, RFC 1700). All functions are pure.
 */

/** Appends values to a buffer that doubles when it is full. */
export class ByteWriter {
  #buffer: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param capacityBytes what to reserve at first; a good guess saves copies. */
  constructor(capacityBytes = 128) {
    this.#buffer = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#buffer.buffer);
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    const needed = at + bytes;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = needed;
    return at;
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value);
    return this;
  }

  /** 48 bits: milliseconds since 1970 fit until the year 10889. */
  u48(value: number): this {
    const at = this.#reserve(6);
    this.#view.setUint16(at, Math.floor(value / 2 ** 32));
    this.#view.setUint32(at + 2, value % 2 ** 32);
    return this;
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  /** What was written, as a view of exactly that length. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}

/**
 * Reads values one after another. Past the end it returns zeros from then on, and remembers that it failed: a decoder
 * reads everything, then asks {@link ByteReader.complete} once.
 */
export class ByteReader {
  readonly source: Uint8Array;
  #view: DataView;
  #at: number;
  #failed = false;

  constructor(source: Uint8Array, startAt = 0) {
    this.source = source;
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    this.#at = startAt;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.source.length - this.#at;
  }

  get offset(): number {
    return this.#at;
  }

  /** True once a read went past the end. */
  get failed(): boolean {
    return this.#failed;
  }

  /** True if every read was in bounds and nothing is left over. */
  get complete(): boolean {
    return !this.#failed && this.#at === this.source.length;
  }

  #take(bytes: number): number {
    if (this.#failed || this.remaining < bytes) {
      this.#failed = true;
      return -1;
    }
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#view.getUint8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at);
  }

  u48(): number {
    const at = this.#take(6);
    return at < 0 ? 0 : this.#view.getUint16(at) * 2 ** 32 + this.#view.getUint32(at + 2);
  }

  /** A view (not a copy) of the next bytes; empty if there are not that many. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return at < 0 ? EMPTY_BYTES : this.source.subarray(at, at + count);
  }

  /** A view of all that is left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }
}

export const EMPTY_BYTES = new Uint8Array(0);

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BASE64URL_CODES = Uint8Array.from(BASE64URL, (letter) => letter.charCodeAt(0));
/** By the code of a letter; -1 is none of them. */
const BASE64URL_VALUES = new Int8Array(128).fill(-1);
for (const [value, code] of BASE64URL_CODES.entries()) BASE64URL_VALUES[code] = value;
/** So many letters are made a text at once: each is an argument of a call. */
const LETTERS_AT_ONCE = 4_096;

/**
 * base64url without padding (RFC 4648, section 5). The text is made in one piece: one that grows by a letter at a time is kept as a
 * chain of all its beginnings, 800 bytes for an id, and each look at it goes down the chain.
 */
export function toBase64url(bytes: Uint8Array): string {
  const letters = new Uint8Array(Math.ceil((bytes.length * 8) / 6));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      letters[at++] = BASE64URL_CODES[(held >> bits) & 63] as number;
    }
    held &= (1 << bits) - 1;
  }
  if (bits > 0) letters[at] = BASE64URL_CODES[(held << (6 - bits)) & 63] as number;
  let text = '';
  for (let from = 0; from < letters.length; from += LETTERS_AT_ONCE)
    text += String.fromCharCode(...letters.subarray(from, from + LETTERS_AT_ONCE));
  return text;
}

/** Undoes {@link toBase64url}; undefined for anything that it would not have written. */
export function fromBase64url(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let letter = 0; letter < text.length; letter++) {
    const value = BASE64URL_VALUES[text.charCodeAt(letter)] ?? -1;
    if (value < 0) return undefined;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >> bits;
      held &= (1 << bits) - 1;
    }
  }
  return bits >= 6 || held !== 0 ? undefined : bytes;
}
