/**
 * Colour spaces as four bytes: the code points of ISO/IEC 23091-2 for primaries, transfer and matrix, then the range. VP8 has no
 * room for them in its bitstream, and a decoder that is not told shows a page's own pictures too dark and too bright.
 * What is unknown, here or to a newer browser at the other end, is left to the decoder.
 */

/** Code point 2: unspecified. */
const UNSPECIFIED = 2;

const PRIMARIES: readonly [number, string][] = [
  [1, 'bt709'],
  [5, 'bt470bg'],
  [6, 'smpte170m'],
  [9, 'bt2020'],
  [12, 'smpte432'],
];
const TRANSFERS: readonly [number, string][] = [
  [1, 'bt709'],
  [6, 'smpte170m'],
  [8, 'linear'],
  [13, 'iec61966-2-1'],
  [16, 'pq'],
  [18, 'hlg'],
];
const MATRICES: readonly [number, string][] = [
  [0, 'rgb'],
  [1, 'bt709'],
  [5, 'bt470bg'],
  [6, 'smpte170m'],
  [9, 'bt2020-ncl'],
];
const RANGES: readonly [number, boolean][] = [
  [0, false],
  [1, true],
];

/** As WebCodecs names it (VideoColorSpaceInit), in strings: browsers know more names than any list of types. */
export interface ColourSpace {
  readonly primaries?: string | null | undefined;
  readonly transfer?: string | null | undefined;
  readonly matrix?: string | null | undefined;
  readonly fullRange?: boolean | null | undefined;
}

/** Primaries, transfer, matrix, range (0 limited, 1 full); 2 is unspecified in all of them. */
export type ColourCodes = readonly [number, number, number, number];

export const unspecifiedColour: ColourCodes = [UNSPECIFIED, UNSPECIFIED, UNSPECIFIED, UNSPECIFIED];

export function toColourCodes(space: ColourSpace | undefined): ColourCodes {
  const { primaries, transfer, matrix, fullRange } = space ?? {};
  return [
    codeOf(PRIMARIES, primaries),
    codeOf(TRANSFERS, transfer),
    codeOf(MATRICES, matrix),
    codeOf(RANGES, fullRange),
  ];
}

/** What a decoder is told; undefined if nothing is known. */
export function toColourSpace([primaries, transfer, matrix, range]: ColourCodes): ColourSpace | undefined {
  const space = {
    primaries: nameOf(PRIMARIES, primaries),
    transfer: nameOf(TRANSFERS, transfer),
    matrix: nameOf(MATRICES, matrix),
    fullRange: nameOf(RANGES, range),
  };
  return Object.values(space).some((value) => value !== null) ? space : undefined;
}

function codeOf<T>(table: readonly [number, T][], name: T | null | undefined): number {
  return table.find(([, known]) => known === name)?.[0] ?? UNSPECIFIED;
}

function nameOf<T>(table: readonly [number, T][], code: number): T | null {
  return table.find(([known]) => known === code)?.[1] ?? null;
}
