/** Limits of plain HTTP; a WebSocket has its own (socket-limits.ts). */
export interface HttpLimits {
  /** Bytes of all headers of a request, the first line included. Default 8 KiB. More is answered with 431. */
  readonly headerBytesMax: number;
  /** How long a client may take to send the headers, and the whole request, in ms. Defaults 10,000 and 15,000; then 408. */
  readonly headersWithinMs: number;
  readonly requestWithinMs: number;
  /** How often those two are looked at, in ms. Default 2,000. */
  readonly checkEveryMs: number;
  /** How long a socket may be silent within a request or an answer, and between requests, in ms. Defaults 30,000 and 5,000. */
  readonly idleMs: number;
  readonly keepAliveMs: number;
  /** Requests over one socket. Default 1,000; then it is closed. */
  readonly requestsPerSocketMax: number;
  /** TCP connections besides WebSockets: people who are loading the page. Default 512; more are dropped unheard. */
  readonly pageSocketsMax: number;
  /** TCP connections from one address, WebSockets included. Default 512; more are dropped unheard. */
  readonly socketsPerAddressMax: number;
}

export const defaultHttpLimits: HttpLimits = {
  headerBytesMax: 8 * 1024,
  headersWithinMs: 10_000,
  requestWithinMs: 15_000,
  checkEveryMs: 2_000,
  idleMs: 30_000,
  keepAliveMs: 5_000,
  requestsPerSocketMax: 1_000,
  pageSocketsMax: 512,
  socketsPerAddressMax: 512,
};
