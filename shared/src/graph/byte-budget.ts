/**
 * What the graph may spend on the wire: so many bytes a second, with savings for a moment of many news. What must be said is
 * said at once and runs the budget into debt; the rest waits until it is paid.
 */

/** IPv4, UDP, DTLS and SCTP headers of a datagram (measured), and what a datagram carries. */
const HEADER_BYTES = 93;
const DATAGRAM_BYTES = 1_160;
/** Seconds of budget that can be saved up. */
const SAVINGS_S = 4;

/** Bytes that a packet takes on the wire. */
export const wireBytes = (packetBytes: number): number =>
  packetBytes + (Math.ceil(packetBytes / DATAGRAM_BYTES) || 1) * HEADER_BYTES;

export class ByteBudget {
  readonly #bytesPerSecond: number;
  #balance: number;
  #at = 0;
  /** Bytes spent in all. */
  spent = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#balance = bytesPerSecond * SAVINGS_S;
  }

  spend(bytes: number): void {
    this.#balance -= bytes;
    this.spent += bytes;
  }

  /** What is there to spend, in seconds of budget; negative in debt. */
  seconds(now: number): number {
    const earned = (Math.max(0, now - this.#at) / 1000) * this.#bytesPerSecond;
    this.#balance = Math.min(this.#bytesPerSecond * SAVINGS_S, this.#balance + earned);
    this.#at = now;
    return this.#balance / this.#bytesPerSecond;
  }

  /** When so many seconds of budget will be there, if nothing is spent until then. */
  when(seconds: number, now: number): number {
    return now + Math.max(0, seconds - this.seconds(now)) * 1000;
  }
}
