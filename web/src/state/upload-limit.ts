/** How many copies of a stream fit into what a host wants to upload at most. Pure. */

/** Everything besides the stream itself: headers, votes, the net graph, repair. Measured at 4 to 8% of it. */
const OVERHEAD = 1.1;

export const MBIT = 1_000_000;

export interface Upload {
  /** Copies to send at most. */
  readonly copies: number;
  /** What they take, in bit/s. */
  readonly bitsPerSecond: number;
  /** Not even one copy fits into the limit. */
  readonly overLimit: boolean;
}

/**
 * @param copies that the host allows, at least 1
 * @param limit in bit/s; undefined: none
 * @param streamBitsPerSecond 0 if not known yet
 */
export function uploadWithin(copies: number, limit: number | undefined, streamBitsPerSecond: number): Upload {
  const each = OVERHEAD * streamBitsPerSecond;
  const fitting = limit === undefined || each === 0 ? copies : Math.floor(limit / each);
  // A host that sends nothing has no stream: one copy goes out whatever the limit, and the page says so.
  const sent = Math.max(1, Math.min(copies, fitting));
  return { copies: sent, bitsPerSecond: sent * each, overLimit: fitting < 1 };
}
