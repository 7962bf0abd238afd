/** How much of a host's upload a stream may take, in words' numbers: the same reckoning as the node's own (relay/upload-offer.ts). Pure. */
import { copiesOf } from '@murmuration/shared/relay/upload-offer.ts';

/** Everything besides the stream itself: headers, votes, the net graph, repair. Measured at 4 to 8% of it. */
const OVERHEAD = 1.1;
/** The trees among which copies are dealt out, as many as are usual. */
const STRIPES = 4;

export const MBIT = 1_000_000;

export interface Upload {
  /** Copies to send at most; a part of one is some of its trees. */
  readonly copies: number;
  /** What they take, in bit/s. */
  readonly bitsPerSecond: number;
  /** Not even one copy fits into the limit. */
  readonly overLimit: boolean;
}

/**
 * @param slots copies that the host allows, at least 1
 * @param limit in bit/s; undefined: none
 * @param streamBitsPerSecond 0 if not known yet
 */
export function uploadWithin(slots: number, limit: number | undefined, streamBitsPerSecond: number): Upload {
  const offer = { slots, uploadBitsPerSecond: limit ?? Number.POSITIVE_INFINITY };
  const copies = copiesOf(offer, streamBitsPerSecond, STRIPES);
  return { copies, bitsPerSecond: OVERHEAD * copies * streamBitsPerSecond, overLimit: copies < 1 };
}
