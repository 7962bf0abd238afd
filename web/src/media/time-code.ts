/**
 * The machine-readable clock at the top of the test pattern. Whoever reads the pixels of a viewer's picture learns when it
 * was painted at the host, and so the delay from glass to glass. Pure: pixels in, milliseconds out, and the layout for the
 * painter.
 *
 * Layout. The picture is W pixels wide; a cell is a square of W / 40 pixels (16 at 640, exactly one VP8 macroblock). Two
 * rows of 40 cells lie at the very top: y = 0 and y = W / 40. White is 1, black is 0. Read left to right, row 0 first:
 *
 *   row 0, cells 0–3    1 0 1 0            guard
 *   row 0, cells 4–39   bits 71 … 36       of the 72-bit word
 *   row 1, cells 0–3    0 1 0 1            guard
 *   row 1, cells 4–39   bits 35 … 0
 *
 *   word = time (48 bits, ms since 1970) · frame number mod 256 (8 bits) · checksum (16 bits), most significant bit first
 *   checksum = CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF, no reflection, no final xor) over the 7 bytes of time
 *   and frame number, big-endian
 *
 * To read a cell, average the luma (or just the green channel) of its middle half in both directions; above 127 is 1.
 * A picture whose guards or checksum do not match carries no time code.
 */
import { ByteReader, ByteWriter } from '@murmuration/shared/lib/bytes.ts';

/** Cells in one row; the cell's side is the picture's width divided by it. */
export const TIME_CODE_COLUMNS = 40;
export const TIME_CODE_ROWS = 2;

const GUARDS = [
  [1, 0, 1, 0],
  [0, 1, 0, 1],
] as const;
const GUARD_CELLS = 4;
const WORD_BYTES = 9;
const CHECKED_BYTES = 7;

export interface TimeCode {
  /** Milliseconds since 1970, when the picture was painted. */
  readonly ms: number;
  /** Frame number modulo 256. */
  readonly frame: number;
}

/** The 80 cells, row by row, true for white. */
export function timeCodeCells({ ms, frame }: TimeCode): boolean[] {
  const checked = new ByteWriter(WORD_BYTES).u48(Math.floor(ms)).u8(frame & 0xff);
  const word = checked.u16(crc16(checked.finish())).finish();
  const half = (WORD_BYTES * 8) / TIME_CODE_ROWS;
  return GUARDS.flatMap((guard, row) => [
    ...guard.map((bit) => bit === 1),
    ...Array.from({ length: half }, (_, i) => bitOf(word, row * half + i)),
  ]);
}

/**
 * Reads the time code of a picture.
 * @param pixels RGBA, rows from the top; as `getImageData` gives them. The two rows of cells are enough.
 * @returns undefined if the picture is too small, carries no time code, or too blurred a one.
 */
export function readTimeCode(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
): TimeCode | undefined {
  const side = width / TIME_CODE_COLUMNS;
  if (side < 4 || height < side * TIME_CODE_ROWS || pixels.length < width * height * 4) return undefined;
  const word = new Uint8Array(WORD_BYTES);
  let bit = 0;
  for (const [row, guard] of GUARDS.entries()) {
    for (let column = 0; column < TIME_CODE_COLUMNS; column++) {
      const white = isWhite(pixels, width, column * side, row * side, side);
      if (column < GUARD_CELLS) {
        if (white !== (guard[column] === 1)) return undefined;
        continue;
      }
      if (white) word[bit >> 3] = (word[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
      bit++;
    }
  }
  const reader = new ByteReader(word);
  const code = { ms: reader.u48(), frame: reader.u8() };
  return reader.u16() === crc16(word.subarray(0, CHECKED_BYTES)) ? code : undefined;
}

function isWhite(
  pixels: Uint8Array | Uint8ClampedArray,
  width: number,
  left: number,
  top: number,
  side: number,
): boolean {
  let green = 0;
  let count = 0;
  for (let y = Math.ceil(top + side / 4); y < top + (side * 3) / 4; y++) {
    for (let x = Math.ceil(left + side / 4); x < left + (side * 3) / 4; x++) {
      green += pixels[(y * width + x) * 4 + 1] ?? 0;
      count++;
    }
  }
  return green > 127 * count;
}

function bitOf(bytes: Uint8Array, index: number): boolean {
  return (((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) === 1;
}

/** CRC-16/CCITT-FALSE; its check value for "123456789" is 0x29B1. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let i = 0; i < 8; i++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
