/**
 * A transport that lies: it passes everything on as it is, but after a number of clean ones it changes the payload of every frame
 * that this node sends to others. What comes in stays untouched, so the node itself believes in an honest stream.
 */
import type { LinkId, PeerId } from '@murmuration/shared/lib/ids.ts';
import { type Address, Channel, type LinkSink, type LinkTransport } from '@murmuration/shared/node/ports.ts';
import { FRAME_HEADER_BYTES } from '@murmuration/shared/wire/frame.ts';
import { SIGNATURE_BYTES } from '@murmuration/shared/wire/link-messages.ts';
import { MessageType } from '@murmuration/shared/wire/message-type.ts';

export class TamperingTransport implements LinkTransport {
  readonly #honest: LinkTransport;
  #cleanFrames: number;
  /** Frames that went out as they came, and with a changed payload. */
  framesClean = 0;
  framesTampered = 0;

  /** @param cleanFrames how many frames to send untouched before the first lie */
  constructor(honest: LinkTransport, cleanFrames: number) {
    this.#honest = honest;
    this.#cleanFrames = cleanFrames;
  }

  /** Ends the clean frames now. */
  lieNow(): void {
    this.#cleanFrames = 0;
  }

  send(link: LinkId, channel: Channel, packet: Uint8Array): boolean {
    if (channel !== Channel.frames || !carriesPayload(packet))
      return this.#honest.send(link, channel, packet);
    const lie = this.framesClean >= this.#cleanFrames;
    const sent = this.#honest.send(link, channel, lie ? tampered(packet) : packet);
    if (sent && lie) this.framesTampered++;
    else if (sent) this.framesClean++;
    return sent;
  }

  attach(sink: LinkSink): void {
    this.#honest.attach(sink);
  }

  dial(link: LinkId, address: Address): void {
    this.#honest.dial(link, address);
  }

  accept(link: LinkId, remote: PeerId, firstSignal: Uint8Array): void {
    this.#honest.accept(link, remote, firstSignal);
  }

  signal(link: LinkId, payload: Uint8Array): void {
    this.#honest.signal(link, payload);
  }

  bufferedBytes(link: LinkId, channel: Channel): number {
    return this.#honest.bufferedBytes(link, channel);
  }

  close(link: LinkId): void {
    this.#honest.close(link);
  }
}

const carriesPayload = (packet: Uint8Array): boolean =>
  packet[0] === MessageType.frame && packet.length > FRAME_HEADER_BYTES + SIGNATURE_BYTES;

/** A copy with one byte in the middle of the payload changed: the packet itself is shared with the node's own frames. */
function tampered(packet: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(packet);
  const at = (FRAME_HEADER_BYTES + copy.length - SIGNATURE_BYTES) >> 1;
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}
