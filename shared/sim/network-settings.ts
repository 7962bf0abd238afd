/** What the simulated network is made of. Every field states its unit, its default and where the figure comes from. */

export interface NetworkSettings {
  /** One-way latency of a pair of nodes in ms, uniform between the two, the same in both directions. Default 10–50. */
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** Share of `frames` packets that never arrive (what is left after the channel's own retries). Default 0. */
  readonly framesLoss: number;
  /** Share of `control` packets that need a retransmission, each time anew. Default 0. */
  readonly controlLoss: number;
  /** How long the sender of a lost `control` packet takes to notice, in ms beyond one round trip. Default 100. */
  readonly retransmitMs: number;
  /** Bytes of IPv4, UDP, DTLS and SCTP headers a datagram. Default 93 (measured; 20 + 8 + 37 + 28). */
  readonly datagramOverheadBytes: number;
  /** Payload bytes that one datagram carries. Default 1,160: what Chromium's SCTP leaves of a 1,191 byte packet. */
  readonly datagramPayloadBytes: number;
  /** Acknowledgements a datagram received, each of `datagramOverheadBytes`. Default 0.5: SCTP acknowledges every second one. */
  readonly acksPerDatagram: number;
  /** A `frames` packet that would wait longer than this before it is sent is given up, in ms. Default 500 (PROTOCOL.md R2). */
  readonly framesLifetimeMs: number;
  /** ICE, DTLS and SCTP: round trips between the answer and an open link. Default 3. */
  readonly setupRoundTrips: number;
  /** The part of setting up that does not depend on the way, in ms. Default 20 (median page to page on loopback: 17). */
  readonly setupMs: number;
  /** Until an offer or an answer is ready, in ms. Default 2. */
  readonly gatherMs: number;
  /** A dial that is not open by then is closed, in ms. Default 15,000. */
  readonly dialTimeoutMs: number;
  /** After that the transport notices that a crashed peer is gone, in ms. Default 15,000 (browsers: ICE failed). */
  readonly crashNoticeMs: number;
}

export const defaultNetworkSettings: NetworkSettings = {
  latencyMinMs: 10,
  latencyMaxMs: 50,
  framesLoss: 0,
  controlLoss: 0,
  retransmitMs: 100,
  datagramOverheadBytes: 93,
  datagramPayloadBytes: 1_160,
  acksPerDatagram: 0.5,
  framesLifetimeMs: 500,
  setupRoundTrips: 3,
  setupMs: 20,
  gatherMs: 2,
  dialTimeoutMs: 15_000,
  crashNoticeMs: 15_000,
};

/** What one node's line can carry, in bits per second. */
export interface Bandwidth {
  readonly uploadBitsPerSecond: number;
  /** Undefined: as fast as it comes. */
  readonly downloadBitsPerSecond: number | undefined;
}
