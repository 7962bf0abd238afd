/**
 * What one channel of one link has been given and not yet passed on. Departures are known when a packet is queued (the
 * line is first in, first out), so the level is worked out when somebody asks, without an event for every packet.
 */
export class SendBuffer {
  #departures: number[] = [];
  #sizes: number[] = [];
  #first = 0;
  #bytes = 0;

  add(bytes: number, departsAtMs: number): void {
    this.#departures.push(departsAtMs);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
  }

  /** Bytes that have not left by `nowMs`. A packet counts in full until its last bit is out. */
  bytesAt(nowMs: number): number {
    const departures = this.#departures;
    let first = this.#first;
    while (first < departures.length && (departures[first] as number) <= nowMs) {
      this.#bytes -= this.#sizes[first] as number;
      first++;
    }
    if (first === departures.length) {
      if (first > 0) {
        departures.length = 0;
        this.#sizes.length = 0;
      }
      first = 0;
    } else if (first > 64 && first * 2 > departures.length) {
      this.#departures = departures.slice(first);
      this.#sizes = this.#sizes.slice(first);
      first = 0;
    }
    this.#first = first;
    return this.#bytes;
  }

  /** When the level falls below `bytes`, given what is queued now; undefined if it already is. */
  fallsBelow(bytes: number, nowMs: number): number | undefined {
    let level = this.bytesAt(nowMs);
    if (level < bytes) return undefined;
    for (let at = this.#first; at < this.#sizes.length; at++) {
      level -= this.#sizes[at] as number;
      if (level < bytes) return this.#departures[at];
    }
    return undefined;
  }
}
