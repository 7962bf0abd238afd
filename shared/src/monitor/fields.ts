/** The fields that the monitor's feed is made of. Reading never throws: it remembers that something was wrong. */
import { assert } from '../lib/assert.ts';
import { ByteReader, type ByteWriter } from '../lib/bytes.ts';
import { DecodeFailure } from '../wire/result.ts';
import { NAME_CHARACTERS, type ShortName } from './feed-messages.ts';

/** Numbers are below 2³⁵: five bytes. */
const VARINT_BYTES_MAX = 5;
const IS_NAME = new RegExp(`^[A-Za-z0-9_-]{${NAME_CHARACTERS}}$`);

/** A whole number below 2³⁵. */
export function writeVarint(writer: ByteWriter, value: number): void {
  assert(value >= 0 && value < 2 ** (7 * VARINT_BYTES_MAX), 'a number does not fit into the feed');
  let left = value;
  while (left >= 128) {
    writer.u8((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  writer.u8(left);
}

export function writeName(writer: ByteWriter, name: ShortName): void {
  assert(name.length === NAME_CHARACTERS, 'a name has six characters');
  for (let at = 0; at < NAME_CHARACTERS; at++) writer.u8(name.charCodeAt(at));
}

export class FieldReader {
  readonly #reader: ByteReader;
  #isSound = true;

  constructor(bytes: Uint8Array, startAt: number) {
    this.#reader = new ByteReader(bytes, startAt);
  }

  /** What is wrong, after everything was read; undefined: nothing. */
  get failure(): DecodeFailure | undefined {
    if (this.#reader.failed) return DecodeFailure.truncated;
    if (!this.#isSound) return DecodeFailure.badField;
    return this.#reader.complete ? undefined : DecodeFailure.trailing;
  }

  /** Remembers that something that must hold does not. */
  expect(condition: boolean): void {
    if (!condition) this.#isSound = false;
  }

  u8(): number {
    return this.#reader.u8();
  }

  u48(): number {
    return this.#reader.u48();
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let at = 0; at < VARINT_BYTES_MAX; at++) {
      const byte = this.#reader.u8();
      value += (byte & 127) * scale;
      // In one form only: no zeros at the end.
      if (byte < 128) {
        this.expect(byte > 0 || at === 0);
        return value;
      }
      scale *= 128;
    }
    this.expect(false);
    return 0;
  }

  /** 0 in place of a number that is not below. */
  varintBelow(limit: number): number {
    const value = this.varint();
    this.expect(value < limit);
    return value < limit ? value : 0;
  }

  name(): ShortName {
    const name = String.fromCharCode(...this.#reader.bytes(NAME_CHARACTERS));
    this.expect(IS_NAME.test(name));
    return name;
  }

  /** A count and so many elements; nothing, if there are too many of them, or something was wrong before. */
  list<T>(most: number, read: () => T): T[] {
    const length = this.varint();
    this.expect(length <= most);
    const elements: T[] = [];
    while (this.#isSound && !this.#reader.failed && elements.length < length) elements.push(read());
    return elements;
  }
}
