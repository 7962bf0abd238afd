// Reads the clock that the test pattern carries at its top, from pixels alone, and makes one for pictures of a test's own. Written from the layout that the product's
// `time-code.ts` documents, not from its code: 2 rows of 40 square cells, the first 4 of each row a guard (1010, then 0101), the
// other 72 a word, most significant bit first: ms since 1970 (48), frame number mod 256 (8), CRC-16/CCITT-FALSE of those (16).

export interface TimeCode {
  /** Milliseconds since 1970 at which the picture was painted. */
  readonly ms: number;
  /** Frame number modulo 256. */
  readonly frame: number;
}

/**
 * The time code in the two top rows of cells, or undefined if there is none to be read. Refers to nothing outside itself, since
 * its text is sent into pages.
 *
 * @param pixels RGBA of the top of the picture, at least width / 20 rows
 */
export function readTimeCode(pixels: Uint8ClampedArray, width: number): TimeCode | undefined {
  const cell = width / 40;
  const isWhite = (column: number, row: number): boolean => {
    let sum = 0;
    let count = 0;
    const [fromX, toX] = [Math.ceil((column + 0.25) * cell), (column + 0.75) * cell];
    const [fromY, toY] = [Math.ceil((row + 0.25) * cell), (row + 0.75) * cell];
    for (let y = fromY; y < toY; y++) {
      for (let x = fromX; x < toX; x++, count++) sum += pixels[(y * width + x) * 4 + 1] ?? 0;
    }
    return sum > 127 * count;
  };
  const bits: number[] = [];
  for (const row of [0, 1]) {
    for (let column = 0; column < 40; column++) {
      const bit = isWhite(column, row) ? 1 : 0;
      if (column >= 4) bits.push(bit);
      else if (bit !== (column + row + 1) % 2) return undefined;
    }
  }
  const number = (from: number, to: number): number =>
    bits.slice(from, to).reduce((sum, bit) => sum * 2 + bit, 0);
  let crc = 0xffff;
  for (const bit of bits.slice(0, 56)) {
    const feedback = (crc >> 15) ^ bit;
    crc = ((crc << 1) ^ (feedback ? 0x1021 : 0)) & 0xffff;
  }
  return crc === number(56, 72) ? { ms: number(0, 48), frame: number(48, 56) } : undefined;
}

/** The 80 cells of a time code, row by row; 1 is white. Refers to nothing outside itself. */
export function timeCodeCells({ ms, frame }: TimeCode): number[] {
  const bitsOf = (value: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) % 2);
  const told = [...bitsOf(ms, 48), ...bitsOf(frame % 256, 8)];
  let crc = 0xffff;
  for (const bit of told) {
    const feedback = (crc >> 15) ^ bit;
    crc = ((crc << 1) ^ (feedback ? 0x1021 : 0)) & 0xffff;
  }
  const word = [...told, ...bitsOf(crc, 16)];
  return [1, 0, 1, 0, ...word.slice(0, 36), 0, 1, 0, 1, ...word.slice(36)];
}
