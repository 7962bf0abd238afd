/** What a node offers to upload, as copies of the stream: it changes with the stream's bitrate. */

/** What a person, or the program, sets. */
export interface UploadOffer {
  /** Copies of the stream at most, whatever its bitrate. 0: consume only. */
  readonly slots: number;
  /** Bits per second that the uplink carries, or may be used; infinite where only `slots` counts. */
  readonly uploadBitsPerSecond: number;
  /**
   * It has no stripe of its own, and feeds only those who starve and whom it has: for a program that may be stopped at any time, such as a
   * tab that nobody sees or hears. Default false. Where a stream is one tree it makes no difference.
   */
  readonly leafOnly?: boolean;
}

/** Of an uplink so much is used for the stream: headers, votes, repair and the net graph take the rest. */
const USABLE = 0.8;

/** Copies of the stream, in whole stripes: what of an offer is left at a bitrate. At 0 bit/s, which says nothing, it is `slots`. */
export function copiesOf(
  { slots, uploadBitsPerSecond }: UploadOffer,
  bitsPerSecond: number,
  stripes: number,
): number {
  if (bitsPerSecond <= 0) return slots;
  const carried = Math.floor((USABLE * uploadBitsPerSecond * stripes) / bitsPerSecond + 1e-9) / stripes;
  return Math.min(slots, carried);
}
