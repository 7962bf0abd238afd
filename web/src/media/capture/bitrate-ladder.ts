/**
 * Which size of picture goes with which bitrate, for VP8 at 30 pictures a second. One number, the bitrate, decides both: below
 * about two thirds of a step's rate a smaller picture looks better than a coarse one. Pure.
 */

export interface LadderStep {
  /** Lines of the picture: 720 stands for 1280 × 720, and for whatever shape fits into it. */
  readonly height: number;
  /** Bit/s of picture and sound together. */
  readonly bitsPerSecond: number;
}

/** Smallest first. The smallest is not offered: encoders only fall back to it. */
const ladder: readonly LadderStep[] = [
  { height: 240, bitsPerSecond: 400_000 },
  { height: 360, bitsPerSecond: 1_000_000 },
  { height: 480, bitsPerSecond: 1_600_000 },
  { height: 720, bitsPerSecond: 2_500_000 },
  { height: 1_080, bitsPerSecond: 4_500_000 },
];
const smallest: LadderStep = { height: 240, bitsPerSecond: 400_000 };

/** What a host can choose from. */
export const ladderSteps: readonly LadderStep[] = ladder.slice(1);

/** The share of its own rate down to which a step keeps its size. */
const KEPT_DOWN_TO = 0.65;

/**
 * VP8 above 640 × 360 runs on several threads that wait for each other: on a busy machine of two cores 720p was seen to take 70
 * ms a picture, and 685 at worst, where 360p took 1 and 6.
 */
const CORES_FOR_720P = 4;

/** What this machine encodes without trouble, in bit/s. @param cores as the browser counts them */
export const usualBitsPerSecond = (cores: number): number =>
  cores >= CORES_FOR_720P ? 2_500_000 : 1_000_000;

/** The lines that a picture should have at this bitrate. */
export function heightFor(bitsPerSecond: number): number {
  const step = ladder.findLast((each) => bitsPerSecond >= KEPT_DOWN_TO * each.bitsPerSecond);
  return (step ?? smallest).height;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size at which to encode a picture: never larger than it is, its shape kept, sides even as codecs want them. */
export function fitInto({ width, height }: Size, lines: number): Size {
  const box =
    width >= height ? { width: (lines * 16) / 9, height: lines } : { width: lines, height: (lines * 16) / 9 };
  const scale = Math.min(1, box.width / width, box.height / height);
  const even = (side: number): number =>
    Math.max(2, Math.min(2 * Math.round((side * scale) / 2), 2 * Math.floor(side / 2)));
  return { width: even(width), height: even(height) };
}
