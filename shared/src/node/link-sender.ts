/**
 * Paces what a node pushes on one link's `frames` channel: never more in the channel's own buffer than the high-water mark (a
 * fresh Chromium connection that is blasted collapses for seconds), the rest in a queue here that is bounded in bytes and age.
 */
import type { LinkId } from '../lib/ids.ts';
import { Channel, type LinkTransport } from './ports.ts';

export const senderLimits = {
  /** Bytes in the channel's buffer. More adds latency under load and risks the collapse. */
  highWaterBytes: 64 * 1024,
  /** Bytes that wait here for one link; the oldest go first. */
  queueBytesMax: 4 * 1024 * 1024,
  /** A push that has waited longer is of no use to a live stream: the child pulls what it still wants. */
  queueAgeMaxMs: 3_000,
} as const;

/** The machine hears that pushes wait from so many ms on, and so often at most. */
export const backlogReports = { fromMs: 50, everyMs: 250 } as const;

interface QueuedPush {
  readonly packet: Uint8Array;
  readonly at: number;
}

export class LinkSender {
  readonly #transport: LinkTransport;
  readonly #link: LinkId;
  #queue: QueuedPush[] = [];
  #head = 0;
  #queuedBytes = 0;
  /** Pushes given up because the link could not keep pace. */
  dropped = 0;

  constructor(transport: LinkTransport, link: LinkId) {
    this.#transport = transport;
    this.#link = link;
  }

  /** Sends now or as soon as the channel has room; answers how many bytes went out now. */
  push(packet: Uint8Array, now: number): number {
    if (this.#queuedBytes === 0 && this.#hasRoom(packet)) return this.#send(packet);
    this.#queue.push({ packet, at: now });
    this.#queuedBytes += packet.length;
    return this.drain(now);
  }

  /** Sends what fits now; answers how many bytes went out. */
  drain(now: number): number {
    let sent = 0;
    while (this.#head < this.#queue.length) {
      const next = this.#queue[this.#head] as QueuedPush;
      const late =
        now - next.at > senderLimits.queueAgeMaxMs || this.#queuedBytes > senderLimits.queueBytesMax;
      if (!late && !this.#hasRoom(next.packet)) break;
      this.#head++;
      this.#queuedBytes -= next.packet.length;
      if (late) this.dropped++;
      else sent += this.#send(next.packet);
    }
    if (this.#head > 64 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return sent;
  }

  /** Bytes of pushes that have not left this node: in the queue here, and in the channel's buffer. */
  get unsentBytes(): number {
    return this.#queuedBytes + this.#transport.bufferedBytes(this.#link, Channel.frames);
  }

  /** How long the oldest push that is still here has waited, ms; 0 if none is. */
  waitedMs(now: number): number {
    const oldest = this.#queue[this.#head];
    return oldest === undefined ? 0 : now - oldest.at;
  }

  #hasRoom(packet: Uint8Array): boolean {
    const buffered = this.#transport.bufferedBytes(this.#link, Channel.frames);
    return buffered + packet.length <= senderLimits.highWaterBytes;
  }

  #send(packet: Uint8Array): number {
    return this.#transport.send(this.#link, Channel.frames, packet) ? packet.length : 0;
  }
}
