/**
 * Most messages of clients come whole: one final, masked, binary frame (RFC 6455, section 5.2) within one read of the socket. Such
 * a frame is taken where it stands, past the library's own stream and queues, which take more of the processor than the rest of a
 * signal's way. All else (control frames, text, parts, frames that come in several reads, whatever is wrong) goes on to the
 * library, byte for byte and in order, and is its business alone: here is decided where a frame ends, and nothing else.
 */

/** Who takes what was read. */
export interface FrameTaker {
  /** One message. Its payload stands unmasked from `from` to `to`; there are at least 4 bytes before it that nobody needs. */
  wholeFrame(bytes: Buffer, from: number, to: number): void;
  /** For the library. */
  otherBytes(bytes: Buffer): void;
}

const FINAL = 0x80;
const FINAL_BINARY = 0x82;
const MASKED = 0x80;
const CLOSE = 0x8;
/** A length that stands in the two bytes, or the eight bytes, that follow. */
const IN_TWO_BYTES = 126;
const IN_EIGHT_BYTES = 127;
/** Shorter payloads are not worth a view of them as words. */
const WORDS_FROM_BYTES = 64;

export class WholeFrames {
  readonly #taker: FrameTaker;
  readonly #payloadBytesMax: number;
  /** Bytes of a frame that the library has the beginning of. */
  #owed = 0;
  /** The library has a message of which more parts are to come. */
  #inParts = false;
  /** A close frame ends what there is to read. */
  #closed = false;
  /** Of a frame whose header has not come in full: 13 bytes at most. */
  #beginning: Buffer | undefined;

  /** @param payloadBytesMax larger frames are not taken as whole ones */
  constructor(taker: FrameTaker, payloadBytesMax: number) {
    this.#taker = taker;
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** Takes what came from the socket. Changes it: it belongs to nobody else. */
  read(chunk: Buffer): void {
    const bytes = this.#beginning === undefined ? chunk : Buffer.concat([this.#beginning, chunk]);
    this.#beginning = undefined;
    const { length } = bytes;
    let at = Math.min(this.#owed, length);
    this.#owed -= at;
    let othersFrom = 0;
    while (at < length && !this.#closed) {
      const size = bytes[at + 1] ?? 0;
      const from = at + headerBytes(size);
      if (from > length) {
        this.#beginning = Buffer.from(bytes.subarray(at));
        break;
      }
      const to = from + payloadBytes(bytes, at, size);
      if (to <= length && this.#isWhole(bytes[at] ?? 0, size, to - from)) {
        if (at > othersFrom) this.#taker.otherBytes(bytes.subarray(othersFrom, at));
        unmask(bytes, from, to);
        this.#taker.wholeFrame(bytes, from, to);
        othersFrom = to;
      } else {
        this.#note(bytes[at] ?? 0);
        this.#owed = Math.max(0, to - length);
      }
      at = Math.min(to, length);
    }
    if (at > othersFrom)
      this.#taker.otherBytes(othersFrom === 0 && at === length ? bytes : bytes.subarray(othersFrom, at));
  }

  #isWhole(first: number, size: number, payloadBytes: number): boolean {
    if (first !== FINAL_BINARY || (size & MASKED) === 0 || this.#inParts) return false;
    // A length may be written longer than it has to be: whether that passes is not decided here.
    const length = size & ~MASKED;
    const isShortest = length < IN_TWO_BYTES || (length === IN_TWO_BYTES && payloadBytes >= IN_TWO_BYTES);
    return isShortest && payloadBytes <= this.#payloadBytesMax;
  }

  /** What a frame that goes to the library says about the ones that follow. */
  #note(first: number): void {
    const code = first & 0xf;
    if (code === CLOSE) this.#closed = true;
    // Control frames may come between the parts of a message.
    if (code < CLOSE) this.#inParts = (first & FINAL) === 0;
  }
}

function headerBytes(size: number): number {
  const length = size & ~MASKED;
  const more = length === IN_TWO_BYTES ? 2 : length === IN_EIGHT_BYTES ? 8 : 0;
  return 2 + more + ((size & MASKED) === 0 ? 0 : 4);
}

function payloadBytes(bytes: Buffer, at: number, size: number): number {
  const length = size & ~MASKED;
  if (length === IN_TWO_BYTES) return bytes.readUInt16BE(at + 2);
  if (length === IN_EIGHT_BYTES) return bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
  return length;
}

/** RFC 6455, section 5.3: the four bytes before the payload, over and over. */
function unmask(bytes: Buffer, from: number, to: number): void {
  let at = from;
  const start = bytes.byteOffset + from;
  // The mask is in line then, too.
  if (to - from >= WORDS_FROM_BYTES && start % 4 === 0) {
    const words = new Uint32Array(bytes.buffer, start - 4, 1 + Math.floor((to - from) / 4));
    const mask = words[0] ?? 0;
    for (let i = 1; i < words.length; i++) words[i] = (words[i] ?? 0) ^ mask;
    at += 4 * (words.length - 1);
  }
  for (let i = from - 4; at < to; at++, i = i + 1 === from ? from - 4 : i + 1)
    bytes[at] = (bytes[at] ?? 0) ^ (bytes[i] ?? 0);
}

/**
 * A packet that stands where it was read ({@link FrameTaker.wholeFrame}), as a frame that a server sends: its header goes over the
 * client's, so that no byte is copied.
 */
export function sentOn(packet: Uint8Array): Buffer {
  const header = serverHeaderBytes(packet.length);
  const frame = Buffer.from(packet.buffer, packet.byteOffset - header, header + packet.length);
  writeServerHeader(frame, packet.length);
  return frame;
}

/** One final, unmasked, binary frame, header and payload in one buffer: one write instead of two. */
export function binaryFrame(payload: Uint8Array): Buffer {
  const header = serverHeaderBytes(payload.length);
  const frame = Buffer.allocUnsafe(header + payload.length);
  writeServerHeader(frame, payload.length);
  frame.set(payload, header);
  return frame;
}

const serverHeaderBytes = (payloadBytes: number): number => (payloadBytes >= IN_TWO_BYTES ? 4 : 2);

/** @param payloadBytes less than 64 KiB */
function writeServerHeader(frame: Buffer, payloadBytes: number): void {
  frame[0] = FINAL_BINARY;
  if (payloadBytes < IN_TWO_BYTES) frame[1] = payloadBytes;
  else {
    frame[1] = IN_TWO_BYTES;
    frame[2] = payloadBytes >> 8;
    frame[3] = payloadBytes & 0xff;
  }
}
